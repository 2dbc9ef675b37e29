// SPDX-License-Identifier: MIT
// Layers of chance: noise and augmentation. Their numbers are a function of seed, step, layer and
// place, so a slow twin that draws the same ones says what they must do.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <numbers>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/layer_trial.h"
#include "tests/cpp/support/random_values.h"
#include "tests/reference/sample.h"

namespace fovea {
namespace {

using reference::Values;
using test::LayerTrial;
using Floats = std::vector<float>;

/// Draw number i of image n in a LayerTrial.
double draw(int n, std::size_t i) {
  const RandomStream stream(7, RandomUse::kAugment, 3, 2);
  const auto block = static_cast<std::uint64_t>(2 * n) + i / 4;
  return static_cast<double>(unit_float(stream.block(block)[i % 4]));
}

Floats random_floats(std::uint32_t seed, std::size_t count) {
  const Values values = test::RandomValues(seed).values(count);
  return {values.begin(), values.end()};
}

/// Every layer of chance, with options that cut nothing off.
const std::vector<std::string> kLayers = {
    "dropout rate=0.4",
    "spatialDropout2d rate=0.4",
    "gaussianNoise stddev=0.5",
    "gaussianDropout rate=0.2",
    "randomFlip",
    "randomTranslation heightFactor=0.4 widthFactor=-0.1,0.7",
    "randomTranslation heightFactor=0.4 widthFactor=0.2 fillMode=constant fillValue=3",
    "randomTranslation heightFactor=1 widthFactor=1 fillMode=wrap interpolation=nearest",
    "randomRotation factor=0.3",
    "randomRotation factor=0.1 fillMode=nearest",
    "randomZoom heightFactor=0.5",
    "randomZoom heightFactor=0.5 widthFactor=0.1,0.4 fillMode=wrap",
    "randomContrast factor=0.5 valueRange=-9,9",
    "randomBrightness factor=0.1 valueRange=-9,9",
    "randomErasing fillValue=0.5 factor=1,1",
    "randomErasing factor=1,1",
};

TEST_CASE("layers of chance: idle in inference, the same again, other for other moments, gradients",
          "[chance]") {
  std::uint32_t seed = 0;
  for (const std::string& layer : kLayers) {
    INFO(layer);
    ++seed;
    CHECK(LayerTrial(layer, {{5, 4, 3}}, 4, Mode::kInference).plan().aliases_input);
    LayerTrial trial(layer, {{5, 4, 3}}, 4);
    CHECK(!trial.plan().aliases_input);
    CHECK(trial.output_shape() == Shape{4, 5, 4, 3});
    trial.input(0) = random_floats(seed, 240);
    const Floats y = trial.forward();
    test::expect_same_bits(layer, y, trial.forward(test::three_threads()));
    const Floats dy = random_floats(seed + 99, 240);
    trial.backward(dy);
    const Floats gradient = trial.gradient(0);
    trial.backward(dy, test::three_threads());
    test::expect_same_bits(layer, gradient, trial.gradient(0));
    CHECK(y != trial.input(0));
    for (const auto part : {&Moment::seed, &Moment::step, &Moment::layer}) {
      trial.moment().*part += 1;
      CHECK(trial.forward() != y);
      trial.moment().*part -= 1;
    }
    trial.check_gradients(seed);

    // The first image does not depend on how many follow.
    LayerTrial alone(layer, {{5, 4, 3}}, 1);
    LayerTrial four(layer, {{5, 4, 3}}, 4);
    four.input(0) = random_floats(seed, 240);
    alone.input(0).assign(four.input(0).begin(), four.input(0).begin() + 60);
    Floats first = four.forward();
    first.resize(60);
    test::expect_same_bits(layer, alone.forward(), first);

    // A seed of the layer's own counts instead of the model's.
    LayerTrial own(layer + " seed=7", {{5, 4, 3}}, 4);
    own.input(0) = random_floats(seed, 240);
    own.moment().seed = 8;
    test::expect_same_bits(layer, y, own.forward());
  }
}

struct Moments {
  double mean = 0, deviation = 0;
};
Moments moments(const Floats& values) {
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  const auto n = static_cast<double>(values.size());
  return {sum / n, std::sqrt(squares / n - sum / n * (sum / n))};
}

TEST_CASE("noise: mean and deviation are those asked for", "[chance]") {
  constexpr int kSize = 40000;
  struct Case {
    std::string layer;
    float x;
    double mean, deviation;
  };
  for (const Case& c :
       {Case{"gaussianNoise stddev=0.25", 2, 2, 0.25}, Case{"gaussianDropout rate=0.2", 2, 2, 1},
        Case{"spatialDropout2d rate=0.5", 2, 2, 2}}) {
    INFO(c.layer);
    LayerTrial trial(c.layer, {{1, 1, 4}}, kSize / 4);
    trial.input(0).assign(kSize, c.x);
    const Moments m = moments(trial.forward());
    CHECK(m.mean == Catch::Approx(c.mean).margin(5 * c.deviation / std::sqrt(kSize)));
    CHECK(m.deviation == Catch::Approx(c.deviation).epsilon(0.02));
  }
}

TEST_CASE("spatial dropout: a feature map is kept or dropped as a whole", "[chance]") {
  LayerTrial trial("spatialDropout2d rate=0.5", {{3, 5, 7}}, 6);
  trial.input(0).assign(trial.input(0).size(), 1);
  const Floats y = trial.forward();
  int dropped = 0;
  for (std::size_t n = 0; n < 6; ++n) {
    for (std::size_t c = 0; c < 7; ++c) {
      const float first = y[n * 105 + c];
      CHECK((first == 0 || first == 2));
      dropped += first == 0 ? 1 : 0;
      for (std::size_t pixel = 1; pixel < 15; ++pixel) CHECK(y[n * 105 + pixel * 7 + c] == first);
    }
  }
  CHECK(dropped > 10);
  CHECK(dropped < 32);
}

TEST_CASE("augmentation: fixed amounts, number by number", "[chance]") {
  struct Case {
    std::string layer;
    Shape image;
    Floats x, y;
  };
  const Floats four = {1, 2, 3, 4};
  const std::vector<Case> cases = {
      {"randomTranslation heightFactor=0 widthFactor=0.5,0.5", {1, 4, 1}, four, {2, 1, 1, 2}},
      {"randomTranslation heightFactor=-0.25,-0.25 widthFactor=0 fillMode=wrap",
       {4, 1, 1},
       four,
       {2, 3, 4, 1}},
      {"randomTranslation heightFactor=0 widthFactor=0.25,0.25 fillMode=nearest",
       {1, 4, 1},
       four,
       {1, 1, 2, 3}},
      {"randomTranslation heightFactor=0 widthFactor=0.375,0.375 fillMode=constant fillValue=8",
       {1, 4, 1},
       four,
       {8, 4.5, 1.5, 2.5}},
      {"randomTranslation heightFactor=0 widthFactor=0.3,0.3 interpolation=nearest fillMode=wrap",
       {1, 4, 1},
       four,
       {4, 1, 2, 3}},
      // A quarter turn, anticlockwise.
      {"randomRotation factor=0.25,0.25", {2, 2, 1}, four, {2, 4, 1, 3}},
      {"randomRotation factor=0,0", {2, 2, 1}, four, four},
      // Closer by two: centres at 1/4, 3/4, ... of the middle half.
      {"randomZoom heightFactor=0,0 widthFactor=-0.5,-0.5",
       {1, 4, 1},
       four,
       {1.75, 2.25, 2.75, 3.25}},
      {"randomZoom heightFactor=1,1 fillMode=constant",
       {2, 2, 1},
       four,
       {1 / 4.0F, 2 / 4.0F, 3 / 4.0F, 1}},
      {"randomBrightness factor=0.5,0.5 valueRange=0,4", {1, 4, 1}, four, {3, 4, 4, 4}},
      {"randomBrightness factor=-1,-1", {1, 4, 1}, four, {0, 1, 1, 1}},
      {"randomErasing factor=0", {1, 4, 1}, four, four},
      {"randomErasing factor=1,1 scale=1,1 fillValue=0.5", {1, 2, 2}, four, {0.5, 0.5, 0.5, 0.5}},
      {"randomErasing factor=1,1 scale=1,1 fillValue=7", {1, 2, 2}, four, {1, 1, 1, 1}},
  };
  for (const Case& c : cases) {
    LayerTrial trial(c.layer, {c.image}, 1);
    trial.input(0) = c.x;
    const Floats y = trial.forward();
    test::expect_close({c.layer, "output", {y.data(), trial.output_shape()}},
                       Values(c.y.begin(), c.y.end()), {.terms = 4, .largest_product = 4});
  }
}

TEST_CASE("augmentation: geometry against the slow twin, in every fill mode", "[chance]") {
  constexpr int kBatch = 5;
  const reference::Image image{6, 5, 3};
  const Shape row{6, 5, 3};
  enum Kind { kTranslation, kRotation, kZoom };
  struct Case {
    Kind kind;
    std::string options;
  };
  std::uint32_t seed = 50;
  for (const Case& c : {Case{kTranslation, "randomTranslation heightFactor=0.9 widthFactor=-0.5,1"},
                        Case{kRotation, "randomRotation factor=0.5"},
                        Case{kZoom, "randomZoom heightFactor=0.6 widthFactor=0.2,1"}}) {
    for (const std::string_view mode : {"reflect", "wrap", "constant", "nearest"}) {
      for (const bool bilinear : {true, false}) {
        const std::string layer = concat(c.options, " fillMode=", mode, " fillValue=0.5",
                                         bilinear ? "" : " interpolation=nearest");
        LayerTrial trial(layer, {row}, kBatch);
        trial.input(0) = random_floats(++seed, image.size() * kBatch);
        const Floats y = trial.forward();
        Values expected;
        for (int n = 0; n < kBatch; ++n) {
          const double v = draw(n, 0);
          const double h = draw(n, 1);
          reference::Sampler sampler{.mode = mode, .fill = 0.5, .bilinear = bilinear, .point = {}};
          // Centres of rows and columns are counted from 0 here: the image's is (2.5, 2).
          sampler.point = [&](int oh, int ow) -> std::pair<double, double> {
            if (c.kind == kTranslation)
              return {oh - 6 * (-0.9 + 1.8 * v), ow - 5 * (-0.5 + 1.5 * h)};
            const double dy = oh - 2.5;
            const double dx = ow - 2;
            if (c.kind == kZoom) return {2.5 + (0.4 + 1.2 * v) * dy, 2 + (1.2 + 0.8 * h) * dx};
            const double angle = 2 * std::numbers::pi * (v - 0.5);
            return {2.5 + dx * std::sin(angle) + dy * std::cos(angle),
                    2 + dx * std::cos(angle) - dy * std::sin(angle)};
          };
          const auto begin = trial.input(0).begin() + n * static_cast<int>(image.size());
          const Values one = reference::sample(
              sampler, image, image, Values(begin, begin + static_cast<int>(image.size())));
          expected.insert(expected.end(), one.begin(), one.end());
        }
        // A rotation's sine and cosine are floats; a point may be off by several epsilons.
        test::expect_close({layer, "output", {y.data(), trial.output_shape()}}, expected,
                           {.terms = c.kind == kRotation ? 40 : 8, .roundings = 4});
      }
    }
  }
}

TEST_CASE("augmentation: flips mirror half of the images in each direction", "[chance]") {
  constexpr int kBatch = 400;
  struct Case {
    std::string mode;
    bool vertical, horizontal;
  };
  for (const Case& c :
       {Case{"horizontal", false, true}, Case{"vertical", true, false},
        Case{"horizontal_and_vertical", true, true}, Case{"horizontalAndVertical", true, true}}) {
    LayerTrial trial("randomFlip mode=" + c.mode, {{2, 2, 1}}, kBatch);
    for (std::size_t i = 0; i < trial.input(0).size(); ++i)
      trial.input(0)[i] = static_cast<float>(i % 4);
    const Floats y = trial.forward();
    int flipped = 0;
    for (int n = 0; n < kBatch; ++n) {
      const bool up = c.vertical && draw(n, 0) < 0.5;
      const bool left = c.horizontal && draw(n, 1) < 0.5;
      flipped += up || left ? 1 : 0;
      const Floats expected = up ? (left ? Floats{3, 2, 1, 0} : Floats{2, 3, 0, 1})
                                 : (left ? Floats{1, 0, 3, 2} : Floats{0, 1, 2, 3});
      CHECK(Floats(y.begin() + 4 * n, y.begin() + 4 * n + 4) == expected);
    }
    const int expected = c.vertical && c.horizontal ? 300 : 200;
    CHECK(std::abs(flipped - expected) < 50);
  }
}

TEST_CASE("augmentation: contrast about the mean of each channel, cut off at the range",
          "[chance]") {
  LayerTrial trial("randomContrast factor=0.2,0.9", {{3, 3, 2}}, 3);
  trial.input(0) = random_floats(5, 54);
  for (float& x : trial.input(0)) x = (x + 1) / 2;
  const Floats y = trial.forward();
  const Floats dy = random_floats(6, 54);
  trial.backward(dy);
  for (std::size_t n = 0; n < 3; ++n) {
    const double factor = 0.8 + 1.1 * draw(static_cast<int>(n), 0);
    for (std::size_t c = 0; c < 2; ++c) {
      double mean = 0;
      double mean_gradient = 0;
      const auto at = [&](std::size_t i) { return n * 18 + i * 2 + c; };
      const auto value = [&](std::size_t i) {
        return (static_cast<double>(trial.input(0)[at(i)]) - mean) * factor + mean;
      };
      const auto passed = [&](std::size_t i) {
        return value(i) >= 0 && value(i) <= 1 ? static_cast<double>(dy[at(i)]) : 0.0;
      };
      for (std::size_t i = 0; i < 9; ++i) mean += static_cast<double>(trial.input(0)[at(i)]) / 9;
      for (std::size_t i = 0; i < 9; ++i) mean_gradient += passed(i) / 9;
      for (std::size_t i = 0; i < 9; ++i) {
        CHECK(static_cast<double>(y[at(i)]) ==
              Catch::Approx(std::clamp(value(i), 0.0, 1.0)).margin(1e-6));
        CHECK(static_cast<double>(trial.gradient(0)[at(i)]) ==
              Catch::Approx(factor * passed(i) + (1 - factor) * mean_gradient).margin(1e-5));
      }
    }
  }
}

TEST_CASE("augmentation: erasing fills one patch of the asked-for size", "[chance]") {
  constexpr std::size_t kBatch = 300;
  for (const std::string fill : {" fillValue=0.5", ""}) {
    INFO(fill);
    LayerTrial trial("randomErasing factor=1 scale=0.25,0.25" + fill, {{8, 6, 2}}, kBatch);
    trial.input(0).assign(trial.input(0).size(), 2);  // outside the range: no fill is 2
    const Floats y = trial.forward();
    trial.backward(Floats(y.size(), 1));
    int erased_images = 0;
    for (std::size_t n = 0; n < kBatch; ++n) {
      int erased = 0;
      for (std::size_t i = n * 96; i < (n + 1) * 96; ++i) {
        const bool inside = y[i] != 2;
        erased += inside ? 1 : 0;
        if (inside && !fill.empty()) CHECK(y[i] == 0.5F);
        if (inside) CHECK((y[i] >= 0 && y[i] <= 1));
        CHECK(trial.gradient(0)[i] == (inside ? 0.0F : 1.0F));
      }
      CHECK((erased == 0 || erased == 4 * 3 * 2));
      erased_images += erased > 0 ? 1 : 0;
    }
    // The probability itself is drawn from 0 to 1.
    CHECK(std::abs(erased_images - 150) < 50);
  }
}

TEST_CASE("layers of chance: options that do not fit are refused", "[chance][errors]") {
  struct Refusal {
    std::string layer, sentence;
  };
  for (const Refusal& c : {
           Refusal{"gaussianNoise",
                   "gaussianNoise: stddev is missing. It must be a number from 0 to 1e+30."},
           Refusal{"gaussianDropout rate=1",
                   "gaussianDropout: rate must be a number from 0 to 0.999999 but is 1."},
           Refusal{"dropout noiseShape=1,1",
                   "dropout: unknown option \"noiseShape\". Known options: rate and seed."},
           Refusal{"randomFlip mode=both",
                   "randomFlip: mode must be horizontal_and_vertical, horizontal, vertical or "
                   "horizontalAndVertical but is \"both\"."},
           Refusal{"randomTranslation heightFactor=0.1",
                   "randomTranslation: widthFactor is missing. It must be a number from -1 to 1 or "
                   "two of them, [low, high]."},
           Refusal{"randomRotation factor=2",
                   "randomRotation: factor must be a number from -1 to 1 or two of them, [low, "
                   "high] but is \"2\"."},
           Refusal{"randomZoom heightFactor=0.1,0.2,0.3",
                   "randomZoom: heightFactor must be a number from -1 to 1 or two of them, [low, "
                   "high] but is \"0.1,0.2,0.3\"."},
           Refusal{"randomZoom heightFactor=0.1 fillMode=mirror",
                   "randomZoom: fillMode must be reflect, wrap, constant or nearest but is "
                   "\"mirror\"."},
           Refusal{"randomContrast factor=-0.1",
                   "randomContrast: factor must be a number from 0 to 1 or two of them, [low, "
                   "high] but is \"-0.1\"."},
           Refusal{"randomBrightness factor=0.1 valueRange=1",
                   "randomBrightness: valueRange must be two numbers, [low, high]."},
           Refusal{"randomZoom heightFactor=0.1 factor=1",
                   "randomZoom: unknown option \"factor\". Known options: seed, heightFactor, "
                   "widthFactor, fillMode, interpolation and fillValue."},
           Refusal{"randomErasing fillValue=1,2,3",
                   "randomErasing: fillValue must be a number from -1e+30 to 1e+30 but is "
                   "1,2,3."},
       }) {
    INFO(c.layer);
    test::expect_error(ErrorCode::kBadOption, c.sentence, [&] {
      LayerTrial(c.layer, {{4, 4, 1}}, 1);
    });
  }
}

}  // namespace
}  // namespace fovea
