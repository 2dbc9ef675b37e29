// SPDX-License-Identifier: MIT
// Initial weights: limits, means and variances of each initializer for the fans of dense layers and
// convolutions, as in Keras.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

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
