// SPDX-License-Identifier: MIT
// Every loss against its formula in double, and its gradient against central differences of that
// formula: with and without weights of examples, over rows and over pictures.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "tests/cpp/support/central_differences.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/reference/losses.h"
#include "training/recipe.h"

namespace fovea {
namespace {

using reference::LossWords;
using reference::Values;

/// What a loss wants to see.
enum class Domain { kAny, kPositive, kProbability, kYesOrNo, kOneHot };

struct Case {
  LossWords words;
  std::string options;
  Domain prediction = Domain::kAny, target = Domain::kAny;
  int last = 5, target_last = 5;
};

const std::vector<Case> kCases = {
    {{"meanSquaredError"}, ""},
    {{"meanAbsoluteError"}, ""},
    {{"meanAbsolutePercentageError"}, "", Domain::kAny, Domain::kPositive},
    {{"meanSquaredLogarithmicError"}, "", Domain::kPositive, Domain::kPositive},
    {{"huber"}, ""},
    {{.type = "huber", .delta = 0.25}, "delta=0.25"},
    {{"logCosh"}, ""},
    {{"hinge"}, "", Domain::kAny, Domain::kYesOrNo},
    {{"squaredHinge"}, "", Domain::kAny, Domain::kYesOrNo},
    {{"poisson"}, "", Domain::kPositive, Domain::kPositive},
    {{"binaryCrossentropy"}, "", Domain::kProbability, Domain::kYesOrNo},
    {{.type = "binaryCrossentropy", .from_logits = true, .smoothing = 0.25},
     "fromLogits=true labelSmoothing=0.25",
     Domain::kAny,
     Domain::kYesOrNo},
    {{"kullbackLeiblerDivergence"}, "", Domain::kProbability, Domain::kProbability},
    {{"categoricalHinge"}, "", Domain::kAny, Domain::kOneHot},
    {{"cosineSimilarity"}, ""},
    {{"dice"}, "", Domain::kProbability, Domain::kYesOrNo},
    {{"focal"}, "", Domain::kProbability, Domain::kYesOrNo, 1, 1},
    {{.type = "focal", .from_logits = true, .balanced = true, .smoothing = 0.125, .gamma = 1.5},
     "fromLogits=true applyClassBalancing=true gamma=1.5 labelSmoothing=0.125",
     Domain::kAny,
     Domain::kYesOrNo,
     1,
     1},
    {{.type = "focal", .several = true, .gamma = 0},
     "multiLabel=true gamma=0",
     Domain::kProbability,
     Domain::kYesOrNo},
    {{.type = "focal", .alpha = 0.5}, "alpha=0.5", Domain::kProbability, Domain::kOneHot},
    {{.type = "focal", .from_logits = true, .smoothing = 0.25},
     "fromLogits=true labelSmoothing=0.25",
     Domain::kAny,
     Domain::kOneHot},
    {{.type = "categoricalCrossentropy", .smoothing = 0.25},
     "labelSmoothing=0.25",
     Domain::kProbability,
     Domain::kOneHot},
    {{.type = "categoricalCrossentropy", .from_logits = true, .smoothing = 0.25},
     "labelSmoothing=0.25 fromLogits=true",
     Domain::kAny,
     Domain::kOneHot},
    {{.type = "gaussianMixtureNLL", .components = 2},
     "components=2",
     Domain::kAny,
     Domain::kAny,
     6,
     1},
    {{.type = "gaussianMixtureNLL", .components = 3},
     "components=3",
     Domain::kAny,
     Domain::kAny,
     15,
     2},
};

Values draw(test::RandomValues& random, Domain domain, std::size_t count, std::size_t last) {
  Values values = random.values(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (domain == Domain::kPositive || domain == Domain::kProbability) {
      values[i] = std::fabs(values[i]) * 0.875 + 0.0625;
    } else if (domain == Domain::kYesOrNo) {
      values[i] = values[i] > 0 ? 1 : 0;
    } else if (domain == Domain::kOneHot) {
      values[i] = i % last == i / last % last ? 1 : 0;
    }
  }
  return values;
}

std::unique_ptr<Loss> loss_of(const std::string& type, const std::string& options, int last) {
  const Network network(
      parse_model(concat("model name=m\ninput name=x shape=2\ndense name=d from=x units=", last)));
  return std::move(
      parse_recipe(concat("optimizer type=sgd\nloss type=", type, ' ', options), network)
          .losses[0]);
}

TEST_CASE("losses: values and gradients are those of the formulas", "[losses]") {
  for (const Case& c : kCases) {
    const std::unique_ptr<Loss> loss = loss_of(c.words.type, c.options, c.last);
    // Rows, and pictures of 2x3 pixels; more elements than a block of 1024 once.
    for (const Shape& shape : {Shape{3, c.last}, Shape{2, 2, 3, c.last}, Shape{420, c.last}}) {
      for (const bool weighted : {false, true}) {
        const std::string place =
            concat(c.words.type, ' ', c.options, " over ", shape, weighted ? ", weighted" : "");
        INFO(place);
        test::RandomValues random(5);
        const auto size = static_cast<std::size_t>(shape.size());
        const auto last = static_cast<std::size_t>(c.last);
        const Values y = draw(random, c.prediction, size, last);
        Shape target_shape = shape;
        target_shape.set(-1, c.target_last);
        const Values t = draw(random, c.target, static_cast<std::size_t>(target_shape.size()),
                              static_cast<std::size_t>(c.target_last));
        Values weights(static_cast<std::size_t>(shape[0]), 1.0);
        for (double& w : weights) w = weighted ? std::fabs(random.next()) : 1;
        std::vector<float> float_weights(weights.begin(), weights.end());
        const test::Input prediction(y);
        const test::Input target(t);
        test::Output gradient(size, 1);
        LossCall call{prediction.view(shape), target.view(target_shape), gradient.view(shape)};
        if (weighted) call.row_weights = float_weights;
        const double value = loss->evaluate(call);
        call.gradient = {};
        CHECK(loss->evaluate(call) == value);
        expect_intact(place, "gradient", gradient);

        const auto formula = [&](const Values& at) {
          return reference::mean_loss(c.words, at, t, last, weights);
        };
        const double expected = formula(y);
        // Each term is a logarithm or two and some products.
        const double largest = c.words.type == "meanAbsolutePercentageError" ? 2e3 : 4;
        CHECK(std::fabs(value - expected) <=
              largest * 16 * static_cast<double>(std::numeric_limits<float>::epsilon()));
        if (size > 200) continue;
        const double scale = largest / static_cast<double>(size / last);
        test::expect_close({place, "gradient", gradient.view(shape)},
                           test::central_differences(y, formula),
                           {.terms = 16, .largest_product = scale, .roundings = 16});
      }
    }
  }
}

TEST_CASE("losses: class numbers to be ignored cost nothing and are not counted", "[losses]") {
  const std::unique_ptr<Loss> plain =
      loss_of("sparseCategoricalCrossentropy", "fromLogits=true", 3);
  for (const std::string options : {"ignoreClass=255", "ignoreClass=-1"}) {
    const std::unique_ptr<Loss> loss =
        loss_of("sparseCategoricalCrossentropy", options + " fromLogits=true", 3);
    const std::vector<float> y = {1, 2, 0.5F, 9, 9, 9, -1, 0, 2};
    const float none = loss->ignored_class();
    const std::vector<float> t = {2, none, 0};
    std::vector<float> gradient(9);
    const double value =
        loss->evaluate({{y.data(), {3, 3}}, {t.data(), {3}}, {gradient.data(), {3, 3}}});
    const std::vector<float> y_seen = {1, 2, 0.5F, -1, 0, 2};
    const std::vector<float> t_seen = {2, 0};
    std::vector<float> seen(6);
    CHECK(value ==
          plain->evaluate({{y_seen.data(), {2, 3}}, {t_seen.data(), {2}}, {seen.data(), {2, 3}}}));
    CHECK(std::equal(seen.begin(), seen.begin() + 3, gradient.begin()));
    CHECK(std::equal(seen.begin() + 3, seen.end(), gradient.begin() + 6));
    CHECK(std::all_of(gradient.begin() + 3, gradient.begin() + 6, [](float g) { return g == 0; }));
    const std::vector<float> nothing = {none, none, none};
    CHECK(loss->evaluate({{y.data(), {3, 3}}, {nothing.data(), {3}}, {gradient.data(), {3, 3}}}) ==
          0);
  }
}

TEST_CASE("losses: smoothed class numbers are smoothed one-hot rows", "[losses]") {
  for (const std::string logits : {"true", "false"}) {
    const std::string options = "labelSmoothing=0.25 fromLogits=" + logits;
    const std::vector<float> y = {0.25F, 0.5F, 0.25F, 0.125F, 0.75F, 0.125F};
    const std::vector<float> number = {2, 0};
    const std::vector<float> hot = {0, 0, 1, 1, 0, 0};
    std::vector<float> a(6);
    std::vector<float> b(6);
    const double sparse =
        loss_of("sparseCategoricalCrossentropy", options, 3)
            ->evaluate({{y.data(), {2, 3}}, {number.data(), {2}}, {a.data(), {2, 3}}});
    const double one_hot =
        loss_of("categoricalCrossentropy", options, 3)
            ->evaluate({{y.data(), {2, 3}}, {hot.data(), {2, 3}}, {b.data(), {2, 3}}});
    CHECK(sparse == Catch::Approx(one_hot).epsilon(1e-6));
    for (std::size_t i = 0; i < 6; ++i)
      CHECK(a[i] == Catch::Approx(b[i]).epsilon(1e-5).margin(1e-7));
  }
}

TEST_CASE("losses: what a prediction that is no number costs is no number", "[losses]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Case& c : kCases) {
    INFO(c.words.type << ' ' << c.options);
    std::vector<float> y(static_cast<std::size_t>(2 * c.last), 0.5F);
    y[1] = nan;
    std::vector<float> t(static_cast<std::size_t>(2 * c.target_last), 1.0F);
    std::vector<float> gradient(y.size());
    CHECK(std::isnan(loss_of(c.words.type, c.options, c.last)
                         ->evaluate({{y.data(), {2, c.last}},
                                     {t.data(), {2, c.target_last}},
                                     {gradient.data(), {2, c.last}}})));
  }
}

TEST_CASE("losses: a mixture needs an output that its components divide", "[losses]") {
  try {
    loss_of("gaussianMixtureNLL", "components=2", 7);
    FAIL_CHECK("accepted");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) ==
          "loss \"gaussianMixtureNLL\": 2 components need an output of components * (1 + 2 * d) "
          "numbers (a weight, d means and d log standard deviations each) for targets of d "
          "numbers, but it has 7. Give the last layer 6 units for d = 1.");
  }
}

}  // namespace
}  // namespace fovea
