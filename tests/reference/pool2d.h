// SPDX-License-Identifier: MIT
// Max, average and sum pooling in double, each channel by itself. Padding never wins a maximum and
// is not counted in a mean.
#pragma once

#include "tests/reference/window.h"

namespace fovea::reference {

struct Pool2d {
  int batch = 1;
  int channels = 1;
  Axis rows, columns;

  [[nodiscard]] Image input() const { return {rows.input, columns.input, channels}; }
  [[nodiscard]] Image output() const { return {rows.output(), columns.output(), channels}; }
  [[nodiscard]] std::size_t input_size() const {
    return static_cast<std::size_t>(batch) * input().size();
  }
  [[nodiscard]] std::size_t output_size() const {
    return static_cast<std::size_t>(batch) * output().size();
  }
};

Values max_pool2d_forward(const Pool2d& p, const Values& input);
/// The gradient goes to the first of a window's largest inputs, row by row.
Values max_pool2d_backward(const Pool2d& p, const Values& input, const Values& output_gradient);

enum class Total : bool { kSum, kMean };
Values total_pool2d_forward(Total total, const Pool2d& p, const Values& input);
Values total_pool2d_backward(Total total, const Pool2d& p, const Values& output_gradient);

}  // namespace fovea::reference
