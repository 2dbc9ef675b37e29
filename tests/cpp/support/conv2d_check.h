// SPDX-License-Identifier: MIT
// conv2d against its slow twin, for one case: outputs and all three gradients, with one and three
// threads, from misaligned memory, with nothing written outside the outputs.
#pragma once

#include <string>

#include "kernels/conv2d.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/window_cases.h"
#include "tests/reference/conv2d.h"

namespace fovea::test {

struct ConvCase {
  WindowCase window;
  int filters = 1;
  Activation activation = Activation::kLinear;
  bool bias = true;
  std::size_t misalignment = 0;
};

inline std::string_view name_of(Activation activation) {
  return kActivationNames[static_cast<std::size_t>(activation)];
}

/// A case in both languages, with random numbers.
struct Problem {
  explicit Problem(const ConvCase& given, std::uint32_t seed)
      : c(given),
        place(concat("conv2d ", c.window.place, " to ", c.filters, ' ', name_of(c.activation))),
        geometry(conv2d_geometry("conv2d", c.window.input(), c.window.window, c.filters)),
        twin{c.window.batch, c.window.channels, c.filters, c.window.rows, c.window.columns},
        random(seed),
        input(random.values(twin.input_size())),
        filter(random.values(twin.filter_size())),
        bias(random.values(static_cast<std::size_t>(c.filters))) {}

  ConvCase c;
  std::string place;
  Conv2dGeometry geometry;
  reference::Conv2d twin;
  RandomValues random;
  reference::Values input, filter, bias;
};

struct Wanted {
  bool input = true, filter = true, bias = true;
};

/// Output sizes and padding.
void check_geometry(const Problem& p);
void check_forward(const Problem& p);
void check_backward(Problem& p, const Wanted& wanted = {});

}  // namespace fovea::test
