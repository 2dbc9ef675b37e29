// The table that `summary()` returns, drawn as Keras 3 draws it.
// SPDX-License-Identifier: MIT
import type { LayerInfo, ModelDescription } from './engine/engine.js'
import { shapeText } from './tensor.js'

interface TableColumn {
  title: string
  width: number
  right?: boolean
  cell: (layer: Row) => string
}

type Row = Pick<LayerInfo, 'name' | 'type' | 'inputs' | 'outputShape' | 'params'>

/** Layer, output shape, weights; inputs and connections only where the layers are no chain. */
export function summaryText(description: ModelDescription): string {
  const { layers, name, countParams, inputs } = description
  const before = (k: number): string | undefined =>
    k === 0 ? inputs[0]?.name : layers[k - 1]?.name
  const chain =
    inputs.length === 1 &&
    layers.every((layer, k) => layer.inputs.length === 1 && layer.inputs[0] === before(k))
  const columns: TableColumn[] = [
    { title: 'Layer (type)', width: 31, cell: (layer) => `${layer.name} (${layer.type})` },
    { title: 'Output Shape', width: 22, cell: (layer) => shapeText(layer.outputShape) },
    { title: 'Param #', width: 13, right: true, cell: (layer) => grouped(layer.params) },
  ]
  const listed: Row[] = [...layers]
  if (!chain) {
    listed.unshift(
      ...inputs.map(({ name, shape }) => {
        return { name, type: 'input', inputs: ['-'], outputShape: [null, ...shape], params: 0 }
      }),
    )
    columns.push({
      title: 'Connected to',
      width: 24,
      cell: (layer) => layer.inputs.join(', '),
    })
  }
  for (const column of columns) {
    column.width = Math.max(column.width, ...listed.map((layer) => column.cell(layer).length))
  }
  const rule = (left: string, line: string, cross: string, right: string): string =>
    left + columns.map(({ width }) => line.repeat(width + 2)).join(cross) + right
  const row = (side: string, text: (column: TableColumn) => string): string =>
    `${side} ${columns.map((one) => pad(text(one), one)).join(` ${side} `)} ${side}`
  const rows = listed.map((layer) => row('│', ({ cell }) => cell(layer)))
  return [
    `Model: "${name}"`,
    rule('┏', '━', '┳', '┓'),
    row('┃', ({ title }) => title),
    rule('┡', '━', '╇', '┩'),
    rows.join(`\n${rule('├', '─', '┼', '┤')}\n`),
    rule('└', '─', '┴', '┘'),
    ` Total params: ${counted(countParams.total)}`,
    ` Trainable params: ${counted(countParams.trainable)}`,
    ` Non-trainable params: ${counted(countParams.nonTrainable)}`,
  ].join('\n')
}

function pad(text: string, { width, right }: TableColumn): string {
  return right === true ? text.padStart(width) : text.padEnd(width)
}

/** 1234567 as 1,234,567, whatever the user's locale. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

function counted(params: number): string {
  return `${grouped(params)} (${byteText(params * 4)})`
}

function byteText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    ++unit
  }
  return `${value.toFixed(2)} ${units[unit]}`
}
