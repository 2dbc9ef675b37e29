// SPDX-License-Identifier: MIT
// Pixel by pixel. What is summed over neighbours is first written between `radius` zeros on either
// side, so that the sum is 2 radius + 1 loads without a look at the edge.
#include "kernels/local_response.h"

#include <algorithm>

#include "kernels/scratch.h"
#include "kernels/simd.h"

namespace fovea {

namespace {

struct Workspace {
  Workspace(const LocalResponse& f, int channels, int slots, Scratch& scratch)
      : radius(static_cast<std::size_t>(f.radius)),
        size(static_cast<std::size_t>(channels) + 2 * radius),
        memory(scratch.take<float>(static_cast<std::int64_t>(size) * 2 * slots)) {}

  /// Between zeros; two of them for each slot.
  [[nodiscard]] float* line(int slot, int which) const {
    return memory + static_cast<std::size_t>(slot * 2 + which) * size;
  }

  std::size_t radius;
  std::size_t size;
  float* memory;
};

/// The sum over the neighbours of channel c.
Vector neighbours(const Workspace& work, const float* line, std::size_t c, std::size_t count) {
  Vector sum = zero();
  for (std::size_t j = 0; j <= 2 * work.radius; ++j) {
    sum = hn::Add(sum, load_some(line + c + j, count));
  }
  return sum;
}

/// Calls f(first element of the pixel, channels, slot) for every pixel, on all threads.
template <class Function>
void for_each_pixel(const ConstTensorView& x, const Workspace& work, Workers& workers,
                    const Function& f) {
  constexpr std::size_t kParts = 16;
  const auto channels = static_cast<std::size_t>(x.shape[-1]);
  const std::size_t pixels = x.size() / channels;
  for (int slot = 0; slot < workers.size(); ++slot) {
    std::fill_n(work.line(slot, 0), 2 * work.size, 0.0F);
  }
  workers.run(kParts, [&](int part, int slot) {
    const auto i = static_cast<std::size_t>(part);
    for (std::size_t p = pixels * i / kParts; p < pixels * (i + 1) / kParts; ++p) {
      const std::span<const float> pixel = x.values().subspan(p * channels, channels);
      map_to(
          std::span<float>(work.line(slot, 0) + work.radius, channels),
          [](Vector v) { return hn::Mul(v, v); }, pixel);
      f(p * channels, channels, slot);
    }
  });
}

/// k + alpha * sum of squares
Vector base(const LocalResponse& f, Vector squares) {
  return hn::Add(broadcast(f.k), hn::Mul(broadcast(f.alpha), squares));
}
/// d^-beta
Vector response(const LocalResponse& f, Vector d) {
  return exponential(hn::Mul(broadcast(-f.beta), logarithm(d)));
}

}  // namespace

std::int64_t local_response_scratch(const LocalResponse& f, int channels, int slots) {
  return scratch_floats<Workspace>(f, channels, slots);
}

void local_response_forward(const LocalResponse& f, ConstTensorView x, TensorView y,
                            std::span<float> scratch, Workers& workers) {
  Scratch memory(scratch);
  const Workspace work(f, x.shape[-1], workers.size(), memory);
  for_each_pixel(x, work, workers, [&](std::size_t at, std::size_t channels, int slot) {
    for_each_vector(channels, [&](std::size_t c, std::size_t count) {
      const Vector d = base(f, neighbours(work, work.line(slot, 0), c, count));
      const Vector v = load_some(x.data + at + c, count);
      store_some(hn::Mul(v, response(f, d)), y.data + at + c, count);
    });
  });
}

void local_response_backward(const LocalResponse& f, ConstTensorView x,
                             ConstTensorView output_gradient, TensorView input_gradient,
                             std::span<float> scratch, Workers& workers) {
  Scratch memory(scratch);
  const Workspace work(f, x.shape[-1], workers.size(), memory);
  for_each_pixel(x, work, workers, [&](std::size_t at, std::size_t channels, int slot) {
    float* dx = input_gradient.data + at;
    float* products = work.line(slot, 1);
    for_each_vector(channels, [&](std::size_t c, std::size_t count) {
      const Vector d = base(f, neighbours(work, work.line(slot, 0), c, count));
      const Vector g = hn::Mul(load_some(output_gradient.data + at + c, count), response(f, d));
      store_some(g, dx + c, count);
      const Vector v = load_some(x.data + at + c, count);
      store_some(hn::Div(hn::Mul(g, v), d), products + work.radius + c, count);
    });
    const Vector factor = broadcast(2 * f.alpha * f.beta);
    for_each_vector(channels, [&](std::size_t c, std::size_t count) {
      const Vector v = hn::Mul(factor, load_some(x.data + at + c, count));
      const Vector sum = neighbours(work, products, c, count);
      store_some(hn::Sub(load_some(dx + c, count), hn::Mul(v, sum)), dx + c, count);
    });
  });
}

}  // namespace fovea
