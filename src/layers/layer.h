// SPDX-License-Identifier: MIT
// A layer is options, a shape rule and the kernels it calls. It holds no tensors, no gradients, no
// threads and no other layer: everything it works on comes with the call, so one layer object
// serves every batch size and every thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/parallel.h"
#include "core/tensor_view.h"
#include "layers/initializer.h"

namespace fovea {

enum class Mode : bool { kInference, kTraining };

/// A trainable tensor that the model keeps for a layer. Keras's names and layouts.
struct ParameterSpec {
  std::string name;  // "kernel", "bias"
  Shape shape;
  Initializer initializer;
  Fans fans;
};

/// What the compiler must know about a layer applied to inputs of given shapes (batch included).
struct LayerPlan {
  Shape output;
  bool aliases_input = false;  // the output is the input under another shape: nothing is computed
  bool backward_reads_input = false;
  bool backward_reads_output = false;
  std::int64_t forward_scratch = 0;   // floats
  std::int64_t backward_scratch = 0;  // floats
};

/// When and for what a call happens: the arguments that randomness is a function of.
struct Moment {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t layer = 0;
};

struct ForwardCall {
  std::span<const ConstTensorView> inputs;
  std::span<const ConstTensorView> parameters;
  TensorView output;
  std::span<float> scratch;
  Mode mode = Mode::kInference;
  Moment moment;
  Workers& workers;
};

struct BackwardCall {
  std::span<const ConstTensorView> inputs;
  std::span<const ConstTensorView> parameters;
  ConstTensorView output;
  ConstTensorView output_gradient;
  std::span<const TensorView> input_gradients;      // null where not wanted
  std::span<const TensorView> parameter_gradients;  // null where frozen
  std::span<float> scratch;
  Moment moment;
  Workers& workers;
};

class Layer {
 public:
  explicit Layer(std::string place) : place_(std::move(place)) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  /// The shape rule. Refuses inputs that do not fit, with a sentence. `slots` is the number of
  /// threads.
  [[nodiscard]] virtual LayerPlan plan(std::span<const Shape> inputs, Mode mode,
                                       int slots) const = 0;
  [[nodiscard]] virtual std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const {
    static_cast<void>(inputs);
    return {};
  }

  /// Overwrites the output.
  virtual void forward(const ForwardCall& call) const = 0;
  /// Overwrites every gradient that is wanted.
  virtual void backward(const BackwardCall& call) const = 0;

  /// Softmax: a cross-entropy loss reads the logits before it instead of its output.
  [[nodiscard]] virtual bool is_softmax() const { return false; }
  /// As a first layer it wants bytes as numbers from 0 to 255, not divided by 255.
  [[nodiscard]] virtual bool reads_raw_bytes() const { return false; }

 protected:
  /// `layer "conv2d_1" (conv2d)`: the opening words of every error.
  [[nodiscard]] const std::string& place() const { return place_; }

 private:
  std::string place_;
};

/// The layers that one description stands for: usually one; two where an activation is a step of
/// its own.
using LayerChain = std::vector<std::unique_ptr<Layer>>;

}  // namespace fovea
