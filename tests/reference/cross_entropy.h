// SPDX-License-Identifier: MIT
// Softmax and cross-entropy in double. Labels are probabilities per class; a class number is its
// one-hot row.
#pragma once

#include <cstddef>

#include "tests/reference/values.h"

namespace fovea::reference {

/// A loss summed over rows, and its gradient with respect to the predictions.
struct Loss {
  double value = 0;
  Values gradient;
};

/// Rows of `classes` numbers: exp(x) / sum of the row's exp(x).
Values softmax(const Values& x, std::size_t classes);
Values softmax_backward(const Values& x, const Values& output_gradient, std::size_t classes);

/// -sum of label * log softmax(logits).
Loss softmax_cross_entropy(const Values& logits, const Values& labels, std::size_t classes);

/// -sum of label * log q with q = p / (sum of the row), clipped to [1e-7, 1 - 1e-7].
Loss cross_entropy(const Values& probabilities, const Values& labels, std::size_t classes);

/// Class numbers as rows with a single one.
Values one_hot(const std::vector<int>& labels, std::size_t classes);

}  // namespace fovea::reference
