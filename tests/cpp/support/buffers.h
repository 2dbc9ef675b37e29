// SPDX-License-Identifier: MIT
// Where kernels read and write in tests. Inputs end where their allocation ends, so that the
// address sanitizer sees a read beyond them. Outputs start as NaN, so that an element that is added
// to or left out shows, and stand between guard bands. Both can start at any multiple of four
// bytes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor_view.h"

namespace fovea::test {

/// Numbers for a kernel to read.
class Input {
 public:
  explicit Input(const std::vector<double>& values, std::size_t misalignment = 0)
      : misalignment_(misalignment), floats_(misalignment + values.size()) {
    std::transform(values.begin(), values.end(),
                   floats_.begin() + static_cast<std::ptrdiff_t>(misalignment),
                   [](double value) { return static_cast<float>(value); });
  }

  [[nodiscard]] const float* data() const { return floats_.data() + misalignment_; }
  [[nodiscard]] float* data() { return floats_.data() + misalignment_; }
  [[nodiscard]] std::span<const float> values() const {
    return {data(), floats_.size() - misalignment_};
  }
  [[nodiscard]] ConstTensorView view(const Shape& shape) const { return {data(), shape}; }

 private:
  std::size_t misalignment_;
  std::vector<float> floats_;
};

/// Room for a kernel to write.
class Output {
 public:
  explicit Output(std::size_t count, std::size_t misalignment = 0)
      : before_(kGuard + misalignment), count_(count), floats_(before_ + count + kGuard, guard()) {
    std::ranges::fill(values(), std::numeric_limits<float>::quiet_NaN());
  }

  [[nodiscard]] float* data() { return floats_.data() + before_; }
  [[nodiscard]] std::span<float> values() { return {data(), count_}; }
  [[nodiscard]] TensorView view(const Shape& shape) { return {data(), shape}; }

  /// Empty, or how far outside the buffer something was written.
  [[nodiscard]] std::string damage() const {
    for (std::size_t i = 0; i < floats_.size(); ++i) {
      const bool is_guard = i < before_ || i >= before_ + count_;
      if (!is_guard || std::bit_cast<std::uint32_t>(floats_[i]) == kGuardBits) continue;
      return i < before_
                 ? std::to_string(before_ - i) + " floats before the start was written"
                 : std::to_string(i - before_ - count_) + " floats after the end was written";
    }
    return {};
  }

 private:
  static constexpr std::size_t kGuard = 32;
  static constexpr std::uint32_t kGuardBits = 0x7fc5a5a5;  // a NaN that no arithmetic makes
  static float guard() { return std::bit_cast<float>(kGuardBits); }

  std::size_t before_;
  std::size_t count_;
  std::vector<float> floats_;
};

/// The same bits, NaNs included.
inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return std::ranges::equal(a, b, [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  });
}

inline std::vector<float> copy_of(std::span<const float> values) {
  return {values.begin(), values.end()};
}

}  // namespace fovea::test
