// SPDX-License-Identifier: MIT
// Options that several layers share, read in one place.
#pragma once

#include "core/options.h"
#include "kernels/activation.h"
#include "kernels/geometry.h"
#include "layers/layer.h"

namespace fovea {

/// Reads `size_key` (a number or [height, width]; `default_size` 0 means required), strides,
/// padding and, for convolutions, dilationRate. padding: "valid", "same", a number for all sides,
/// or four for top, bottom, left, right.
struct WindowOptions {
  std::string_view size_key;
  int default_size = 0;
  bool strides_default_to_size = false;
  bool dilation = false;
  bool explicit_padding = true;
};
Window read_window(Options& options, const WindowOptions& what);

/// "activation": fused into the layer where its derivative follows from its output, else a step of
/// its own (softmax).
struct ActivationOption {
  Activation fused = Activation::kLinear;
  bool softmax_follows = false;
};
ActivationOption read_activation(Options& options, std::string_view key = "activation");

/// Softmax over the last dimension, as a layer; it also ends layers with activation "softmax".
std::unique_ptr<Layer> make_softmax_step(const std::string& place);

/// Layers that take a single input.
inline const Shape& only_input(std::string_view place, std::span<const Shape> inputs) {
  if (inputs.size() != 1) {
    fail(ErrorCode::kBadShape, place, ": takes one input but gets ", inputs.size(), ".");
  }
  return inputs[0];
}

}  // namespace fovea
