// What a page needs only now and then, in one file that browsers fetch when it is first asked for.
// Who asks is late.ts.
// SPDX-License-Identifier: MIT
export { channelsLastOutputs } from './channels-first.js'
export { digitFromPixels, fromPixels } from './browser/pixels.js'
export { webcam } from './browser/webcam.js'
export { cifar10, fromCifar } from './datasets/cifar.js'
export { fromImages } from './datasets/images.js'
export { digits, fashionMnist, fromIdx, mnist } from './datasets/mnist.js'
export { toOnnx, toPyTorch, toTfjs } from './formats/doors.js'
export { answerLosses } from './custom-loss.js'
export { ensemble } from './ensemble.js'
export { gradCam } from './explain/grad-cam.js'
export { occlusion } from './explain/occlusion.js'
export { saliency, smoothGrad } from './explain/saliency.js'
export { convolve } from './image/convolve.js'
export {
  checkWeight,
  copyModel,
  listModels,
  loadModel,
  removeModel,
  saveModel,
  toSafetensors,
} from './formats/keep.js'
export { runActivations, runGradients } from './inside.js'
export { revive } from './revive.js'
export { evaluateStream, streamEpochs } from './stream.js'
export { weigh } from './weigh.js'
export { alexnet } from './zoo/alexnet.js'
export {
  catClassifier,
  kerasMnist,
  lenetCifar,
  logistic,
  mlp,
  softmaxRegression,
  torchMnist,
} from './zoo/classic.js'
export { fcn } from './zoo/fcn.js'
export { inception } from './zoo/inception.js'
export { steering } from './zoo/steering.js'
