// SPDX-License-Identifier: MIT
// TensorFlow.js's WebGL backend, as a file that is fetched when it races.
import '@tensorflow/tfjs-backend-webgl'
