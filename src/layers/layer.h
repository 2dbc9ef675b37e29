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
#include "layers/constraint.h"
#include "layers/initializer.h"
#include "layers/regularizer.h"

namespace fovea {

enum class Mode : bool { kInference, kTraining };

/// A tensor that the model keeps for a layer. Keras's names and layouts.
struct ParameterSpec {
  std::string name;  // "kernel", "bias"
  Shape shape;
  Initializer initializer;
  Fans fans;
  /// False for a statistic (a moving mean): no gradient; training moves it through
  /// ForwardCall::statistics.
  bool trainable = true;
  Regularizer regularizer;
  Constraint constraint;
};

/// What the compiler must know about a layer applied to inputs of given shapes (batch included).
struct LayerPlan {
  Shape output;
  std::int64_t kept = 0;       // floats of ForwardCall::kept
  bool aliases_input = false;  // the output is the input under another shape: nothing is computed
  bool backward_reads_input = false;
  bool backward_reads_output = false;
  std::int64_t forward_scratch = 0;   // floats
  std::int64_t backward_scratch = 0;  // floats
  std::int64_t saved = 0;             // floats that forward leaves for backward (batch statistics)
};

/// When and for what a call happens: the arguments that randomness is a function of.
struct Moment {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t layer = 0;
};

/// What a layer makes of its parameters alone (a filter in another form), so that it need not be
/// made again for each prediction. The model remembers it until the parameters change.
struct Kept {
  std::span<float> values;
  bool current = false;  // false: the parameters have changed, make it anew
};

struct ForwardCall {
  Kept kept;
  std::span<const ConstTensorView> inputs;
  std::span<const ConstTensorView> parameters;
  TensorView output;
  std::span<float> scratch;
  std::span<float> saved;  // empty where no backward pass follows
  /// In training, for each parameter that is a statistic its next value, which begins as the
  /// present one and counts once the step's loss has turned out finite. Null for all others.
  std::span<const TensorView> statistics;
  Mode mode = Mode::kInference;
  /// The input comes from a relu whose derivative this layer's backward pass takes over.
  bool after_relu = false;
  Moment moment;
  Workers& workers;
};

struct BackwardCall {
  std::span<const ConstTensorView> inputs;
  std::span<const ConstTensorView> parameters;
  ConstTensorView output;
  ConstTensorView output_gradient;
  std::span<const TensorView> input_gradients;      // null where not wanted
  std::span<const TensorView> parameter_gradients;  // null where frozen, and for statistics
  std::span<float> scratch;
  std::span<const float> saved;
  Mode mode = Mode::kTraining;  // kInference: gradients of the network as it predicts
  bool after_relu = false;      // input_gradients are those of the relu's input
  bool relu_done = false;       // output_gradient is that of the sum before this layer's own relu
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
  /// The same for the first rows and columns of the output alone, where nobody reads the others. A
  /// layer may compute all nevertheless: LayerPlan::output tells.
  [[nodiscard]] virtual LayerPlan plan_part(const Shape& /*wanted*/, std::span<const Shape> inputs,
                                            Mode mode, int slots) const {
    return plan(inputs, mode, slots);
  }
  /// The first rows and columns of its input that the layer reads: pooling may leave some out.
  [[nodiscard]] virtual Shape reads(const Shape& input) const { return input; }
  [[nodiscard]] virtual std::vector<ParameterSpec> parameters(std::span<const Shape> inputs) const {
    static_cast<void>(inputs);
    return {};
  }

  /// Overwrites the output.
  virtual void forward(const ForwardCall& call) const = 0;
  /// Overwrites every gradient that is wanted.
  virtual void backward(const BackwardCall& call) const = 0;

  /// The output is what a relu gave.
  [[nodiscard]] virtual bool ends_in_relu() const { return false; }
  /// Max pooling: where its input is what a relu gave, and nobody else reads that, the backward
  /// pass applies the relu's derivative too, which costs it nothing.
  [[nodiscard]] virtual bool takes_over_relu() const { return false; }
  /// Softmax: a cross-entropy loss reads the logits before it instead of its output.
  [[nodiscard]] virtual bool is_softmax() const { return false; }
  /// Batch normalisation: while frozen it works as in inference, even in training (Keras).
  [[nodiscard]] virtual bool infers_when_frozen() const { return false; }
  /// What an output adds to the loss: an activity regularizer. Its gradient belongs to backward.
  [[nodiscard]] virtual bool has_penalty() const { return false; }
  [[nodiscard]] virtual double penalty(ConstTensorView output) const {
    static_cast<void>(output);
    return 0;
  }
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
