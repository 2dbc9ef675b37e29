// SPDX-License-Identifier: MIT
// dense against its slow twin: sizes around the lanes, batches around the number from which weights
// are packed, sums longer than one block of terms.
#include "kernels/dense.h"

#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/cpp/support/workers.h"
#include "tests/reference/activation.h"
#include "tests/reference/dense.h"

namespace fovea {
namespace {

using reference::Values;
using test::expect_close;
using test::Input;
using test::Output;

struct DenseCase {
  int batch = 1, inputs = 1, outputs = 1;
  Activation activation = Activation::kLinear;
  bool bias = true;
  std::size_t misalignment = 0;
};

std::string_view name_of(Activation activation) {
  return kActivationNames[static_cast<std::size_t>(activation)];
}

struct Problem {
  explicit Problem(const DenseCase& given, std::uint32_t seed)
      : c(given),
        place(concat("dense ", c.batch, "x", c.inputs, " to ", c.outputs, ' ',
                     name_of(c.activation))),
        twin{static_cast<std::size_t>(c.batch), static_cast<std::size_t>(c.inputs),
             static_cast<std::size_t>(c.outputs)},
        random(seed),
        input(random.values(twin.batch * twin.inputs)),
        weight(random.values(twin.inputs * twin.outputs)),
        bias(random.values(twin.outputs)) {}

