// Operations that move numbers: other shapes, other orders, borders, sizes.
// SPDX-License-Identifier: MIT
import { countUp, isCountUp, transposedOrder } from '../arrange.js'
import type { Place } from '../builder.js'
import { product } from '../shapes.js'
import type { Constant, ReadNode } from './decode.js'
import type { GraphReader, Held, Operation } from './graph-reader.js'
import { groupNormalization } from './read-weights.js'

/** Each example as a row, in the file's order: the order of an image is remembered, not changed. */
function flattened(graph: GraphReader, node: ReadNode, held: Held): Held {
  if (held.axes.length === 2) return held
  const { positive = false } = held
  const flatten = (place: Place): Place => graph.to.add('flatten', graph.nameOf(node), {}, [place])
  const { shape } = held.place
  const known = !shape.includes(null)
  const rows = held.axes.slice(1).map((axis) => axis - 1)
  const order = known ? transposedOrder(shape as number[], rows) : undefined
  if (isCountUp(held.axes) || (order !== undefined && isCountUp(order))) {
    return { place: flatten(held.place), axes: [0, 1], positive }
  }
  const inOrder = (): Place => flatten(graph.plain(held))
  if (order === undefined) return { place: inOrder(), axes: [0, 1], positive }
  return { place: flatten(held.place), axes: [0, 1], positive, flat: { order, inOrder } }
}

/** The value in another shape; `rest` are the file's sizes without the batch. */
function reshaped(graph: GraphReader, node: ReadNode, held: Held, rest: readonly number[]): Held {
  const now = graph.sizes(held).slice(1)
  if (rest.length === now.length && rest.every((size, k) => size === now[k])) return held
  if (rest.length === 1) return flattened(graph, node, held)
  const { positive = false } = held
  const options = { targetShape: [...rest] }
  const place = graph.to.add('reshape', graph.nameOf(node), options, [graph.plain(held)])
  return { place, axes: countUp(rest.length + 1), positive }
}

function reshape(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const target = graph.listed(node, 'shape', 1)
  if (target === undefined) throw graph.unsupported(node, 'its shape is no constant.')
  if (grouped(graph, node, held, target)) return
  const sizes = graph.sizes(held)
  const copies = graph.number(node, 'allowzero', 0) === 0
  const wanted = target.map((size, k) => (size === 0 && copies ? (sizes[k] ?? NaN) : size)).slice(1)
  const whole = product(held.place.shape)
  if (whole === null) {
    if (wanted.length === 1) return graph.set(node, flattened(graph, node, held))
    throw graph.unsupported(node, 'it changes the shape of an image of any size.')
  }
  const known = wanted.reduce((all, size) => (size === -1 ? all : all * size), 1)
  const rest = wanted.map((size) => (size === -1 ? whole / known : size))
  if (rest.length === 0 || rest.reduce((all, size) => all * size, 1) !== whole) {
    throw graph.unsupported(node, 'it puts examples of the batch together, or takes them apart.')
  }
  graph.set(node, reshaped(graph, node, held, rest))
}

/** Groups of channels as PyTorch writes them: reshaped, normalised, reshaped back, scaled, moved. */
function grouped(
  graph: GraphReader,
  node: ReadNode,
  held: Held,
  target: readonly number[],
): boolean {
  const normal = graph.onlyReader(node, 'InstanceNormalization')
  const back = graph.onlyReader(normal, 'Reshape')
  const [, groups = 0, rest] = target
  if (normal === undefined || back === undefined || rest !== -1 || target.length !== 3) return false
  const is = (k: number, value: number): boolean =>
    Array.from(graph.weight(normal, k).data).every((one) => one === value)
  if (!is(1, 1) || !is(2, 0)) return false
  const rank = held.axes.length
  const channelsOf = (step: ReadNode | undefined): Constant | undefined => {
    const found = step && (graph.constant(step, 1) ?? graph.constant(step, 0))
    const dimension = found?.shape.findIndex((size) => size > 1) ?? -1
    const fits = found !== undefined && dimension + rank - found.shape.length === 1
    return fits ? { shape: [found.data.length], data: found.data } : undefined
  }
  const steps = [normal, back]
  let last = back
  const next = (op: string): Constant | undefined => {
    const step = graph.onlyReader(last, op)
    const found = channelsOf(step)
    if (step === undefined || found === undefined) return undefined
    steps.push(step)
    last = step
    return found
  }
  const gamma = next('Mul')
  const beta = next('Add')
  const epsilon = graph.number(normal, 'epsilon', 1e-5)
  graph.finish(...steps)
  const given = { held, groups, epsilon, ...(gamma && { gamma }), ...(beta && { beta }) }
  graph.set(last, groupNormalization(graph, node, given))
  return true
}

