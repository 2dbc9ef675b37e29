// SPDX-License-Identifier: MIT
// Pooling against its slow twin: max, average and sum, forward and backward, windows that overlap,
// leave gaps or reach into padding.
#include "kernels/pool2d.h"

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
               std::size_t misalignment) {
  const Values largest = reference::max_pool2d_forward(p.twin, values);
  const Values expected_gradient = reference::max_pool2d_backward(p.twin, values, gradient_values);
  const Input input(values, misalignment);
  const Input output_gradient(gradient_values, misalignment);
  const Shape input_shape = {p.geometry.batch, p.geometry.rows.input, p.geometry.columns.input,
                             p.geometry.channels};
  with_threads(p.place, [&](Workers& workers) {
    Output output(largest.size(), misalignment);
    max_pool2d_forward(p.geometry, input.view(input_shape), output.view(p.output_shape), workers);
    expect_intact(p.place, "max", output);
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
                         .output_gradient = output_gradient.view(p.output_shape),
                         .input_gradient = gradient.view(input_shape)},
                        workers);
    expect_intact(p.place, "gradient of max", gradient);
    // An input is the largest of at most as many windows as a window has elements.
    expect_close({p.place, "gradient of max", gradient.view(input_shape)}, expected_gradient,
                 {.terms = p.geometry.rows.size * p.geometry.columns.size});
    return test::copy_of(gradient.values());
  });
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