  DenseCase c;
  std::string place;
  reference::Dense twin;
  test::RandomValues random;
  Values input, weight, bias;
  DenseGeometry geometry{c.batch, c.inputs, c.outputs};
};

void check_forward(const Problem& p) {
  const Values expected = reference::activation_forward(
      name_of(p.c.activation),
      reference::dense_forward(p.twin, p.input, p.weight, p.c.bias ? p.bias : Values()));
  const Input input(p.input, p.c.misalignment);
  const Input weight(p.weight, p.c.misalignment);
  const Input bias(p.bias, p.c.misalignment);
  std::vector<float> first_run;
  for (Workers* workers : {&test::one_thread(), &test::three_threads()}) {
    Output output(expected.size(), p.c.misalignment);
    Output scratch(static_cast<std::size_t>(dense_forward_scratch(p.geometry, workers->size())));
    const TensorView y = output.view({p.c.batch, p.c.outputs});
    dense_forward(p.geometry,
                  {.input = input.view({p.c.batch, p.c.inputs}),
                   .weight = weight.view({p.c.inputs, p.c.outputs}),
                   .bias = p.c.bias ? bias.view({p.c.outputs}) : ConstTensorView(),
                   .activation = p.c.activation,
                   .output = y,
                   .scratch = scratch.values()},
                  *workers);
    expect_intact(p.place, "output", output);
    expect_intact(p.place, "scratch", scratch);
    if (workers == &test::one_thread()) {
      first_run = test::copy_of(output.values());
      expect_close({p.place, "output", y}, expected, {.terms = p.c.inputs + 1, .roundings = 4});
    } else {
      test::expect_same_bits(p.place + ", 1 and 3 threads: output", first_run, output.values());
    }
  }
}

void check_backward(Problem& p) {
  const Values sums = p.random.values(p.twin.batch * p.twin.outputs);
  const Values outputs = reference::activation_forward(name_of(p.c.activation), sums);
  const Values output_gradient = p.random.values(sums.size());
  const reference::DenseGradients expected = reference::dense_backward(
      p.twin, p.input, p.weight,
      reference::activation_backward(name_of(p.c.activation), sums, output_gradient));

  const Input input(p.input, p.c.misalignment);
  const Input weight(p.weight, p.c.misalignment);
  const Input output(outputs, p.c.misalignment);
  const Input gradient(output_gradient, p.c.misalignment);
  std::vector<float> first_run[3];
  for (Workers* workers : {&test::one_thread(), &test::three_threads()}) {
    Output input_gradient(p.input.size(), p.c.misalignment);
    Output weight_gradient(p.weight.size(), p.c.misalignment);
    Output bias_gradient(p.bias.size(), p.c.misalignment);
    Output scratch(static_cast<std::size_t>(dense_backward_scratch(p.geometry, workers->size())));
    const TensorView dx = input_gradient.view({p.c.batch, p.c.inputs});
    const TensorView dw = weight_gradient.view({p.c.inputs, p.c.outputs});
    const TensorView db = bias_gradient.view({p.c.outputs});
    dense_backward(p.geometry,
                   {.input = input.view({p.c.batch, p.c.inputs}),
                    .weight = weight.view({p.c.inputs, p.c.outputs}),
                    .output = output.view({p.c.batch, p.c.outputs}),
                    .output_gradient = gradient.view({p.c.batch, p.c.outputs}),
                    .activation = p.c.activation,
                    .input_gradient = dx,
                    .weight_gradient = dw,
                    .bias_gradient = db,
                    .scratch = scratch.values()},
                   *workers);
    const bool first = workers == &test::one_thread();
    Output* const buffers[] = {&input_gradient, &weight_gradient, &bias_gradient};
    for (int i = 0; i < 3; ++i) {
      expect_intact(p.place, "gradients", *buffers[i]);
      if (first) {
        first_run[i] = test::copy_of(buffers[i]->values());
      } else {
        test::expect_same_bits(p.place + ", 1 and 3 threads: gradients", first_run[i],
                               buffers[i]->values());
      }
    }
    expect_intact(p.place, "scratch", scratch);
    if (!first) continue;
    expect_close({p.place, "input gradient", dx}, expected.input, {.terms = p.c.outputs + 4});
    expect_close({p.place, "weight gradient", dw}, expected.weight, {.terms = p.c.batch + 4});
    expect_close({p.place, "bias gradient", db}, expected.bias, {.terms = p.c.batch + 4});
  }
}

TEST_CASE("dense: all sizes around the lanes and the register tile, against the slow twin",
          "[dense]") {
  std::uint32_t seed = 0;
  for (const int batch : {1, 3, 5, 6, 8, 11}) {
    for (const int inputs : {1, 3, 4, 5, 8, 11}) {
      for (const int outputs : {1, 3, 4, 5, 8, 9, 11, 12, 16, 21}) {
        ++seed;
        Problem p({.batch = batch,
                   .inputs = inputs,
                   .outputs = outputs,
                   .activation = static_cast<Activation>(seed % 4),
                   .bias = seed % 5 != 0,
                   .misalignment = seed / 2 % 4},
                  seed);
        check_forward(p);
        check_backward(p);
      }
    }
  }
}

TEST_CASE("dense: sums longer than a block of terms, many panels", "[dense]") {
  std::uint32_t seed = 500;
  for (const int batch : {1, 3, 7}) {
    for (const int inputs : {255, 256, 257, 520}) {
      Problem p({.batch = batch, .inputs = inputs, .outputs = 13, .activation = Activation::kRelu},
                ++seed);
      check_forward(p);
      check_backward(p);
    }
    Problem wide({.batch = batch, .inputs = 21, .outputs = 530}, ++seed);
    check_forward(wide);
    check_backward(wide);
  }
}

TEST_CASE("dense: several blocks of columns, and parts for several threads", "[dense]") {
  std::uint32_t seed = 700;
  for (const int batch : {2, 9, 40}) {
    for (const auto& [inputs, outputs] : {std::pair{300, 131}, {30, 530}, {261, 128}}) {
      Problem p(
          {.batch = batch, .inputs = inputs, .outputs = outputs, .activation = Activation::kRelu},
          ++seed);
      check_forward(p);
      check_backward(p);
    }
  }
}

TEST_CASE("dense: a row's result does not depend on its batch", "[dense]") {
  test::RandomValues random(9);
  const Values rows = random.values(std::size_t{7} * 600);
  const Values weights = random.values(std::size_t{600} * 21);
  const Input weight(weights);
  const auto forward = [&](int first, int batch) {
    const DenseGeometry g{batch, 600, 21};
    const Input input({rows.begin() + first * 600, rows.begin() + (first + batch) * 600});
    Output output(static_cast<std::size_t>(batch) * 21);
    Output scratch(static_cast<std::size_t>(dense_forward_scratch(g, 1)));
    dense_forward(g,
                  {.input = input.view({batch, 600}),
                   .weight = weight.view({600, 21}),
                   .bias = {},
                   .output = output.view({batch, 21}),
                   .scratch = scratch.values()},
                  test::one_thread());
    return test::copy_of(output.values());
  };
  const std::vector<float> together = forward(0, 7);
  for (int row = 0; row < 7; ++row) {
    test::expect_same_bits(concat("row ", row), forward(row, 1),
                           std::span(together).subspan(static_cast<std::size_t>(row) * 21, 21));
  }
}

/// A dense layer after a relu, with every kind of number that is small.
struct Sparse {
  Sparse(const DenseGeometry& geometry, std::uint32_t seed)
      : g(geometry),
        random(seed),
        input(random.values(size(g.batch) * size(g.inputs))),
        weight(random.values(size(g.inputs) * size(g.outputs))),
        bias(random.values(size(g.outputs))),
        kept(size(static_cast<int>(dense_forward_kept(g)))) {
    const float small[] = {0.0F, -0.0F, 0x1p-149F, -0x1p-100F, 0.0F};
    for (std::size_t i = 0; i < size(g.batch) * size(g.inputs); ++i) {
      float& x = input.data()[i];
      if (x < 0) x = small[i % 5];
    }
    for (std::size_t i = 0; i < size(g.inputs) * size(g.outputs); i += 3)
      weight.data()[i] *= 0x1p-100F;
    for (std::size_t i = 0; i < size(g.outputs); i += 2) bias.data()[i] = -0.0F;
  }

