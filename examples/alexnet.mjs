// AlexNet's whole recipe on small data: SGD with momentum 0.9, a learning rate of 0.01 that is divided by
// 10 when validation stops improving, weight decay 5e-4, dropout 0.5, heavy augmentation, and an ensemble
// whose probabilities are averaged. Pictures of 67x67 instead of 227x227, narrow dense layers, two
// networks instead of seven: for the paper's sizes leave out `inputShape` and `units`.
//   node examples/alexnet.mjs [--quick]
// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import {
  between,
  chance,
  drawMany,
  paint,
  percent,
  promise,
  readArguments,
  rows,
} from './tools.mjs'

const { quick } = readArguments()
const shape = [67, 67, 3]
const names = ['apple', 'banana', 'plum']

// Make: three fruits of all sizes and at all places, on walls of all colours, in bright and dim light.
const draw = chance(41)
const colours = [
  [0.9, 0.15, 0.15],
  [0.95, 0.85, 0.2],
  [0.3, 0.15, 0.6],
]
const fruit = (picture, k) => {
  const [light, r] = [between(draw, 0.7, 1), between(draw, 14, 24)]
  const [x, y] = [between(draw, 24, 43), between(draw, 24, 43)]
  const inside = [
    (px, py) => Math.hypot(px - x, py - y) < r,
    (px, py) => Math.hypot(px - x, py - y) < r && Math.hypot(px - x, py - y + r / 2) > r * 0.8,
    (px, py) => Math.hypot((px - x) * 1.4, py - y) < r,
  ]
  paint(picture, [draw(), draw(), draw()], () => true)
  const colour = colours[k % 3].map((one) => light * one)
  paint(picture, colour, inside[k % 3])
  for (let i = 0; i < picture.data.length; ++i) picture.data[i] += between(draw, -0.05, 0.05)
  return k % 3
}
const [total, held] = quick ? [120, 30] : [240, 60]
const { images, truths } = drawMany(total + 2 * held, shape, fruit)
const part = (from, to) => ({
  images: rows(images, from, to),
  labels: Int32Array.from(truths.slice(from, to)),
  classNames: names,
})
const train = part(0, total)
const validation = part(total, total + held)
const test = part(total + held, total + 2 * held)

// Analyse.
const { perClass, mean } = fovea.datasets.summary(train)
console.log(
  `${perClass.map(({ name, count }) => `${name} ${count}`).join(', ')}; mean ${mean.toFixed(2)}`,
)

// Define: augmentation, then the zoo's AlexNet as if it were one layer.
async function define(seed) {
  const net = await fovea.zoo.alexnet({
    inputShape: shape,
    classes: 3,
    groups: 2,
    units: 64,
    weightDecay: 5e-4,
    seed,
  })
  const { randomFlip, randomTranslation, randomContrast } = fovea.layers
  const input = fovea.input({ shape })
  let seen = randomFlip().apply(input)
  seen = randomTranslation({ heightFactor: 0.1, widthFactor: 0.1 }).apply(seen)
  seen = randomContrast({ factor: 0.2 }).apply(seen)
  // The paper's pictures are bytes less their mean: larger numbers than 0 to 1.
  seen = fovea.layers.rescaling({ scale: 10, offset: -5 }).apply(seen)
  return fovea.model({ inputs: input, outputs: net.apply(seen), name: `alexnet_${seed}`, seed })
}

// Train: one compile and one fit each.
const { csvLogger, earlyStopping, modelCheckpoint, reduceLROnPlateau } = fovea.callbacks
const models = []
for (const seed of [1, 2]) {
  const model = await define(seed)
  if (seed === 1) console.log(`${model.countParams().total} weights each`)
  await model.compile({
    optimizer: fovea.optimizers.sgd({ learningRate: 0.01, momentum: 0.9 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
  const monitor = 'val_accuracy'
  await model.fit(train, {
    epochs: quick ? 6 : 12,
    batchSize: quick ? 10 : 16,
    validationData: validation,
    callbacks: [
      reduceLROnPlateau({ monitor, factor: 0.1, patience: 4, minLr: 1e-4 }),
      earlyStopping({ monitor, patience: 10, restoreBestWeights: true }),
      modelCheckpoint({
        monitor,
        saveBestOnly: true,
        save: ({ epoch }) => console.log(`  best so far: epoch ${epoch + 1}`),
      }),
      csvLogger({ write: (line) => process.stdout.write(`  ${line}`) }),
    ],
  })
  models.push(model)
}

// Evaluate: each alone, and all together.
const together = await fovea.ensemble(models)
const alone = []
for (const model of models) alone.push((await model.evaluate(test)).accuracy)
const { accuracy, loss } = await together.evaluate(test)
console.log(
  `Alone ${alone.map(percent).join(' and ')}; together ${percent(accuracy)}, loss ${loss.toFixed(3)}.`,
)

// Predict.
const { data } = await together.predict(rows(test.images, 0, 1))
const sure = Array.from(data, (one, k) => `${names[k]} ${percent(one)}`).join(', ')
console.log(`The first of the test: ${names[test.labels[0]]}. The ensemble says: ${sure}.`)
promise('ensemble accuracy', accuracy, { atLeast: quick ? 0.6 : 0.85 })
await together.dispose()
for (const model of models) await model.dispose()
