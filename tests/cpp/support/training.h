// SPDX-License-Identifier: MIT
// Data sets and recipes for tests that train.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tests/cpp/support/random_values.h"

namespace fovea::test {

/// A column that owns a copy of `values`.
template <class Element>
Column column_of(std::string place, DataType type, const Shape& shape,
                 const std::vector<Element>& values) {
  const auto owner = std::make_shared<const std::vector<Element>>(values);
  return {std::move(place), type, shape, std::shared_ptr<const void>(owner, owner->data())};
}

inline Column floats_column(std::string place, const Shape& shape,
                            const std::vector<float>& values) {
  return column_of(std::move(place), DataType::kFloat32, shape, values);
}
inline Column bytes_column(std::string place, const Shape& shape,
                           const std::vector<std::uint8_t>& values) {
  return column_of(std::move(place), DataType::kUint8, shape, values);
}
inline Column integers_column(std::string place, const Shape& shape,
                              const std::vector<std::int32_t>& values) {
  return column_of(std::move(place), DataType::kInt32, shape, values);
}

/// Pictures of `side` x `side` bytes (at least classes / 2 + 1) that a small network can tell
/// apart: each class has a bright stroke of its own, in noise.
inline std::shared_ptr<Dataset> synthetic_digits(int count, int side, int classes,
                                                 std::uint32_t seed) {
  RandomValues random(seed);
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  for (int i = 0; i < count; ++i) {
    const int label = i % classes;
    labels.push_back(label);
    const int ink = random.integer(120, 190);
    for (int row = 0; row < side; ++row) {
      for (int column = 0; column < side; ++column) {
        const int along = label % 2 == 0 ? row : column;
        const bool stroke = along == label / 2 + 1;
        pixels.push_back(static_cast<std::uint8_t>(random.integer(0, 60) + (stroke ? ink : 0)));
      }
    }
  }
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(bytes_column("x", {count, side, side, 1}, pixels));
  data->targets.push_back(integers_column("y", {count}, labels));
  return data;
}

}  // namespace fovea::test