  static std::size_t size(int count) { return static_cast<std::size_t>(count); }

  std::vector<float> forward(std::span<float> values, bool current,
                             Workers& workers = test::one_thread()) {
    Output output(size(g.batch) * size(g.outputs));
    Output scratch(size(static_cast<int>(dense_forward_scratch(g, workers.size()))));
    dense_forward(g,
                  {.input = input.view({g.batch, g.inputs}),
                   .weight = weight.view({g.inputs, g.outputs}),
                   .bias = bias.view({g.outputs}),
                   .output = output.view({g.batch, g.outputs}),
                   .scratch = scratch.values(),
                   .kept = values,
                   .kept_is_current = current},
                  workers);
    return test::copy_of(output.values());
  }

  DenseGeometry g;
  test::RandomValues random;
  Input input, weight, bias;
  std::vector<float> kept;
};

TEST_CASE("dense: leaving out what zeros multiply changes no bit", "[dense]") {
  for (const DenseGeometry& g :
       {DenseGeometry{1, 61, 1}, DenseGeometry{2, 61, 10}, DenseGeometry{5, 61, 21},
        DenseGeometry{1, 9, 21}, DenseGeometry{3, 700, 397}}) {
    Sparse layer(g, 10);
    REQUIRE(layer.kept.size() == layer.size(g.inputs));
    const std::string place = concat(g.batch, "x", g.inputs, " to ", g.outputs);
    const std::vector<float> all = layer.forward({}, false);
    test::expect_same_bits(place, all, layer.forward(layer.kept, false));
    test::expect_same_bits(place + ", again", all, layer.forward(layer.kept, true));
    test::expect_same_bits(place + ", 3 threads", all,
                           layer.forward(layer.kept, true, test::three_threads()));
  }
}

TEST_CASE("dense: no sum is -0, whether a zero follows or not", "[dense]") {
  for (const int batch : {1, 6}) {
    Sparse layer({batch, 2, 5}, 11);
    for (int i = 0; i < 2 * batch; ++i) layer.input.data()[i] = i % 2 == 0 ? -0x1p-100F : 0;
    std::fill_n(layer.weight.data(), 10, 0x1p-100F);
    std::fill_n(layer.bias.data(), 5, -0.0F);
    for (const float sum : layer.forward(layer.kept, false)) CHECK(!std::signbit(sum));
  }
}

TEST_CASE("dense: a weight that is no number shows even where a zero multiplies it", "[dense]") {
  for (const int outputs : {1, 10, 21}) {
    Sparse layer({2, 61, outputs}, 12);
    layer.input.data()[7] = 0;
    for (const float bad : {INFINITY, -INFINITY, NAN}) {
      const int column = outputs - 1;
      layer.weight.data()[7 * outputs + column] = bad;
      const std::vector<float> output = layer.forward(layer.kept, false);
      for (int i = 0; i < outputs; ++i)
        CHECK(std::isnan(output[static_cast<std::size_t>(i)]) == (i == column));
    }
  }
}

}  // namespace
}  // namespace fovea
