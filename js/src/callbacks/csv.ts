// A line of comma-separated values for every epoch, in a file or wherever else. Format: Keras 3's
// CSVLogger: a heading, `epoch` first, then the values by name in the order of the alphabet.
// SPDX-License-Identifier: MIT
import type { Callback } from '../callbacks.js'
import { FoveaError } from '../errors.js'
import { checkNames, describe } from '../options.js'
import { platform } from '../platform.js'

/** Options of {@link csvLogger}: `filename` in Node, or `write` anywhere. */
export interface CsvLoggerOptions {
  /** The file, in Node. */
  filename?: string
  /** Gets each line, with its end. */
  write?: (line: string) => void | Promise<void>
  /** What stands between values. Default a comma. */
  separator?: string
  /** Go on in the file that is there, without a second heading. Default false: begin it anew. */
  append?: boolean
}

/**
 * Writes loss and metrics of every epoch as lines of comma-separated values.
 *
 * @throws FoveaError `bad-option`; `unsupported` for a file in a browser; `bad-file` where it cannot
 * be written
 * @example
 * ```ts
 * fovea.callbacks.csvLogger({ filename: 'training.csv' })
 * fovea.callbacks.csvLogger({ write: (line) => void lines.push(line) })
 * ```
 */
export function csvLogger(options: CsvLoggerOptions): Callback {
  const place = 'csvLogger'
  checkNames(place, options, ['filename', 'write', 'separator', 'append'])
  const { filename, write, separator = ',', append = false } = options
  const { appendText, beginText } = platform
  if ((filename === undefined) === (write === undefined)) {
    throw new FoveaError(
      'bad-option',
      `${place}: needs either a filename or write: (line) => ... but gets ${describe(options)}.`,
    )
  }
  if (filename !== undefined && beginText === undefined) {
    throw new FoveaError(
      'unsupported',
      `${place}: a browser has no files to write. Give write: (line) => ... instead of filename.`,
    )
  }
  let columns: string[] | undefined
  let headed = false
  const put = async (line: string): Promise<void> => {
    if (filename === undefined) await write?.(line)
    else await appendText?.(place, filename, line)
  }
  return {
    async onTrainBegin() {
      columns = undefined
      headed = filename !== undefined && (await beginText?.(place, filename, append)) === true
    },
    async onEpochEnd(epoch, logs, { validationFreq }) {
      // Epochs without a validation still have its columns.
      const names = Object.keys(logs).filter((name) => !name.startsWith('val_'))
      const held = validationFreq > 0 ? names.map((name) => `val_${name}`) : []
      const fresh = columns === undefined
      columns ??= [...names, ...held].sort()
      if (fresh && !headed) await put(['epoch', ...columns].join(separator) + '\n')
      const values = columns.map((name) => logs[name] ?? 'NA')
      await put([epoch, ...values].join(separator) + '\n')
    },
  }
}