function flatten(graph: GraphReader, node: ReadNode): void {
  if (graph.number(node, 'axis', 1) !== 1) throw graph.unsupported(node, 'its axis is not 1.')
  graph.set(node, flattened(graph, node, graph.held(node)))
}

function transpose(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const rank = held.axes.length
  const perm = graph.numbers(node, 'perm', countUp(rank).reverse())
  if (perm.length !== rank || perm[0] !== 0 || !isCountUp([...perm].sort((a, b) => a - b))) {
    throw graph.unsupported(node, 'it moves the batch.')
  }
  graph.set(node, { ...held, axes: perm.map((k) => held.axes[k] as number) })
}

const axesOf = (graph: GraphReader, node: ReadNode, rank: number): number[] =>
  (graph.listed(node, 'axes', 1) ?? []).map((axis) => (axis < 0 ? axis + rank : axis))

function squeeze(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const axes = axesOf(graph, node, held.axes.length)
  const sizes = graph.sizes(held)
  if (axes.length === 0 || axes.some((axis) => sizes[axis] !== 1)) {
    throw graph.unsupported(node, 'it must name dimensions of size 1.')
  }
  const rest = sizes.filter((_, k) => k > 0 && !axes.includes(k))
  graph.set(node, reshaped(graph, node, held, rest))
}

function unsqueeze(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const given = graph.listed(node, 'axes', 1) ?? []
  const rank = held.axes.length + given.length
  const axes = axesOf(graph, node, rank)
  const rest = graph.sizes(held)
  const sizes = countUp(rank).map((k) => (axes.includes(k) ? 1 : rest.shift()))
  if (axes.includes(0) || sizes.slice(1).some((size) => !(Number(size) > 0))) {
    throw graph.unsupported(node, 'it needs sizes that are known, and the batch in its place.')
  }
  graph.set(node, reshaped(graph, node, held, sizes.slice(1) as number[]))
}

function concat(graph: GraphReader, node: ReadNode): void {
  const all = node.inputs.map((_, k) => graph.held(node, k))
  const [first] = all as [Held]
  const rank = first.axes.length
  const given = graph.number(node, 'axis', 1)
  const axis = given < 0 ? given + rank : given
  if (axis < 1 || axis >= rank || all.some((one) => one.axes.length !== rank)) {
    throw graph.unsupported(node, 'it joins along the batch, or what has other dimensions.')
  }
  if (all.length === 1) return graph.set(node, first)
  const positive = all.every((one) => one.positive === true)
  const join = (places: readonly Place[], dimension: number): Place =>
    graph.to.add('concatenate', graph.nameOf(node), { axis: dimension }, places)
  if (all.some(({ flat }) => flat !== undefined)) {
    const places = all.map(({ place }) => place)
    const order: number[] = []
    for (const { flat, place } of all) {
      const start = order.length
      const own = flat?.order ?? countUp(Number(place.shape[0]))
      for (const column of own) order.push(start + column)
    }
    const inOrder = (): Place =>
      join(
        all.map((one) => graph.plain(one)),
        1,
      )
    const flat = { order: Int32Array.from(order), inOrder }
    return graph.set(node, { place: join(places, 1), axes: [0, 1], positive, flat })
  }
  const axes = all.find((one) => !isCountUp(one.axes))?.axes ?? first.axes
  const places = all.map((one) => graph.arranged(one, axes))
  graph.set(node, { place: join(places, axes[axis] as number), axes, positive })
}

