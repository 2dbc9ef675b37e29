// SPDX-License-Identifier: MIT
// The normalising layers against their formulas in double and central differences of them, and what
// batch normalisation does to its moving averages.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/layer_check.h"
#include "tests/cpp/support/small_model.h"
#include "tests/reference/normalize.h"

namespace fovea {
namespace {

using reference::Values;
using test::check_layer;

/// Sums of `count` terms, which a deviation of at least about 0.5 then divides up to three times.
test::Sum sums(double count) {
  return {.terms = static_cast<int>(count) + 16, .largest_product = 8, .roundings = 8};
}

const Shape kImages[] = {{3, 4, 5, 6}, {1, 3, 3, 1}, {11, 2, 2, 9}, {7, 5}};

TEST_CASE("batchNormalization: training, inference and the moving averages", "[normalization]") {
  for (const Shape& shape : kImages) {
    const auto channels = static_cast<std::size_t>(shape[-1]);
    const auto of = [channels](std::size_t i) { return i % channels; };
    const auto size = static_cast<std::size_t>(shape.size());
    for (const std::string options : {"", " center=false momentum=0.75", " scale=false epsilon=0.5",
                                      " scale=false center=false"}) {
      const double epsilon = options.find("epsilon") == std::string::npos ? 1e-3 : 0.5;
      const double momentum = options.find("momentum") == std::string::npos ? 0.99 : 0.75;
      const bool scale = options.find("scale") == std::string::npos;
      const bool center = options.find("center") == std::string::npos;
      const reference::Normalize twin{channels, of, of, epsilon};
      reference::Moments batch;
      Values moving_mean, moving_variance;
      const auto formula = [&](bool training) {
        return [&, training](const Values& x, const std::vector<Values>& p) {
          const std::size_t first = p.size() - 2;
          const reference::Moments moving{p[first], p[first + 1]};
          if (moving_mean.empty()) {
            batch = reference::moments(twin, x);
            moving_mean = p[first];
            moving_variance = p[first + 1];
          }
          return reference::normalize(twin, x, training ? reference::moments(twin, x) : moving,
                                      scale ? p[0] : Values(), center ? p[first - 1] : Values());
        };
      };
      const double count = static_cast<double>(size / channels);
      const auto statistics = check_layer({.line = "batchNormalization" + options,
                                           .input = shape,
                                           .twin = formula(true),
                                           .offset = 0.5,
                                           .output = sums(count),
                                           .input_gradient = sums(count),
                                           .parameter_gradient = sums(count)});
      REQUIRE(statistics.size() == 2);
      for (std::size_t c = 0; c < channels; ++c) {
        const double mean = momentum * moving_mean[c] + (1 - momentum) * batch.mean[c];
        const double variance = momentum * moving_variance[c] + (1 - momentum) * batch.variance[c];
        CHECK(std::fabs(static_cast<double>(statistics[0][c]) - mean) < 1e-6);
        CHECK(std::fabs(static_cast<double>(statistics[1][c]) - variance) < 1e-6);
      }
      const auto untouched = check_layer({.line = "batchNormalization" + options,
                                          .input = shape,
                                          .twin = formula(false),
                                          .mode = Mode::kInference,
                                          .output = sums(1),
                                          .input_gradient = sums(1),
                                          .parameter_gradient = sums(count)});
      for (std::size_t c = 0; c < channels; ++c) {
        CHECK(untouched[0][c] == static_cast<float>(moving_mean[c]));
      }
    }
  }
}

TEST_CASE("batchNormalization: long sums keep their digits and small variances theirs",
          "[normalization]") {
  constexpr int kRows = 20000;  // enough for several chunks
  for (Workers* workers : {&test::one_thread(), &test::three_threads()}) {
    test::SmallModel small(
        "model name=m\ninput name=x shape=2\nbatchNormalization name=b from=x momentum=0 epsilon=0",
        1, *workers);
    Model& model = small.model();
    Plan& plan = model.prepare({.batch = kRows,
                                .mode = Mode::kTraining,
                                .backward = true,
                                .losses = {{.has_target = false}},
                                .slots = model.slots()});
    model.prepare_gradients();
    const TensorView x = model.input(plan, 0);
    // Around 1000 by 1, and around 0.25 by 2^-10.
    for (std::size_t i = 0; i < kRows; ++i) {
      x.data[2 * i] = 1000 + (i % 2 == 0 ? 1.0F : -1.0F);
      x.data[2 * i + 1] = 0.25F + (i % 2 == 0 ? 0x1p-10F : -0x1p-10F);
    }
    model.forward(plan, 0, 0);
    model.commit_statistics();
    CHECK(test::copy_of(model.parameter(small.index_of("b/moving_mean"))) ==
          std::vector<float>{1000, 0.25});
    CHECK(test::copy_of(model.parameter(small.index_of("b/moving_variance"))) ==
          std::vector<float>{1, 0x1p-20F});
    CHECK(model.output(plan, 0).data[0] == 1);
    CHECK(model.output(plan, 0).data[3] == -1);
    // d = 1 for the even rows: beta gets their number, gamma their sum of z.
    const std::span<float> d = model.loss(plan, 0).gradient.values();
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = i % 4 < 2 ? 1 : 0;
    model.backward(plan, 0, 0);
    CHECK(test::copy_of(model.parameter_gradient(small.index_of("b/beta"))) ==
          std::vector<float>{kRows / 2, kRows / 2});
    CHECK(test::copy_of(model.parameter_gradient(small.index_of("b/gamma"))) ==
          std::vector<float>{kRows / 2, kRows / 2});
  }
}

TEST_CASE("batchNormalization: frozen it works as in inference, even in training",
          "[normalization]") {
  test::SmallModel small(
      "model name=m\ninput name=x shape=1\nbatchNormalization name=b from=x trainable=false "
      "epsilon=0\ndense name=d from=b units=1");
  small.set("b/gamma", {3}).set("b/beta", {1}).set("b/moving_mean", {10});
  small.set("b/moving_variance", {4}).set("d/kernel", {1});
  Model& model = small.model();
  Plan& plan = model.prepare({.batch = 2,
                              .mode = Mode::kTraining,
                              .backward = true,
                              .losses = {{.has_target = false}},
                              .slots = 1,
                              .input_gradients = true});
  model.prepare_gradients();
  std::ranges::copy(std::vector<float>{12, 6}, model.input(plan, 0).data);
  model.forward(plan, 0, 0);
  model.commit_statistics();
  // (x - 10) / 2 * 3 + 1
  CHECK(test::copy_of(model.output(plan, 0).values()) == std::vector<float>{4, -5});
  CHECK(model.parameter(small.index_of("b/moving_mean"))[0] == 10);
  std::ranges::fill(model.loss(plan, 0).gradient.values(), 1.0F);
  model.backward(plan, 0, 0);
  CHECK(test::copy_of(model.input_gradient(plan, 0).values()) == std::vector<float>{1.5, 1.5});
}

TEST_CASE("layerNormalization and groupNormalization", "[normalization]") {
  struct Case {
    std::string line;
    Shape input;
    std::size_t groups_per_image;
    std::size_t channels_per_group;
    std::size_t channels;  // of gamma and beta
  };
  const Case cases[] = {
      {"layerNormalization", {7, 5}, 1, 5, 5},
      {"layerNormalization", {2, 3, 4, 6}, 1, 6, 6},
      {"layerNormalization axis=3,2", {2, 3, 4, 6}, 1, 24, 24},
      {"layerNormalization axis=-1,-2,-3", {19, 2, 2, 3}, 1, 12, 12},
      {"groupNormalization groups=2", {3, 2, 3, 6}, 2, 3, 6},
      {"groupNormalization groups=1", {17, 2, 2, 5}, 1, 5, 5},
      {"groupNormalization groups=-1", {2, 3, 3, 5}, 5, 1, 5},
      {"groupNormalization groups=4", {1, 6, 5, 8}, 4, 2, 8},
  };
  for (const Case& c : cases) {
    // Layer normalisation is the case of one pixel for each set of statistics.
    const auto size = static_cast<std::size_t>(c.input.size());
    const bool layer = c.line.starts_with("layer");
    const std::size_t image = layer ? c.channels : size / static_cast<std::size_t>(c.input[0]);
    const reference::Normalize twin{size / image * c.groups_per_image,
                                    [&](std::size_t i) {
                                      return i / image * c.groups_per_image +
                                             i % c.channels / c.channels_per_group;
                                    },
                                    [&](std::size_t i) { return i % c.channels; }};
    const double count = static_cast<double>(image / c.groups_per_image);
    for (const Mode mode : {Mode::kTraining, Mode::kInference}) {
      check_layer({.line = c.line,
                   .input = c.input,
                   .twin =
                       [&](const Values& x, const std::vector<Values>& p) {
                         return reference::normalize(twin, x, reference::moments(twin, x), p[0],
                                                     p[1]);
                       },
                   .mode = mode,
                   .offset = -0.25,
                   .output = sums(count),
                   .input_gradient = sums(2 * count),
                   .parameter_gradient = sums(static_cast<double>(size))});
    }
  }
}

TEST_CASE("localResponseNormalization: AlexNet's defaults, TensorFlow's words, many sizes",
          "[normalization]") {
  struct Case {
    std::string options;
    reference::LocalResponse f;
  };
  const Case cases[] = {
      {"", {}},
      {" size=3 k=1 alpha=0.5 beta=0.5", {1, 1, 1, 0.5, 0.5}},
      {" depthRadius=4 bias=1 alpha=1 beta=2", {1, 4, 1, 1, 2}},
      {" size=1 k=0.5 alpha=2 beta=1", {1, 0, 0.5, 2, 1}},
  };
  for (Case c : cases) {
    for (const int channels : {1, 3, 8, 13}) {
      c.f.channels = static_cast<std::size_t>(channels);
      check_layer({.line = "localResponseNormalization" + c.options,
                   .input = {2, 3, 3, channels},
                   .twin = [&](const Values& x,
                               const std::vector<Values>&) { return local_response(c.f, x); },
                   .scale = 2,
                   .output = {.terms = 8, .largest_product = 1, .roundings = 16},
                   .input_gradient = {.terms = 24, .largest_product = 4, .roundings = 16}});
    }
  }
}

TEST_CASE("normalization: given means and variances, one or one for each channel",
          "[normalization]") {
  struct Case {
    std::string options;
    double mean[3];
    double variance[3];
  };
  const Case cases[] = {{"mean=0.5 variance=4", {0.5, 0.5, 0.5}, {4, 4, 4}},
                        {"mean=1,2,3 variance=0.25,1,9", {1, 2, 3}, {0.25, 1, 9}},
                        {"mean=-1 variance=1,4,16 axis=-1", {-1, -1, -1}, {1, 4, 16}}};
  for (const Case& c : cases) {
    check_layer({.line = "normalization " + c.options,
                 .input = {2, 3, 2, 3},
                 .twin =
                     [&](const Values& x, const std::vector<Values>&) {
                       Values y(x.size());
                       for (std::size_t i = 0; i < x.size(); ++i) {
                         y[i] = (x[i] - c.mean[i % 3]) / std::sqrt(c.variance[i % 3]);
                       }
                       return y;
                     },
                 .output = {.terms = 2, .largest_product = 8},
                 .input_gradient = {.terms = 2, .largest_product = 2}});
  }
  const Network network(parse_model(
      "model name=m\ninput name=x shape=2,2,1\nnormalization name=n from=x mean=33 variance=9"));
  CHECK(network.input_reads_bytes[0] == 1);
}

TEST_CASE("normalising layers refuse what they cannot do", "[normalization][errors]") {
  const std::pair<std::string, std::string> cases[] = {
      {"batchNormalization axis=1",
       ": axis must be -1, the last dimension of [batch, 3, 4, 6], but is 1. Put permute before it "
       "to bring that dimension to the end."},
      {"groupNormalization",
       ": groups must divide the 6 channels of the input, or be -1 for a group for each channel, "
       "but is 32."},
      {"layerNormalization axis=1",
       ": axis must be the last dimensions of [batch, 3, 4, 6], without the batch: -1, [-2, -1], "
       "... Put permute before it."},
      {"localResponseNormalization size=4",
       ": size must be odd, so that a channel stands in the middle of its neighbours, but is 4."},
      {"normalization mean=1",
       ": variance is missing. It must be a number or a list of numbers, one for each channel."},
      {"normalization mean=1,2 variance=1",
       ": mean has 2 numbers, but needs one, or one for each of the 6 channels of [batch, 3, 4, "
       "6]."},
      {"normalization mean=1,x variance=1",
       ": mean must be a number or a list of numbers, one for each channel but is \"1,x\"."},
  };
  for (const auto& [line, sentence] : cases) {
    test::expect_error(
        sentence.find("has 2") != std::string::npos ? ErrorCode::kBadShape : ErrorCode::kBadOption,
        line + sentence, [&description = line] {
          check_layer({.line = description, .input = {2, 3, 4, 6}, .twin = {}});
        });
  }
}

}  // namespace
}  // namespace fovea
