// SPDX-License-Identifier: MIT
#include "kernels/update.h"

#include <algorithm>
#include <limits>

#include "kernels/simd.h"

namespace fovea {

namespace {

/// NaN stays: it must reach the parameter and stop the training, not be forgotten.
Vector flush_denormals(Vector v) {
  return hn::IfThenZeroElse(hn::Lt(hn::Abs(v), broadcast(std::numeric_limits<float>::min())), v);
}

/// decay * old + (1 - decay) * news, the form that adam_update writes out.
Vector mean(float decay, Vector old, Vector news) {
  return flush_denormals(broadcast(decay) * old + broadcast(1 - decay) * news);
}

struct Lanes {
  Vector gradient, parameter;
  std::array<Vector, 3> slots;
};

/// One rule on four parameters: slots and parameter become the next ones.
void apply(const RuleUpdate& u, bool centered, bool has_momentum, Lanes& lanes) {
  const Vector g = lanes.gradient;
  const Vector rate = broadcast(u.rate);
  const Vector epsilon = broadcast(u.epsilon);
  auto& [a, b, c] = lanes.slots;
  Vector step = zero();
  switch (u.rule) {
    case UpdateRule::kRmsprop: {
      a = mean(u.beta1, a, g * g);
      Vector square = a + epsilon;
      if (centered) {
        b = mean(u.beta1, b, g);
        square = a - b * b + epsilon;
      }
      step = rate * g / hn::Sqrt(square);
      if (has_momentum) step = c = flush_denormals(broadcast(u.momentum) * c + step);
      break;
    }
    case UpdateRule::kAdagrad:
      a = a + g * g;
      step = rate * g / hn::Sqrt(a + epsilon);
      break;
    case UpdateRule::kAdadelta: {
      a = mean(u.beta1, a, g * g);
      const Vector x = hn::Sqrt(b + epsilon) * g / hn::Sqrt(a + epsilon);
      b = mean(u.beta1, b, x * x);
      step = rate * x;
      break;
    }
    case UpdateRule::kAmsgrad:
      a = mean(u.beta1, a, g);
      b = mean(u.beta2, b, g * g);
      c = maximum(c, b);
      step = rate * a / (hn::Sqrt(c * broadcast(u.second_moment_scale)) + epsilon);
      break;
    case UpdateRule::kAdamax:
      a = mean(u.beta1, a, g);
      b = flush_denormals(maximum(broadcast(u.beta2) * b, hn::Abs(g)));
      step = rate * a / (b + epsilon);
      break;
    case UpdateRule::kNadam:
      a = mean(u.beta1, a, g);
      b = mean(u.beta2, b, g * g);
      step = (rate * a + broadcast(u.gradient_rate) * g) /
             (hn::Sqrt(b * broadcast(u.second_moment_scale)) + epsilon);
      break;
    case UpdateRule::kLion: {
      const Vector way = mean(u.beta1, a, g);
      // NaN is neither: it must reach the parameter.
      step = hn::IfThenElse(hn::IsNaN(way), way, hn::CopySign(rate, way));
      step = hn::IfThenZeroElse(hn::Eq(way, zero()), step);
      a = mean(u.beta2, a, g);
      break;
    }
  }
  lanes.parameter = lanes.parameter - step;
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

void rule_update(const RuleUpdate& u, std::span<const float> gradient,
                 const std::array<std::span<float>, 3>& slots, std::span<float> parameter) {
  for (std::size_t i = 0; i < parameter.size(); i += kLaneCount) {
    const std::size_t count = std::min(kLaneCount, parameter.size() - i);
    Lanes lanes{load_at(gradient, i, count), load_at(parameter, i, count), {}};
    for (std::size_t s = 0; s < slots.size(); ++s) {
      lanes.slots[s] = slots[s].empty() ? zero() : load_at(slots[s], i, count);
    }
    apply(u, !slots[1].empty(), !slots[2].empty(), lanes);
    for (std::size_t s = 0; s < slots.size(); ++s) {
      if (!slots[s].empty()) store_at(lanes.slots[s], slots[s], i, count);
    }
    store_at(lanes.parameter, parameter, i, count);
  }
}

void move_average(float momentum, std::span<const float> parameter, std::span<float> average) {
  map_to(
      average, [=](Vector a, Vector w) { return mean(momentum, a, w); }, average, parameter);
}

}  // namespace fovea
