// SPDX-License-Identifier: MIT
#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/simd.h"

namespace fovea {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kEpsilon = 1e-7F;  // Keras's backend epsilon

/// Row `row` of a [rows, classes] tensor; the last dimension is the class.
template <class View>
auto row_of(const View& tensor, std::size_t row) {
  const auto classes = static_cast<std::size_t>(tensor.shape[-1]);
  return tensor.values().subspan(row * classes, classes);
}
std::size_t row_count(const ConstTensorView& tensor) {
  return tensor.size() / static_cast<std::size_t>(tensor.shape[-1]);
}

float row_max(std::span<const float> x) {
  Vector largest = broadcast(-kInfinity);
  for_each_vector(x.size(), [&](std::size_t i, std::size_t count) {
    const Vector v = load_at(x, i, count);
    const Vector padded = count == kLaneCount
                              ? v
                              : hn::IfThenElse(hn::FirstN(kLanes, count), v, broadcast(-kInfinity));
    largest = maximum(largest, padded);
  });
  return max_of_lanes(largest);
}

/// y = exp(x - shift), and the sum of y.
float exponentials(std::span<const float> x, float shift, std::span<float> y) {
  Vector sum = zero();
  const Vector s = broadcast(shift);
  for_each_vector(x.size(), [&](std::size_t i, std::size_t count) {
    Vector e = exponential(hn::Sub(load_at(x, i, count), s));
    if (count < kLaneCount) e = hn::IfThenElseZero(hn::FirstN(kLanes, count), e);
    store_at(e, y, i, count);
    sum = hn::Add(sum, e);
  });
  return sum_of_lanes(sum);
}

float sum_of(std::span<const float> x) {
  Vector sum = zero();
  for_each_vector(x.size(), [&](std::size_t i, std::size_t count) {
    sum = hn::Add(sum, load_at(x, i, count));
  });
  return sum_of_lanes(sum);
}

float sum_of_products(std::span<const float> a, std::span<const float> b) {
  Vector sum = zero();
  for_each_vector(a.size(), [&](std::size_t i, std::size_t count) {
    sum = hn::Add(sum, hn::Mul(load_at(a, i, count), load_at(b, i, count)));
  });
  return sum_of_lanes(sum);
}

float log_of(float x) { return hn::GetLane(logarithm(broadcast(x))); }

/// The class of a sparse label, or `classes` when it is none.
std::size_t class_of(float label, std::size_t classes) {
  return label >= 0 && label < static_cast<float>(classes) ? static_cast<std::size_t>(label)
                                                           : classes;
}

/// A row whose label says that it does not count; its gradient becomes zero.
bool skips(const LabelFormat& format, ConstTensorView labels, std::size_t row,
           TensorView gradient) {
  if (format.kind != Labels::kSparse || labels.data[row] != format.ignored) return false;
  if (gradient) std::ranges::fill(row_of(gradient, row), 0.0F);
  return true;
}

}  // namespace

void softmax_forward(ConstTensorView x, TensorView y) {
  for (std::size_t row = 0; row < row_count(x); ++row) {
    const std::span<const float> from = row_of(x, row);
    const std::span<float> to = row_of(y, row);
    // Subtract the row maximum first: exp() of a large logit overflows, and the ratio is unchanged.
    const Vector sum = broadcast(exponentials(from, row_max(from), to));
    map_to(
        to, [sum](Vector v) { return hn::Div(v, sum); }, to);
  }
}

void softmax_backward(ConstTensorView y, ConstTensorView output_gradient,
                      TensorView input_gradient) {
  for (std::size_t row = 0; row < row_count(y); ++row) {
    const std::span<const float> p = row_of(y, row);
    const std::span<const float> dy = row_of(output_gradient, row);
    const Vector mean = broadcast(sum_of_products(dy, p));
    map_to(
        row_of(input_gradient, row),
        [mean](Vector v, Vector d) { return hn::Mul(v, hn::Sub(d, mean)); }, p, dy);
  }
}

void log_softmax_forward(ConstTensorView x, TensorView y) {
  for (std::size_t row = 0; row < row_count(x); ++row) {
    const std::span<const float> from = row_of(x, row);
    const std::span<float> to = row_of(y, row);
    const float shift = row_max(from);
    const float log_sum = log_of(exponentials(from, shift, to));
    map_to(
        to,
        [s = broadcast(shift), l = broadcast(log_sum)](Vector v) {
          return hn::Sub(hn::Sub(v, s), l);
        },
        from);
  }
}

