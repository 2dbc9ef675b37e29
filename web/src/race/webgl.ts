// SPDX-License-Identifier: MIT
// What stands behind WebGL in this browser: a graphics card, the processor in its place, or nothing.

export type Webgl = { how: string; software: boolean } | { absent: string }

const kSoftware = /swiftshader|llvmpipe|softpipe|software|basic render/i

/** In a worker. Whoever asks for no caveat gets no renderer in software, in most browsers. */
function rendererOf(failIfMajorPerformanceCaveat: boolean): string | undefined {
  const canvas = new OffscreenCanvas(1, 1)
  const gl = canvas.getContext('webgl2', { failIfMajorPerformanceCaveat })
  if (!gl) return undefined
  // Firefox names the renderer at once, others by an extension.
  const plain = String(gl.getParameter(gl.RENDERER))
  const more = /^webkit/i.test(plain) && gl.getExtension('WEBGL_debug_renderer_info')
  const name = more ? String(gl.getParameter(more.UNMASKED_RENDERER_WEBGL)) : plain
  gl.getExtension('WEBGL_lose_context')?.loseContext()
  // "ANGLE (maker, device, driver)": the device.
  return /^ANGLE \([^,]*, (.*), [^,]*\)$/.exec(name)?.[1] ?? name
}

export function findWebgl(): Webgl {
  if (typeof OffscreenCanvas === 'undefined') {
    return { absent: 'This browser gives a worker no WebGL. It does not race here.' }
  }
  const card = rendererOf(true)
  const renderer = card ?? rendererOf(false)
  if (renderer === undefined) {
    return { absent: 'This browser has no WebGL 2, or it is switched off. It does not race here.' }
  }
  const software = card === undefined || kSoftware.test(renderer)
  const how = software
    ? `WebGL without a graphics card: software on the processor, ${renderer}`
    : `WebGL on the graphics card: ${renderer}`
  return { how, software }
}