/** Columns in another order, which must be ours again: an image that was flattened channel by channel. */
function gather(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const chosen = graph.weight(node, 1).data
  const columns = Number(held.place.shape.at(-1))
  const ordered = held.axes.length === 2 && graph.number(node, 'axis', 0) === 1
  const order = Array.from(chosen, (k) => held.flat?.order[k] ?? k)
  if (!ordered || order.length !== columns || !isCountUp(order)) {
    throw graph.unsupported(node, 'it chooses among the numbers of an example.')
  }
  const { place, positive = false } = held
  graph.set(node, { place, axes: [0, 1], positive })
}

/** Changes at the edges of an image, by the file's dimensions, as rows and columns. */
function margins(
  graph: GraphReader,
  node: ReadNode,
  { axes }: Held,
  sides: readonly (readonly [number, number])[],
): [number, number][] {
  const ours = countUp(axes.length).map((k) => sides[axes.indexOf(k)] ?? [0, 0])
  const others = ours.filter((_, k) => axes.length !== 4 || k === 0 || k === 3)
  if (others.flat().some((one) => one !== 0)) {
    throw graph.unsupported(node, 'it changes more than the height and width of images.')
  }
  return ours.slice(1, 3).map(([a, b]) => [a, b])
}

/** Adds zeros where the numbers are above zero, cuts off where they are below. */
function edged(graph: GraphReader, node: ReadNode, held: Held, sides: [number, number][]): Held {
  const { axes, positive = false } = held
  const name = graph.nameOf(node)
  let { place } = held
  const cropping = sides.map(([a, b]) => [Math.max(-a, 0), Math.max(-b, 0)])
  const padding = sides.map(([a, b]) => [Math.max(a, 0), Math.max(b, 0)])
  const any = (list: readonly number[][]): boolean => list.flat().some((one) => one > 0)
  if (any(cropping)) place = graph.to.add('cropping2d', name, { cropping }, [place])
  if (any(padding)) place = graph.to.add('zeroPadding2d', name, { padding }, [place])
  return { place, axes, positive }
}

function pad(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const rank = held.axes.length
  const pads = graph.listed(node, 'pads', 1)
  if (pads === undefined) throw graph.unsupported(node, 'its pads are no constant.')
  if (pads.every((one) => one === 0)) return graph.set(node, held)
  const fill = node.attributes.get('value') ?? graph.constant(node, 2)?.data[0] ?? 0
  if (graph.word(node, 'mode', 'constant') !== 'constant' || fill !== 0) {
    throw graph.unsupported(node, 'it pads with something else than zeros.')
  }
  const axes = graph.constant(node, 3)?.data ?? countUp(rank)
  const sides = countUp(rank).map((): [number, number] => [0, 0])
  Array.from(axes, (axis, k) => {
    sides[axis < 0 ? axis + rank : axis] = [pads[k] ?? 0, pads[k + axes.length] ?? 0]
  })
  graph.set(node, edged(graph, node, held, margins(graph, node, held, sides)))
}

