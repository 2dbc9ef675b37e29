// SPDX-License-Identifier: MIT
#include "tests/reference/cross_entropy.h"

#include <algorithm>
#include <cmath>

namespace fovea::reference {

Values softmax(const Values& x, std::size_t classes) {
  Values y(x.size());
  for (std::size_t row = 0; row < x.size(); row += classes) {
    const double largest =
        *std::max_element(x.begin() + static_cast<std::ptrdiff_t>(row),
                          x.begin() + static_cast<std::ptrdiff_t>(row + classes));
    double sum = 0;
    for (std::size_t c = row; c < row + classes; ++c) sum += std::exp(x[c] - largest);
    for (std::size_t c = row; c < row + classes; ++c) y[c] = std::exp(x[c] - largest) / sum;
  }
  return y;
}

// d y_c / d x_k = y_c (1 if c == k else 0) - y_c y_k, written out in full.
Values softmax_backward(const Values& x, const Values& output_gradient, std::size_t classes) {
  const Values y = softmax(x, classes);
  Values gradient(x.size());
  for (std::size_t row = 0; row < x.size(); row += classes) {
    for (std::size_t c = row; c < row + classes; ++c) {
      for (std::size_t k = row; k < row + classes; ++k) {
        gradient[k] += output_gradient[c] * y[c] * ((c == k ? 1.0 : 0.0) - y[k]);
      }
    }
  }
  return gradient;
}

Loss softmax_cross_entropy(const Values& logits, const Values& labels, std::size_t classes) {
  const Values y = softmax(logits, classes);
  Loss loss{0, Values(logits.size())};
  for (std::size_t row = 0; row < logits.size(); row += classes) {
    double label_sum = 0;
    for (std::size_t c = row; c < row + classes; ++c) {
      label_sum += labels[c];
      if (labels[c] != 0) loss.value -= labels[c] * std::log(y[c]);
    }
    for (std::size_t c = row; c < row + classes; ++c)
      loss.gradient[c] = y[c] * label_sum - labels[c];
  }
  return loss;
}

Loss cross_entropy(const Values& probabilities, const Values& labels, std::size_t classes) {
  constexpr double kEpsilon = 1e-7;
  Loss loss{0, Values(probabilities.size())};
  for (std::size_t row = 0; row < probabilities.size(); row += classes) {
    double sum = 0;
    for (std::size_t c = row; c < row + classes; ++c) sum += probabilities[c];
    for (std::size_t c = row; c < row + classes; ++c) {
      const double q = probabilities[c] / sum;
      loss.value -= labels[c] * std::log(std::clamp(q, kEpsilon, 1 - kEpsilon));
      if (q < kEpsilon || q > 1 - kEpsilon) continue;  // clipped: no gradient
      const double dq = -labels[c] / q;
      // d q_c / d p_k = (1 if c == k else 0) / sum - p_c / sum^2
      for (std::size_t k = row; k < row + classes; ++k) {
        loss.gradient[k] += dq * ((c == k ? 1.0 : 0.0) / sum - probabilities[c] / (sum * sum));
      }
    }
  }
  return loss;
}

Values one_hot(const std::vector<int>& labels, std::size_t classes) {
  Values rows(labels.size() * classes);
  for (std::size_t i = 0; i < labels.size(); ++i)
    rows[i * classes + static_cast<std::size_t>(labels[i])] = 1;
  return rows;
}

}  // namespace fovea::reference
