// SPDX-License-Identifier: MIT
// Writes docs/keras-arguments.md: which of Keras 3's arguments exist in Fovea. What Fovea takes is
// asked of the engine itself: an option that does not exist is refused by a sentence that lists
// those that do. What Keras has stands in keras.mjs.
//   node scripts/docs/arguments.mjs          (needs a built package: npm run build)
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fovea from 'fovea'
import { root } from '../lib/paths.mjs'
import * as keras from './keras.mjs'

export const kArgumentsPage = join(root, 'docs', 'keras-arguments.md')
const kProbe = 'nosuchoption'

/** The names in the sentence that refuses `kProbe`. */
async function knownOptions(place, provoke) {
  let sentence = 'nothing was refused'
  try {
    await provoke()
  } catch (error) {
    sentence = error.message
  }
  if (!sentence.includes(`unknown option "${kProbe}"`)) {
    throw new Error(`${place}: expected a refusal of "${kProbe}" but: ${sentence}`)
  }
  const list = /Known options: (.*)\.$/.exec(sentence)?.[1] ?? ''
  return list.split(/, | and /).filter((name) => name && name !== 'type' && name !== 'name')
}

/** Whether a layer knows how images may lie: it then refuses a third way in a sentence of its own. */
async function takesDataFormat(provoke) {
  try {
    await provoke()
  } catch (error) {
    return error.message.includes(': dataFormat needs ')
  }
  return false
}