function slice(graph: GraphReader, node: ReadNode): void {
  const held = graph.held(node)
  const rank = held.axes.length
  const starts = graph.listed(node, 'starts', 1) ?? []
  const ends = graph.listed(node, 'ends', 2) ?? []
  const axes = graph.listed(node, 'axes', 3) ?? countUp(starts.length)
  const steps = graph.listed(node, 'steps', 4) ?? []
  if (steps.some((one) => one !== 1)) throw graph.unsupported(node, 'its steps are not 1.')
  const sizes = graph.sizes(held)
  const sides = countUp(rank).map((): [number, number] => [0, 0])
  axes.forEach((given, k) => {
    const axis = given < 0 ? given + rank : given
    const size = sizes[axis] ?? NaN
    const [start = 0, end = 0] = [starts[k], ends[k]]
    const first = start < 0 ? size + start : start
    const rest = end < 0 ? -end : end >= 2 ** 31 - 1 ? 0 : Math.max(size - end, 0)
    if (!(first >= 0 && rest >= 0)) throw graph.unsupported(node, 'it needs sizes that are known.')
    sides[axis] = [-first, -rest]
  })
  graph.set(node, edged(graph, node, held, margins(graph, node, held, sides)))
}

function resize(graph: GraphReader, node: ReadNode): void {
  const held = graph.image(node)
  const old = node.op === 'Upsample' || graph.graph.opset < 11
  const nearest = graph.word(node, 'mode', 'nearest') === 'nearest'
  const way = old ? 'asymmetric' : graph.word(node, 'coordinate_transformation_mode', 'half_pixel')
  const { height, width, factors } = targetOf(graph, node, held, old)
  const whole = factors !== undefined && factors.every(Number.isInteger)
  const half = way === 'half_pixel' || way === 'pytorch_half_pixel'
  const rounding = graph.word(node, 'nearest_mode', old ? 'floor' : 'round_prefer_floor')
  const round = rounding.startsWith('round')
  const repeats = whole && ((half && round) || (way === 'asymmetric' && rounding === 'floor'))
  const centred = half && rounding === 'round_prefer_ceil'
  const linear = ['linear', 'bilinear'].includes(graph.word(node, 'mode', 'nearest'))
  const smooth = linear && half && graph.number(node, 'antialias', 0) === 0
  if (!(nearest ? repeats || centred : smooth)) {
    throw graph.unsupported(
      node,
      'only nearest and linear resizing with half-pixel centres are known here.',
    )
  }
  const interpolation = nearest ? 'nearest' : 'bilinear'
  const type = whole ? 'upSampling2d' : 'resizing'
  const options = whole ? { size: factors, interpolation } : { height, width, interpolation }
  if (!whole && !(Number(height) > 0 && Number(width) > 0)) {
    throw graph.unsupported(node, 'it needs sizes that are known.')
  }
  const { axes, positive = false } = held
  const place = graph.to.add(type, graph.nameOf(node), options, [held.place])
  graph.set(node, { place, axes, positive })
}

/** The new height and width, and what the old ones are multiplied by where that is said. */
function targetOf(
  graph: GraphReader,
  node: ReadNode,
  { place }: Held,
  old: boolean,
): { height: number; width: number; factors?: number[] } {
  const scales = graph.listed(node, 'scales', old ? 1 : 2) ?? []
  const sizes = old ? [] : (graph.listed(node, 'sizes', 3) ?? [])
  const axes = graph.numbers(node, 'axes', [0, 1, 2, 3])
  const of = (list: readonly number[], axis: number): number | undefined => list[axes.indexOf(axis)]
  const [rows = NaN, columns = NaN] = [place.shape[0] ?? NaN, place.shape[1] ?? NaN]
  if (scales.length > 0) {
    const factors = [of(scales, 2) ?? 1, of(scales, 3) ?? 1]
    if ((of(scales, 0) ?? 1) !== 1 || (of(scales, 1) ?? 1) !== 1) {
      throw graph.unsupported(node, 'it resizes more than height and width.')
    }
    const [a = 1, b = 1] = factors
    return { height: Math.floor(rows * a), width: Math.floor(columns * b), factors }
  }
  const [height, width] = [of(sizes, 2) ?? NaN, of(sizes, 3) ?? NaN]
  return { height, width, factors: [height / rows, width / columns] }
}

export const shapeOperations: Record<string, Operation> = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Gather: gather,
  Pad: pad,
  Slice: slice,
  Resize: resize,
  Upsample: resize,
}
