// SPDX-License-Identifier: MIT
// The gradient of any function by trying: (f(x + h) - f(x - h)) / 2h for each element. In double,
// with h = 1e-5, good to about ten digits where f is smooth.
#pragma once

#include <cstddef>
#include <vector>

namespace fovea::test {

/// f takes a vector of doubles and returns a double.
template <class Function>
std::vector<double> central_differences(std::vector<double> x, const Function& f) {
  constexpr double kStep = 1e-5;
  std::vector<double> gradient(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double middle = x[i];
    x[i] = middle + kStep;
    const double above = f(x);
    x[i] = middle - kStep;
    const double below = f(x);
    x[i] = middle;
    gradient[i] = (above - below) / (2 * kStep);
  }
  return gradient;
}

/// The sum of a[i] * b[i]: turns a tensor into one number whose gradient with respect to `a` is
/// `b`.
inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace fovea::test
