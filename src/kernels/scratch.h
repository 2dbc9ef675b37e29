// SPDX-License-Identifier: MIT
// Hands out pieces of scratch memory. A kernel describes its workspace once, as a struct whose
// constructor takes pieces: with memory behind it that is the workspace, without memory it measures
// how much the memory plan must set aside.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "core/error.h"

namespace fovea {

class Scratch {
 public:
  /// Measures only: every piece is null.
  Scratch() = default;
  explicit Scratch(std::span<float> memory)
      : memory_(reinterpret_cast<std::byte*>(memory.data())), limit_(memory.size_bytes()) {}

  /// Room for `count` numbers on a cache-line boundary, with room for one register tile behind
  /// them: vector loads may read past the end of a piece (what they find there is never used).
  template <class T>
  T* take(std::int64_t count) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kAlignment);
    const std::int64_t start = used_;
    const std::int64_t bytes = count * static_cast<std::int64_t>(sizeof(T)) + kSlack;
    used_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (memory_ == nullptr) return nullptr;
    ensure(used_ <= static_cast<std::int64_t>(limit_),
           "a kernel wants more scratch memory than was planned");
    return reinterpret_cast<T*>(memory_ + start);
  }

  /// What was taken so far, in floats.
  [[nodiscard]] std::int64_t floats() const {
    return used_ / static_cast<std::int64_t>(sizeof(float));
  }

 private:
  static constexpr std::int64_t kAlignment = 64;
  static constexpr std::int64_t kSlack = 32;

  std::byte* memory_ = nullptr;
  std::size_t limit_ = 0;
  std::int64_t used_ = 0;
};

/// Floats of scratch memory that a workspace needs.
template <class Workspace, class... Arguments>
std::int64_t scratch_floats(const Arguments&... arguments) {
  Scratch measure;
  Workspace(arguments..., measure);
  return measure.floats();
}

/// Such pieces, one for each thread.
template <class Room>
struct Rooms {
  template <class... Arguments>
  Rooms(int slots, Scratch& scratch, const Arguments&... arguments)
      : size(scratch_floats<Room>(arguments...)), memory(scratch.take<float>(size * slots)) {}

  template <class... Arguments>
  [[nodiscard]] Room of(int slot, const Arguments&... arguments) const {
    Scratch piece({memory + slot * size, static_cast<std::size_t>(size)});
    return Room(arguments..., piece);
  }

  std::int64_t size;
  float* memory;
};

}  // namespace fovea
