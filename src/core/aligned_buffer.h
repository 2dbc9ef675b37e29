// SPDX-License-Identifier: MIT
// Owns floats on a cache-line boundary. The only owner of numbers in the library: parameters, arena
// and optimizer state are AlignedBuffers, everything else is a view. Running out of memory is an
// error with the bytes wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace fovea {

class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  /// `count` floats, all zero. `purpose` completes the sentence "not enough memory for ...".
  AlignedBuffer(std::int64_t count, std::string_view purpose);

  [[nodiscard]] float* data() const { return floats_.get(); }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::span<float> values() const { return {data(), count_}; }

 private:
  struct Release {
    void operator()(float* floats) const;
  };
  std::unique_ptr<float, Release> floats_;
  std::size_t count_ = 0;
};

}  // namespace fovea