/** What to do so that a type of each kind meets the unknown option. */
async function provokers() {
  const layer = (given) => fovea.sequential({ layers: [given] })
  const inDense = (key) => (type, options) =>
    layer(
      fovea.layers.dense({
        inputShape: [4],
        units: 4,
        [key]: fovea[`${key.slice(6).toLowerCase()}s`][type](options),
      }),
    )
  const model = await layer(fovea.layers.dense({ inputShape: [4], units: 3 }))
  const compile = (options) =>
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', ...options })
  await compile({})
  const x = fovea.tensor(new Float32Array(8), [2, 4])
  const y = fovea.tensor(new Float32Array(6), [2, 3])
  const { sgd } = fovea.optimizers
  return {
    layers: (type, options) => {
      const joins = ['add', 'average', 'concatenate', 'maximum', 'minimum', 'multiply', 'subtract']
      if (!joins.includes(type)) return layer(fovea.layers[type](options))
      const input = fovea.input({ shape: [4] })
      const { inputShape: _, ...own } = options
      return fovea.model({ inputs: input, outputs: fovea.layers[type](own).apply([input, input]) })
    },
    losses: (type, options) => compile({ loss: fovea.losses[type](options) }),
    metrics: (type, options) => {
      const loss = type.startsWith('sparse') ? 'sparseCategoricalCrossentropy' : 'meanSquaredError'
      return compile({ loss, metrics: [fovea.metrics[type](options)] })
    },
    optimizers: (type, options) => compile({ optimizer: fovea.optimizers[type](options) }),
    schedules: (type, options) =>
      compile({ optimizer: sgd({ learningRate: fovea.schedules[type](options) }) }),
    initializers: inDense('kernelInitializer'),
    regularizers: inDense('kernelRegularizer'),
    constraints: inDense('kernelConstraint'),
    methods: (type, options) => {
      if (type === 'compile') return compile(options)
      return type === 'predict' ? model.predict(x, options) : model[type](x, y, options)
    },
  }
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
const code = (names) => (names.length ? names.map((name) => `\`${name}\``).join(', ') : '')

/** One row: a type, its class in Keras, and where each argument went. */
function row(type, [kerasClass, text], known) {
  const own = new Set(known)
  const same = []
  const renamed = []
  const missing = []
  for (const argument of text.split(' ').filter(Boolean)) {
    const other = [camel(argument), keras.kOtherNames[argument]].find((name) =>
      known.includes(name),
    )
    if (other === undefined) missing.push(argument)
    else if (other === camel(argument)) same.push(other)
    else renamed.push(`\`${argument}\` as \`${other}\``)
    own.delete(other)
  }
  const cells = [
    `\`${type}\``,
    kerasClass ? kerasClass.replaceAll('_', '\\_') : 'none',
    code(same),
    renamed.join(', '),
    code(missing),
    code([...own]),
  ]
  const used = known.filter((name) => !own.has(name))
  return { cells: `| ${cells.join(' | ')} |`, missing, used }
}

const kSections = [
  ['layers', 'Layers', 'Every layer takes `name` and `trainable`, and the first one `inputShape`.'],
  ['losses', 'Losses', ''],
  ['metrics', 'Metrics', 'Every metric takes `name`.'],
  ['optimizers', 'Optimizers', ''],
  ['schedules', 'Schedules', 'Given as `learningRate`.'],
  ['initializers', 'Initializers', ''],
  ['regularizers', 'Regularizers', ''],
  ['constraints', 'Constraints', ''],
  ['methods', 'Methods', ''],
]

/** The page, as it should be. */
export async function argumentsPage() {
  const tables = {
    layers: keras.kLayers,
    losses: keras.kLosses,
    metrics: keras.kMetrics,
    optimizers: keras.kOptimizers,
    schedules: keras.kSchedules,
    initializers: keras.kInitializers,
    regularizers: keras.kRegularizers,
    constraints: keras.kConstraints,
    methods: keras.kMethods,
  }
  const provoke = await provokers()
  const parts = [kHead]
  const missing = new Set()
  for (const [key, title, remark] of kSections) {
    parts.push(`## ${title}`, remark)
    const lines = [
      '| Fovea | Keras | the same | other name | not there | only Fovea |',
      '|-|-|-|-|-|-|',
    ]
    const types = Object.keys(fovea[key] ?? tables[key]).filter((type) => !kHelpers.has(type))
    const shared = keras.kShared[key] ?? ''
    let sharedNames
    for (const type of types) {
      const entry = tables[key][type]
      if (entry === undefined)
        throw new Error(`${key}.${type} is missing in scripts/docs/keras.mjs`)
      const options = { ...entry[2], [kProbe]: 1 }
      const known = await knownOptions(`${key}.${type}`, () => provoke[key](type, options))
      const image = { ...entry[2], dataFormat: 'sideways' }
      if (key === 'layers' && (await takesDataFormat(() => provoke.layers(type, image))))
        known.push('dataFormat')
      const add = (made) => {
        lines.push(made.cells)
        for (const argument of made.missing) missing.add(argument)
      }
      if (shared && sharedNames === undefined) {
        sharedNames = row('each', ['all', shared], known).used
        add(row('each', ['all', shared], sharedNames))
      }
      const absent = (sharedNames ?? []).find((name) => !known.includes(name))
      if (absent) throw new Error(`${key}.${type} has no ${absent}, unlike the others`)
      add(
        row(
          type,
          entry,
          known.filter((name) => !sharedNames?.includes(name)),
        ),
      )
    }
    parts.push(lines.join('\n'))
  }
  const [explained, others] = [true, false].map((wanted) =>
    [...missing].sort().filter((name) => name in keras.kReasons === wanted),
  )
  parts.push('## Why some are not there')
  parts.push(explained.map((name) => `- \`${name}\`: ${keras.kReasons[name]}`).join('\n'))
  parts.push(`The others have no counterpart yet: ${code(others)}.`)
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

/** Functions on arrays that stand among the metrics. */
const kHelpers = new Set(['confusionMatrix', 'classificationReport'])

const kHead = `# Keras's arguments

Made by \`node scripts/docs/arguments.mjs\`, which asks the engine what it takes: do not edit. Names
are spelled as in TensorFlow.js. An argument that is not there is refused by a sentence, never
ignored; \`dtype\` is nowhere, since all numbers are float32. Defaults and formulas are Keras's, and
[differences.md](differences.md) says where not.`

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await fovea.init({ threads: 1 })
  writeFileSync(kArgumentsPage, await argumentsPage())
  await fovea.shutdown()
}
