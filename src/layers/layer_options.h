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

/// "activation" and "activityRegularizer". An activation is fused into the layer where its
/// derivative follows from its output, else it is a step of its own.
struct ActivationOption {
  Activation fused = Activation::kLinear;
  int step = -1;  // for add_steps
  Regularizer activity;
};
/// `fuses`: the layer applies kActivationNames itself; else every activation but linear is a step.
ActivationOption read_activation(Options& options, bool fuses = true);

/// Ends a chain with the steps that its options ask for.
void add_steps(LayerChain& chain, const std::string& place, const ActivationOption& activation);

/// An activation by its index in activation_names(), as a layer.
std::unique_ptr<Layer> make_activation_step(const std::string& place, int index);
std::span<const std::string_view> activation_names();

/// Depthwise filters without a bias, whose parameter has this name: the first half of a separable
/// convolution.
std::unique_ptr<Layer> make_depthwise_step(Options& options, std::string_view kernel_name);

/// Its output is its input; adds l1 * sum of |x| + l2 * sum of x^2 to the loss.
std::unique_ptr<Layer> make_activity_step(const std::string& place, const Regularizer& regularizer);

/// Layers whose parameters have a shape beyond the batch refuse anything but the last axis here.
/// "axis": -1 or the number of the last dimension.
class LastAxis {
 public:
  explicit LastAxis(Options& options) : axis_(options.integer_or("axis", -1, -Shape::kMaxRank)) {}
  void check(std::string_view place, const Shape& input) const {
    if (axis_ == -1 || axis_ == input.rank() - 1) return;
    fail(ErrorCode::kBadOption, place, ": axis must be -1, the last dimension of ",
         batch_shape_text(input), ", but is ", axis_,
         ". Put permute before it to bring that dimension to the end.");
  }

 private:
  int axis_;
};

/// Whether an option was given whose absence means something of its own: recorded as "none".
bool is_given(Options& options, std::string_view key);

/// Layers that take a single input.
inline const Shape& only_input(std::string_view place, std::span<const Shape> inputs) {
  if (inputs.size() != 1) {
    fail(ErrorCode::kBadShape, place, ": takes one input but gets ", inputs.size(), ".");
  }
  return inputs[0];
}

}  // namespace fovea
