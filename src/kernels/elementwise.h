// SPDX-License-Identifier: MIT
// Small operations over whole tensors: sums of rows, scaling, dropout.
#pragma once

#include <cstdint>
#include <span>

#include "core/parallel.h"
#include "core/random.h"

namespace fovea {

/// sums[c] = sum over rows of values[row, c], or += with `accumulate`.
void add_column_sums(const float* values, int rows, int columns, float* sums, bool accumulate);

/// total = rows[0] + rows[1] + ..., in this order; each row has total.size() values.
void sum_rows(const float* rows, int count, std::span<float> total);

/// total = a + b. total may be a or b.
void add(std::span<const float> a, std::span<const float> b, std::span<float> total);

/// y = scale * x + offset. y may be x.
void scale(std::span<const float> x, float factor, float offset, std::span<float> y);

/// gradient = output_gradient + l1 * sign(x) + 2 * l2 * x: the slope of a price l1 |x| + l2 x^2
/// added. gradient may be output_gradient.
void add_price_slope(std::span<const float> x, float l1, float l2,
                     std::span<const float> output_gradient, std::span<float> gradient);

/// y = x / (1 - rate) where the stream's number for this element is at least `rate`, else 0:
/// "inverted" dropout, so that nothing is left to do outside training. The backward pass is the
/// same call on gradients: the mask is made again, not stored.
void dropout(const RandomStream& stream, float rate, std::span<const float> x, std::span<float> y,
             Workers& workers);

}  // namespace fovea
