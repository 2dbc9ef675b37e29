// SPDX-License-Identifier: MIT
#include "kernels/tone.h"

#include "kernels/simd.h"

namespace fovea {

namespace {

/// sum of f(offset of a pixel's channels) over the image, divided by its pixels.
template <class Function>
Vector mean_of(const Shape& image, std::size_t c, const Function& f) {
  const auto size = static_cast<std::size_t>(image.size());
  Vector sum = zero();
  for (std::size_t at = c; at < size; at += static_cast<std::size_t>(image[2])) {
    sum = hn::Add(sum, f(at));
  }
  return hn::Div(sum, broadcast(static_cast<float>(image[0]) * static_cast<float>(image[1])));
}

/// The change of some channels of one image.
struct Change {
  Vector factor, mean, offset;
  [[nodiscard]] Vector operator()(Vector x) const {
    return hn::Add(hn::Add(hn::Mul(hn::Sub(x, mean), factor), mean), offset);
  }
};
Change change_of(const Tone& tone, ConstTensorView input, std::size_t c, std::size_t count) {
  Vector mean = zero();
  if (tone.about_mean) {
    mean =
        mean_of(input.shape, c, [&](std::size_t at) { return load_some(input.data + at, count); });
  }
  return {broadcast(tone.factor), mean, broadcast(tone.offset)};
}

}  // namespace

void tone_forward(const Tone& tone, ConstTensorView input, TensorView output) {
  const Vector low = broadcast(tone.low);
  const Vector high = broadcast(tone.high);
  const auto channels = static_cast<std::size_t>(input.shape[2]);
  for_each_vector(channels, [&](std::size_t c, std::size_t count) {
    const Change change = change_of(tone, input, c, count);
    for (std::size_t at = c; at < input.size(); at += channels) {
      const Vector y = change(load_some(input.data + at, count));
      // Comparisons keep NaN, which minimum instructions do not everywhere.
      const Vector not_below = hn::IfThenElse(hn::Lt(y, low), low, y);
      store_some(hn::IfThenElse(hn::Gt(y, high), high, not_below), output.data + at, count);
    }
  });
}

void tone_backward(const Tone& tone, ConstTensorView input, ConstTensorView output_gradient,
                   TensorView input_gradient) {
  const auto channels = static_cast<std::size_t>(input.shape[2]);
  for_each_vector(channels, [&](std::size_t c, std::size_t count) {
    const Change change = change_of(tone, input, c, count);
    const auto passed = [&](std::size_t at) {
      const Vector y = change(load_some(input.data + at, count));
      const Mask inside = hn::And(hn::Ge(y, broadcast(tone.low)), hn::Le(y, broadcast(tone.high)));
      return hn::IfThenElseZero(inside, load_some(output_gradient.data + at, count));
    };
    Vector shared = zero();
    if (tone.about_mean) {
      shared = hn::Mul(broadcast(1 - tone.factor), mean_of(input.shape, c, passed));
    }
    for (std::size_t at = c; at < input.size(); at += channels) {
      store_some(hn::Add(hn::Mul(passed(at), change.factor), shared), input_gradient.data + at,
                 count);
    }
  });
}

}  // namespace fovea
