# The WebAssembly modules: for each variant one for Node and one for a browser's worker, from the
# same objects. The bindings are an object library, since Embind registers by static initialisers
# that the linker would drop from an archive.
set(memory_settings -sMALLOC=emmalloc -sALLOW_MEMORY_GROWTH -sABORTING_MALLOC=0 -sSTACK_SIZE=1MB)
if(FOVEA_THREADS)
  # Browsers reserve the maximum of a shared memory at once, and refuse 4 GiB on small devices.
  list(APPEND memory_settings -sMAXIMUM_MEMORY=2GB -sDEFAULT_PTHREAD_STACK_SIZE=512KB)
else()
  list(APPEND memory_settings -sMAXIMUM_MEMORY=4GB)
endif()

target_compile_options(fovea_cold PRIVATE -Oz)
# The names of types are bytes in every module, and nothing asks for them.
foreach(part cold hot)
  target_compile_options(fovea_${part} PRIVATE -fno-rtti)
endforeach()
if(FOVEA_SIMD STREQUAL "scalar")
  # For browsers from before 2021 alone: four lanes one by one are long, and the budget is the same.
  target_compile_options(fovea_hot PRIVATE -Oz)
else()
  # Vectors and unrolled loops are written out already; the compiler's own cost many bytes and save
  # no time.
  target_compile_options(fovea_hot PRIVATE
    -Os -fno-vectorize -fno-slp-vectorize -fno-unroll-loops)
endif()

function(add_module name environment)
  add_executable(${name} $<TARGET_OBJECTS:fovea_bindings>)
  target_link_libraries(${name} PRIVATE ${fovea_core})
  set(embind_library ${PROJECT_SOURCE_DIR}/src/bindings/embind.js)
  set_target_properties(${name} PROPERTIES
    SUFFIX .mjs LINKER_LANGUAGE CXX LINK_DEPENDS ${embind_library})
  target_link_options(${name} PRIVATE
    -Oz --js-library ${embind_library} ${memory_settings}
    -sENVIRONMENT=${environment} -sMODULARIZE -sEXPORT_ES6 -sDYNAMIC_EXECUTION=0 -sFILESYSTEM=0
    -sEXPORTED_RUNTIME_METHODS=HEAPU8,HEAP32,HEAPF32
    -sINCOMING_MODULE_JS_API=mainScriptUrlOrBlob,wasmBinary,instantiateWasm)
endfunction()

file(GLOB binding_sources CONFIGURE_DEPENDS src/bindings/*.cpp)
add_library(fovea_bindings OBJECT ${binding_sources})
target_include_directories(fovea_bindings PRIVATE src)
target_compile_options(fovea_bindings PRIVATE -Oz -fno-rtti)
target_compile_definitions(fovea_bindings PRIVATE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
target_link_libraries(fovea_bindings PRIVATE fovea_flags fovea_warnings hwy)
add_module(fovea-node node)
add_module(fovea-web worker)
# scripts/package/split.mjs cuts it in two by the names of its functions.
target_link_options(fovea-web PRIVATE -Wl,--no-demangle --profiling-funcs
  -sBINARYEN_EXTRA_PASSES=--one-caller-inline-max-function-size=0)

# The tests run in Node with its file system. They are CommonJS, so that a plain `node` starts them.
file(WRITE ${CMAKE_BINARY_DIR}/package.json "{ \"type\": \"commonjs\" }\n")
set_target_properties(fovea_tests PROPERTIES SUFFIX .js)
target_link_options(fovea_tests PRIVATE
  -O1 ${memory_settings} -sENVIRONMENT=node -sNODERAWFS -sEXIT_RUNTIME -sASSERTIONS=0)
if(FOVEA_THREADS)
  target_link_options(fovea_tests PRIVATE -sPTHREAD_POOL_SIZE=4)
endif()

# The benchmark's programs, linked like the modules, so that they are optimised alike.
foreach(program fovea_limit fovea_layers)
  set_target_properties(${program} PROPERTIES SUFFIX .js)
  target_link_options(${program} PRIVATE
    -Oz ${memory_settings} -sENVIRONMENT=node -sNODERAWFS -sEXIT_RUNTIME -sASSERTIONS=0)
endforeach()
