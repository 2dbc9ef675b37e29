// Collects the text of an nn.Module and the weights of its state_dict.
// SPDX-License-Identifier: MIT
import { gatherRows } from '../arrange.js'
import type { Block } from '../arrange.js'
import { Arranger } from '../arranger.js'
import type { Held } from '../arranger.js'
import type { Network, Value } from '../network.js'
import { inputOf, weightOf } from '../network.js'

// Words of Python, names that the source uses itself, and what an nn.Module has already.
const kReserved = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except ' +
    'finally for from global if import in is lambda nonlocal not or pass raise return try while with ' +
    'self super torch nn F pad_same max min tuple ' +
    'T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double ' +
    'dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter ' +
    'get_submodule half ipu load_state_dict modules mtia named_buffers named_children ' +
    'named_modules named_parameters parameters register_backward_hook register_buffer ' +
    'register_forward_hook register_module register_parameter requires_grad_ set_extra_state ' +
    'share_memory state_dict to to_empty train training type xpu zero_grad'
  ).split(' '),
)

/** A Python name that nobody has. */
export function identifier(name: string, taken: Set<string>): string {
  const plain = name.replace(/\W/g, '_').replace(/^(?=\d)/, '_')
  const stem = kReserved.has(plain) ? `${plain}_` : plain
  let own = stem
  for (let k = 2; taken.has(own) || kReserved.has(own); ++k) own = `${stem}_${k}`
  taken.add(own)
  return own
}

/** A number as Python writes it. */
export const real = (x: number): string => (Number.isInteger(x) ? `${x}.0` : String(x))

/** `(2, 3)` */
export const tuple = (list: readonly (number | string)[]): string =>
  `(${list.join(', ')}${list.length === 1 ? ',' : ''})`

export class TorchWriter extends Arranger {
  /** Lines of __init__ and of forward. */
  readonly made: string[] = []
  readonly lines: string[] = []
  /** The state_dict, in the order of the modules. */
  readonly state = new Map<string, Block>()
  /** Whether the source needs the function that pads by the size of what it gets. */
  padsBySize = false
  private readonly taken = new Set<string>()
  private readonly names = new Map<string, string>()
  private readonly uses = new Map<string, number>()
  private scope = ''

  constructor(readonly network: Network) {
    super()
    for (const { layer } of network.values) this.uses.set(layer, (this.uses.get(layer) ?? 0) + 1)
    for (const { name } of network.values) this.names.set(name, identifier(name, this.taken))
  }

  /** The Python name of a value, or of a layer. */
  nameOf(name: string): string {
    return this.names.get(name) as string
  }

  /** Writes what a layer computes; its result gets the layer's name. */
  write(value: Value, layer: (to: TorchWriter, value: Value) => Held): void {
    this.scope = this.nameOf(value.name)
    const held = layer(this, value)
    if (/^\w+$/.test(held.tensor)) return this.setHeld(value, held)
    this.lines.push(`${this.scope} = ${held.tensor}`)
    this.setHeld(value, { ...held, tensor: this.scope })
  }

  /** Gives an expression a name of its own. */
  local(expression: string, hint = 'inner'): string {
    const name = identifier(`${this.scope}_${hint}`, this.taken)
    this.lines.push(`${name} = ${expression}`)
    return name
  }

  /** A line of __init__, once for all uses of a layer. */
  make(line: string): void {
    if (!this.made.includes(line)) this.made.push(line)
  }

  /**
   * A module with its weights, by their names there; returns the expression that calls it. `suffix`
   * tells the modules of one layer apart.
   */
  module(
    value: Value,
    text: string,
    weights: Readonly<Record<string, Block | undefined>>,
    suffix = '',
  ): string {
    const own = `${this.nameOf(value.layer)}${suffix}`
    this.make(`self.${own} = ${text}`)
    for (const [kind, block] of Object.entries(weights)) {
      if (block !== undefined) this.state.set(`${own}.${kind}`, block)
    }
    if (!value.trainable) this.make(`self.${own}.requires_grad_(False)`)
    return `self.${own}`
  }

  /** A parameter that belongs to no module. */
  parameter(value: Value, kind: string, block: Block): string {
    const own = `${this.nameOf(value.layer)}_${kind}`
    const frozen = value.trainable ? '' : ', requires_grad=False'
    this.make(`self.${own} = nn.Parameter(torch.zeros${tuple(block.shape)}${frozen})`)
    this.state.set(own, block)
    return `self.${own}`
  }

  /** Numbers that are no weights: they move with the module and are not saved. */
  buffer(value: Value, kind: string, numbers: readonly number[], shape: readonly number[]): string {
    const own = `${this.nameOf(value.layer)}_${kind}`
    const list = `[${numbers.map(real).join(', ')}]`
    this.make(
      `self.register_buffer("${own}", torch.tensor(${list}).reshape${tuple(shape)}, persistent=False)`,
    )
    return `self.${own}`
  }

  /**
   * The input of a layer whose weights follow its columns: as it is held where the layer is used once,
   * else in our order, so that one arrangement fits all uses.
   */
  columns(value: Value): Held {
    const held = this.hold(inputOf(value))
    if (held.order === undefined || this.uses.get(value.layer) === 1) return held
    return { tensor: this.plain(held), axes: held.axes }
  }

  /** A layer's weight with its rows in the order of the columns that it meets. */
  weight(value: Value, kind: string, order?: Int32Array): Block | undefined {
    const found = weightOf(this.network, value, kind)
    return found === undefined || order === undefined ? found : gatherRows(found, order)
  }

  protected override transpose(tensor: string, perm: readonly number[]): string {
    return this.local(`${tensor}.permute${tuple(perm)}`, 'permuted')
  }

  protected override gatherColumns(tensor: string, order: Int32Array): string {
    return this.local(`${tensor}[:, [${order.join(', ')}]]`, 'ordered')
  }
}
