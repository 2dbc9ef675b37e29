// SPDX-License-Identifier: MIT
// Metrics: counts worked out by hand, per batch and over all, with class numbers, one-hot labels,
// single outputs, logits and labels that are ignored.
#include "training/metric.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "training/recipe.h"

namespace fovea {
namespace {

/// A metric as a model with this loss and output has it.
Metric metric_of(const std::string& metric, const std::string& loss, int units) {
  const Network network(
      parse_model(concat("model name=m\ninput name=x shape=2\ndense name=d from=x units=", units)));
  return parse_recipe(concat("optimizer type=sgd\nloss type=", loss, "\nmetric type=", metric),
                      network)
      .metrics[0]
      .metric;
}

struct Case {
  std::string metric, loss;
  int units;
  std::vector<float> y, t;
  double value;
};

const std::vector<Case> kCases = {
    {"accuracy", "sparseCategoricalCrossentropy", 3, {0.1F, 0.7F, 0.2F, 5, 4, 3}, {1, 1}, 0.5},
    {"accuracy",
     "categoricalCrossentropy",
     3,
     {0.1F, 0.7F, 0.2F, 5, 4, 3},
     {0, 1, 0, 0, 0, 1},
     0.5},
    {"accuracy", "meanSquaredError", 1, {0.9F, 0.4F, 0.6F, 0.1F}, {1, 1, 0, 0}, 0.5},
    {"accuracy", "binaryCrossentropy", 2, {0.9F, 0.4F, 0.6F, 0.1F}, {1, 1, 1, 0}, 0.75},
    // A logit of 0.4 is a probability of 0.6.
    {"accuracy", "binaryCrossentropy fromLogits=true", 1, {0.4F, -0.4F}, {1, 1}, 0.5},
    {"binaryAccuracy threshold=0.75", "meanSquaredError", 1, {0.8F, 0.7F}, {1, 1}, 0.5},
    {"topKCategoricalAccuracy k=2",
     "sparseCategoricalCrossentropy",
     3,
     {3, 2, 1, 3, 2, 1, 3, 2, 1},
     {0, 1, 2},
     2.0 / 3},
    {"topKCategoricalAccuracy k=1", "categoricalCrossentropy", 2, {2, 1, 1, 1}, {0, 1, 0, 1}, 0.5},
    {"precision", "binaryCrossentropy", 1, {0.9F, 0.8F, 0.7F, 0.2F}, {1, 0, 1, 1}, 2.0 / 3},
    {"recall", "binaryCrossentropy", 1, {0.9F, 0.8F, 0.2F, 0.1F}, {1, 0, 1, 1}, 1.0 / 3},
    {"f1", "binaryCrossentropy", 1, {0.9F, 0.8F, 0.2F, 0.1F}, {1, 0, 1, 1}, 0.4},
    {"precision", "binaryCrossentropy", 1, {0.1F}, {1}, 0},
    // Softmax of (0, ln 3): 0.25 and 0.75.
    {"recall",
     "sparseCategoricalCrossentropy fromLogits=true",
     2,
     {0, 1.0986123F, 0, 1.0986123F},
     {1, 0},
     0.5},
    // Keras's own example.
    {"auc", "binaryCrossentropy", 1, {0, 0.5F, 0.3F, 0.9F}, {0, 0, 1, 1}, 0.75},
    {"auc", "binaryCrossentropy", 1, {0, 0.2F, 0.8F, 1}, {0, 0, 1, 1}, 1},
    {"auc", "binaryCrossentropy", 1, {0.5F, 0.5F}, {0, 1}, 0.5},
    // Classes 0 (1 right of 2 said or true) and 1 (2 of 3); class 2 neither is nor was said.
    {"meanIoU",
     "sparseCategoricalCrossentropy",
     3,
     {1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0},
     {0, 1, 1, 0},
     (1.0 / 2 + 2.0 / 3) / 2},
    {"meanIoU", "binaryCrossentropy", 1, {0.9F, 0.1F}, {1, 1}, 0.25},
    {"meanIoU", "sparseCategoricalCrossentropy ignoreClass=255", 2, {1, 0, 0, 1}, {0, 255}, 1},
    {"mse", "meanAbsoluteError", 2, {1, 2, 3, 4}, {1, 0, 3, 2}, 2},
    {"mae", "meanSquaredError", 2, {1, 2, 3, 4}, {1, 0, 3, 2}, 1},
};

TEST_CASE("metrics: worked out by hand", "[metric]") {
  for (const Case& c : kCases) {
    INFO(c.metric << " beside " << c.loss);
    Metric metric = metric_of(c.metric, c.loss, c.units);
    const int rows = static_cast<int>(c.y.size()) / c.units;
    const bool sparse = c.t.size() == static_cast<std::size_t>(rows) && c.units > 1;
    const ConstTensorView y{c.y.data(), {rows, c.units}};
    const ConstTensorView t{c.t.data(), sparse ? Shape{rows} : Shape{rows, c.units}};
    metric.count(y, t);
    CHECK(metric.batch_value() == Catch::Approx(c.value));
    metric.count(y, t);
    CHECK(metric.value() == Catch::Approx(c.value));
    metric.reset();
    CHECK((std::isnan(metric.value()) || metric.value() == 0));
  }
}

TEST_CASE("metrics: the value of an epoch is over all, that of a batch over its own", "[metric]") {
  Metric accuracy = metric_of("accuracy", "sparseCategoricalCrossentropy", 3);
  CHECK(std::isnan(accuracy.value()));
  const std::vector<float> p = {0.1F, 0.7F, 0.2F, 5, 4, 3};
  const std::vector<float> half = {1, 1};
  const std::vector<float> right = {1, 0};
  accuracy.count({p.data(), {2, 3}}, {half.data(), {2}});
  CHECK(accuracy.batch_value() == 0.5);
  accuracy.count({p.data(), {2, 3}}, {right.data(), {2}});
  CHECK(accuracy.batch_value() == 1);
  CHECK(accuracy.value() == 0.75);
}

TEST_CASE("metrics: where the loss reads the logits of a softmax, probabilities are compared",
          "[metric]") {
  Metric mae = metric_of("mae", "sparseCategoricalCrossentropy", 2);
  const std::vector<float> logits = {0, 1.0986123F};
  const std::vector<float> label = {1};
  mae.count({logits.data(), {1, 2}}, {label.data(), {1}}, true);
  CHECK(mae.value() == Catch::Approx(0.25));
  // Pictures: a class for every pixel.
  Metric accuracy = metric_of("accuracy", "sparseCategoricalCrossentropy", 2);
  const std::vector<float> pixels = {1, 0, 0, 1, 1, 0, 1, 0};
  const std::vector<float> classes = {0, 1, 1, 0};
  accuracy.count({pixels.data(), {1, 2, 2, 2}}, {classes.data(), {1, 2, 2}});
  CHECK(accuracy.value() == 0.75);
}

}  // namespace
}  // namespace fovea
