// SPDX-License-Identifier: MIT
// What surrounds a step of training: penalties on weights, constraints, weights of examples and of
// losses, averages of the weights, and losses that somebody else computes.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/training.h"
#include "tests/cpp/support/training_run.h"
#include "training/evaluator.h"

namespace fovea {
namespace {

using test::TrainingRun;

constexpr EpochOrder kTwoRows{.from = 0, .to = 2, .batch_size = 2};
const std::string kRecipe = "optimizer type=sgd learningRate=0.5\nloss type=meanSquaredError";

/// Two examples of two numbers, targets 1 and 0.
std::shared_ptr<Dataset> two_rows() {
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(test::floats_column("x", {2, 2}, {1, 2, -1, 0.5F}));
  data->targets.push_back(test::floats_column("y", {2, 1}, {1, 0}));
  return data;
}
/// One neuron that says 0.125 and -0.5 to them.
TrainingRun neuron(const std::string& options, const std::string& recipe = kRecipe) {
  return TrainingRun("model name=m\ninput name=x shape=2\ndense name=d from=x units=1 " + options,
                     recipe);
}
void set_weights(TrainingRun& run) {
  run.small.set("d/kernel", {0.5F, -0.25F}).set("d/bias", {0.125F});
}
double evaluate(TrainingRun& run, const std::shared_ptr<const Dataset>& data) {
  Evaluator evaluator(run.small.model(), run.trainer.recipe(), data, kTwoRows);
  while (!evaluator.step()) {
  }
  return evaluator.loss();
}

constexpr double kPlainLoss = (0.875 * 0.875 + 0.25) / 2;
const std::vector<float> kPlainStep = {0.5F + 0.1875F, -0.25F + 1.0F};

TEST_CASE("regularizers: their price is in the loss, in evaluation too, and in the gradient",
          "[extras]") {
  TrainingRun run = neuron(
      "kernelRegularizer.type=l1l2 kernelRegularizer.l1=0.5 kernelRegularizer.l2=0.25 "
      "biasRegularizer=l2");
  set_weights(run);
  const double price = 0.5 * 0.75 + 0.25 * 0.3125 + 0.01 * 0.015625;
  CHECK(evaluate(run, two_rows()) == Catch::Approx(kPlainLoss + price));
  CHECK(run.epoch(two_rows(), kTwoRows)[0].loss == Catch::Approx(kPlainLoss + price));
  // l1 sign(w) + 2 l2 w is 0.75 and -0.625; the rate is 0.5.
  CHECK(run.small.model().parameter(0)[0] == kPlainStep[0] - 0.375F);
  CHECK(run.small.model().parameter(0)[1] == kPlainStep[1] + 0.3125F);
  // Frozen weights have no price (Keras).
  set_weights(run);
  run.small.model().set_trainable("d", false);
  CHECK(evaluate(run, two_rows()) == kPlainLoss);
}

TEST_CASE("constraints: hold after every update", "[extras]") {
  struct Case {
    std::string options;
    std::vector<float> expected;
  };
  const float norm = std::sqrt(kPlainStep[0] * kPlainStep[0] + kPlainStep[1] * kPlainStep[1]);
  const auto scaled = [&](float to) {
    return std::vector<float>{kPlainStep[0] * to / norm, kPlainStep[1] * to / norm};
  };
  for (const Case& c : std::vector<Case>{
           {"kernelConstraint=maxNorm", kPlainStep},
           {"kernelConstraint.type=maxNorm kernelConstraint.maxValue=0.5", scaled(0.5F)},
           {"kernelConstraint=unitNorm", scaled(1)},
           // Over the axis of length one every number is a norm of its own.
           {"kernelConstraint.type=unitNorm kernelConstraint.axis=1", {1, 1}},
           {"kernelConstraint.type=minMaxNorm kernelConstraint.minValue=3 "
            "kernelConstraint.maxValue=4 kernelConstraint.rate=0.5",
            scaled(1.5F + norm / 2)},
           {"kernelConstraint=nonNeg", kPlainStep}}) {
    INFO(c.options);
    TrainingRun run = neuron(c.options);
    set_weights(run);
    run.epoch(two_rows(), kTwoRows);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(run.small.model().parameter(0)[i] == Catch::Approx(c.expected[i]).epsilon(1e-6));
    }
  }
  TrainingRun run = neuron("kernelConstraint=nonNeg",
                           "optimizer type=sgd learningRate=2\nloss type=meanSquaredError");
  run.small.set("d/kernel", {0.5F, 3}).set("d/bias", {0});
  run.epoch(two_rows(), kTwoRows);
  for (const float w : run.small.model().parameter(0)) CHECK(w >= 0);
  test::expect_error(ErrorCode::kBadOption,
                     "the constraint of d/kernel: axis 2 is none of the axes of its shape [2, 1]. "
                     "Choose from 0 to 1.",
                     [] { neuron("kernelConstraint.type=maxNorm kernelConstraint.axis=2"); });
}

TEST_CASE("constraints: the norm of each filter of a convolution", "[extras]") {
  TrainingRun run(
      "model name=m\ninput name=x shape=4,4,2\nconv2d name=c from=x filters=3 "
      "kernelSize=3 kernelConstraint.type=unitNorm kernelConstraint.axis=0,1,2",
      kRecipe);
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(test::floats_column("x", {2, 4, 4, 2}, std::vector<float>(64, 0.5F)));
  data->targets.push_back(test::floats_column("y", {2, 2, 2, 3}, std::vector<float>(24, 1)));
  run.epoch(data, kTwoRows);
  const std::span<const float> kernel = run.small.model().parameter(0);
  for (std::size_t filter = 0; filter < 3; ++filter) {
    float squares = 0;
    for (std::size_t i = filter; i < kernel.size(); i += 3) squares += kernel[i] * kernel[i];
    CHECK(squares == Catch::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("weights: of examples and of losses scale value and gradient", "[extras]") {
  const auto data = two_rows();
  data->weights.push_back(test::floats_column("sampleWeight", {2}, {2, 0}));
  TrainingRun run = neuron("");
  set_weights(run);
  CHECK(run.epoch(data, kTwoRows)[0].loss == 0.875 * 0.875);
  // Only the first example counts, twice over half: gradient 2 * -0.875 * (1, 2).
  CHECK(test::copy_of(run.small.model().parameter(0)) ==
        std::vector<float>{0.5F + 0.875F, -0.25F + 1.75F});
  TrainingRun half = neuron("", kRecipe + " lossWeight=0.5");
  set_weights(half);
  CHECK(half.epoch(two_rows(), kTwoRows)[0].loss == kPlainLoss / 2);
  CHECK(half.small.model().parameter(0)[0] == 0.5F + 0.09375F);
  data->weights[0] = test::floats_column("sampleWeight", {2}, {1, -1});
  test::expect_error(ErrorCode::kBadData,
                     "fit: sampleWeight must hold weights of 0 or more, but example 1 has -1.",
                     [&] { run.trainer.begin(data, kTwoRows); });
}

TEST_CASE("averages: begin as the first step's result, move by momentum, and become the weights",
          "[extras]") {
  TrainingRun run = neuron("",
                           "optimizer type=sgd learningRate=0.5 ema=0.75\nloss "
                           "type=meanSquaredError");
  set_weights(run);
  run.epoch(two_rows(), kTwoRows);
  const float first = run.small.model().parameter(0)[0];
  run.epoch(two_rows(), kTwoRows);
  const float second = run.small.model().parameter(0)[0];
  run.trainer.take_averages();
  CHECK(run.small.model().parameter(0)[0] == 0.75F * first + 0.25F * second);
}

TEST_CASE("global norm: all gradients shrink together", "[extras]") {
  TrainingRun run = neuron("",
                           "optimizer type=sgd learningRate=1 globalClipNorm=0.5\nloss "
                           "type=meanSquaredError");
  set_weights(run);
  run.epoch(two_rows(), kTwoRows);
  const float a = run.small.model().parameter(0)[0] - 0.5F;
  const float b = run.small.model().parameter(0)[1] + 0.25F;
  const float c = run.small.model().parameter(1)[0] - 0.125F;
  CHECK(std::sqrt(a * a + b * b + c * c) == Catch::Approx(0.5).epsilon(1e-6));
  CHECK(b / a == Catch::Approx(2.0 / 0.375).epsilon(1e-5));
}

// 32 points: is the first coordinate the larger one?
TEST_CASE("every loss and every optimizer goes down on a small task", "[extras]") {
  struct Case {
    std::string activation, loss;
    int units;
    bool one_hot = false;
  };
  std::vector<float> x;
  std::vector<float> yes;
  std::vector<float> hot;
  for (int i = 0; i < 64; ++i) x.push_back(static_cast<float>(std::sin(i * 1.7)));
  for (std::size_t i = 0; i < 32; ++i) {
    yes.push_back(x[2 * i] > x[2 * i + 1] ? 1.0F : 0.0F);
    hot.push_back(1 - yes.back());
    hot.push_back(yes.back());
  }
  const auto expect_progress = [&](const Case& c, const std::string& optimizer) {
    INFO(optimizer << ' ' << c.loss << ' ' << c.activation);
    auto data = std::make_shared<Dataset>();
    data->inputs.push_back(test::floats_column("x", {32, 2}, x));
    data->targets.push_back(c.one_hot ? test::floats_column("y", {32, 2}, hot)
                                      : test::floats_column("y", {32, 1}, yes));
    TrainingRun run(concat("model name=m\ninput name=x shape=2\ndense name=a from=x units=8 "
                           "activation=tanh\ndense name=b from=a units=",
                           c.units, " activation=", c.activation),
                    concat("optimizer type=", optimizer, "\nloss type=", c.loss));
    double first = 0;
    double last = 0;
    for (std::uint32_t epoch = 0; epoch < 12; ++epoch) {
      last = run.epoch(data, {.from = 0,
                              .to = 32,
                              .batch_size = 16,
                              .shuffle = true,
                              .seed = 1,
                              .epoch = epoch})
                 .back()
                 .epoch_loss;
      if (epoch == 0) first = last;
    }
    CHECK(last < first);
  };
  for (const std::string loss :
       {"meanSquaredError", "meanAbsoluteError", "huber", "logCosh", "hinge", "dice",
        "binaryCrossentropy", "focal", "poisson", "meanSquaredLogarithmicError", "squaredHinge"}) {
    expect_progress({"sigmoid", loss, 1}, "adam learningRate=0.02");
  }
  for (const std::string loss : {"categoricalCrossentropy", "categoricalHinge", "focal",
                                 "cosineSimilarity", "kullbackLeiblerDivergence"}) {
    expect_progress({"softmax", loss, 2, true}, "adam learningRate=0.02");
  }
  expect_progress({"linear", "gaussianMixtureNLL components=2", 6}, "adam learningRate=0.02");
  for (const std::string optimizer :
       {"sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "adamw", "nadam", "lion"}) {
    expect_progress({"linear", "meanSquaredError", 1},
                    optimizer +
                        " learningRate.type=cosineDecay learningRate.initialLearningRate=0.01 "
                        "learningRate.decaySteps=100 clipNorm=1 weightDecay=0.0001 ema=0.9");
  }
}

TEST_CASE("losses of one's own: mean squared error given from outside trains to the same bits",
          "[extras]") {
  TrainingRun inside = neuron("");
  TrainingRun outside = neuron("", "optimizer type=sgd learningRate=0.5\nloss type=custom");
  set_weights(inside);
  set_weights(outside);
  const double loss = inside.epoch(two_rows(), kTwoRows)[0].loss;
  outside.trainer.begin(two_rows(), kTwoRows);
  const std::span<const std::uint32_t> rows = outside.trainer.begin_step();
  const LossViews views = outside.trainer.loss_views(0);
  CHECK(!views.target);
  double total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float d = views.prediction.data[i] - (rows[i] == 0 ? 1.0F : 0.0F);
    total += static_cast<double>(d * d) / 2;
    views.gradient.data[i] = d;
  }
  CHECK(outside.trainer.finish_step(std::array{total}).loss == loss);
  CHECK(inside.all_parameters() == outside.all_parameters());

  Evaluator evaluator(outside.small.model(), outside.trainer.recipe(), two_rows(), kTwoRows);
  CHECK(evaluator.begin_step().size() == 2);
  CHECK(evaluator.finish_step(std::array{0.75}));
  CHECK(evaluator.loss() == 0.75);
}

TEST_CASE("a step that failed has not happened: begun again it is the same one", "[extras]") {
  // In a browser the first call of a function may fail until it has been fetched (core/rest.h).
  const std::string recipe =
      "optimizer type=sgd learningRate=0.5\nloss type=meanSquaredError\nmetric type=mae";
  TrainingRun once = neuron("", recipe);
  TrainingRun again = neuron("", recipe);
  set_weights(once);
  set_weights(again);
  constexpr EpochOrder kOneByOne{.from = 0, .to = 2, .batch_size = 1};
  once.trainer.begin(two_rows(), kOneByOne);
  again.trainer.begin(two_rows(), kOneByOne);
  for (int step = 0; step < 2; ++step) {
    const StepReport report = once.trainer.step();
    const std::uint32_t row = again.trainer.begin_step()[0];
    CHECK(again.trainer.begin_step()[0] == row);
    CHECK(again.trainer.finish_step({}).loss == report.loss);
  }
  CHECK(once.all_parameters() == again.all_parameters());

  const auto measured = [&](int times) {
    Model& model = once.small.model();
    std::vector<OutputMetric>& metrics = once.trainer.recipe().metrics;
    metrics[0].metric.reset();
    Epoch epoch(model, once.trainer.recipe(), {"evaluate", two_rows(), kOneByOne});
    for (int i = 0; i < times; ++i) {
      model.forward(epoch.next(), 0, 0);
      const double loss = epoch.measure(metrics, {});
      if (i != 0 || times == 2) epoch.count(loss);
    }
    return std::array{epoch.loss(), metrics[0].metric.value()};
  };
  CHECK(measured(3) == measured(2));
}

}  // namespace
}  // namespace fovea
