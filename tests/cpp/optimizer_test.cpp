// SPDX-License-Identifier: MIT
// Every optimizer against Keras's formulas in double, one parameter at a time over many steps; what
// all of them share (clipping, decay, averages); schedules at steps worked out by hand.
#include "training/optimizer.h"

#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "graph/model_spec.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/workers.h"
#include "tests/reference/update.h"
#include "tests/reference/values.h"

namespace fovea {
namespace {

using reference::Values;

std::unique_ptr<Optimizer> optimizer_of(const std::string& text) {
  DescriptionLine line = parse_description("optimizer type=" + text)[0];
  const std::string type = line.take("type");
  Options options("optimizer", line.options);
  return make_optimizer(type, options);
}

/// Steps `w` with these gradients, a row of them for each step.
std::vector<float> run(const Optimizer& optimizer, std::vector<float> w,
                       const std::vector<Values>& gradients, Workers* workers = nullptr) {
  std::vector<std::vector<float>> slots(static_cast<std::size_t>(optimizer.slots()));
  OptimizerCall call{.parameter = w, .workers = workers};
  for (std::size_t s = 0; s < slots.size(); ++s) {
    slots[s].assign(w.size(), optimizer.initial_state());
    call.slots[s] = slots[s];
  }
  for (const Values& row : gradients) {
    std::vector<float> gradient(row.begin(), row.end());
    call.gradient = gradient;
    optimizer.update(call);
    ++call.step;
  }
  return w;
}

struct Case {
  std::string text;
  reference::Rule rule;
};
using Kind = reference::Rule::Kind;
const std::vector<Case> kCases = {
    {"rmsprop", {.kind = Kind::kRmsprop, .beta1 = 0.9}},
    {"rmsprop momentum=0.5", {.kind = Kind::kRmsprop, .beta1 = 0.9, .momentum = 0.5}},
    {"rmsprop centered=true rho=0.75", {.kind = Kind::kRmsprop, .beta1 = 0.75, .centered = true}},
    {"rmsprop centered=true momentum=0.5",
     {.kind = Kind::kRmsprop, .beta1 = 0.9, .momentum = 0.5, .centered = true}},
    {"adagrad", {.kind = Kind::kAdagrad, .initial = 0.1}},
    {"adadelta", {.kind = Kind::kAdadelta, .beta1 = 0.95}},
    {"adam", {.kind = Kind::kAdam}},
    {"adam amsgrad=true beta2=0.5", {.kind = Kind::kAdam, .beta2 = 0.5, .amsgrad = true}},
    {"adamax", {.kind = Kind::kAdamax}},
    {"adamw", {.kind = Kind::kAdam, .weight_decay = 0.004}},
    {"sgd weightDecay=0.5", {.kind = Kind::kSgd, .weight_decay = 0.5}},
    {"nadam", {.kind = Kind::kNadam}},
    {"lion", {.kind = Kind::kLion, .beta2 = 0.99}},
};

bool has_epsilon(Kind kind) { return kind != Kind::kSgd && kind != Kind::kLion; }

TEST_CASE("optimizers: twelve steps are those of Keras's formulas", "[optimizer]") {
  for (const Case& c : kCases) {
    for (const std::size_t size : {1U, 4U, 11U}) {
      const std::string place = concat(c.text, " of ", size);
      test::RandomValues random(3);
      Values expected = random.values(size);
      std::vector<float> w(expected.begin(), expected.end());
      std::vector<Values> gradients;
      for (int step = 0; step < 12; ++step) gradients.push_back(random.values(size));
      w = run(*optimizer_of(c.text + " learningRate=0.0625" +
                            (has_epsilon(c.rule.kind) ? " epsilon=0.001" : "")),
              w, gradients);
      reference::Rule rule = c.rule;
      rule.rate = 0.0625;
      for (std::size_t i = 0; i < size; ++i) {
        reference::RuleState state(rule);
        for (int t = 1; t <= 12; ++t) {
          reference::rule_step(rule, t, gradients[static_cast<std::size_t>(t - 1)][i], state,
                               expected[i]);
        }
      }
      // 1 - beta2 is wrong by up to 2^-25 / 0.001: 256 roundings of each step of at most 0.25.
      test::expect_close({place, "parameter", {w.data(), {static_cast<int>(size)}}}, expected,
                         {.terms = 48, .largest_product = 1, .roundings = 64});
    }
  }
}

TEST_CASE("optimizers: clipping by value, by a tensor's norm and by the norm of all",
          "[optimizer]") {
  const std::vector<Values> gradient = {{3, -4}};
  const std::string sgd = "sgd learningRate=1 ";
  CHECK(run(*optimizer_of(sgd + "clipValue=3.5"), {0, 0}, gradient) ==
        std::vector<float>{-3, 3.5F});
  CHECK(run(*optimizer_of(sgd + "clipNorm=2.5"), {0, 0}, gradient) == std::vector<float>{-1.5F, 2});
  CHECK(run(*optimizer_of(sgd + "clipNorm=6"), {0, 0}, gradient) == std::vector<float>{-3, 4});
  CHECK(optimizer_of(sgd + "globalClipNorm=2")->global_clip_norm() == 2);
}

TEST_CASE("optimizers: a gradient that is not a number reaches its parameter, and no other",
          "[optimizer]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Case& c : kCases) {
    for (const std::string clip : {"", " clipValue=1"}) {
      INFO(c.text << clip);
      const std::vector<float> w =
          run(*optimizer_of(c.text + clip), {1, 1, 1}, {{0.5, nan, 0.5}, {0.5, 0.5, 0.5}});
      for (std::size_t i = 0; i < 3; ++i) CHECK(std::isnan(w[i]) == (i == 1));
    }
  }
}

double rate_at(const std::string& schedule, std::uint32_t step) {
  std::string text = "sgd";
  for (std::size_t from = 0; from < schedule.size();) {
    const std::size_t end = std::min(schedule.find(' ', from), schedule.size());
    text += " learningRate." + schedule.substr(from, end - from);
    from = end + 1;
  }
  return optimizer_of(text)->learning_rate(step);
}

TEST_CASE("schedules: rates worked out by hand", "[schedule]") {
  struct Point {
    std::string schedule;
    std::uint32_t step;
    double rate;
  };
  const std::string exponential =
      "type=exponentialDecay initialLearningRate=0.5 decaySteps=10 decayRate=0.25";
  const std::string cosine = "type=cosineDecay initialLearningRate=1 decaySteps=8 alpha=0.25";
  const std::string warm =
      "type=cosineDecay initialLearningRate=0 decaySteps=8 warmupTarget=1 warmupSteps=4";
  const std::string cycle = "type=oneCycle maxLearningRate=1 totalSteps=21 pctStart=0.5";
  const std::string polynomial =
      "type=polynomialDecay initialLearningRate=1 decaySteps=10 endLearningRate=0.5 power=2";
  const std::vector<Point> points = {
      {"type=constant learningRate=0.125", 99, 0.125},
      {"type=piecewise boundaries=3,6 values=1,0.5,0.25", 3, 1},
      {"type=piecewise boundaries=3,6 values=1,0.5,0.25", 4, 0.5},
      {"type=piecewise boundaries=3,6 values=1,0.5,0.25", 100, 0.25},
      {exponential, 0, 0.5},
      {exponential, 5, 0.25},
      {exponential, 20, 0.03125},
      {exponential + " staircase=true", 19, 0.125},
      {"type=stepDecay initialLearningRate=1 decaySteps=100", 99, 1},
      {"type=stepDecay initialLearningRate=1 decaySteps=100", 200, 0.01},
      {cosine, 0, 1},
      {cosine, 4, 0.625},
      {cosine, 8, 0.25},
      {cosine, 100, 0.25},
      {warm, 1, 0.25},
      {warm, 4, 1},
      {warm, 8, 0.5},
      {warm, 12, 0},
      {cycle, 0, 0.04},
      {"type=oneCycle maxLearningRate=1 totalSteps=22 pctStart=0.5", 10, 1},
      {cycle, 20, 0.04 / 1e4},
      {polynomial, 5, 0.625},
      {polynomial, 30, 0.5},
      {polynomial + " cycle=true", 15, 0.5 + 0.5 * 0.0625},
      {"type=polynomialDecay initialLearningRate=1 decaySteps=4 endLearningRate=0 power=0.5", 3,
       0.5},
  };
  for (const Point& p : points) {
    INFO(p.schedule << " at " << p.step);
    CHECK(rate_at(p.schedule, p.step) == Catch::Approx(p.rate).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("schedules: a rate cannot be set by hand while one decides", "[schedule]") {
  const std::unique_ptr<Optimizer> plain = optimizer_of("adam");
  plain->set_learning_rate(0.25);
  CHECK(plain->learning_rate(7) == 0.25);
  test::expect_error(
      ErrorCode::kBadOption,
      "setLearningRate: the optimizer follows a schedule, which decides the rate of every step. "
      "Compile with a number as learningRate to set it by hand.",
      [] {
        optimizer_of(
            "sgd learningRate.type=stepDecay learningRate.initialLearningRate=1 "
            "learningRate.decaySteps=3")
            ->set_learning_rate(1);
      });
}

TEST_CASE("optimizers: large parameters are shared out among threads, with the same bits",
          "[optimizer]") {
  test::RandomValues random(31);
  const std::size_t size = (std::size_t{1} << 16U) + 7;
  const Values values = random.values(size);
  const std::vector<float> w(values.begin(), values.end());
  const std::vector<Values> gradients = {random.values(size), random.values(size)};
  for (const char* text :
       {"sgd momentum=0.9", "adam clipNorm=3 ema=true", "nadam weightDecay=0.1"}) {
    const auto optimizer = optimizer_of(text);
    test::expect_same_bits(text, run(*optimizer, w, gradients),
                           run(*optimizer, w, gradients, &test::three_threads()));
  }
}

}  // namespace
}  // namespace fovea
