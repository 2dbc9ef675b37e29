// SPDX-License-Identifier: MIT
#include "tests/reference/normalize.h"

#include <algorithm>
#include <cmath>

namespace fovea::reference {

Moments moments(const Normalize& n, const Values& x) {
  Moments m{Values(n.groups), Values(n.groups)};
  Values count(n.groups);
  for (std::size_t i = 0; i < x.size(); ++i) {
    m.mean[n.group_of(i)] += x[i];
    count[n.group_of(i)] += 1;
  }
  for (std::size_t g = 0; g < n.groups; ++g) m.mean[g] /= count[g];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double difference = x[i] - m.mean[n.group_of(i)];
    m.variance[n.group_of(i)] += difference * difference;
  }
  for (std::size_t g = 0; g < n.groups; ++g) m.variance[g] /= count[g];
  return m;
}

Values normalize(const Normalize& n, const Values& x, const Moments& moments, const Values& gamma,
                 const Values& beta) {
  Values y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t g = n.group_of(i);
    const std::size_t p = n.parameter_of(i);
    y[i] = (x[i] - moments.mean[g]) / std::sqrt(moments.variance[g] + n.epsilon);
    if (!gamma.empty()) y[i] *= gamma[p];
    if (!beta.empty()) y[i] += beta[p];
  }
  return y;
}

Values local_response(const LocalResponse& f, const Values& x) {
  Values y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % f.channels;
    const std::size_t first = c < f.radius ? 0 : c - f.radius;
    const std::size_t last = std::min(c + f.radius, f.channels - 1);
    double squares = 0;
    for (std::size_t j = first; j <= last; ++j) squares += x[i - c + j] * x[i - c + j];
    y[i] = x[i] / std::pow(f.k + f.alpha * squares, f.beta);
  }
  return y;
}

}  // namespace fovea::reference
