// SPDX-License-Identifier: MIT
// Convolution as seven nested loops in double: the sum as it stands in the books.
#pragma once

#include "tests/reference/window.h"

namespace fovea::reference {

struct Conv2d {
  int batch = 1;
  int in_channels = 1;
  int out_channels = 1;
  Axis rows, columns;
  int groups = 1;

  [[nodiscard]] Image input() const { return {rows.input, columns.input, in_channels}; }
  [[nodiscard]] Image output() const { return {rows.output(), columns.output(), out_channels}; }
  /// The filter [kh, kw, ic, oc] as an array of kh images [kw, ic, oc]; ic counts within a group.
  [[nodiscard]] Image filter() const { return {columns.size, in_channels / groups, out_channels}; }
  [[nodiscard]] std::size_t input_size() const;
  [[nodiscard]] std::size_t filter_size() const;
  [[nodiscard]] std::size_t output_size() const;
  /// Terms in the sum of one output.
  [[nodiscard]] int terms() const { return rows.size * columns.size * in_channels; }
};

/// output[n,oh,ow,oc] = bias[oc] + sum over kh, kw, ic of input[n, reads(oh,kh), reads(ow,kw), ic]
/// * filter[kh,kw,ic,oc]. An empty bias is none.
Values conv2d_forward(const Conv2d& c, const Values& input, const Values& filter,
                      const Values& bias);

struct Conv2dGradients {
  Values input, filter, bias;
};
/// Of sum(output * output_gradient), with respect to input, filter and bias.
Conv2dGradients conv2d_backward(const Conv2d& c, const Values& input, const Values& filter,
                                const Values& output_gradient);

}  // namespace fovea::reference
