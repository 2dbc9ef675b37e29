// SPDX-License-Identifier: MIT
#include "core/aligned_buffer.h"

#include <cstdlib>
#include <cstring>

#include "core/error.h"

namespace fovea {

AlignedBuffer::AlignedBuffer(std::int64_t count, std::string_view purpose) {
  if (count == 0) return;
  const std::int64_t alignment = kAlignment;
  const auto too_large = [&](std::int64_t bytes) {
    fail(
        ErrorCode::kOutOfMemory, "not enough memory for ", purpose, ": ",
        readable_bytes(static_cast<double>(bytes)),
        " wanted. Use a smaller model or batch size, or dispose models that are no longer needed.");
  };
  if (count > INT64_MAX / 8) too_large(INT64_MAX);
  const std::int64_t bytes =
      (count * static_cast<std::int64_t>(sizeof(float)) + alignment - 1) / alignment * alignment;
  // Compared in 64 bits: in wasm a size_t has 32, and a larger request would wrap to a small one.
  if (bytes > static_cast<std::int64_t>(PTRDIFF_MAX)) too_large(bytes);
  void* memory = std::aligned_alloc(kAlignment, static_cast<std::size_t>(bytes));
  if (memory == nullptr) too_large(bytes);
  std::memset(memory, 0, static_cast<std::size_t>(bytes));
  floats_.reset(static_cast<float*>(memory));
  count_ = static_cast<std::size_t>(count);
}

void AlignedBuffer::Release::operator()(float* floats) const { std::free(floats); }

}  // namespace fovea
