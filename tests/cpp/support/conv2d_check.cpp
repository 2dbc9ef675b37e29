// SPDX-License-Identifier: MIT
#include "tests/cpp/support/conv2d_check.h"

#include <catch2/catch_amalgamated.hpp>

#include "kernels/conv2d_line.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/short_cuts.h"
#include "tests/cpp/support/workers.h"
#include "tests/reference/activation.h"

namespace fovea::test {

using reference::Values;

void check_geometry(const Problem& p) {
  INFO(p.place);
  CHECK(p.geometry.rows.output == p.twin.rows.output());
  CHECK(p.geometry.columns.output == p.twin.columns.output());
  CHECK(p.geometry.rows.before == p.twin.rows.before);
  CHECK(p.geometry.columns.before == p.twin.columns.before);
}

void check_forward(const Problem& p) {
  const Values sums =
      reference::conv2d_forward(p.twin, p.input, p.filter, p.c.bias ? p.bias : Values());
  const Values expected = reference::activation_forward(name_of(p.c.activation), sums);

  const Input input(p.input, p.c.misalignment);
  const Input filter(p.filter, p.c.misalignment);
  const Input bias(p.bias, p.c.misalignment);
  std::vector<float> first_run;
  for (Workers* workers : {&one_thread(), &three_threads()}) {
    Output output(p.twin.output_size(), p.c.misalignment);
    Output scratch(static_cast<std::size_t>(conv2d_forward_scratch(p.geometry, workers->size())));
    conv2d_forward(p.geometry,
                   {.input = input.view(p.geometry.input_shape()),
                    .filter = filter.view(p.geometry.filter_shape()),
                    .bias = p.c.bias ? bias.view({p.c.filters}) : ConstTensorView(),
                    .activation = p.c.activation,
                    .output = output.view(p.geometry.output_shape()),
                    .scratch = scratch.values()},
                   *workers);
    expect_intact(p.place, "output", output);
    expect_intact(p.place, "scratch", scratch);
    if (workers == &one_thread()) {
      first_run = copy_of(output.values());
      // Slopes are at most 1; sigmoid and tanh add the error of their own formulas.
      expect_close({p.place, "output", output.view(p.geometry.output_shape())}, expected,
                   {.terms = p.twin.terms() + 1,
                    // By lines the errors are three times as large as a plain sum's.
                    .largest_product = suits_line(p.geometry) ? 2.0 : 1.0,
                    .roundings = 4});
    } else {
      expect_same_bits(p.place + ", 1 and 3 threads: output", first_run, output.values());
    }
  }
}

void check_backward(Problem& p, const Wanted& wanted) {
  // The derivative comes from the outputs alone, so any numbers in the activation's range will do.
  // The twin wants its inputs: with relu every output has the sign of its input.
  const Values sums = p.random.values(p.twin.output_size());
  const Values outputs = reference::activation_forward(name_of(p.c.activation), sums);
  const Values output_gradient = p.random.values(p.twin.output_size());
  reference::Conv2dGradients expected = reference::conv2d_backward(
      p.twin, p.input, p.filter,
      reference::activation_backward(name_of(p.c.activation), sums, output_gradient));

  const Input input(p.input, p.c.misalignment);
  const Input filter(p.filter, p.c.misalignment);
  const Input output(outputs, p.c.misalignment);
  const Input gradient(output_gradient, p.c.misalignment);
  const Shape output_shape = p.geometry.output_shape();
  std::vector<float> first_run[3];
  for (Workers* workers : {&one_thread(), &three_threads()}) {
    Output input_gradient(p.twin.input_size(), p.c.misalignment);
    Output filter_gradient(p.twin.filter_size(), p.c.misalignment);
    Output bias_gradient(static_cast<std::size_t>(p.c.filters), p.c.misalignment);
    Output scratch(static_cast<std::size_t>(conv2d_backward_scratch(p.geometry, workers->size())));
    const TensorView dx = input_gradient.view(p.geometry.input_shape());
    const TensorView df = filter_gradient.view(p.geometry.filter_shape());
    const TensorView db = bias_gradient.view({p.c.filters});
    conv2d_backward(p.geometry,
                    {.input = input.view(p.geometry.input_shape()),
                     .filter = filter.view(p.geometry.filter_shape()),
                     .output = output.view(output_shape),
                     .output_gradient = gradient.view(output_shape),
                     .activation = p.c.activation,
                     .input_gradient = wanted.input ? dx : TensorView(),
                     .filter_gradient = wanted.filter ? df : TensorView(),
                     .bias_gradient = wanted.bias ? db : TensorView(),
                     .scratch = scratch.values()},
                    *workers);
    const bool first = workers == &one_thread();
    Output* const buffers[] = {&input_gradient, &filter_gradient, &bias_gradient};
    for (int i = 0; i < 3; ++i) {
      expect_intact(p.place, "gradients", *buffers[i]);
      if (first) {
        first_run[i] = copy_of(buffers[i]->values());
      } else {
        expect_same_bits(p.place + ", 1 and 3 threads: gradients", first_run[i],
                         buffers[i]->values());
      }
    }
    expect_intact(p.place, "scratch", scratch);
    if (!first) continue;
    // A gradient element is a sum over the outputs that it reaches; roundings of the derivative
    // come on top of each term.
    const int pixels = p.geometry.output_pixels() * p.c.window.batch;
    const int taps = p.geometry.rows.size * p.geometry.columns.size * p.c.filters;
    // Of small images, filter gradients by lines are five times as far off as a plain sum.
    const bool by_line = suits_line_backward(p.geometry, wanted.input);
    if (by_line) expect_noise_as_zero(df.values(), expected.filter);
    if (wanted.input)
      expect_close({p.place, "input gradient", dx}, expected.input,
                   {.terms = taps + 4, .largest_product = by_line ? 2.0 : 1.0});
    if (wanted.filter)
      expect_close({p.place, "filter gradient", df}, expected.filter,
                   {.terms = pixels + 4, .largest_product = by_line ? 3.0 : 1.0});
    if (wanted.bias)
      expect_close({p.place, "bias gradient", db}, expected.bias, {.terms = pixels + 4});
  }
}

}  // namespace fovea::test
