// SPDX-License-Identifier: MIT
// The files in a tar archive, gzipped or not, as CIFAR-10 is published: read as a stream, so that no more
// than one file of it is held at a time. Headers are those of POSIX.1-1988 (ustar), blocks of 512 bytes.
const kBlock = 512
const kName = [0, 100] as const
const kSize = [124, 136] as const
const kType = 156
const kPlainFile = ['0', '\0']

/** Bytes of a stream, as many at a time as are asked for. */
class Bytes {
  private rest = new Uint8Array()
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>

  constructor(stream: ReadableStream<Uint8Array>) {
    this.reader = stream.getReader()
  }

  /** Fewer than asked for only at the end. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const taken = new Uint8Array(count)
    let have = 0
    while (have < count) {
      if (this.rest.length === 0) {
        const { value, done } = await this.reader.read()
        if (done) return taken.subarray(0, have)
        this.rest = new Uint8Array(value)
      }
      const part = this.rest.subarray(0, count - have)
      taken.set(part, have)
      have += part.length
      this.rest = this.rest.subarray(part.length)
    }
    return taken
  }
}

/** The files whose names fit. Those of an archive that ends early are refused with a sentence. */
export async function filesInTar(archive: File, wanted: RegExp): Promise<File[]> {
  const packed = /gz$/i.test(archive.name)
  const stream = packed
    ? archive.stream().pipeThrough(new DecompressionStream('gzip'))
    : archive.stream()
  const bytes = new Bytes(stream)
  const files: File[] = []
  for (;;) {
    const header = await bytes.take(kBlock)
    const text = ([from, to]: readonly [number, number]): string =>
      new TextDecoder().decode(header.subarray(from, to)).replace(/\0.*$/s, '')
    const name = text(kName)
    // The end is marked by empty blocks.
    if (header.length < kBlock || name === '') return files
    const size = Number.parseInt(text(kSize).trim() || '0', 8)
    const content = await bytes.take(size)
    if (content.length < size || !Number.isFinite(size)) {
      throw new Error(`${archive.name} ends within ${name}. Download it again.`)
    }
    await bytes.take((kBlock - (size % kBlock)) % kBlock)
    const own = name.split('/').at(-1) ?? name
    const plain = kPlainFile.includes(String.fromCharCode(header[kType] ?? 0))
    if (plain && wanted.test(own)) files.push(new File([content], own))
  }
}
