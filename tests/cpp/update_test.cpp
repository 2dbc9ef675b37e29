// SPDX-License-Identifier: MIT
// Optimizer kernels against their slow twins over many steps; state that decays is flushed to zero
// before it becomes denormal, and a gradient that is no number is not hidden.
#include "kernels/update.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/reference/update.h"
#include "tests/reference/values.h"

namespace fovea {
namespace {

using reference::Values;
using test::expect_close;
using test::Input;
using test::Output;

constexpr int kSteps = 12;
constexpr int kLengths[] = {1, 3, 4, 5, 11, 64};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kSmallestNormal = std::numeric_limits<float>::min();

void fill(Output& output, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    output.values()[i] = static_cast<float>(values[i]);
}

TEST_CASE("sgd: plain, with momentum and with Nesterov, against the slow twin", "[update]") {
  for (const reference::Sgd& sgd :
       {reference::Sgd{.rate = 0.125}, reference::Sgd{.rate = 0.1, .momentum = 0.9},
        reference::Sgd{.rate = 0.1, .momentum = 0.75, .nesterov = true}}) {
    for (const int length : kLengths) {
      const std::string place =
          concat("sgd momentum ", sgd.momentum, sgd.nesterov ? " nesterov" : "", " of ", length);
      const auto size = static_cast<std::size_t>(length);
      test::RandomValues random(static_cast<std::uint32_t>(length));
      Values parameter = random.values(size);
      Values velocity(size);
      Output w(size, size % 4);
      Output v(sgd.momentum > 0 ? size : 0, size % 3);
      fill(w, parameter);
      std::ranges::fill(v.values(), 0.0F);
      for (int step = 0; step < kSteps; ++step) {
        const Values gradient = random.values(size);
        const Input g(gradient, size % 2);
        sgd_update({.learning_rate = static_cast<float>(sgd.rate),
                    .momentum = static_cast<float>(sgd.momentum),
                    .nesterov = sgd.nesterov},
                   g.values(), v.values(), w.values());
        for (std::size_t i = 0; i < size; ++i)
          sgd_step(sgd, gradient[i], velocity[i], parameter[i]);
      }
      expect_intact(place, "parameter", w);
      expect_intact(place, "velocity", v);
      // Each step adds at most rate / (1 - momentum) and three roundings; the rate itself is
      // rounded to float.
      expect_close({place, "parameter", w.view({length})}, parameter, {.terms = 4 * kSteps});
    }
  }
}

TEST_CASE("adam: both places of epsilon, against the slow twin", "[update]") {
  for (const bool corrected : {false, true}) {
    for (const int length : kLengths) {
      const std::string place = concat("adam ", corrected ? "corrected" : "keras", " of ", length);
      const reference::Adam adam{
          .rate = 0.01, .epsilon = 1e-2, .epsilon_after_correction = corrected};
      const auto size = static_cast<std::size_t>(length);
      test::RandomValues random(static_cast<std::uint32_t>(length));
      Values parameter = random.values(size);
      Values first(size);
      Values second(size);
      Output w(size, size % 4);
      Output m(size, size % 3);
      Output v(size, size % 2);
      fill(w, parameter);
      fill(m, first);
      fill(v, second);
      for (int step = 1; step <= kSteps; ++step) {
        const Values gradient = random.values(size);
        const Input g(gradient);
        const double correction1 = 1 - std::pow(adam.beta1, step);
        const double correction2 = 1 - std::pow(adam.beta2, step);
        AdamUpdate u{.beta1 = 0.9F, .beta2 = 0.999F, .epsilon = 1e-2F};
        u.rate = static_cast<float>(corrected ? adam.rate / correction1
                                              : adam.rate * std::sqrt(correction2) / correction1);
        u.second_moment_scale = corrected ? static_cast<float>(1 / correction2) : 1.0F;
        adam_update(u, g.values(), m.values(), v.values(), w.values());
        for (std::size_t i = 0; i < size; ++i)
          adam_step(adam, step, gradient[i], first[i], second[i], parameter[i]);
      }
      for (const auto& [name, buffer] :
           {std::pair<const char*, Output*>{"parameter", &w}, {"m", &m}, {"v", &v}}) {
        expect_intact(place, name, *buffer);
      }
      expect_close({place, "parameter", w.view({length})}, parameter,
                   {.terms = 4 * kSteps, .largest_product = 0.1, .roundings = 4});
      expect_close({place, "m", m.view({length})}, first,
                   {.terms = 2 * kSteps, .largest_product = 0.1});
      // 1 - 0.999F is wrong by 2^-25 / 0.001, or 256 roundings.
      expect_close({place, "v", v.view({length})}, second,
                   {.terms = 2 * kSteps, .largest_product = 1e-3, .roundings = 256});
    }
  }
}

// A dead unit's gradient is zero for ever: its moments shrink by a constant factor until they would
// be denormal numbers, which are slow.
TEST_CASE("optimizers: state that decays ends at zero and is never denormal", "[update]") {
  const std::vector<float> no_gradient(5, 0.0F);
  std::vector<float> m(5, 1e-30F);
  std::vector<float> v(5, 1e-36F);
  std::vector<float> velocity(5, -1e-35F);
  std::vector<float> w(5, 0.5F);
  for (int step = 0; step < 6000; ++step) {
    adam_update({.rate = 1e-3F, .beta1 = 0.9F, .beta2 = 0.999F, .epsilon = 1e-7F}, no_gradient, m,
                v, w);
    sgd_update({.learning_rate = 0.1F, .momentum = 0.9F}, no_gradient, velocity, w);
    for (const std::vector<float>* state : {&m, &v, &velocity}) {
      for (const float x : *state) REQUIRE((x == 0 || std::fabs(x) >= kSmallestNormal));
    }
  }
  for (const std::vector<float>* state : {&m, &v, &velocity})
    CHECK(*state == std::vector<float>(5, 0.0F));
}

TEST_CASE("optimizers: a gradient that is not a number reaches its parameter, and no other",
          "[update]") {
  const std::vector<float> gradient = {0.5F, kNan, 0.5F, 0.5F, 0.5F};
  std::vector<float> plain(5, 1.0F);
  sgd_update({.learning_rate = 0.1F}, gradient, {}, plain);
  std::vector<float> with_momentum(5, 1.0F);
  std::vector<float> velocity(5);
  sgd_update({.learning_rate = 0.1F, .momentum = 0.9F}, gradient, velocity, with_momentum);
  std::vector<float> with_adam(5, 1.0F);
  std::vector<float> m(5);
  std::vector<float> v(5);
  adam_update({.rate = 1e-3F, .beta1 = 0.9F, .beta2 = 0.999F, .epsilon = 1e-7F}, gradient, m, v,
              with_adam);
  for (std::size_t i = 0; i < 5; ++i) {
    INFO(i);
    CHECK(std::isnan(plain[i]) == (i == 1));
    CHECK(std::isnan(with_momentum[i]) == (i == 1));
    CHECK(std::isnan(with_adam[i]) == (i == 1));
  }
}

}  // namespace
}  // namespace fovea
