// SPDX-License-Identifier: MIT
// What layers share that change every image of a batch by chance while a model trains, and pass
// images on otherwise.
#pragma once

#include <array>

#include "kernels/geometry.h"
#include "layers/layer_options.h"
#include "layers/random_source.h"

namespace fovea {

/// From where to where a number is drawn.
struct Interval {
  double low, high;
  [[nodiscard]] double at(float share) const {
    return low + (high - low) * static_cast<double>(share);
  }
};

/// A number or [low, high]; a number f alone means [-|f|, |f|], where `minimum` is 0 [0, f]
/// (Keras).
Interval read_interval(Options& options, std::string_view key, double minimum, double maximum,
                       std::vector<double> fallback = {});

/// Option valueRange: the least and the largest value of a pixel. Keras's default is [0, 255]; here
/// bytes become numbers from 0 to 1 where they enter, so it is [0, 1].
Interval read_value_range(Options& options);

class Augmentation : public Layer {
 public:
  explicit Augmentation(Options& options) : Layer(options.place()), random_(options) {}

  LayerPlan plan(std::span<const Shape> inputs, Mode mode, int /*slots*/) const override {
    const Shape& input = only_input(place(), inputs);
    check_image(place(), input);
    return {.output = input,
            .aliases_input = mode == Mode::kInference,
            .backward_reads_input = backward_reads_input()};
  }
  void forward(const ForwardCall& call) const override {
    run({.input = call.inputs[0], .output_gradient = {}, .result = call.output}, call.moment,
        call.workers);
  }
  void backward(const BackwardCall& call) const override {
    if (!call.input_gradients[0]) return;
    run({.input = backward_reads_input() ? call.inputs[0] : ConstTensorView(),
         .output_gradient = call.output_gradient,
         .result = call.input_gradients[0]},
        call.moment, call.workers);
  }

 protected:
  /// Images, or one of them, to be changed or, backwards, to have their gradient found.
  struct Images {
    ConstTensorView input;            // backwards null unless backward_reads_input
    ConstTensorView output_gradient;  // forwards null
    TensorView result;                // the output, or the input's gradient
  };
  /// The chances of one image in one step, always the same ones.
  struct Chance {
    std::array<float, 8> draws;  // in [0, 1)
    RandomStream noise;          // for more: its blocks from first_noise on
    std::uint64_t first_noise;
  };
  virtual void change(const Images& image, const Chance& chance) const = 0;
  [[nodiscard]] virtual bool backward_reads_input() const { return false; }

 private:
  void run(const Images& batch, const Moment& moment, Workers& workers) const;

  RandomSource random_;
};

}  // namespace fovea
