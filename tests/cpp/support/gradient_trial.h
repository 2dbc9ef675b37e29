// SPDX-License-Identifier: MIT
// Gradients of whole models against central differences: every weight is moved a little and the
// loss looked at, with a tolerance from the rounding of both.
#pragma once

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/small_model.h"
#include "training/recipe.h"

namespace fovea::test {

inline constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// A model with its losses, random data in its inputs and targets, ready to be differentiated.
class GradientTrial {
 public:
  GradientTrial(const std::string& description, const std::string& losses, int batch,
                std::uint32_t seed)
      : small_(description, seed),
        recipe_(parse_recipe("optimizer type=sgd\n" + losses, small_.network())),
        random_(seed) {
    request_ = {.batch = batch,
                .mode = Mode::kTraining,
                .backward = true,
                .losses = recipe_.ports(),
                .slots = 1};
    Plan& plan = model().prepare(request_);
    model().prepare_gradients();
    for (std::size_t i = 0; i < plan.program.inputs.size(); ++i) {
      inputs_.push_back(random_floats(plan.program.inputs[i].shape.size(), 1));
    }
    for (std::size_t i = 0; i < recipe_.losses.size(); ++i)
      targets_.push_back(random_target(i, plan));
    // Biases begin at zero, where a wrong sign would not show. Behind a softmax gradients are
    // small: larger weights bring them up.
    const float gain = description.find("softmax") == std::string::npos ? 1.0F : 2.0F;
    for (std::size_t i = 0; i < network().parameters.size(); ++i) {
      const bool is_bias = network().parameters[i].spec.name == "bias";
      for (float& weight : model().parameter(static_cast<int>(i))) {
        weight = is_bias ? static_cast<float>(random_.next() / 2) : gain * weight;
      }
    }
  }

  Model& model() { return small_.model(); }
  const Network& network() { return small_.network(); }

  /// The loss as training computes it, dropout included.
  double loss() {
    Plan& plan = feed();
    model().forward(plan, kSeed, kMoment);
    return evaluate(plan);
  }

  /// Fills the gradients of all parameters.
  void backward() {
    Plan& plan = feed();
    model().forward(plan, kSeed, kMoment);
    evaluate(plan);
    model().backward(plan, kSeed, kMoment);
  }

  /// How the loss changes with one parameter, by trying, and how far that may be from the truth.
  struct Slope {
    double value = 0;
    double uncertainty = 0;
  };
  Slope slope(int index, std::size_t element, double loss_here, float step_size) {
    const float middle = model().parameter(index)[element];
    const auto loss_at = [&](float distance) {
      // Asked for anew before each change: layers keep things made of their parameters.
      model().parameter(index)[element] = middle + distance;
      const double result = loss();
      model().parameter(index)[element] = middle;
      return result;
    };
    const double step = static_cast<double>(step_size);
    const double above = loss_at(step_size);
    const double below = loss_at(-step_size);
    const double value = (above - below) / (2 * step);
    const double wider = (loss_at(2 * step_size) - loss_at(-2 * step_size)) / (4 * step);
    // Truncation grows with the square of the step: the wider one errs four times as much. A kink
    // of relu or max pooling inside the step shows as a difference of the slopes on its two sides,
    // or two kinks cancel in part.
    const double kink = (above - 2 * loss_here + below) / (2 * step);
    // The loss is a mean of at most a few hundred float sums: eight roundings of its size.
    const double rounding = 8 * kEpsilon * std::max(std::fabs(loss_here), 0.5) / step;
    return {value, std::fabs(value - wider) + 2 * std::fabs(kink) + rounding};
  }

 private:
  static constexpr std::uint32_t kSeed = 5;
  static constexpr std::uint32_t kMoment = 3;

  std::vector<float> random_floats(std::int64_t count, double scale) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random_.next() * scale);
    return values;
  }

  std::vector<float> random_target(std::size_t index, const Plan& plan) {
    const LossOperands& loss = plan.program.losses[index];
    std::vector<float> target = random_floats(loss.target.shape.size(), 1);
    if (recipe_.ports()[index].sparse_target) {
      for (float& label : target)
        label = static_cast<float>(random_.integer(0, loss.prediction.shape[-1] - 1));
    } else if (recipe_.losses[index]->name() == "categoricalCrossentropy" ||
               recipe_.losses[index]->name() == "focal" ||
               recipe_.losses[index]->name() == "binaryCrossentropy" ||
               recipe_.losses[index]->name() == "dice") {
      for (float& label : target) label = std::fabs(label);
    }
    return target;
  }

  Plan& feed() {
    Plan& plan = model().prepare(request_);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      std::ranges::copy(inputs_[i], model().input(plan, static_cast<int>(i)).data);
    }
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      std::ranges::copy(targets_[i], model().loss(plan, static_cast<int>(i)).target.data);
    }
    return plan;
  }

  double evaluate(const Plan& plan) {
    double total = model().activity_penalty(plan);
    for (std::size_t i = 0; i < recipe_.losses.size(); ++i) {
      const LossViews views = model().loss(plan, static_cast<int>(i));
      total += recipe_.losses[i]->evaluate(
          {views.prediction, views.target, views.gradient, views.reads_logits});
    }
    return total;
  }

  SmallModel small_;
  Recipe recipe_;
  RandomValues random_;
  CompileRequest request_;
  std::vector<std::vector<float>> inputs_, targets_;
};

/// Compares every parameter's gradient (of large tensors, some sixty) with the slope of the loss.
inline void check_gradients(const std::string& description, const std::string& losses,
                            std::uint32_t seed = 1, int batch = 3) {
  GradientTrial trial("model name=m " + description, losses, batch, seed);
  const bool kinked =
      description.find("relu") != std::string::npos || description.find("max") != std::string::npos;
  const float step = kinked ? 0x1p-9F : 0x1p-7F;
  trial.backward();
  const double loss_here = trial.loss();
  int sharp = 0;
  int checked = 0;
  for (std::size_t i = 0; i < trial.network().parameters.size(); ++i) {
    const int index = static_cast<int>(i);
    if (!trial.network().parameters[i].spec.trainable) continue;
    const std::vector<float> gradient = copy_of(trial.model().parameter_gradient(index));
    const std::size_t stride = std::max<std::size_t>(gradient.size() / 60, 1);
    double largest = 0;
    for (const float g : gradient) largest = std::max(largest, static_cast<double>(std::fabs(g)));
    for (std::size_t k = 0; k < gradient.size(); k += stride) {
      const GradientTrial::Slope slope = trial.slope(index, k, loss_here, step);
      INFO(trial.network().parameters[i].name << '[' << k << "]: gradient " << gradient[k]
                                              << ", by trying " << slope.value << " +- "
                                              << slope.uncertainty);
      CHECK(std::fabs(static_cast<double>(gradient[k]) - slope.value) <= slope.uncertainty);
      sharp += slope.uncertainty < 0.1 * largest ? 1 : 0;
      ++checked;
    }
  }
  // A kink makes an element's tolerance wide: few may be.
  INFO(sharp << " of " << checked << " tolerances are sharp");
  CHECK(sharp >= checked * 8 / 10);
}

inline const std::string kSparseLogits = "loss type=sparseCategoricalCrossentropy fromLogits=true";

}  // namespace fovea::test