void log_softmax_backward(ConstTensorView y, ConstTensorView output_gradient,
                          TensorView input_gradient) {
  for (std::size_t row = 0; row < row_count(y); ++row) {
    const std::span<const float> dy = row_of(output_gradient, row);
    const std::span<float> dx = row_of(input_gradient, row);
    exponentials(row_of(y, row), 0, dx);
    map_to(
        dx,
        [sum = broadcast(sum_of(dy))](Vector p, Vector d) { return hn::Sub(d, hn::Mul(p, sum)); },
        dx, dy);
  }
}

double softmax_cross_entropy(ConstTensorView logits, ConstTensorView labels,
                             const LabelFormat& format, float scale, TensorView gradient) {
  double total = 0;
  const auto classes = static_cast<std::size_t>(logits.shape[-1]);
  const float kept = 1 - format.smoothing;
  const float shared = format.smoothing / static_cast<float>(classes);
  for (std::size_t row = 0; row < row_count(logits); ++row) {
    const std::span<const float> x = row_of(logits, row);
    if (skips(format, labels, row, gradient)) continue;
    const float shift = row_max(x);
    float exponential_sum = 0;
    if (gradient) {
      exponential_sum = exponentials(x, shift, row_of(gradient, row));
    } else {
      Vector sum = zero();
      for_each_vector(classes, [&](std::size_t i, std::size_t count) {
        const Vector e = exponential(hn::Sub(load_at(x, i, count), broadcast(shift)));
        sum =
            hn::Add(sum, count < kLaneCount ? hn::IfThenElseZero(hn::FirstN(kLanes, count), e) : e);
      });
      exponential_sum = sum_of_lanes(sum);
    }
    const float log_sum = log_of(exponential_sum) + shift;
    // What all classes get by smoothing, besides their labels.
    const float share = shared == 0 ? 0 : shared * sum_of(x);

    if (format.kind == Labels::kSparse) {
      const std::size_t label = class_of(labels.data[row], classes);
      if (label == classes) return std::numeric_limits<double>::quiet_NaN();
      total += static_cast<double>(log_sum - kept * x[label] - share);
      if (gradient) {
        const std::span<float> g = row_of(gradient, row);
        const Vector factor = broadcast(scale / exponential_sum);
        const Vector less = broadcast(scale * shared);
        map_to(
            g, [=](Vector e) { return hn::Sub(hn::Mul(e, factor), less); }, g);
        g[label] -= kept * scale;
      }
    } else {
      const std::span<const float> t = row_of(labels, row);
      const float label_sum = kept * sum_of(t) + format.smoothing;
      total += static_cast<double>(log_sum * label_sum - kept * sum_of_products(t, x) - share);
      if (gradient) {
        const std::span<float> g = row_of(gradient, row);
        const Vector factor = broadcast(label_sum / exponential_sum);
        const Vector s = broadcast(scale);
        const Vector k = broadcast(kept);
        const Vector less = broadcast(shared);
        map_to(
            g,
            [=](Vector e, Vector label) {
              const Vector smooth = hn::Add(hn::Mul(label, k), less);
              return hn::Mul(hn::Sub(hn::Mul(e, factor), smooth), s);
            },
            g, t);
      }
    }
  }
  return total;
}

double cross_entropy(ConstTensorView probabilities, ConstTensorView labels,
                     const LabelFormat& format, float scale, TensorView gradient) {
  double total = 0;
  const auto classes = static_cast<std::size_t>(probabilities.shape[-1]);
  const float shared = format.smoothing / static_cast<float>(classes);
  for (std::size_t row = 0; row < row_count(probabilities); ++row) {
    const std::span<const float> p = row_of(probabilities, row);
    if (skips(format, labels, row, gradient)) continue;
    const float sum = sum_of(p);
    std::size_t sparse_label = classes;
    if (format.kind == Labels::kSparse) {
      sparse_label = class_of(labels.data[row], classes);
      if (sparse_label == classes) return std::numeric_limits<double>::quiet_NaN();
    }
    // With q = p / sum: the loss is -label log q, its gradient dq = -label / q, and dp = (dq - sum
    // of dq q) / sum.
    float mean = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      const float given = format.kind == Labels::kSparse ? (c == sparse_label ? 1.0F : 0.0F)
                                                         : row_of(labels, row)[c];
      const float label = given * (1 - format.smoothing) + shared;
      const float q = p[c] / sum;
      const bool clipped = q < kEpsilon || q > 1 - kEpsilon;
      if (label != 0) {
        total -= static_cast<double>(
            label * log_of(q < kEpsilon ? kEpsilon : (q > 1 - kEpsilon ? 1 - kEpsilon : q)));
      }
      if (!gradient) continue;
      const float dq = label == 0 || clipped ? 0 : -scale * label / q;
      row_of(gradient, row)[c] = dq;
      mean += dq * q;
    }
    if (!gradient) continue;
    for (float& g : row_of(gradient, row)) g = (g - mean) / sum;
  }
  return total;
}

}  // namespace fovea
