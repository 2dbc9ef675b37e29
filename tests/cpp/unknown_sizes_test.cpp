// SPDX-License-Identifier: MIT
// Networks whose inputs may have any height and width: what is unknown, that each size gives what a
// network made for it gives, and what needs a fixed size.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <string>
#include <vector>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/small_model.h"
#include "tests/cpp/support/training.h"
#include "training/evaluator.h"
#include "training/trainer.h"

namespace fovea {
namespace {

using test::copy_of;
using test::expect_error;

std::string network(const std::string& input) {
  return "model name=m\ninput name=x " + input +
         "\nconv2d name=c from=x filters=3 kernelSize=3 strides=2 padding=same activation=relu\n"
         "maxPooling2d name=p from=c poolSize=2\nconv2d name=d from=p filters=2 kernelSize=1\n";
}
const std::string kAny = "shape=1,1,2 unknown=0,1";

Dataset images(int count, int height, int width, std::uint32_t seed) {
  test::RandomValues random(seed);
  const Shape shape{count, height, width, 2};
  std::vector<float> values;
  for (const double value : random.values(static_cast<std::size_t>(shape.size())))
    values.push_back(static_cast<float>(value));
  Dataset data;
  data.inputs.push_back(test::floats_column("x", shape, values));
  return data;
}

TEST_CASE("unknown sizes: what they decide is unknown, all else is known", "[unknown]") {
  test::SmallModel any(network(kAny));
  CHECK(any.network().has_unknown_sizes());
  CHECK(any.network().shown_rows == std::vector<Shape>{{0, 0, 2}, {0, 0, 3}, {0, 0, 3}, {0, 0, 2}});
  test::SmallModel tall(network("shape=1,9,2 unknown=0"));
  CHECK(tall.network().shown_rows.back() == Shape{0, 2, 2});
  CHECK_FALSE(test::SmallModel(network("shape=9,9,2")).network().has_unknown_sizes());
}

TEST_CASE("unknown sizes: predictions are those of a network made for the size", "[unknown]") {
  test::SmallModel any(network(kAny));
  for (const auto& [height, width] : {std::pair{9, 14}, {32, 7}, {9, 14}}) {
    test::SmallModel fixed(network(concat("shape=", height, ',', width, ",2")));
    const Dataset data = images(2, height, width, 1);
    const ConstTensorView output = predict(any.model(), data, 0, 2)[0];
    const auto values = copy_of(output.values());
    const ConstTensorView expected = predict(fixed.model(), data, 0, 2)[0];
    CHECK(output.shape == expected.shape);
    CHECK(test::same_bits(values, expected.values()));
  }
}

// What a convolution keeps of its weights has a form for Winograd and one for the plain sum.
TEST_CASE("unknown sizes: what is made of the weights follows them at every size", "[unknown]") {
  const auto text = [](const std::string& input) {
    return "model name=m\ninput name=x " + input +
           "\nconv2d name=c from=x filters=8 kernelSize=3\n";
  };
  test::SmallModel any(text("shape=1,1,8 unknown=0,1"));
  const auto image = [](int size) {
    Dataset data;
    const Shape shape{1, size, size, 8};
    std::vector<float> values(static_cast<std::size_t>(shape.size()), 0.5F);
    data.inputs.push_back(test::floats_column("x", shape, values));
    return data;
  };
  // Whoever asks for the weights may change them: what was made of them is made anew.
  std::vector<float> weights = copy_of(any.model().parameter(0));
  int round = 0;
  for (const int size : {14, 3, 40, 14, 3, 3, 14}) {
    if (round++ % 2 == 1) {
      weights[0] = static_cast<float>(round);
      std::ranges::copy(weights, any.model().parameter(0).begin());
    }
    test::SmallModel fixed(text(concat("shape=", size, ',', size, ",8")));
    std::ranges::copy(weights, fixed.model().parameter(0).begin());
    const Dataset data = image(size);
    const auto values = copy_of(predict(any.model(), data, 0, 1)[0].values());
    CHECK(test::same_bits(values, predict(fixed.model(), data, 0, 1)[0].values()));
  }
}

TEST_CASE("unknown sizes: training takes one size after the other, targets of every pixel too",
          "[unknown]") {
  test::SmallModel any(network(kAny));
  Trainer trainer(any.model(),
                  parse_recipe("optimizer type=sgd\nloss type=meanSquaredError", any.network()));
  for (const int side : {8, 16}) {
    auto data = std::make_shared<Dataset>(images(3, side, side, 2));
    const int out = side / 4;
    const std::vector<float> zeros(static_cast<std::size_t>(3 * out * out * 2));
    data->targets.push_back(test::floats_column("y", {3, out, out, 2}, zeros));
    trainer.begin(data, {.from = 0, .to = 3, .batch_size = 2});
    CHECK(trainer.step().loss > trainer.step().loss * 0);
  }
  auto wrong = std::make_shared<Dataset>(images(1, 8, 8, 2));
  wrong->targets.push_back(test::floats_column("y", {1, 3, 2, 2}, std::vector<float>(12)));
  expect_error(ErrorCode::kBadShape,
               "fit: y has examples of shape [3, 2, 2] but meanSquaredError on the output \"d\" "
               "[2, 2, 2] takes [2, 2, 2]. Give targets of that shape or change the layer \"d\".",
               [&] { trainer.begin(wrong, {.from = 0, .to = 1}); });
}

TEST_CASE("unknown sizes: what needs fixed ones is refused word for word", "[unknown]") {
  expect_error(ErrorCode::kBadShape,
               "layer \"e\" (dense): needs inputs of a fixed size, but its input can have any: its "
               "weights e/kernel would be [512, 5] for one size and [3200, 5] for another. Put "
               "globalAveragePooling2d before it, or give the inputShape numbers.",
               [] {
                 build_network(parse_model(network(kAny) + "flatten name=f from=d\n"
                                                           "dense name=e from=f units=5"));
               });
  test::SmallModel any(network(kAny));
  expect_error(
      ErrorCode::kBadShape,
      "predict: x has examples of shape [8, 8, 3] but input \"x\" of model \"m\" takes "
      "[null, null, 2]. Reshape the data or change the model's inputShape.",
      [&] {
        Dataset data;
        data.inputs.push_back(test::floats_column("x", {1, 8, 8, 3}, std::vector<float>(192)));
        predict(any.model(), data, 0, 1);
      });
  // No size fits: the layer's own sentence about the last one.
  CHECK_THROWS_AS(build_network(parse_model("model name=m\ninput name=x shape=1,1,2 unknown=0,1\n"
                                            "conv2d name=c from=x filters=1 kernelSize=5000")),
                  Error);
}

}  // namespace
}  // namespace fovea
