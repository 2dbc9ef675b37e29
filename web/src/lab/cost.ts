// SPDX-License-Identifier: MIT
// What a layer costs: its weights as the lecture counts them, its multiply-adds for one image, the
// numbers that it gives out.
import type { LayerInfo } from './network.js'

export interface Cost {
  /** How the number of weights comes about: "3 × 3 × 16 × 32 + 32"; empty where there are none. */
  weights: string
  /** Products and sums for one image, in the forward pass. */
  multiplyAdds: number
  /** Numbers that come out for one image. */
  outputs: number
}

const product = (values: readonly number[]): number => values.reduce((all, one) => all * one, 1)
const first = (value: unknown): number => Number(Array.isArray(value) ? value[0] : value)

/** `input`: shape of what comes in, without the batch. */
export function costOf(layer: LayerInfo, input: readonly number[]): Cost {
  const shape = layer.outputShape.slice(1).map((side) => side ?? 0)
  const outputs = product(shape)
  const kernel = first(layer.config['kernelSize'] ?? 1)
  const from = input.at(-1) ?? 1
  const to = shape.at(-1) ?? 1
  const bias = layer.config['useBias'] === false ? '' : ` + ${to}`
  const places = product(shape.slice(0, -1))
  switch (layer.type) {
    case 'conv2d': {
      const window = kernel * kernel * (from / first(layer.config['groups'] ?? 1))
      return {
        weights: `${kernel} × ${kernel} × ${from} × ${to}${bias}`,
        multiplyAdds: outputs * window,
        outputs,
      }
    }
    case 'depthwiseConv2d':
      return {
        weights: `${kernel} × ${kernel} × ${from}${bias}`,
        multiplyAdds: outputs * kernel * kernel,
        outputs,
      }
    case 'separableConv2d':
      return {
        weights: `${kernel} × ${kernel} × ${from} + ${from} × ${to}${bias}`,
        multiplyAdds: places * from * (kernel * kernel + to),
        outputs,
      }
    case 'dense':
      return { weights: `${from} × ${to}${bias}`, multiplyAdds: places * from * to, outputs }
    case 'batchNormalization':
      return { weights: `4 × ${to}`, multiplyAdds: outputs, outputs }
    case 'layerNormalization':
      return { weights: `2 × ${to}`, multiplyAdds: outputs, outputs }
    default:
      return { weights: '', multiplyAdds: 0, outputs }
  }
}

/** 1536000 -> "1.5 million". */
export function large(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} billion`
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} million`
  return Math.round(value).toLocaleString('en-US')
}

/** 1536000 -> "1.5 MB". */
export function bytes(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} MB`
  return `${(value / 1e3).toFixed(value >= 1e4 ? 0 : 1)} kB`
}
