// SPDX-License-Identifier: MIT
// One layer without parameters, run by itself: its inputs, outputs and gradients between guard
// bands, its gradients against central differences.
#pragma once

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "core/random.h"
#include "graph/model_spec.h"
#include "layers/registry.h"
#include "tests/cpp/support/buffers.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/workers.h"

namespace fovea::test {

class LayerTrial {
 public:
  /// `description`: type and options, "permute dims=2,1". `rows`: the inputs without the batch.
  LayerTrial(const std::string& description, const std::vector<Shape>& rows, int batch,
             Mode mode = Mode::kTraining)
      : mode_(mode) {
    DescriptionLine line = parse_description(description).at(0);
    Options options(line.type, line.options);
    chain_ = make_layers(line.type, options);
    REQUIRE(chain_.size() == 1);
    for (const Shape& row : rows) {
      shapes_.push_back(row.with_batch(batch));
      inputs_.emplace_back(static_cast<std::size_t>(shapes_.back().size()));
    }
    plan_ = layer().plan(shapes_, mode_, 1);
  }

  [[nodiscard]] const Shape& output_shape() const { return plan_.output; }
  [[nodiscard]] const LayerPlan& plan() const { return plan_; }
  std::vector<float>& input(std::size_t i) { return inputs_[i]; }
  [[nodiscard]] const std::vector<float>& gradient(std::size_t i) const { return gradients_[i]; }
  Moment& moment() { return moment_; }

  std::vector<float> forward(Workers& workers = one_thread()) {
    if (plan_.aliases_input) return output_ = inputs_[0];
    Output output(static_cast<std::size_t>(plan_.output.size()));
    std::vector<float> scratch(static_cast<std::size_t>(plan_.forward_scratch));
    layer().forward({.inputs = views(),
                     .parameters = {},
                     .output = output.view(plan_.output),
                     .scratch = scratch,
                     .saved = {},
                     .statistics = {},
                     .mode = mode_,
                     .moment = moment_,
                     .workers = workers});
    expect_intact("forward", "output", output);
    return output_ = copy_of(output.values());
  }

  /// After forward.
  void backward(const std::vector<float>& output_gradient, Workers& workers = one_thread()) {
    gradients_.clear();
    if (plan_.aliases_input) {
      gradients_.push_back(output_gradient);
      return;
    }
    std::vector<Output> outputs;
    for (const std::vector<float>& input : inputs_) outputs.emplace_back(input.size());
    std::vector<TensorView> gradients;
    for (std::size_t i = 0; i < outputs.size(); ++i)
      gradients.push_back(outputs[i].view(shapes_[i]));
    std::vector<float> scratch(static_cast<std::size_t>(plan_.backward_scratch));
    // What the plan does not ask for is not there any more.
    std::vector<ConstTensorView> inputs = views();
    if (!plan_.backward_reads_input) {
      for (ConstTensorView& view : inputs) view.data = nullptr;
    }
    layer().backward(
        {.inputs = inputs,
         .parameters = {},
         .output = {plan_.backward_reads_output ? output_.data() : nullptr, plan_.output},
         .output_gradient = {output_gradient.data(), plan_.output},
         .input_gradients = gradients,
         .parameter_gradients = {},
         .scratch = scratch,
         .saved = {},
         .mode = mode_,
         .moment = moment_,
         .workers = workers});
    for (Output& output : outputs) {
      expect_intact("backward", "gradient", output);
      gradients_.push_back(copy_of(output.values()));
    }
  }

  /// Of the sum of output * random numbers, by small steps. Inputs are a shuffled grid, so that no
  /// two are as near as a step: no kink of a maximum lies inside one.
  void check_gradients(std::uint32_t seed, float low = -1, float high = 1) {
    RandomValues random(seed);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      std::vector<float>& input = inputs_[i];
      const float spacing = (high - low) / static_cast<float>(input.size());
      std::vector<std::uint32_t> order(input.size());
      shuffled(RandomStream(seed, RandomUse::kShuffle, static_cast<std::uint32_t>(i)), order);
      for (std::size_t k = 0; k < input.size(); ++k) {
        input[k] = low + spacing * (static_cast<float>(order[k]) + static_cast<float>(i) / 3);
      }
    }
    const std::vector<double> weights = random.values(forward().size());
    backward({weights.begin(), weights.end()});
    const std::vector<std::vector<float>> gradients = gradients_;
    const auto loss = [&] {
      const std::vector<float> y = forward();
      double sum = 0;
      for (std::size_t i = 0; i < y.size(); ++i) sum += static_cast<double>(y[i]) * weights[i];
      return sum;
    };
    constexpr float kStep = 0x1p-8F;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      for (std::size_t k = 0; k < inputs_[i].size(); ++k) {
        const float x = inputs_[i][k];
        inputs_[i][k] = x + kStep;
        const double above = loss();
        inputs_[i][k] = x - kStep;
        const double below = loss();
        inputs_[i][k] = x;
        INFO("input " << i << '[' << k << ']');
        // Outputs of size 4 round by 2^-22; some thirty of them depend on one input.
        const double slope = (above - below) / (2 * static_cast<double>(kStep));
        CHECK(std::fabs(static_cast<double>(gradients[i][k]) - slope) < 2e-3);
      }
    }
  }

 private:
  [[nodiscard]] const Layer& layer() const { return *chain_[0]; }
  [[nodiscard]] std::vector<ConstTensorView> views() const {
    std::vector<ConstTensorView> views;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      views.emplace_back(inputs_[i].data(), shapes_[i]);
    return views;
  }

  Mode mode_;
  LayerChain chain_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<float>> inputs_, gradients_;
  std::vector<float> output_;
  LayerPlan plan_;
  Moment moment_{.seed = 7, .step = 3, .layer = 2};
};

}  // namespace fovea::test
