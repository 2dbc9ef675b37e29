// SPDX-License-Identifier: MIT
// Activations and gradients: literal values of a network that can be done by hand, gradients of
// inputs by trying, and what does not fit, word for word.
#include "training/differentiate.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/small_model.h"
#include "tests/cpp/support/training.h"
#include "training/trainer.h"

namespace fovea {
namespace {

using test::copy_of;
using test::expect_error;

Dataset data_of(const Shape& x_shape, const std::vector<float>& x, const Shape& y_shape,
                const std::vector<float>& y, const std::string& place = "y") {
  Dataset data;
  data.inputs.push_back(test::floats_column("x", x_shape, x));
  if (!y.empty()) data.targets.push_back(test::floats_column(place, y_shape, y));
  return data;
}

/// y = relu(x a) b with a = [[1, -1], [2, 1]], b = [[3], [4]].
test::SmallModel by_hand() {
  return std::move(test::SmallModel("model name=m\ninput name=x shape=2\n"
                                    "dense name=a from=x units=2 useBias=false activation=relu\n"
                                    "dense name=b from=a units=1 useBias=false")
                       .set("a/kernel", {1, -1, 2, 1})
                       .set("b/kernel", {3, 4}));
}

TEST_CASE("differentiate: activations by name, inputs and later applications too",
          "[differentiate]") {
  test::SmallModel small(
      "model name=m outputs=f\ninput name=x shape=2\ndense name=d from=x units=2 "
      "activation=relu\nagain name=d.2 layer=d from=d\nreshape name=f from=d.2 targetShape=1,2\n");
  small.set("d/kernel", {1, -1, 1, 1}).set("d/bias", {0, 1});
  const Dataset data = data_of({2, 2}, {1, 2, -5, 3}, {}, {});
  const std::vector<std::string_view> names = {"d.2", "x", "d", "f", "d"};
  const std::vector<ConstTensorView> values = activations(small.model(), data, names);
  CHECK(copy_of(values[0].values()) == std::vector<float>{5, 0, 9, 10});
  CHECK(copy_of(values[1].values()) == std::vector<float>{1, 2, -5, 3});
  CHECK(copy_of(values[2].values()) == std::vector<float>{3, 2, 0, 9});
  CHECK(copy_of(values[3].values()) == std::vector<float>{5, 0, 9, 10});
  CHECK(values[3].shape == Shape{2, 1, 2});
  CHECK(copy_of(values[4].values()) == copy_of(values[2].values()));
  expect_error(ErrorCode::kBadOption,
               "activations: model \"m\" has no layer \"e\". Names are in model.layers.",
               [&] { activations(small.model(), data, std::vector<std::string_view>{"e"}); });
}

TEST_CASE("differentiate: gradients of outputs are what the hand says", "[differentiate]") {
  test::SmallModel small = by_hand();
  // x a = [7, 1] and [1, -3]: the second row's second relu is closed.
  const Dataset data = data_of({2, 2}, {1, 3, 3, -1}, {2, 1}, {1, 10}, "outputGradients");
  const Gradients found = differentiate(small.model(), nullptr, data, Mode::kInference);
  CHECK(copy_of(found.inputs[0].values()) == std::vector<float>{-1, 10, 30, 60});
  CHECK(copy_of(small.model().parameter_gradient(1)) == std::vector<float>{17, 2});
  CHECK(copy_of(small.model().parameter_gradient(0)) == std::vector<float>{93, 4, -21, 12});
}

TEST_CASE("differentiate: gradients of inputs by trying, frozen layers or not", "[differentiate]") {
  const std::string text =
      "model name=m\ninput name=x shape=4,4,2\n"
      "conv2d name=c from=x filters=3 kernelSize=3 padding=same activation=tanh\n"
      "dropout name=o from=c rate=0.5\nflatten name=f from=o\n"
      "dense name=d from=f units=3 activation=softmax\n";
  test::RandomValues random(3);
  std::vector<float> x;
  for (const double value : random.values(64)) x.push_back(static_cast<float>(value));
  const std::vector<float> labels = {2, 0};
  for (const bool frozen : {false, true}) {
    test::SmallModel small(text);
    if (frozen) {
      small.model().set_trainable("c", false);
      small.model().set_trainable("d", false);
    }
    const Recipe recipe = parse_recipe(
        "optimizer type=sgd\nloss type=sparseCategoricalCrossentropy", small.network());
    const auto at = [&](const std::vector<float>& values) {
      return differentiate(small.model(), &recipe, data_of({2, 4, 4, 2}, values, {2}, labels),
                           Mode::kInference);
    };
    const Gradients found = at(x);
    const std::vector<float> gradient = copy_of(found.inputs[0].values());
    CHECK(found.inputs[0].shape == Shape{2, 4, 4, 2});
    const float step = 0x1p-6F;
    for (std::size_t i = 0; i < x.size(); i += 3) {
      std::vector<float> moved = x;
      moved[i] = x[i] + step;
      const double above = at(moved).loss;
      moved[i] = x[i] - step;
      const double below = at(moved).loss;
      const double slope = (above - below) / (2 * static_cast<double>(step));
      INFO("x[" << i << "]: gradient " << gradient[i] << ", by trying " << slope);
      // The third derivative of a few tanh is of the order of the slope: h^2; losses round by 1e-7.
      CHECK(std::fabs(slope - static_cast<double>(gradient[i])) < 2e-4);
    }
  }
}

TEST_CASE("differentiate: an input that nothing reads has no gradient, weights beside it none",
          "[differentiate]") {
  test::SmallModel small(
      "model name=m outputs=d\ninput name=x shape=1\ninput name=y shape=3\n"
      "dense name=d from=x units=1\ndense name=idle from=y units=1");
  Dataset data = data_of({1, 1}, {1}, {1, 1}, {1}, "outputGradients");
  data.inputs.push_back(test::floats_column("x[1]", {1, 3}, {1, 2, 3}));
  const Gradients found = differentiate(small.model(), nullptr, data, Mode::kInference);
  CHECK(found.inputs[0].data != nullptr);
  CHECK(found.inputs[1].data == nullptr);
  CHECK(copy_of(small.model().parameter_gradient(2)) == std::vector<float>{0, 0, 0});
}

TEST_CASE("differentiate: a training that is under way goes on as if nothing had been asked",
          "[differentiate]") {
  const auto data = test::synthetic_digits(32, 8, 4, 1);
  const std::string text =
      "model name=m\ninput name=x shape=8,8,1\nflatten name=f from=x\n"
      "dense name=d from=f units=8 activation=relu\ndropout name=o from=d rate=0.5\n"
      "dense name=e from=o units=4";
  const std::string recipe_text =
      "optimizer type=adam\nloss type=sparseCategoricalCrossentropy fromLogits=true";
  std::vector<std::vector<float>> results;
  for (const bool curious : {false, true}) {
    test::SmallModel small(text);
    Trainer trainer(small.model(), parse_recipe(recipe_text, small.network()));
    trainer.begin(data, {.from = 0, .to = 32, .batch_size = 8});
    for (bool done = false; !done; done = trainer.step().done) {
      if (curious) differentiate(small.model(), &trainer.recipe(), *data, Mode::kTraining);
    }
    results.push_back(copy_of(small.model().parameter(0)));
  }
  CHECK(test::same_bits(results[0], results[1]));
}

TEST_CASE("differentiate: a loss of one's own, known early, does not touch its neighbour",
          "[differentiate]") {
  // JavaScript writes the gradient of b before the loss of a has read its prediction and target.
  test::SmallModel small(
      "model name=m outputs=a,b\ninput name=x shape=2\ndense name=a from=x units=2\n"
      "dense name=b from=x units=2");
  Trainer trainer(small.model(), parse_recipe("optimizer type=sgd\nloss type=meanSquaredError\n"
                                              "loss type=custom",
                                              small.network()));
  auto data = std::make_shared<Dataset>(
      data_of({4, 2}, std::vector<float>(8, 1), {4, 2}, std::vector<float>(8, 0.5F)));
  data->targets.push_back(test::floats_column("y[1]", {4, 2}, std::vector<float>(8, 0)));
  trainer.begin(data, {.from = 0, .to = 4, .batch_size = 4});
  trainer.begin_step();
  const LossViews views = trainer.loss_views(1);
  CHECK(views.target.data == nullptr);
  std::ranges::fill(views.gradient.values(), NAN);
  CHECK(std::isfinite(trainer.finish_step(std::vector<double>{2}).loss));
  CHECK(std::isfinite(small.model().parameter(0)[0]));
}

TEST_CASE("differentiate: gradients at the outputs that do not fit are refused, word for word",
          "[differentiate]") {
  test::SmallModel small = by_hand();
  const auto refused = [&](const std::string& sentence, const Dataset& data) {
    expect_error(ErrorCode::kBadShape, sentence,
                 [&] { differentiate(small.model(), nullptr, data, Mode::kInference); });
  };
  refused(
      "gradients: model \"m\" has 1 output(s) but outputGradients holds 0 tensor(s). Give one "
      "tensor for each output.",
      data_of({1, 2}, {1, 2}, {}, {}));
  refused(
      "gradients: outputGradients has examples of shape [2] but the output \"b\" is [1]. Give one "
      "number for each number of the output.",
      data_of({1, 2}, {1, 2}, {1, 2}, {1, 2}, "outputGradients"));
}

}  // namespace
}  // namespace fovea
