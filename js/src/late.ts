// Stands in for the functions of later.ts, which a browser fetches when the first of them is called.
// SPDX-License-Identifier: MIT
type Later = typeof import('./later.js')
type Call = (...given: unknown[]) => Promise<unknown>

/** A function of later.ts under its own name. */
export function late<Name extends keyof Later>(name: Name): Later[Name] {
  const call: Call = async (...given) => ((await import('./later.js'))[name] as Call)(...given)
  return call as Later[Name]
}
