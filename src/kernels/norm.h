// SPDX-License-Identifier: MIT
// Sizes of weights and gradients, and what keeps them small: penalties, clipping, constraints.
#pragma once

#include <span>

#include "core/tensor_view.h"

namespace fovea {

/// The sum of x^2, blocks of it added in double.
double sum_of_squares(std::span<const float> x);

/// An l1 and l2 penalty: l1 * sum of |x| + l2 * sum of x^2.
double penalty(float l1, float l2, std::span<const float> x);
/// gradient = gradient + l1 sign(x) + 2 l2 x.
void add_penalty_gradient(float l1, float l2, std::span<const float> x, std::span<float> gradient);

/// x = x clipped to [-most, most]; NaN stays.
void clip_values(float most, std::span<float> x);

/// Where norms should lie: between least and most, a number beyond them moved by `rate` of the way
/// (Keras's MinMaxNorm, of which MaxNorm and UnitNorm are cases).
struct NormRange {
  float least = 0, most = 1, rate = 1;
};

/// Scales x so that its norms over `axes` lie in the range: x * wanted / (1e-7 + norm). `norms` is
/// room for a number for each index of the other axes.
void limit_norms(const NormRange& range, std::span<const int> axes, TensorView x,
                 std::span<double> norms);
/// max(x, 0).
void limit_to_positive(std::span<float> x);

}  // namespace fovea
