// SPDX-License-Identifier: MIT
// A contestant as the parent sees it: a process of its own, asked one line at a time, so that one
// works while the others wait. See lib/serve.mjs for the other side.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const kMostMilliseconds = 180_000

export class Child {
  /** Starts the process; resolves once it has said who it is. */
  static async start(contestant) {
    const child = new Child(contestant)
    child.identity = await child.answer()
    return child
  }

  constructor({ command, settings, env }) {
    const [program, ...args] = command
    this.process = spawn(program, [...args, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.complaints = ''
    this.process.stderr.on(
      'data',
      (data) => (this.complaints = (this.complaints + data).slice(-4000)),
    )
    this.process.stdin.on('error', () => {})
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
    this.failed = new Promise((_, reject) => this.process.on('error', reject))
    this.failed.catch(() => {})
  }

  /** One line of the protocol there and back. Rejects with the contestant's own sentence. */
  call(name, request = {}) {
    this.process.stdin.write(`${JSON.stringify({ call: name, ...request })}\n`)
    return this.answer()
  }

  async answer() {
    let timer
    const late = new Promise((_, reject) => {
      const sentence = `it gave no answer within ${kMostMilliseconds / 1000} s`
      timer = setTimeout(() => {
        this.end()
        reject(new Error(sentence))
      }, kMostMilliseconds)
    })
    try {
      const { value, done } = await Promise.race([this.lines.next(), late, this.failed])
      if (done) throw new Error(`it ended: ${this.lastComplaint()}`)
      const answer = JSON.parse(value)
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer
    } finally {
      clearTimeout(timer)
    }
  }

  lastComplaint() {
    const lines = this.complaints.trim().split('\n')
    return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? '').replace(/\.$/, '')
  }

  end() {
    this.process.stdin.end()
    this.process.kill()
  }
}
