# Compiler flags. Every build computes the same bits: four lanes, no contraction of a*b+c (so no
# fused multiply-add outside `relaxed`), x86-64 without AVX.
add_library(fovea_flags INTERFACE)
target_compile_options(fovea_flags INTERFACE -ffp-contract=off)

add_library(fovea_warnings INTERFACE)
# Designated initialisers leave fields out on purpose.
target_compile_options(fovea_warnings INTERFACE
  -Wall -Wextra -Wshadow -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overflows in inlined standard containers that are not there.
  target_compile_options(fovea_warnings INTERFACE
    -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict
    -Wno-maybe-uninitialized)
endif()

if(EMSCRIPTEN)
  if(FOVEA_SIMD STREQUAL "scalar")
    target_compile_options(fovea_flags INTERFACE -fexceptions)
    target_link_options(fovea_flags INTERFACE -fexceptions)
  else()
    # Node 20 accepts only the legacy encoding of wasm exceptions.
    target_compile_options(fovea_flags INTERFACE
      -msimd128 -fwasm-exceptions -sWASM_LEGACY_EXCEPTIONS=1)
    target_link_options(fovea_flags INTERFACE
      -msimd128 -fwasm-exceptions -sWASM_LEGACY_EXCEPTIONS=1)
  endif()
  if(FOVEA_SIMD STREQUAL "relaxed")
    target_compile_options(fovea_flags INTERFACE -mrelaxed-simd)
    target_link_options(fovea_flags INTERFACE -mrelaxed-simd)
  endif()
  if(FOVEA_THREADS)
    target_compile_options(fovea_flags INTERFACE -pthread)
    # Growing shared memory is slower only for JavaScript's own reads, which are few.
    target_link_options(fovea_flags INTERFACE -pthread -Wno-pthreads-mem-growth)
  endif()
else()
  find_package(Threads REQUIRED)
  target_link_libraries(fovea_flags INTERFACE Threads::Threads)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(fovea_flags INTERFACE -msse4.2 -mpclmul -maes)
  endif()
endif()

if(FOVEA_SANITIZE)
  target_compile_options(fovea_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(fovea_flags INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(fovea_flags INTERFACE FOVEA_DEBUG_FILL=1)
endif()
