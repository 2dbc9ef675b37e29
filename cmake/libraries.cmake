# Highway and Catch2, from the sources that set-up unpacked into .toolchain/src, else from upstream.
# Only the few files that are needed are compiled: their own CMake builds much more.
include(FetchContent)
set(toolchain "$ENV{FOVEA_TOOLCHAIN_DIR}")
if(toolchain STREQUAL "")
  set(toolchain ${CMAKE_SOURCE_DIR}/.toolchain)
endif()
foreach(library highway catch2)
  string(TOUPPER ${library} upper)
  if(NOT FETCHCONTENT_SOURCE_DIR_${upper} AND EXISTS ${toolchain}/src/${library})
    set(FETCHCONTENT_SOURCE_DIR_${upper} ${toolchain}/src/${library} CACHE PATH "" FORCE)
  endif()
endforeach()

# A SOURCE_SUBDIR without a CMakeLists.txt makes the sources available without building them.
FetchContent_Declare(highway SOURCE_SUBDIR sources-only
  GIT_REPOSITORY https://github.com/google/highway.git GIT_TAG 1.3.0 GIT_SHALLOW TRUE)
FetchContent_Declare(catch2 SOURCE_SUBDIR sources-only
  GIT_REPOSITORY https://github.com/catchorg/Catch2.git GIT_TAG v3.7.1 GIT_SHALLOW TRUE)
FetchContent_MakeAvailable(highway catch2)

add_library(hwy STATIC
  ${highway_SOURCE_DIR}/hwy/abort.cc
  ${highway_SOURCE_DIR}/hwy/print.cc
  ${highway_SOURCE_DIR}/hwy/targets.cc)
target_include_directories(hwy SYSTEM PUBLIC ${highway_SOURCE_DIR})
# EMU128 is four lanes in plain C++: `scalar` computes the bits of `simd`.
if(EMSCRIPTEN AND FOVEA_SIMD STREQUAL "scalar")
  target_compile_definitions(hwy PUBLIC HWY_COMPILE_ONLY_EMU128)
else()
  target_compile_definitions(hwy PUBLIC HWY_COMPILE_ONLY_STATIC)
endif()
target_link_libraries(hwy PRIVATE fovea_flags)

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
file(CREATE_LINK ${catch2_SOURCE_DIR}/extras ${CMAKE_BINARY_DIR}/include/catch2 SYMBOLIC)
add_library(catch2 STATIC EXCLUDE_FROM_ALL ${catch2_SOURCE_DIR}/extras/catch_amalgamated.cpp)
target_include_directories(catch2 SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/include)
# The test framework's own speed does not matter, the time to compile it does.
target_compile_options(catch2 PRIVATE -O0 -g0)
target_link_libraries(catch2 PRIVATE fovea_flags)
