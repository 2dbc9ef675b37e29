// SPDX-License-Identifier: MIT
// Runs one described layer (or chain of layers) on random numbers, forwards and backwards, and
// compares it with its slow twin: outputs with the twin's, every gradient with the twin's central
// differences. A twin needs a forward formula in double only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "layers/layer.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/reference/values.h"

namespace fovea::test {

struct LayerCheck {
  std::string line;  // "conv2d filters=3 kernelSize=2"
  Shape input;       // with the batch
  /// The output from the input and the parameters, in the layer's order.
  std::function<reference::Values(const reference::Values& input,
                                  const std::vector<reference::Values>& parameters)>
      twin;
  Mode mode = Mode::kTraining;
  double scale = 1;   // inputs are random in [-scale, scale)
  double offset = 0;  // plus this
  Sum output = {};
  Sum input_gradient = {};
  Sum parameter_gradient = {};
};

/// Also: the same bits for one and three threads, nothing written outside, and no gradient where
/// none is wanted. Returns the statistics as training left them, in the layer's order.
std::vector<std::vector<float>> check_layer(const LayerCheck& check, std::uint32_t seed = 1);

}  // namespace fovea::test
