// SPDX-License-Identifier: MIT
// Seeded numbers for tests: the same in every build, exact in float32 and so the same in float and
// in double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace fovea::test {

class RandomValues {
 public:
  explicit RandomValues(std::uint32_t seed) : engine_(seed) {}

  /// Uniform in [-1, 1), in steps of 2^-16: products and differences of two are exact in float too.
  double next() { return static_cast<double>(engine_() >> 15U) * 0x1p-16 - 1; }
  /// Uniform in [low, high], both included.
  int integer(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<std::uint32_t>(high - low + 1));
  }
  std::vector<double> values(std::size_t count) {
    std::vector<double> result(count);
    for (double& value : result) value = next();
    return result;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace fovea::test
