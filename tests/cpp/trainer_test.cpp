// SPDX-License-Identifier: MIT
// Training as a whole: a network learns its data by heart; losses and updates are what the formulas
// say; a loss that is no number stops without harm; data that does not fit is refused word for
// word.
#include "training/trainer.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/training.h"
#include "tests/cpp/support/training_run.h"
#include "training/evaluator.h"

namespace fovea {
namespace {

using test::expect_error;
using test::kDigitsNetwork;
using test::kSparseFromLogits;
using test::TrainingRun;

TEST_CASE("trainer: a network learns 64 synthetic digits by heart", "[trainer]") {
  for (const std::string optimizer : {"optimizer type=adam learningRate=0.01\n",
                                      "optimizer type=sgd learningRate=0.2 momentum=0.9\n"}) {
    INFO(optimizer);
    const auto data = test::synthetic_digits(64, 8, 10, 3);
    TrainingRun training(kDigitsNetwork, optimizer + kSparseFromLogits);
    double first = 0;
    double last = 0;
    for (std::uint32_t epoch = 0; epoch < 40; ++epoch) {
      last = training
                 .epoch(data, {.from = 0,
                               .to = 64,
                               .batch_size = 16,
                               .shuffle = true,
                               .seed = 1,
                               .epoch = epoch})
                 .back()
                 .epoch_loss;
      if (epoch == 0) first = last;
    }
    CHECK(first > 1);
    CHECK(last < 0.01);
    CHECK(training.accuracy() == 1);
  }
}

TEST_CASE("trainer: steps, batches and means are counted over examples, the last partial batch too",
          "[trainer]") {
  const auto data = test::synthetic_digits(22, 8, 10, 4);
  TrainingRun training(kDigitsNetwork, "optimizer type=sgd learningRate=0\n" + kSparseFromLogits);
  const auto reports = training.epoch(data, {.from = 2, .to = 21, .batch_size = 8});
  REQUIRE(reports.size() == 3);
  double sum = 0;
  int seen = 0;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    CHECK(reports[i].batch == static_cast<int>(i) + 1);
    CHECK(reports[i].step == i + 1);
    CHECK(reports[i].size == (i == 2 ? 3 : 8));
    sum += reports[i].loss * reports[i].size;
    seen += reports[i].size;
    CHECK(reports[i].epoch_loss == Catch::Approx(sum / seen));
  }
  // With a rate of zero nothing changes: another epoch gives the same, and so does an evaluation.
  const auto again = training.epoch(data, {.from = 2, .to = 21, .batch_size = 8});
  CHECK(again.back().epoch_loss == reports.back().epoch_loss);
  CHECK(again.back().step == 6);
  Evaluator evaluator(training.small.model(), training.trainer.recipe(), data,
                      {.from = 2, .to = 21, .batch_size = 5});
  while (!evaluator.step()) {
  }
  CHECK(evaluator.loss() == Catch::Approx(reports.back().epoch_loss));
  CHECK(evaluator.metrics()[0].metric.value() == training.accuracy());
}

TEST_CASE("trainer: a partial batch weighs its examples as a full one does", "[trainer]") {
  // One step on 3 of 8 rows, once as the rest of an epoch and once as a whole one, from the same
  // weights.
  const auto data = test::synthetic_digits(11, 8, 10, 5);
  const std::string recipe = "optimizer type=sgd learningRate=0.1\n" + kSparseFromLogits;
  TrainingRun whole(kDigitsNetwork, recipe);
  whole.epoch(data, {.from = 8, .to = 11, .batch_size = 3});
  TrainingRun rest(kDigitsNetwork, recipe);
  rest.trainer.begin(data, {.from = 0, .to = 11, .batch_size = 8});
  std::vector<std::vector<float>> before;
  for (int i = 0; i < 6; ++i) before.push_back(test::copy_of(rest.small.model().parameter(i)));
  rest.trainer.step();
  for (int i = 0; i < 6; ++i)
    std::ranges::copy(before[static_cast<std::size_t>(i)], rest.small.model().parameter(i).begin());
  CHECK(rest.trainer.step().size == 3);
  for (int i = 0; i < 6; ++i) {
    test::expect_same_bits(concat("parameter ", i), rest.small.model().parameter(i),
                           whole.small.model().parameter(i));
  }
}

TEST_CASE("trainer: one step of a single neuron, worked out by hand", "[trainer]") {
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(test::floats_column("x", {2, 2}, {1, 2, -1, 0.5F}));
  data->targets.push_back(test::floats_column("y", {2, 1}, {1, 0}));
  TrainingRun training("model name=m\ninput name=x shape=2\ndense name=d from=x units=1",
                       "optimizer type=sgd learningRate=0.5\nloss type=meanSquaredError");
  training.small.set("d/kernel", {0.5F, -0.25F}).set("d/bias", {0.125F});
  const auto reports = training.epoch(data, {.from = 0, .to = 2, .batch_size = 2});
  // Predictions 0.125 and -0.5; errors -0.875 and -0.5; loss the mean of their squares.
  CHECK(reports[0].loss == (0.875 * 0.875 + 0.25) / 2);
  // Gradients: the mean of 2 * error * input: (-0.875 * 1 + 0.5), (-1.75 - 0.25), (-0.875 - 0.5).
  CHECK(test::copy_of(training.small.model().parameter(0)) ==
        std::vector<float>{0.5F + 0.1875F, -0.25F + 1.0F});
  CHECK(test::copy_of(training.small.model().parameter(1)) == std::vector<float>{0.125F + 0.6875F});
}

TEST_CASE("trainer: dropout changes with the step, and not in evaluation", "[trainer]") {
  const std::string description =
      "model name=m\ninput name=x shape=8,8,1\nflatten name=f from=x\ndropout name=o from=f "
      "rate=0.5\ndense name=d from=o units=10\n";
  const auto data = test::synthetic_digits(8, 8, 10, 6);
  TrainingRun training(description, "optimizer type=sgd learningRate=0\n" + kSparseFromLogits);
  const EpochOrder order{.from = 0, .to = 8, .batch_size = 8, .seed = 3};
  const double first = training.epoch(data, order)[0].loss;
  const double second = training.epoch(data, order)[0].loss;
  CHECK(first != second);
  TrainingRun again(description, "optimizer type=sgd learningRate=0\n" + kSparseFromLogits);
  CHECK(again.epoch(data, order)[0].loss == first);
  const auto evaluate = [&] {
    Evaluator evaluator(training.small.model(), training.trainer.recipe(), data, order);
    evaluator.step();
    return evaluator.loss();
  };
  CHECK(evaluate() == evaluate());
}

TEST_CASE("trainer: outside training dropout is not there", "[trainer]") {
  const auto data = test::synthetic_digits(6, 8, 10, 6);
  const auto predicted = [&](const std::string& dropout) {
    test::SmallModel model("model name=m\ninput name=x shape=8,8,1\nflatten name=f from=x\n" +
                           dropout);
    return test::copy_of(predict(model.model(), *data, 0, 6)[0].values());
  };
  test::expect_same_bits("predictions",
                         predicted("dropout name=o from=f rate=0.5\ndense name=d from=o units=10"),
                         predicted("dense name=d from=f units=10"));
}

TEST_CASE("trainer: frozen layers keep their weights, the others learn as before", "[trainer]") {
  const auto data = test::synthetic_digits(16, 8, 10, 8);
  TrainingRun training(kDigitsNetwork, "optimizer type=adam\n" + kSparseFromLogits);
  Model& model = training.small.model();
  model.set_trainable("c", false);
  model.set_trainable("d1", false);
  std::vector<std::vector<float>> before;
  for (int i = 0; i < 6; ++i) before.push_back(test::copy_of(model.parameter(i)));
  training.epoch(data, {.from = 0, .to = 16, .batch_size = 8});
  for (int i = 0; i < 6; ++i) {
    const bool kept = test::same_bits(before[static_cast<std::size_t>(i)], model.parameter(i));
    CHECK(kept == (i < 4));
    // Nor is their gradient computed: its place is as empty as it was made.
    const std::span<float> gradient = model.parameter_gradient(i);
    CHECK(std::ranges::all_of(gradient, [](float g) { return g == 0; }) == (i < 4));
  }
  model.set_trainable("c", true);
  training.epoch(data, {.from = 0, .to = 16, .batch_size = 8});
  CHECK(!test::same_bits(before[0], model.parameter(0)));
  CHECK(test::same_bits(before[2], model.parameter(2)));
  // The gradient now passes through d1 on its way to c, and still leaves d1's own place alone.
  for (const float g : model.parameter_gradient(2)) REQUIRE(g == 0);
  expect_error(ErrorCode::kBadOption, "model \"digits\" has no layer \"z\" to freeze or train.",
               [&] { model.set_trainable("z", true); });
}

TEST_CASE("trainer: everything frozen trains nothing and does not fail", "[trainer]") {
  const auto data = test::synthetic_digits(4, 8, 10, 8);
  TrainingRun training(kDigitsNetwork, "optimizer type=adam\n" + kSparseFromLogits);
  for (const char* layer : {"c", "d1", "d2"}) training.small.model().set_trainable(layer, false);
  const auto before = test::copy_of(training.small.model().parameter(0));
  const auto reports = training.epoch(data, {.from = 0, .to = 4, .batch_size = 2});
  CHECK(std::isfinite(reports.back().loss));
  CHECK(test::same_bits(before, training.small.model().parameter(0)));
}

TEST_CASE("trainer: bytes come in as 0 to 1, or as they are where the first layer rescales them",
          "[trainer]") {
  Dataset data;
  data.inputs.push_back(test::bytes_column("x", {2, 2}, {0, 51, 255, 3}));
  const auto predicted = [&](const std::string& layer) {
    test::SmallModel model("model name=m\ninput name=x shape=2\n" + layer);
    return test::copy_of(predict(model.model(), data, 0, 2)[0].values());
  };
  CHECK(predicted("activation name=a from=x") == std::vector<float>{0, 0.2F, 1, 3.0F / 255});
  CHECK(predicted("rescaling name=r from=x scale=2 offset=-1") ==
        std::vector<float>{-1, 101, 509, 5});
}

TEST_CASE("trainer: a loss that is not finite stops, and the weights of the step before are kept",
          "[trainer]") {
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(test::floats_column("x", {2, 2}, {1, 1e30F, -1e30F, 1}));
  data->targets.push_back(test::floats_column("y", {2, 1}, {0, 0}));
  TrainingRun training("model name=m\ninput name=x shape=2\ndense name=d from=x units=1",
                       "optimizer type=adam\nloss type=meanSquaredError");
  const auto before = test::copy_of(training.small.model().parameter(0));
  training.trainer.begin(data, {.from = 0, .to = 2, .batch_size = 2});
  expect_error(ErrorCode::kNonFiniteLoss,
               "fit: the loss became inf at step 1. The weights of the step before are kept. Try a "
               "smaller learning rate, and check the data.",
               [&] { training.trainer.step(); });
  CHECK(test::same_bits(before, training.small.model().parameter(0)));
}

void expect_bad_fit(ErrorCode code, const std::shared_ptr<const Dataset>& data,
                    const std::string& sentence, const EpochOrder& order = {.from = 0, .to = 4}) {
  TrainingRun training(kDigitsNetwork, "optimizer type=sgd\n" + kSparseFromLogits);
  expect_error(code, sentence, [&] { training.trainer.begin(data, order); });
}

std::shared_ptr<Dataset> data_of(const Shape& x, const Shape& y, std::int32_t last_label = 0) {
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(
      test::bytes_column("x", x, std::vector<std::uint8_t>(static_cast<std::size_t>(x.size()))));
  std::vector<std::int32_t> labels(static_cast<std::size_t>(y.size()));
  labels.back() = last_label;
  data->targets.push_back(test::integers_column("y", y, labels));
  return data;
}

TEST_CASE("trainer: data that does not fit the model is refused, word for word", "[trainer]") {
  expect_bad_fit(ErrorCode::kBadShape, data_of({4, 8, 9, 1}, {4}),
                 "fit: x has examples of shape [8, 9, 1] but input \"x\" of model \"digits\" takes "
                 "[8, 8, 1]. Reshape the "
                 "data or change the model's inputShape.");
  expect_bad_fit(ErrorCode::kBadShape, data_of({4, 8, 8, 1}, {4, 10}),
                 "fit: y has examples of shape [10] but sparseCategoricalCrossentropy on the "
                 "output \"d2\" [10] takes []. "
                 "Use categoricalCrossentropy for one-hot labels.");
  expect_bad_fit(ErrorCode::kBadShape, data_of({4, 8, 8, 1}, {3}),
                 "y: has 3 examples but x has 4. Every tensor must have one row for each example.");
  expect_bad_fit(ErrorCode::kBadData, data_of({4, 8, 8, 1}, {4}, 10),
                 "fit: y must hold class numbers from 0 to 9, but example 3 has 10. Correct the "
                 "labels or give the last layer more units.");
  expect_bad_fit(ErrorCode::kBadData, data_of({4, 8, 8, 1}, {4}, -1),
                 "fit: y must hold class numbers from 0 to 9, but example 3 has -1. Correct the "
                 "labels or give the last layer more units.");
  expect_bad_fit(
      ErrorCode::kBadData, data_of({4, 8, 8, 1}, {4}),
      "fit: examples 2 to 9 are wanted but the data has 4. Choose rows inside it, at least one.",
      {.from = 2, .to = 9});
  const auto two_inputs = data_of({4, 8, 8, 1}, {4});
  two_inputs->inputs.push_back(test::bytes_column("x[1]", {4}, {0, 0, 0, 0}));
  expect_bad_fit(ErrorCode::kBadShape, two_inputs,
                 "fit: model \"digits\" has 1 input(s) but x holds 2 tensor(s). Give one tensor "
                 "for each input.");
  const auto no_targets = data_of({4, 8, 8, 1}, {4});
  no_targets->targets.clear();
  expect_bad_fit(ErrorCode::kBadShape, no_targets,
                 "fit: model \"digits\" has 1 output(s) but y holds 0 tensor(s). Give one tensor "
                 "for each output.");
  expect_bad_fit(ErrorCode::kBadData, std::make_shared<Dataset>(), "fit: there are no examples.");
}

}  // namespace
}  // namespace fovea
