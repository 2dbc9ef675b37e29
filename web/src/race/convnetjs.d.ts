// SPDX-License-Identifier: MIT
// What the race uses of ConvNetJS, which brings no types.
declare module 'convnetjs' {
  export class Vol {
    constructor(width: number, height: number, depth: number, value: number)
    w: Float64Array
  }
  export class Net {
    makeLayers(layers: readonly object[]): void
    forward(input: Vol, training: boolean): Vol
    getPrediction(): number
  }
  export class Trainer {
    constructor(net: Net, options: object)
    train(input: Vol, label: number): object
  }
}
