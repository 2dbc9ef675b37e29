// SPDX-License-Identifier: MIT
// Layers that pool over everything, move numbers to other places, resize images or join several
// inputs: small cases word for word, and against slow twins.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/layer_trial.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/small_model.h"
#include "tests/reference/sample.h"

namespace fovea {
namespace {

using reference::Values;
using test::LayerTrial;
using Floats = std::vector<float>;

struct Literal {
  std::string layer;
  Shape input, output;  // without the batch
  Floats x, y;
};

const Floats kSix = {1, 2, 3, 4, 5, 6};

TEST_CASE("shape layers: small cases, number by number", "[shape]") {
  const std::vector<Literal> cases = {
      {"globalAveragePooling2d", {3, 1, 2}, {2}, kSix, {3, 4}},
      {"globalMaxPooling2d keepdims=true", {3, 1, 2}, {1, 1, 2}, kSix, {5, 6}},
      {"sumPooling2d poolSize=2,1 strides=3,1", {3, 2, 1}, {1, 2, 1}, kSix, {4, 6}},
      {"maxPooling2d poolSize=1 strides=2", {3, 2, 1}, {2, 1, 1}, kSix, {1, 5}},
      {"averagePooling2d poolSize=2 strides=2 padding=same",
       {3, 2, 1},
       {2, 1, 1},
       kSix,
       {2.5, 5.5}},
      {"permute dims=2,1", {2, 3}, {3, 2}, kSix, {1, 4, 2, 5, 3, 6}},
      {"permute dims=3,1,2", {1, 3, 2}, {2, 1, 3}, kSix, {1, 3, 5, 2, 4, 6}},
      {"zeroPadding2d", {1, 2, 1}, {3, 4, 1}, {1, 2}, {0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0}},
      {"zeroPadding2d padding=1,0", {1, 2, 1}, {3, 2, 1}, {1, 2}, {0, 0, 1, 2, 0, 0}},
      {"zeroPadding2d padding=0,1,2,0",
       {1, 1, 2},
       {2, 3, 2},
       {1, 2},
       {0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0}},
      {"cropping2d cropping=1,0,0,2", {2, 3, 1}, {1, 1, 1}, kSix, {4}},
      {"cropping2d cropping=0,1", {2, 3, 1}, {2, 1, 1}, kSix, {2, 5}},
      {"cropping2d", {2, 3, 1}, {2, 3, 1}, kSix, kSix},
      {"upSampling2d", {1, 2, 1}, {2, 4, 1}, {1, 2}, {1, 1, 2, 2, 1, 1, 2, 2}},
      {"upSampling2d size=1,3", {1, 1, 2}, {1, 3, 2}, {1, 2}, {1, 2, 1, 2, 1, 2}},
      {"upSampling2d size=1,2 interpolation=bilinear", {1, 2, 1}, {1, 4, 1}, {0, 4}, {0, 1, 3, 4}},
      {"resizing height=1 width=3", {1, 6, 1}, {1, 3, 1}, kSix, {1.5, 3.5, 5.5}},
      // Points 1/2, 3/2, 5/2 times 6/3: exactly between two pixels, the later one is taken.
      {"resizing height=1 width=3 interpolation=nearest", {1, 6, 1}, {1, 3, 1}, kSix, {2, 4, 6}},
      {"resizing height=1 width=9 interpolation=nearest",
       {1, 6, 1},
       {1, 9, 1},
       kSix,
       {1, 2, 2, 3, 4, 4, 5, 6, 6}},
      {"resizing height=2 width=3", {2, 3, 1}, {2, 3, 1}, kSix, kSix},
  };
  for (const Literal& c : cases) {
    INFO(c.layer);
    LayerTrial trial(c.layer, {c.input}, 1);
    trial.input(0) = c.x;
    CHECK(trial.output_shape() == c.output.with_batch(1));
    CHECK(trial.forward() == c.y);
  }
}

struct Merged {
  std::string layer;
  Shape a, b;
  Floats expected;
};

TEST_CASE("merge layers: small cases, number by number", "[shape]") {
  const Floats b = {6, 5, 4, 4, 2, 1};
  const Shape s = {1, 3, 2};
  const std::vector<Merged> cases = {
      {"add", s, s, {7, 7, 7, 8, 7, 7}},
      {"subtract", s, s, {-5, -3, -1, 0, 3, 5}},
      {"multiply", s, s, {6, 10, 12, 16, 10, 6}},
      {"average", s, s, {3.5, 3.5, 3.5, 4, 3.5, 3.5}},
      {"maximum", s, s, {6, 5, 4, 4, 5, 6}},
      {"minimum", s, s, {1, 2, 3, 4, 2, 1}},
      {"multiply", s, {1, 1, 2}, {6, 10, 18, 20, 30, 30}},
      {"add", {1, 1, 1}, s, {7, 6, 5, 5, 3, 2}},
      {"subtract", {1, 3, 1}, {1, 1, 2}, {-5, -4, -4, -3, -3, -2}},
      {"concatenate", s, s, {1, 2, 6, 5, 3, 4, 4, 4, 5, 6, 2, 1}},
      {"concatenate axis=2", s, {1, 1, 2}, {1, 2, 3, 4, 5, 6, 6, 5}},
      {"concatenate axis=-3", s, s, {1, 2, 3, 4, 5, 6, 6, 5, 4, 4, 2, 1}},
      {"concatenate axis=1", {3}, {2}, {1, 2, 3, 6, 5}},
  };
  for (const Merged& c : cases) {
    INFO(c.layer << ' ' << c.a.size() << ' ' << c.b.size());
    LayerTrial trial(c.layer, {c.a, c.b}, 1);
    trial.input(0) = {kSix.begin(), kSix.begin() + c.a.size()};
    trial.input(1) = {b.begin(), b.begin() + c.b.size()};
    CHECK(trial.forward() == c.expected);
  }
}

TEST_CASE("merge layers: of equal inputs the first takes the gradient of the maximum", "[shape]") {
  LayerTrial trial("maximum", {{3}, {3}, {3}}, 1);
  trial.input(0) = {1, 2, 3};
  trial.input(1) = {1, 5, 3};
  trial.input(2) = {1, 5, 4};
  trial.forward();
  trial.backward({1, 2, 4});
  CHECK(trial.gradient(0) == Floats{1, 0, 0});
  CHECK(trial.gradient(1) == Floats{0, 2, 0});
  CHECK(trial.gradient(2) == Floats{0, 0, 4});
}

/// The layer's gradients against central differences of its own outputs, which are polynomials of
/// a low degree or have their kinks away from the numbers.
TEST_CASE("shape layers: gradients are those of the forward passes", "[shape]") {
  struct Case {
    std::string layer;
    std::vector<Shape> inputs;
  };
  const Shape image = {5, 4, 3};
  const std::vector<Case> cases = {
      {"globalAveragePooling2d", {image}},
      {"globalMaxPooling2d", {image}},
      {"sumPooling2d poolSize=3 strides=2 padding=same", {image}},
      {"maxPooling2d poolSize=3 strides=2", {image}},
      {"permute dims=3,1,2", {image}},
      {"permute dims=2,1", {{3, 5}}},
      {"zeroPadding2d padding=1,2,0,3", {image}},
      {"cropping2d cropping=1,2,0,3", {image}},
      {"upSampling2d size=2,3", {image}},
      {"upSampling2d size=3,2 interpolation=bilinear", {image}},
      {"resizing height=3 width=7", {image}},
      {"resizing height=7 width=3 interpolation=nearest", {image}},
      {"add", {image, image, image}},
      {"add", {image, {1, 1, 3}, {5, 4, 1}}},
      {"subtract", {{1, 4, 1}, image}},
      {"multiply", {image, image, image}},
      {"multiply", {image, {1, 1, 3}}},
      {"average", {image, image, {1, 1, 1}}},
      {"maximum", {image, image, image}},
      {"minimum", {image, {5, 1, 3}, image}},
      {"concatenate", {image, {5, 4, 1}, {5, 4, 5}}},
      {"concatenate axis=1", {image, {2, 4, 3}}},
  };
  std::uint32_t seed = 0;
  for (const Case& c : cases) {
    INFO(c.layer);
    LayerTrial trial(c.layer, c.inputs, 2);
    trial.check_gradients(++seed);
  }
}

TEST_CASE("resizing: against the slow twin, one and three threads", "[shape]") {
  std::uint32_t seed = 100;
  for (const int channels : {1, 3, 5}) {
    for (const std::array<int, 4> s : {std::array{5, 7, 9, 3}, std::array{1, 4, 3, 8},
                                       std::array{6, 6, 4, 9}, std::array{8, 2, 2, 2}}) {
      for (const bool bilinear : {true, false}) {
        const std::string layer = concat("resizing height=", s[2], " width=", s[3],
                                         bilinear ? "" : " interpolation=nearest");
        LayerTrial trial(layer, {{s[0], s[1], channels}}, 3);
        const Values x = test::RandomValues(++seed).values(trial.input(0).size());
        trial.input(0).assign(x.begin(), x.end());
        const Floats y = trial.forward();
        const Values expected =
            reference::resize({s[0], s[1], channels}, {s[2], s[3], channels}, bilinear, x);
        test::expect_close({layer, "output", {y.data(), trial.output_shape()}}, expected,
                           {.terms = 4, .roundings = 4});
        test::expect_same_bits(layer, y, trial.forward(test::three_threads()));
      }
    }
  }
}

TEST_CASE("shape layers: what does not fit is refused", "[shape][errors]") {
  struct Refusal {
    ErrorCode code;
    std::string layer, sentence;
  };
  const std::string image =
      ": needs a 4-D input [batch, height, width, channels] but gets [batch, "
      "5]. Put reshape({ targetShape: [height, width, channels] }) before it.";
  const auto shape = ErrorCode::kBadShape;
  const auto option = ErrorCode::kBadOption;
  const std::vector<Refusal> cases = {
      {shape, "globalMaxPooling2d name=l from=v", image},
      {shape, "resizing name=l from=v height=1 width=1", image},
      {shape, "zeroPadding2d name=l from=v", image},
      {option, "resizing name=l from=x height=1",
       ": width is missing. It must be a whole number of 1 or more."},
      {option, "resizing name=l from=x height=1 width=1 interpolation=bicubic",
       ": interpolation must be bilinear or nearest but is \"bicubic\"."},
      {ErrorCode::kOutOfMemory, "upSampling2d name=l from=x size=100000",
       ": an output [300000, 400000, 2] would need 960.0 GB. Use smaller images, fewer or smaller "
       "filters, or fewer units."},
      {shape, "cropping2d name=l from=x cropping=2,0,0,0", ""},
      {shape, "cropping2d name=l from=x cropping=2,1,0,0",
       ": cropping leaves nothing of [batch, 3, 4, 2]. Crop less than its height and width."},
      {option, "cropping2d name=l from=x cropping=1,2,3",
       ": cropping must be a number, [height, width] or [[top, bottom], [left, right]] but is "
       "\"1,2,3\"."},
      {option, "permute name=l from=x dims=1,3,3",
       ": dims must be the numbers of the dimensions in their new order, such as [2, 1], counted "
       "from 1 without the batch."},
      {shape, "permute name=l from=x dims=2,1",
       ": orders 2 dimensions but gets [batch, 3, 4, 2]. dims names every dimension but the batch "
       "once."},
      {shape, "add name=l from=x",
       ": takes two or more inputs but gets 1. Apply it to an array: apply([a, b])."},
      {shape, "subtract name=l from=x,x,x", ": takes two inputs but gets 3."},
      {shape, "add name=l from=x,v",
       ": cannot combine [batch, 3, 4, 2] and [batch, 5]. Sizes must be equal, or 1 in one of "
       "them, which is then repeated."},
      {shape, "multiply name=l from=x,w",
       ": cannot combine [batch, 3, 4, 2] and [batch, 3, 5, 2]. Sizes must be equal, or 1 in one "
       "of them, which is then repeated."},
      {shape, "concatenate name=l from=x,w",
       ": cannot join [batch, 3, 4, 2] and [batch, 3, 5, 2] along axis 3. All other sizes must be "
       "equal."},
      {shape, "concatenate name=l from=x,v",
       ": cannot join [batch, 3, 4, 2] and [batch, 5] along axis 3. All other sizes must be "
       "equal."},
      {option, "concatenate name=l from=x,x axis=0",
       ": axis 0 does not fit [batch, 3, 4, 2]. It must count one of its dimensions, the batch "
       "being 0 and not allowed; negative ones count from the last."},
  };
  for (const Refusal& c : cases) {
    INFO(c.layer);
    const auto make = [&] {
      Network(
          parse_model("model name=m outputs=l\ninput name=x shape=3,4,2\ninput name=v "
                      "shape=5\ninput name=w shape=3,5,2\n" +
                      c.layer));
    };
    if (c.sentence.empty()) {
      CHECK_NOTHROW(make());
    } else {
      const std::string type = c.layer.substr(0, c.layer.find(' '));
      test::expect_error(c.code, "layer \"l\" (" + type + ')' + c.sentence, make);
    }
  }
}

}  // namespace
}  // namespace fovea
