// SPDX-License-Identifier: MIT
// TensorFlow.js's plain JavaScript backend, as a file that is fetched when it races.
import '@tensorflow/tfjs-backend-cpu'
