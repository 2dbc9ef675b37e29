// SPDX-License-Identifier: MIT
// Pooling against its slow twin: max, average and sum, forward and backward, windows that overlap,
// leave gaps or reach into padding.
#include "kernels/pool2d.h"

#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/cpp/support/workers.h"
#include "tests/reference/pool2d.h"

namespace fovea {
namespace {

using reference::Values;
using test::expect_close;
using test::Input;
using test::Output;
using test::WindowCase;

struct Pooling {
  std::string place;
  WindowGeometry geometry;
  reference::Pool2d twin;
  Shape output_shape;
};

Pooling pooling(const WindowCase& c) {
  Pooling p{.place = "pool " + c.place,
            .geometry = window_geometry("pool", c.input(), c.window),
            .twin = {c.batch, c.channels, c.rows, c.columns},
            .output_shape = {}};
  p.output_shape = {c.batch, p.twin.rows.output(), p.twin.columns.output(), c.channels};
  return p;
}

/// Calls run(workers) with one and three threads; it returns the bits that must agree.
template <class Run>
void with_threads(const std::string& place, const Run& run) {
  test::expect_same_bits(place + ", 1 and 3 threads", run(test::one_thread()),
                         run(test::three_threads()));
}

void check_max(const Pooling& p, const Values& values, const Values& gradient_values,
               std::size_t misalignment, const Values* after_relu_gradient = nullptr) {
  const bool after_relu = after_relu_gradient != nullptr;
  const Values largest = reference::max_pool2d_forward(p.twin, values);
  const Values expected_gradient =
      after_relu ? *after_relu_gradient
                 : reference::max_pool2d_backward(p.twin, values, gradient_values);
  const Input input(values, misalignment);
  const Input output_gradient(gradient_values, misalignment);
  const Shape input_shape = {p.geometry.batch, p.geometry.rows.input, p.geometry.columns.input,
                             p.geometry.channels};
  Output winners(static_cast<std::size_t>(max_pool2d_winners(p.geometry)));
  with_threads(p.place, [&](Workers& workers) {
    Output output(largest.size(), misalignment);
    Output plain(largest.size(), misalignment);
    const MaxPool2dForward call{.input = input.view(input_shape),
                                .output = plain.view(p.output_shape)};
    max_pool2d_forward(p.geometry, call, workers);
    max_pool2d_forward(p.geometry,
                       {.input = call.input,
                        .output = output.view(p.output_shape),
                        .winners = winners.values(),
                        .after_relu = after_relu},
                       workers);
    expect_intact(p.place, "max", output);
    expect_intact(p.place, "winners", winners);
    test::expect_same_bits(p.place + ", without winners", test::copy_of(plain.values()),
                           output.values());
    expect_close({p.place, "max", output.view(p.output_shape)}, largest,
                 {.terms = 0, .largest_product = 0});
    return test::copy_of(output.values());
  });
  const Input output(largest, misalignment);
  with_threads(p.place, [&](Workers& workers) {
    Output gradient(values.size(), misalignment);
    max_pool2d_backward(p.geometry,
                        {.input = input.view(input_shape),
                         .output = output.view(p.output_shape),
                         .winners = winners.values(),
                         .output_gradient = output_gradient.view(p.output_shape),
                         .input_gradient = gradient.view(input_shape),
                         .after_relu = after_relu},
                        workers);
    expect_intact(p.place, "gradient of max", gradient);
    // An input is the largest of at most as many windows as a window has elements.
    expect_close({p.place, "gradient of max", gradient.view(input_shape)}, expected_gradient,
                 {.terms = p.geometry.rows.size * p.geometry.columns.size});
    return test::copy_of(gradient.values());
  });
}

/// What came from a relu; its derivative is done with the pooling's.
void check_max_after_relu(const Pooling& p, Values values, const Values& gradient_values,
                          std::size_t misalignment) {
  for (double& value : values) value = std::max(value - 0.5, 0.0);
  Values cut = reference::max_pool2d_backward(p.twin, values, gradient_values);
  for (std::size_t i = 0; i < cut.size(); ++i) cut[i] = values[i] > 0 ? cut[i] : 0;
  check_max(p, values, gradient_values, misalignment, &cut);
}

void check_total(PoolTotal total, const Pooling& p, const Values& values,
                 const Values& gradient_values, std::size_t misalignment) {
  const auto twin = total == PoolTotal::kMean ? reference::Total::kMean : reference::Total::kSum;
  const std::string name = total == PoolTotal::kMean ? "mean" : "sum";
  const Values expected = reference::total_pool2d_forward(twin, p.twin, values);
  const Values expected_gradient = reference::total_pool2d_backward(twin, p.twin, gradient_values);
  const Input input(values, misalignment);
  const Input output_gradient(gradient_values, misalignment);
  const Shape input_shape = {p.geometry.batch, p.geometry.rows.input, p.geometry.columns.input,
                             p.geometry.channels};
  const int terms = p.geometry.rows.size * p.geometry.columns.size;
  with_threads(p.place, [&](Workers& workers) {
    Output output(expected.size(), misalignment);
    total_pool2d_forward(total, p.geometry, input.view(input_shape), output.view(p.output_shape),
                         workers);
    expect_intact(p.place, name, output);
    expect_close({p.place, name, output.view(p.output_shape)}, expected,
                 {.terms = terms, .roundings = 1});
    return test::copy_of(output.values());
  });
  with_threads(p.place, [&](Workers& workers) {
    Output gradient(values.size(), misalignment);
    total_pool2d_backward(total, p.geometry, output_gradient.view(p.output_shape),
                          gradient.view(input_shape), workers);
    expect_intact(p.place, "gradient of " + name, gradient);
    expect_close({p.place, "gradient of " + name, gradient.view(input_shape)}, expected_gradient,
                 {.terms = terms});
    return test::copy_of(gradient.values());
  });
}

TEST_CASE("pooling: windows of every kind, against the slow twin", "[pool2d]") {
  std::uint32_t seed = 0;
  for (const WindowCase& window : test::window_table(test::TableFor::kPooling)) {
    const Pooling p = pooling(window);
    test::RandomValues random(++seed);
    const Values values = random.values(p.twin.input_size());
    const Values gradient = random.values(p.twin.output_size());
    check_max(p, values, gradient, seed % 4);
    check_max_after_relu(p, values, gradient, seed % 4);
    check_total(PoolTotal::kMean, p, values, gradient, seed % 4);
    check_total(PoolTotal::kSum, p, values, gradient, seed % 4);
  }
  CHECK(seed > 250);
}

// After relu many inputs are exactly zero: the first of equals takes the whole gradient, as in
// PyTorch and Keras.
TEST_CASE("max pooling: of equal inputs the first takes the gradient", "[pool2d]") {
  std::uint32_t seed = 40;
  for (const int channels : test::kChannels) {
    for (const int stride : {1, 2}) {
      const Pooling p = pooling(test::window_case({.batch = 2,
                                                   .channels = channels,
                                                   .image = {6, 7},
                                                   .kernel = {3, 2},
                                                   .stride = {stride, stride},
                                                   .padding = test::same()}));
      test::RandomValues random(++seed);
      Values values(p.twin.input_size());
      for (double& value : values) value = random.integer(0, 2);
      check_max(p, values, random.values(p.twin.output_size()), 0);
    }
  }
}

TEST_CASE("max pooling: windows of 2x2 side by side, which note their winners", "[pool2d]") {
  std::uint32_t seed = 80;
  for (const int channels : {1, 3, 4, 5, 6, 7, 8, 16}) {
    for (const std::array<int, 2>& image :
         {std::array{2, 2}, std::array{5, 4}, std::array{7, 7}, std::array{30, 34}}) {
      for (const bool ties : {false, true}) {
        const Pooling p = pooling(test::window_case({.batch = 3,
                                                     .channels = channels,
                                                     .image = image,
                                                     .kernel = {2, 2},
                                                     .stride = {2, 2}}));
        CHECK((max_pool2d_winners(p.geometry) > 0) == (channels >= 4));
        test::RandomValues random(++seed);
        Values values = random.values(p.twin.input_size());
        for (double& value : values) value = ties ? random.integer(0, 2) : value;
        const Values gradient = random.values(p.twin.output_size());
        check_max(p, values, gradient, seed % 4);
        check_max_after_relu(p, values, gradient, seed % 4);
      }
    }
  }
}

TEST_CASE("max pooling: padding never wins, even where every input is negative", "[pool2d]") {
  const Pooling p = pooling(test::window_case(
      {.channels = 3, .image = {3, 3}, .kernel = {3, 3}, .padding = test::same()}));
  test::RandomValues random(8);
  Values values = random.values(p.twin.input_size());
  for (double& value : values) value -= 2;
  check_max(p, values, random.values(p.twin.output_size()), 0);
}

}  // namespace
}  // namespace fovea
