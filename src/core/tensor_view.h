// SPDX-License-Identifier: MIT
// A tensor that somebody else owns: float32 values, row-major, and a shape. Views are passed by
// value. A null view has no values.
#pragma once

#include <cstddef>
#include <span>

#include "core/shape.h"

namespace fovea {

struct TensorView {
  float* data = nullptr;
  Shape shape;

  [[nodiscard]] std::size_t size() const {
    return data == nullptr ? 0 : static_cast<std::size_t>(shape.size());
  }
  [[nodiscard]] std::span<float> values() const { return {data, size()}; }
  explicit operator bool() const { return data != nullptr; }
};

struct ConstTensorView {
  const float* data = nullptr;
  Shape shape;

  ConstTensorView() = default;
  ConstTensorView(const float* values, const Shape& extents) : data(values), shape(extents) {}
  ConstTensorView(
      const TensorView& view)  // NOLINT(google-explicit-constructor): reading is always safe
      : data(view.data), shape(view.shape) {}

  [[nodiscard]] std::size_t size() const {
    return data == nullptr ? 0 : static_cast<std::size_t>(shape.size());
  }
  [[nodiscard]] std::span<const float> values() const { return {data, size()}; }
  explicit operator bool() const { return data != nullptr; }
};

/// One example of a batch.
template <class View>
View example(const View& batch, int n) {
  const Shape row = batch.shape.row();
  return {batch.data + n * static_cast<std::ptrdiff_t>(row.size()), row};
}

}  // namespace fovea
