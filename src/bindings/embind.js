// SPDX-License-Identifier: MIT
// Embind's end in JavaScript, as far as our functions need it (bindings.cpp): they take and give numbers
// and strings, none has a namesake, and none is a method. Emscripten's own knows all that C++ has: 9 KB
// that every page would download, and arrays at each call of a function of numbers, as a prediction is.
addToLibrary({
  /** A string between C++ and JavaScript: how many bytes, and the bytes. Who gets it frees it. */
  $stringFromHeap: (pointer) => {
    const text = UTF8ToString(pointer + 4, HEAPU32[pointer >>> 2], true)
    _free(pointer)
    return text
  },
  $stringFromHeap__deps: ['$UTF8ToString', 'free'],

  $stringToHeap: (text) => {
    const length = lengthBytesUTF8(text)
    const pointer = _malloc(4 + length + 1)
    if (pointer === 0) throw new RangeError(`The engine's memory has no room for ${length} bytes.`)
    HEAPU32[pointer >>> 2] = length
    stringToUTF8(text, pointer + 4, length + 1)
    return pointer
  },
  $stringToHeap__deps: ['$lengthBytesUTF8', '$stringToUTF8', 'malloc'],

  /**
   * `signature`: a letter for the result, for the function itself, and for each argument, as in
   * WebAssembly; a string is a pointer.
   */
  _embind_register_function: (
    name,
    _count,
    _types,
    signature,
    invoker,
    called,
    _async,
    _nonnull,
  ) => {
    const letters = UTF8ToString(signature)
    const invoke = getWasmTableEntry(invoker)
    const numbers = (a, b, c, d, e, f, g, h) => invoke(called, a, b, c, d, e, f, g, h)
    const strings = (...given) => {
      const wired = given.map((one) => (typeof one === 'string' ? stringToHeap(one) : one))
      const result = invoke(called, ...wired)
      wired.forEach((one, k) => one !== given[k] && _free(one))
      return result
    }
    const call = letters.includes('p', 2) ? strings : numbers
    Module[UTF8ToString(name)] =
      letters[0] === 'p' ? (...given) => stringFromHeap(call(...given) >>> 0) : call
  },
  _embind_register_function__deps: [
    '$UTF8ToString',
    '$getWasmTableEntry',
    '$stringFromHeap',
    '$stringToHeap',
    'free',
  ],
})
