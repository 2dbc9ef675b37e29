// SPDX-License-Identifier: MIT
// Initial weights: limits, means and variances of each initializer for the fans of dense layers and
// convolutions, as in Keras.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/small_model.h"

namespace fovea {
namespace {

struct Statistics {
  double mean = 0;
  double deviation = 0;
  double largest = 0;
};

Statistics statistics(std::span<const float> values) {
  Statistics s;
  for (const float value : values) {
    s.mean += static_cast<double>(value) / static_cast<double>(values.size());
    s.largest = std::max(s.largest, static_cast<double>(std::fabs(value)));
  }
  double squares = 0;
  for (const float value : values)
    squares += (static_cast<double>(value) - s.mean) * (static_cast<double>(value) - s.mean);
  s.deviation = std::sqrt(squares / static_cast<double>(values.size()));
  return s;
}

// A 3x3 convolution of 20 channels to 40: fan in 180, fan out 360. A dense layer of 180 to 360 has
// the same.
const std::string kConvolution =
    "model name=m\ninput name=x shape=4,4,20\nconv2d name=l from=x filters=40 kernelSize=3 "
    "kernelInitializer=";
const std::string kDense =
    "model name=m\ninput name=x shape=180\ndense name=l from=x units=360 kernelInitializer=";
constexpr double kFanIn = 180;
constexpr double kFanOut = 360;

TEST_CASE("initializers: uniform ones have their limits and fill them", "[initializer]") {
  for (const std::string& network : {kConvolution, kDense}) {
    for (const auto& [name, limit] :
         {std::pair<std::string, double>{"glorotUniform", std::sqrt(6 / (kFanIn + kFanOut))},
          {"heUniform", std::sqrt(6 / kFanIn)}}) {
      test::SmallModel model(network + name);
      const Statistics s = statistics(model.model().parameter(0));
      INFO(name);
      CHECK(s.largest <= limit * (1 + 1e-6));
      CHECK(s.largest > 0.99 * limit);
      CHECK(s.deviation == Catch::Approx(limit / std::sqrt(3)).epsilon(0.02));
      CHECK(std::fabs(s.mean) < 0.03 * limit);
    }
  }
}

TEST_CASE("initializers: normal ones keep their variance though they are cut at two deviations",
          "[initializer]") {
  for (const std::string& network : {kConvolution, kDense}) {
    for (const auto& [name, deviation] :
         {std::pair<std::string, double>{"glorotNormal", std::sqrt(2 / (kFanIn + kFanOut))},
          {"heNormal", std::sqrt(2 / kFanIn)}}) {
      test::SmallModel model(network + name);
      const Statistics s = statistics(model.model().parameter(0));
      INFO(name);
      CHECK(s.deviation == Catch::Approx(deviation).epsilon(0.03));
      CHECK(s.largest <= 2 * deviation / 0.87962566 * (1 + 1e-6));
      CHECK(s.largest > 1.9 * deviation / 0.87962566);
      CHECK(std::fabs(s.mean) < 0.05 * deviation);
    }
  }
}

TEST_CASE("initializers: those with options have the mean and deviation that are asked for",
          "[initializer]") {
  const std::string key = " kernelInitializer.";
  struct Case {
    std::string text;
    double mean, deviation, largest;
  };
  const double truncated = 0.87962566;
  const double anything = 1e9;
  for (const Case& c : std::vector<Case>{
           {"randomNormal", 0, 0.05, anything},
           {"randomNormal" + key + "mean=1" + key + "stddev=0.25", 1, 0.25, anything},
           {"truncatedNormal", 0, 0.05 * truncated, 0.1},
           {"randomUniform", 0, 0.1 / std::sqrt(12.0), 0.05},
           {"randomUniform" + key + "minval=0" + key + "maxval=2", 1, 2 / std::sqrt(12.0), 2},
           {"leCunNormal", 0, std::sqrt(1 / kFanIn), 2 * std::sqrt(1 / kFanIn) / truncated},
           {"leCunUniform", 0, std::sqrt(1 / kFanIn), std::sqrt(3 / kFanIn)},
           {"varianceScaling", 0, std::sqrt(1 / kFanIn), anything},
           {"varianceScaling" + key + "scale=3" + key + "mode=fanOut" + key +
                "distribution=uniform",
            0, std::sqrt(3 / kFanOut), std::sqrt(9 / kFanOut)},
           {"varianceScaling" + key + "mode=fanAvg" + key + "distribution=untruncatedNormal", 0,
            std::sqrt(2 / (kFanIn + kFanOut)), anything}}) {
    INFO(c.text);
    test::SmallModel model(kDense + c.text);
    const Statistics s = statistics(model.model().parameter(0));
    CHECK(s.mean == Catch::Approx(c.mean).epsilon(0.02).margin(0.03 * c.deviation));
    CHECK(s.deviation == Catch::Approx(c.deviation).epsilon(0.02));
    CHECK(s.largest <= c.largest * (1 + 1e-6));
  }
}

TEST_CASE("initializers: orthogonal rows or columns, and the identity", "[initializer]") {
  for (const auto& [inputs, units] : {std::pair{7, 4}, {4, 7}, {5, 5}}) {
    test::SmallModel model(concat("model name=m\ninput name=x shape=", inputs,
                                  "\ndense name=l from=x units=", units,
                                  " kernelInitializer.type=orthogonal kernelInitializer.gain=2"));
    const std::span<const float> w = model.model().parameter(0);
    const int count = std::min(inputs, units);
    const auto at = [&, columns = units, rows = inputs](int vector, int k) {
      const int index = rows < columns ? vector * columns + k : k * columns + vector;
      return static_cast<double>(w[static_cast<std::size_t>(index)]);
    };
    for (int a = 0; a < count; ++a) {
      for (int b = 0; b < count; ++b) {
        double dot = 0;
        for (int k = 0; k < std::max(inputs, units); ++k) dot += at(a, k) * at(b, k);
        CHECK(dot == Catch::Approx(a == b ? 4 : 0).margin(1e-6));
      }
    }
  }
  test::SmallModel eye(
      "model name=m\ninput name=x shape=2\ndense name=l from=x units=3 "
      "kernelInitializer=identity");
  CHECK(test::copy_of(eye.model().parameter(0)) == std::vector<float>{1, 0, 0, 0, 1, 0});
  for (const auto& [name, words] :
       {std::pair{"orthogonal", "orthogonal needs two dimensions or more but the shape is [360]"},
        {"identity", "identity needs a matrix of two dimensions but the shape is [360]"}}) {
    test::expect_error(ErrorCode::kBadOption,
                       concat("l/bias: the initializer ", words, ". Choose another one."),
                       [&] { test::SmallModel(kDense + "zeros biasInitializer=" + name); });
  }
}

TEST_CASE("initializers: zeros, ones, a constant; biases are zero; the default is glorotUniform",
          "[initializer]") {
  const auto all = [](test::SmallModel&& model, int parameter, float value) {
    return std::ranges::all_of(model.model().parameter(parameter),
                               [value](float x) { return x == value; });
  };
  CHECK(all(test::SmallModel(kDense + "zeros"), 0, 0));
  CHECK(all(test::SmallModel(kDense + "ones"), 0, 1));
  CHECK(all(test::SmallModel(kDense + "constant kernelInitializer.value=0.5"), 0, 0.5F));
  CHECK(all(test::SmallModel(kDense + "zeros"), 1, 0));
  CHECK(all(test::SmallModel(kDense + "zeros biasInitializer=ones"), 1, 1));
  test::SmallModel by_default(
      "model name=m\ninput name=x shape=180\ndense name=l from=x units=360");
  test::SmallModel glorot(kDense + "glorotUniform");
  CHECK(test::same_bits(by_default.model().parameter(0), glorot.model().parameter(0)));
}

TEST_CASE("initializers: two layers of one model begin with different weights", "[initializer]") {
  test::SmallModel model(
      "model name=m\ninput name=x shape=8\ndense name=a from=x units=8\ndense name=b from=a "
      "units=8");
  CHECK(!test::same_bits(model.model().parameter(0), model.model().parameter(2)));
}

}  // namespace
}  // namespace fovea
