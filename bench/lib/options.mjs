// SPDX-License-Identifier: MIT
// The options of npm run bench, checked: what nobody knows is refused in a sentence.
import { parseArgs } from 'node:util'
import { PlainError } from '../../scripts/lib/shell.mjs'
import { kLibraries } from './contestants.mjs'
import { kNets } from './nets.mjs'

export const kHelp = `npm run bench -- [options]

  --quick         Few short windows, real pixels only: does it work? Ends within two minutes.
  --only NAMES    Of ${kLibraries.join(', ')}; commas between them. Default: all.
  --nets LETTERS  Of A (lenetCifar), B (torchMnist), C (kerasMnist). Default: A,B,C.
  --windows N     Windows per contestant and case. Default 20; 5 with --quick.
  --json FILE     Where the figures go. Default: bench/results/<date>-<processor>.json;
                  with --quick nowhere.
  --as-built      Measure dist/ as it lies there: no set-up, no build.
  --node20        Besides: Fovea in the Node that runs this, where it is not Node 24.
  --browser       Besides: Fovea in pages of Chromium, Firefox and WebKit.
  --layers        Instead: each layer's time, GFLOP/s and share of the limit.
  --scale         Instead: time per image over batch sizes and over widths; memory.
  --browser-alone Instead: that alone.
  --help          This text.
`

const text = { type: 'string' }
const flag = { type: 'boolean' }
const kOptions = {
  quick: flag,
  only: text,
  nets: text,
  windows: text,
  json: text,
  'as-built': flag,
  layers: flag,
  scale: flag,
  node20: flag,
  browser: flag,
  'browser-alone': flag,
  help: flag,
}

/** The checked options of a command line. */
export function readOptions(args) {
  let values
  try {
    values = parseArgs({ args, options: kOptions, strict: true }).values
  } catch (error) {
    const sentence = error.message.split('. To specify')[0].replace(/\.$/, '')
    throw new PlainError(`bench: ${sentence}. npm run bench -- --help lists what it knows.`)
  }
  const quick = values.quick === true
  return {
    quick,
    only: list('only', values.only, kLibraries),
    nets: list('nets', values.nets, Object.keys(kNets)),
    windows: whole('windows', values.windows ?? (quick ? '5' : '20')),
    windowMs: quick ? 15 : 50,
    slowWindows: quick ? 1 : 2,
    json: values.json,
    asBuilt: values['as-built'] === true,
    layers: values.layers === true,
    scale: values.scale === true,
    node20: values.node20 === true,
    browser: values.browser === true,
    browserAlone: values['browser-alone'] === true,
    help: values.help === true,
    named: values.only !== undefined,
  }
}

function list(name, value, known) {
  const names = value === undefined ? known : value.split(',').filter(Boolean)
  const unknown = names.find((each) => !known.includes(each))
  if (unknown === undefined && names.length > 0) return [...new Set(names)]
  throw new PlainError(
    `bench: --${name} needs some of ${known.join(', ')}, with commas, but gets "${value}".`,
  )
}

function whole(name, value) {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new PlainError(`bench: --${name} needs a whole number of at least 1 but gets "${value}".`)
}
