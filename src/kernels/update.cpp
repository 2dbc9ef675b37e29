// SPDX-License-Identifier: MIT
#include "kernels/update.h"

#include <limits>

#include "kernels/simd.h"

namespace fovea {

namespace {

/// NaN stays: it must reach the parameter and stop the training, not be forgotten.
Vector flush_denormals(Vector v) {
  return hn::IfThenZeroElse(hn::Lt(hn::Abs(v), broadcast(std::numeric_limits<float>::min())), v);
}

}  // namespace

void sgd_update(const SgdUpdate& u, std::span<const float> gradient, std::span<float> velocity,
                std::span<float> parameter) {
  const Vector rate = broadcast(u.learning_rate);
  if (velocity.empty()) {
    return map_to(
        parameter, [rate](Vector w, Vector g) { return hn::Sub(w, hn::Mul(rate, g)); }, parameter,
        gradient);
  }
  const Vector momentum = broadcast(u.momentum);
  for_each_vector(parameter.size(), [&](std::size_t i, std::size_t count) {
    const Vector step = hn::Mul(rate, load_at(gradient, i, count));
    const Vector v = flush_denormals(hn::Sub(hn::Mul(momentum, load_at(velocity, i, count)), step));
    store_at(v, velocity, i, count);
    const Vector change = u.nesterov ? hn::Sub(hn::Mul(momentum, v), step) : v;
    store_at(hn::Add(load_at(parameter, i, count), change), parameter, i, count);
  });
}

void adam_update(const AdamUpdate& u, std::span<const float> gradient,
                 std::span<float> first_moment, std::span<float> second_moment,
                 std::span<float> parameter) {
  const Vector rate = broadcast(u.rate);
  const Vector epsilon = broadcast(u.epsilon);
  const Vector scale = broadcast(u.second_moment_scale);
  const Vector beta1 = broadcast(u.beta1);
  const Vector beta2 = broadcast(u.beta2);
  const Vector rest1 = broadcast(1 - u.beta1);
  const Vector rest2 = broadcast(1 - u.beta2);
  for_each_vector(parameter.size(), [&](std::size_t i, std::size_t count) {
    const Vector g = load_at(gradient, i, count);
    const Vector m = flush_denormals(
        hn::Add(hn::Mul(beta1, load_at(first_moment, i, count)), hn::Mul(rest1, g)));
    const Vector v = flush_denormals(
        hn::Add(hn::Mul(beta2, load_at(second_moment, i, count)), hn::Mul(rest2, hn::Mul(g, g))));
    store_at(m, first_moment, i, count);
    store_at(v, second_moment, i, count);
    const Vector change = hn::Div(hn::Mul(rate, m), hn::Add(hn::Sqrt(hn::Mul(v, scale)), epsilon));
    store_at(hn::Sub(load_at(parameter, i, count), change), parameter, i, count);
  });
}

}  // namespace fovea
