// SPDX-License-Identifier: MIT
// Compares what a kernel computed with what its slow twin says, element by element, and reports the
// worst one by its index. The tolerance follows from the sum that an element is.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/tensor_view.h"
#include "tests/cpp/support/buffers.h"

namespace fovea::test {

/// What one element is made of.
struct Sum {
  int terms = 1;               // added up in float
  double largest_product = 1;  // no term is larger
  double roundings = 0;        // of the finished sum: so many more, each relative to its size (a
                               // division, an exponential)
};

/// How far a float sum may lie from the true one. The partial sums of terms with random signs grow
/// like sqrt(k) P / 3, each addition rounds by at most half an epsilon of that, and independent
/// roundings add up like sqrt(n): about P n epsilon / 12 in all for one standard deviation. n
/// epsilon P leaves twelve of them, and is far below what one wrong term of size P does.
double tolerance(const Sum& sum, double expected);

struct Actual {
  std::string_view place;  // "conv2d 3x3 s2 same, C=5"
  std::string_view name;   // "output"
  ConstTensorView values;
};

/// NaN must meet NaN, and an infinity the same infinity.
void expect_close(const Actual& actual, std::span<const double> expected, const Sum& sum);

/// For gradients in double against central differences: equal to seven digits.
void expect_gradient(std::string_view place, std::span<const double> gradient,
                     std::span<const double> numeric);

/// Every output was written inside its bounds.
void expect_intact(std::string_view place, std::string_view name, const Output& output);

/// Two runs gave the same bits.
void expect_same_bits(std::string_view place, std::span<const float> a, std::span<const float> b);

}  // namespace fovea::test
