// Written by scripts/build-package.mjs: which builds there are, and how to load each.
declare module 'fovea:engines' {
  import type { Build } from './engine/engine.js'
  import type { ModuleFactory } from './engine/native.js'
  import type { serve } from './engine/serve.js'
  import type { PackedModule } from './unpack.js'

  /** The builds that this copy of the package holds. */
  export const built: readonly Build[]
  /** Browsers: the worker's script. */
  export const scripts: Partial<Record<Build, () => Promise<{ script: string }>>>
  /** Browsers: the module, or the first part of it, as unpack.ts reads it. */
  export const embedded: Partial<Record<Build, () => Promise<PackedModule>>>
  /** Browsers: the small module that unpacks it (scripts/package/codec.cpp), in hexadecimal. */
  export const unpacker: () => Promise<{ code: string }>
  /** Browsers: the part of the engine that few models need. */
  export const rest: Partial<Record<Build, () => Promise<PackedModule>>>
  /** Browsers without a worker: what the worker's script exports. */
  export const inPage: Partial<
    Record<Build, () => Promise<{ serve: typeof serve; factory: ModuleFactory }>>
  >
  /** Node: the glue. */
  export const nodeGlue: Partial<Record<Build, () => Promise<{ default: ModuleFactory }>>>
}

// The glue of the build that a worker's script is bundled with.
declare module 'fovea:glue' {
  import type { ModuleFactory } from './engine/native.js'
  const factory: ModuleFactory
  export default factory
}
