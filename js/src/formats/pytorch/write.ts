// A model for PyTorch: the source of an nn.Module, and its state_dict as safetensors.
// SPDX-License-Identifier: MIT
import { checkNames } from '../../options.js'
import { countUp, kChannelsFirst } from '../arrange.js'
import { inexpressible, isTurned, kTrainingOnly, networkOf } from '../network.js'
import type { Value, Writable } from '../network.js'
import { writeSafetensors } from '../safetensors.js'
import { layerWriter } from './layers.js'
import { identifier, TorchWriter } from './writer.js'

/** Options of `toPyTorch` and `toTfjs`. */
export interface ExportOptions {
  /**
   * Leaves out what acts in training only and has no counterpart there, such as augmentation. Default
   * false: it is refused by its name.
   */
  inferenceOnly?: boolean
}

/** A model in PyTorch's words. */
export interface PyTorchModel {
  /** A safetensors file: the `state_dict` of the module. */
  weights: Uint8Array
  /** Python: the class of the module, and how to load it. */
  source: string
  /** The name of the class. */
  className: string
}

const kPadSame = `
def pad_same(x, size, stride, dilation, value=0.0):
    """Pads so that windows begin at every stride; what is odd goes to the bottom and right."""
    sides = []
    for k in (1, 0):
        n = x.shape[2 + k]
        total = max((-(-n // stride[k]) - 1) * stride[k] + (size[k] - 1) * dilation[k] + 1 - n, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides, value=value)

`

export function writePyTorch(given: Writable, options: ExportOptions = {}): PyTorchModel {
  checkNames('toPyTorch', options, ['inferenceOnly'])
  const network = networkOf(given)
  const to = new TorchWriter(network)
  const outside = (value: Value): readonly number[] => {
    const turns = value.shape.length === 3 && !isTurned(network, value)
    return turns ? kChannelsFirst : countUp(value.shape.length + 1)
  }
  for (const value of network.values) {
    if (value.type === 'input') {
      to.setHeld(value, { tensor: to.nameOf(value.name), axes: outside(value) })
      continue
    }
    const writer = layerWriter(value.type)
    if (writer !== undefined) to.write(value, writer)
    else if (options.inferenceOnly === true && kTrainingOnly.has(value.type)) {
      to.setHeld(value, to.hold(value.inputs[0] as Value))
    } else {
      const why = 'PyTorch itself has no such layer. It acts in training only: give'
      throw inexpressible('toPyTorch', value, why, '{ inferenceOnly: true } to leave it out.')
    }
  }
  const results = network.outputs.map((value) => to.arranged(to.hold(value), outside(value)))
  const className = classNameOf(network.name)
  const tensors = [...to.state].map(([name, { shape, data }]) => ({ name, shape, data }))
  const weights = writeSafetensors(tensors, { format: 'pt' })
  return { weights, source: source(to, className, results), className }
}

/** torch_mnist -> TorchMnist */
function classNameOf(name: string): string {
  const words = name.split(/\W|_/).filter((word) => word !== '')
  const joined = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
  return identifier(joined || 'Model', new Set(['Parameter', 'Tensor']))
}

function source(to: TorchWriter, className: string, results: readonly string[]): string {
  const { inputs, outputs } = to.network
  const names = inputs.map(({ name }) => to.nameOf(name))
  const shapes = (values: readonly Value[]): string =>
    values
      .map((value) => {
        const { shape } = value
        const turns = shape.length === 3 && !isTurned(to.network, value)
        const order = turns ? [2, 0, 1] : countUp(shape.length)
        return `[batch, ${order.map((k) => shape[k] ?? 'any').join(', ')}]`
      })
      .join(', ')
  const indented = (lines: readonly string[]): string =>
    lines.map((line) => `        ${line}\n`).join('')
  return `# ${to.network.name}, written by Fovea. Images are channels first here.
#   ${shapes(inputs)} -> ${shapes(outputs)}
# Load it with the weights beside it:
#   from safetensors.torch import load_file
#   model = ${className}()
#   model.load_state_dict(load_file("${to.network.name}.safetensors"))
#   model.eval()
import torch
from torch import nn
from torch.nn import functional as F

${to.padsBySize ? kPadSame : ''}
class ${className}(nn.Module):
    def __init__(self):
        super().__init__()
${indented(to.made)}
    def forward(self, ${names.join(', ')}):
${indented(to.lines)}        return ${results.join(', ')}
`
}
