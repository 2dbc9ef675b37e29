// SPDX-License-Identifier: MIT
// Layers that disturb their input while a model trains, and pass it on otherwise.
// dropout: each input is zero with probability `rate` and the others grow by 1 / (1 - rate).
// Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), also for
// gaussianDropout: inputs times N(1, rate / (1 - rate)). spatialDropout2d drops whole feature maps:
// Tompson, Goroshin, Jain, LeCun and Bregler (2015). gaussianNoise adds N(0, stddev^2).
#include "kernels/noise.h"

#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/geometry.h"
#include "layers/layer_options.h"
#include "layers/random_source.h"
#include "layers/registry.h"

namespace fovea {

namespace {

enum class NoiseKind : std::uint8_t { kDropout, kSpatialDropout, kNoise, kGaussianDropout };

class Noise : public Layer {
 public:
  Noise(Options& options, NoiseKind kind)
      : Layer(options.place()),
        kind_(kind),
        strength_(static_cast<float>(kind == NoiseKind::kNoise
                                         ? options.number("stddev", 0, kLargestDeviation)
                                         : options.number_or("rate", 0.5, 0, kLargestRate))),
        random_(options) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode mode, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    if (kind_ == NoiseKind::kSpatialDropout) check_image(place(), input);
    return {.output = input, .aliases_input = mode == Mode::kInference || strength_ == 0};
  }

  void forward(const ForwardCall& call) const override {
    disturb(call.moment, call.inputs[0], call.output, call.workers);
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    if (kind_ == NoiseKind::kNoise) {
      scale(call.output_gradient.values(), 1, 0, call.input_gradients[0].values());
    } else {
      disturb(call.moment, call.output_gradient, call.input_gradients[0], call.workers);
    }
  }

 private:
  static constexpr double kLargestRate = 0.999999;  // at 1 nothing would be left to scale up
  static constexpr double kLargestDeviation = 1e30;

  void disturb(const Moment& moment, ConstTensorView x, TensorView y, Workers& workers) const {
    const RandomStream stream = random_.stream(RandomUse::kDropout, moment);
    switch (kind_) {
      case NoiseKind::kDropout:
        return dropout(stream, strength_, x.values(), y.values(), workers);
      case NoiseKind::kSpatialDropout:
        return spatial_dropout(stream, strength_, x, y);
      case NoiseKind::kNoise:
        return gaussian_noise(stream, NoiseUse::kAdd, strength_, x, y);
      case NoiseKind::kGaussianDropout:
        return gaussian_noise(stream, NoiseUse::kMultiply, std::sqrt(strength_ / (1 - strength_)),
                              x, y);
    }
  }

  NoiseKind kind_;
  float strength_;
  RandomSource random_;
};

}  // namespace

LayerChain make_dropout(Options& options) { return chain_of<Noise>(options, NoiseKind::kDropout); }

LayerChain make_spatial_dropout2d(Options& options) {
  return chain_of<Noise>(options, NoiseKind::kSpatialDropout);
}

LayerChain make_gaussian_noise(Options& options) {
  return chain_of<Noise>(options, NoiseKind::kNoise);
}

LayerChain make_gaussian_dropout(Options& options) {
  return chain_of<Noise>(options, NoiseKind::kGaussianDropout);
}

}  // namespace fovea
