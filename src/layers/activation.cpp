// SPDX-License-Identifier: MIT
// Activations as layers: element-wise functions, and softmax and its logarithm over the last
// dimension. The same classes end other layers whose activation is a step of its own.
#include "kernels/activation.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "kernels/shaped_activation.h"
#include "kernels/softmax.h"
#include "layers/layer_options.h"
#include "layers/registry.h"

namespace fovea {

namespace {

constexpr float kMost = std::numeric_limits<float>::max();

/// Derivative from the output.
class FusedActivation : public Layer {
 public:
  FusedActivation(const std::string& place, Activation kind) : Layer(place), kind_(kind) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const bool linear = kind_ == Activation::kLinear;
    return {.output = only_input(place(), inputs),
            .aliases_input = linear,
            .backward_reads_output = !linear};
  }
  void forward(const ForwardCall& call) const override {
    activation_forward(kind_, call.inputs[0].values(), call.output.values());
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    activation_backward(kind_, call.output.values(), call.output_gradient.values(),
                        call.input_gradients[0].values());
  }

 private:
  Activation kind_;
};

/// Derivative from the input.
class InputActivation : public Layer {
 public:
  InputActivation(const std::string& place, const ShapedActivation& f) : Layer(place), f_(f) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    return {.output = only_input(place(), inputs), .backward_reads_input = true};
  }
  void forward(const ForwardCall& call) const override {
    shaped_activation_forward(f_, call.inputs[0].values(), call.output.values());
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    shaped_activation_backward(f_, call.inputs[0].values(), call.output_gradient.values(),
                               call.input_gradients[0].values());
  }

 private:
  ShapedActivation f_;
};

class Softmax : public Layer {
 public:
  Softmax(const std::string& place, bool logarithm) : Layer(place), logarithm_(logarithm) {}
  Softmax(const std::string& place, const LastAxis& axis)
      : Layer(place), axis_(axis), logarithm_(false) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode /*mode*/, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    if (axis_) axis_->check(place(), input);
    return {.output = input, .backward_reads_output = true};
  }
  void forward(const ForwardCall& call) const override {
    (logarithm_ ? log_softmax_forward : softmax_forward)(call.inputs[0], call.output);
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    (logarithm_ ? log_softmax_backward : softmax_backward)(call.output, call.output_gradient,
                                                           call.input_gradients[0]);
  }
  [[nodiscard]] bool is_softmax() const override { return !logarithm_; }

 private:
  std::optional<LastAxis> axis_;
  bool logarithm_;
};

using Kind = ShapedActivation::Kind;

// Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks" (2017).
constexpr float kSeluAlpha = 1.6732632423543772F;
constexpr float kSeluScale = 1.0507009873554805F;

/// The activations after the fused ones and the two softmaxes; Keras's parameters.
struct Entry {
  std::string_view name;
  ShapedActivation f;
};
constexpr std::array kShaped = {
    Entry{"relu6", {.maximum = 6}},
    Entry{"leakyRelu", {.slope = 0.2F}},
    Entry{"elu", {.kind = Kind::kElu, .slope = 1}},
    Entry{"selu", {.kind = Kind::kElu, .slope = kSeluAlpha, .gain = kSeluScale}},
    Entry{"gelu", {.kind = Kind::kGelu}},
    Entry{"swish", {.kind = Kind::kSwish}},
    Entry{"silu", {.kind = Kind::kSwish}},
    Entry{"mish", {.kind = Kind::kMish}},
    Entry{"hardSigmoid", {.maximum = 6, .shift = 3, .gain = 1.0F / 6}},
    Entry{"softplus", {.kind = Kind::kSoftplus}},
    Entry{"softsign", {.kind = Kind::kSoftsign}},
    Entry{"exponential", {.kind = Kind::kExponential}},
};
constexpr std::size_t kSoftmax = kActivationNames.size();
constexpr std::size_t kFirstShaped = kSoftmax + 2;

constexpr auto kNames = [] {
  std::array<std::string_view, kFirstShaped + kShaped.size()> names{};
  std::ranges::copy(kActivationNames, names.begin());
  names[kSoftmax] = "softmax";
  names[kSoftmax + 1] = "logSoftmax";
  for (std::size_t i = 0; i < kShaped.size(); ++i) names[kFirstShaped + i] = kShaped[i].name;
  return names;
}();

float number(Options& options, std::string_view key, double fallback) {
  return static_cast<float>(options.number_or(key, fallback, 0, kMost));
}

}  // namespace

std::span<const std::string_view> activation_names() { return kNames; }

std::unique_ptr<Layer> make_activation_step(const std::string& place, int index) {
  const auto i = static_cast<std::size_t>(index);
  if (i < kSoftmax) return std::make_unique<FusedActivation>(place, static_cast<Activation>(index));
  if (i < kFirstShaped) return std::make_unique<Softmax>(place, i > kSoftmax);
  return std::make_unique<InputActivation>(place, kShaped[i - kFirstShaped].f);
}

LayerChain make_activation(Options& options) {
  const int index = options.choice_or("activation", activation_names(), 0);
  LayerChain chain;
  chain.push_back(make_activation_step(options.place(), index));
  return chain;
}

LayerChain make_elu(Options& options) {
  return chain_of<InputActivation>(
      options.place(), ShapedActivation{.kind = Kind::kElu, .slope = number(options, "alpha", 1)});
}

LayerChain make_leaky_relu(Options& options) {
  return chain_of<InputActivation>(
      options.place(), ShapedActivation{.slope = number(options, "negativeSlope", 0.3)});
}

LayerChain make_relu(Options& options) {
  ShapedActivation f;
  if (is_given(options, "maxValue")) f.maximum = number(options, "maxValue", 0);
  f.slope = number(options, "negativeSlope", 0);
  f.threshold = number(options, "threshold", 0);
  return chain_of<InputActivation>(options.place(), f);
}

LayerChain make_softmax(Options& options) {
  return chain_of<Softmax>(options.place(), LastAxis(options));
}

}  // namespace fovea
