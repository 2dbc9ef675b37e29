import * as fovea from 'fovea'

const { train, test } = await fovea.datasets.digits()
const { conv2d, maxPooling2d, flatten, dense } = fovea.layers
const model = await fovea.sequential({
  seed: 1,
  layers: [
    conv2d({ inputShape: [28, 28, 1], filters: 16, kernelSize: 3, activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dense({ units: 10, activation: 'softmax' }),
  ],
})
const loss = 'sparseCategoricalCrossentropy'
await model.compile({ optimizer: 'adam', loss, metrics: ['accuracy'] })
await model.fit(train.images, train.labels, { epochs: 3, validationData: test, verbose: 1 })
const { accuracy } = await model.evaluate(test)
console.log(`Right on ${(accuracy * 100).toFixed(1)} % of 1,000 digits it has not seen.`)
const output = await model.predict({ data: test.images.data.slice(0, 784), shape: [28, 28, 1] })
console.log(`The first is a ${output.data.indexOf(Math.max(...output.data))}.`)
