// SPDX-License-Identifier: MIT
// What Embind would link tells JavaScript of every type there is. Ours are known (embind.js).
#include <emscripten/bind.h>

extern "C" void _embind_register_bindings(emscripten::internal::InitFunc* /*made*/) {}
