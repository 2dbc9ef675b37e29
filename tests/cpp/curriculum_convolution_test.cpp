// SPDX-License-Identifier: MIT
// The lectures' convolutions by hand: their matrices and numbers, literally, through layers and the
// fast kernels.
#include <array>
#include <catch2/catch_amalgamated.hpp>
#include <string>

#include "kernels/conv2d.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/small_model.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/reference/conv2d.h"

namespace fovea {
namespace {

using test::SmallModel;
using Floats = std::vector<float>;

/// A convolution without bias on images of one shape, as a model of one layer.
std::string convolution(const std::string& shape, const std::string& options) {
  return "model name=m\ninput name=x shape=" + shape + "\nconv2d name=c from=x useBias=false " +
         options;
}

Floats convolve(const std::string& shape, const std::string& options, const Floats& kernel,
                const Floats& image) {
  return SmallModel(convolution(shape, options)).set("c/kernel", kernel).predict(image);
}

Floats transposed(const Floats& square) {
  const auto n = static_cast<std::size_t>(square.size() == 9 ? 3 : square.size() == 16 ? 4 : 6);
  Floats result(square.size());
  for (std::size_t i = 0; i < square.size(); ++i) result[i % n * n + i / n] = square[i];
  return result;
}

TEST_CASE("curriculum 1a: the sliding window", "[curriculum]") {
  const Floats image = {0,    0,    0,    0,    0,    0,  //
                        0.2F, 0.8F, 0,    0.3F, 0.6F, 0,  //
                        0.2F, 0.9F, 0,    0.3F, 0.8F, 0,  //
                        0.3F, 0.8F, 0.7F, 0.8F, 0.9F, 0,  //
                        0,    0,    0,    0.2F, 0.8F, 0,  //
                        0,    0,    0,    0.2F, 0.2F, 0};
  const Floats kernel = {1, 0, 1, 0, 1, 0, 1, 0, 1};
  // The deck prints 1.9 in the second row's first place; its own numbers sum to 2.1.
  const std::vector<double> expected = {1.0, 1.2, 1.1, 0.9,  //
                                        2.1, 2.7, 2.5, 1.9,  //
                                        1.0, 2.1, 2.4, 1.4,  //
                                        1.0, 1.8, 2.0, 1.8};
  const Floats result = convolve("6,6,1", "filters=1 kernelSize=3", kernel, image);
  test::expect_close({"curriculum 1a", "output", {result.data(), {1, 4, 4, 1}}}, expected,
                     {.terms = 9});
}

const Floats kVerticalEdges = {1, 0, -1, 1, 0, -1, 1, 0, -1};

Floats bright_left_half() {
  Floats image(36);
  for (std::size_t i = 0; i < 36; ++i) image[i] = i % 6 < 3 ? 10.0F : 0.0F;
  return image;
}

TEST_CASE("curriculum 1b: vertical and horizontal edges", "[curriculum]") {
  Floats edge;
  for (int row = 0; row < 4; ++row) edge.insert(edge.end(), {0, 30, 30, 0});
  CHECK(convolve("6,6,1", "filters=1 kernelSize=3", kVerticalEdges, bright_left_half()) == edge);
  CHECK(convolve("6,6,1", "filters=1 kernelSize=3", transposed(kVerticalEdges),
                 transposed(bright_left_half())) == transposed(edge));
}

TEST_CASE("curriculum 1b: channels are summed, filters are counted", "[curriculum]") {
  Floats image;
  for (const float pixel : bright_left_half()) image.insert(image.end(), 3, pixel);
  Floats kernel;
  for (const float weight : kVerticalEdges) kernel.insert(kernel.end(), 3, weight);
  SmallModel one(convolution("6,6,3", "filters=1 kernelSize=3"));
  CHECK(one.output_row() == Shape{4, 4, 1});
  Floats edge;
  for (int row = 0; row < 4; ++row) edge.insert(edge.end(), {0, 90, 90, 0});
  CHECK(one.set("c/kernel", kernel).predict(image) == edge);

  // Four filters: the same one, times 1, 2, 3 and 4.
  Floats four_kernels;
  for (const float weight : kernel) {
    for (const float times : {1.0F, 2.0F, 3.0F, 4.0F}) four_kernels.push_back(times * weight);
  }
  Floats four_edges;
  for (const float value : edge) {
    for (const float times : {1.0F, 2.0F, 3.0F, 4.0F}) four_edges.push_back(times * value);
  }
  SmallModel four(convolution("6,6,3", "filters=4 kernelSize=3"));
  CHECK(four.output_row() == Shape{4, 4, 4});
  CHECK(four.set("c/kernel", four_kernels).predict(image) == four_edges);
}

struct NamedKernel {
  std::string name;
  Floats weights;
  float on_constant;  // what it makes of an image of ones
};

std::vector<NamedKernel> named_kernels() {
  const float ninth = 1.0F / 9;
  const Floats lines = {-1, -1, -1, 2, 2, 2, -1, -1, -1};
  return {{"blur", Floats(9, ninth), 1},
          {"horizontal lines", lines, 0},
          {"vertical lines", transposed(lines), 0},
          {"edge detection", {-1, -1, -1, -1, 8, -1, -1, -1, -1}, 0},
          {"sharpen", {0, -1, 0, -1, 5, -1, 0, -1, 0}, 1},
          {"edge enhance", {-1, 0, -1, 0, 5, 0, -1, 0, -1}, 1},
          {"emboss", {-2, -1, 0, -1, 1, 1, 0, 1, 2}, 1},
          {"vertical edges", kVerticalEdges, 0},
          {"horizontal edges", transposed(kVerticalEdges), 0}};
}

// Cross-correlation shows a single bright pixel as the kernel turned by 180 degrees; a convolution
// in the mathematicians' sense would show the kernel itself.
TEST_CASE("curriculum 1c: named kernels on a single bright pixel and on an even image",
          "[curriculum]") {
  for (const NamedKernel& kernel : named_kernels()) {
    INFO(kernel.name);
    Floats pixel(25);
    pixel[12] = 1;
    CHECK(convolve("5,5,1", "filters=1 kernelSize=3", kernel.weights, pixel) ==
          Floats(kernel.weights.rbegin(), kernel.weights.rend()));
    for (const float value :
         convolve("5,5,1", "filters=1 kernelSize=3", kernel.weights, Floats(25, 1))) {
      CHECK(value == Catch::Approx(kernel.on_constant).margin(1e-6));
    }
  }
}

TEST_CASE("curriculum 1c: line kernels answer to their lines", "[curriculum]") {
  Floats row(25);
  for (std::size_t i = 10; i < 15; ++i) row[i] = 1;
  const auto kernels = named_kernels();
  CHECK(convolve("5,5,1", "filters=1 kernelSize=3", kernels[1].weights, row) ==
        Floats{-3, -3, -3, 6, 6, 6, -3, -3, -3});
  CHECK(convolve("5,5,1", "filters=1 kernelSize=3", kernels[2].weights, row) == Floats(9, 0));
}

Shape size_of(const std::string& shape, const std::string& options) {
  return SmallModel(convolution(shape, options)).output_row();
}

TEST_CASE("curriculum 1d: sizes", "[curriculum]") {
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 strides=1") == Shape{5, 5, 1});
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 strides=2") == Shape{3, 3, 1});
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 strides=3") == Shape{2, 2, 1});  // 2.33: floored
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 padding=valid") == Shape{5, 5, 1});
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 padding=same") == Shape{7, 7, 1});
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 padding=2") ==
        Shape{9, 9, 1});  // wide: F - 1 on each side
  CHECK(size_of("7,9,1", "filters=1 kernelSize=3 strides=1,2") == Shape{5, 4, 1});
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 strides=2 padding=1") == Shape{4, 4, 1});
  CHECK(size_of("7,7,1", "filters=1 kernelSize=3 padding=0,1,2,3") == Shape{6, 10, 1});
}

TEST_CASE("curriculum 1d: with stride 3 on 7 columns the last one is not seen", "[curriculum]") {
  Floats image(49);
  for (std::size_t i = 0; i < 49; ++i) image[i] = i % 7 == 6 || i / 7 == 6 ? 1000.0F : 1.0F;
  CHECK(convolve("7,7,1", "filters=1 kernelSize=3 strides=3", Floats(9, 1), image) == Floats(4, 9));
}

TEST_CASE("curriculum 1d: same padding puts an extra row and column at the bottom and right",
          "[curriculum]") {
  // A 2x2 kernel of ones over a 2x2 image of ones: zeros are below and to the right.
  CHECK(convolve("2,2,1", "filters=1 kernelSize=2 padding=same", Floats(4, 1), Floats(4, 1)) ==
        Floats{4, 2, 2, 1});
}

std::int64_t parameters_of(const std::string& description) {
  return test::parameter_count(Network(parse_model("model name=m\n" + description)));
}

TEST_CASE("curriculum 1e: parameters", "[curriculum]") {
  CHECK(parameters_of("input name=x shape=32,32,3\nconv2d name=c from=x filters=1 kernelSize=5") ==
        76);
  CHECK(parameters_of("input name=x shape=32,32,3\nconv2d name=c from=x filters=20 kernelSize=3") ==
        560);
  CHECK(parameters_of("input name=x shape=32,32,3\nflatten name=f from=x\ndense name=d from=f "
                      "units=1 useBias=false") == 3072);
  CHECK(parameters_of("input name=x shape=100,100,1\nflatten name=f from=x\ndense name=d from=f "
                      "units=10000 useBias=false") == 100'000'000);
}

// dO/dI = [[W1,W2,W3,0],[0,W1,W2,W3]] and dO/dW = [[I1,I2,I3],[I2,I3,I4]]: row by row, from an
// output gradient of ones in one place.
TEST_CASE("curriculum 1f: backpropagation through a one-dimensional convolution", "[curriculum]") {
  const Floats i = {7, 11, 13, 17};
  const Floats w = {2, 3, 5};
  const Floats expected_input[2] = {{2, 3, 5, 0}, {0, 2, 3, 5}};
  const Floats expected_filter[2] = {{7, 11, 13}, {11, 13, 17}};
  const Conv2dGeometry g = conv2d_geometry("conv", {1, 1, 4, 1}, {.height = 1, .width = 3}, 1);
  Floats scratch(static_cast<std::size_t>(conv2d_backward_scratch(g, 1)));
  const Floats outputs(2);
  for (std::size_t place = 0; place < 2; ++place) {
    Floats output_gradient(2);
    output_gradient[place] = 1;
    Floats input_gradient(4);
    Floats filter_gradient(3);
    Floats bias_gradient(1);
    conv2d_backward(g,
                    {.input = {i.data(), g.input_shape()},
                     .filter = {w.data(), g.filter_shape()},
                     .output = {outputs.data(), g.output_shape()},
                     .output_gradient = {output_gradient.data(), g.output_shape()},
                     .input_gradient = {input_gradient.data(), g.input_shape()},
                     .filter_gradient = {filter_gradient.data(), g.filter_shape()},
                     .bias_gradient = {bias_gradient.data(), {1}},
                     .scratch = scratch},
                    test::one_thread());
    CHECK(input_gradient == expected_input[place]);
    CHECK(filter_gradient == expected_filter[place]);
    CHECK(bias_gradient == Floats{1});
  }
}

TEST_CASE("curriculum 1g: a 4x4 filter has 16 weights and moves by 2", "[curriculum]") {
  SmallModel model(convolution("8,8,1", "filters=1 kernelSize=4 strides=2"));
  CHECK(test::parameter_count(model.network()) == 16);
  CHECK(model.output_row() == Shape{3, 3, 1});
}

/// Which pixels of a 9x9 image the middle of the last map depends on, through `layers` 3x3
/// convolutions of ones.
int seen_by_stacked_layers(int layers) {
  std::string description = "model name=m\ninput name=c0 shape=9,9,1\n";
  for (int i = 1; i <= layers; ++i) {
    description += concat("conv2d name=c", i, " from=c", i - 1,
                          " filters=1 kernelSize=3 padding=same kernelInitializer=ones\n");
  }
  SmallModel model(description);
  int seen = 0;
  for (std::size_t pixel = 0; pixel < 81; ++pixel) {
    Floats image(81);
    image[pixel] = 1;
    seen += model.predict(image)[40] != 0 ? 1 : 0;
  }
  return seen;
}

TEST_CASE("curriculum 1g: two stacked 3x3 layers see 5x5; it takes four to see 9x9",
          "[curriculum]") {
  CHECK(seen_by_stacked_layers(1) == 3 * 3);
  CHECK(seen_by_stacked_layers(2) == 5 * 5);
  CHECK(seen_by_stacked_layers(4) == 9 * 9);
}

TEST_CASE("curriculum 1g: MNIST padded to 32x32 gives a dense layer of 10 classes 10,240 weights",
          "[curriculum]") {
  CHECK(parameters_of("input name=x shape=32,32,1\nflatten name=f from=x\ndense name=d from=f "
                      "units=10 useBias=false") == 10'240);
  CHECK(parameters_of("input name=x shape=32,32,3\nflatten name=f from=x\ndense name=d from=f "
                      "units=10 useBias=false") == 30'720);
}

TEST_CASE("curriculum 1h: a volume of 7x7x3 and two filters, stride 2, gives 3x3x2",
          "[curriculum]") {
  test::RandomValues random(3);
  const std::vector<double> image = random.values(75);
  const std::vector<double> kernel = random.values(54);
  const std::vector<double> bias = {1, 0};
  SmallModel model(
      "model name=m\ninput name=x shape=5,5,3\nconv2d name=c from=x filters=2 kernelSize=3 "
      "strides=2 padding=1");
  CHECK(model.output_row() == Shape{3, 3, 2});
  model.set("c/kernel", Floats(kernel.begin(), kernel.end())).set("c/bias", {1, 0});
  const Floats result = model.predict(Floats(image.begin(), image.end()));
  const reference::Axis axis{.input = 5, .size = 3, .stride = 2, .before = 1, .after = 1};
  const reference::Conv2d twin{.in_channels = 3, .out_channels = 2, .rows = axis, .columns = axis};
  test::expect_close({"curriculum 1h", "output", {result.data(), {1, 3, 3, 2}}},
                     reference::conv2d_forward(twin, image, kernel, bias), {.terms = 28});
}

}  // namespace
}  // namespace fovea
