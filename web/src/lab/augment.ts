// SPDX-License-Identifier: MIT
// Augmentation: layers that change every training image by chance. What the preview shows comes from
// the very layers, at work as in training.
import type { layers, Tensor } from 'fovea'
import type { Settings } from './settings.js'

type Layer = ReturnType<typeof layers.randomFlip>

export type Augmentation = Pick<Settings, 'shift' | 'turn' | 'zoom' | 'flip'>

export function augments({ shift, turn, zoom, flip }: Augmentation): boolean {
  return shift > 0 || turn > 0 || zoom > 0 || flip > 0
}

/** The layers, the first of which takes the images. */
export async function augmentationLayers(
  { shift, turn, zoom, flip }: Augmentation,
  shape: readonly number[],
): Promise<Layer[]> {
  const { layers } = await import('fovea')
  const beyond = { fillMode: shape[2] === 1 ? 'constant' : 'nearest' } as const
  const share = shift / 100
  const size = zoom / 100
  const list: ((first: { inputShape?: readonly number[] }) => Layer)[] = []
  if (flip > 0) list.push((first) => layers.randomFlip({ mode: 'horizontal', ...first }))
  if (turn > 0)
    list.push((first) => layers.randomRotation({ factor: turn / 360, ...beyond, ...first }))
  if (zoom > 0) list.push((first) => layers.randomZoom({ heightFactor: size, ...beyond, ...first }))
  if (shift > 0)
    list.push((first) =>
      layers.randomTranslation({ heightFactor: share, widthFactor: share, ...beyond, ...first }),
    )
  return list.map((make, place) => make(place === 0 ? { inputShape: shape } : {}))
}

/** The image, changed `count` times as in training: bytes [count, height, width, channels]. */
export async function previewAugmented(
  pixels: Uint8Array,
  shape: readonly number[],
  settings: Augmentation,
  count: number,
  seed: number,
): Promise<Uint8Array> {
  const all = new Uint8Array(count * pixels.length)
  for (let k = 0; k < count; ++k) all.set(pixels, k * pixels.length)
  if (!augments(settings)) return all
  const fovea = await import('fovea')
  // Only training changes images, and only a loss of one's own sees what a network gives in training.
  // A product with 1 stands for the network: training wants a weight.
  const keep = fovea.layers.depthwiseConv2d({
    kernelSize: 1,
    useBias: false,
    depthwiseInitializer: fovea.initializers.ones(),
  })
  const layers = [...(await augmentationLayers(settings, shape)), keep]
  const model = await fovea.sequential({ name: 'augmentation', seed, layers })
  try {
    let seen: Tensor | undefined
    await model.compile({
      optimizer: fovea.optimizers.sgd({ learningRate: 0 }),
      loss: (_, images) => {
        seen = images
        return { loss: 0, gradient: new Float32Array(images.data.length) }
      },
    })
    const y = fovea.tensor(new Float32Array(all.length), [count, ...shape])
    await model.trainOnBatch({ data: all, shape: [count, ...shape] }, y)
    return Uint8Array.from(seen?.data ?? [], (value) => Math.round(value * 255))
  } finally {
    await model.dispose()
  }
}
