// SPDX-License-Identifier: MIT
// randomContrast, randomBrightness and randomErasing: each image gets other values. Options and
// formulas are Keras 3's, valueRange but for its default.
// Source of erasing: Zhong, Zheng, Kang, Li and Yang (2020).
#include <algorithm>
#include <cmath>

#include "kernels/normal.h"
#include "kernels/tone.h"
#include "layers/augmentation.h"
#include "layers/registry.h"

namespace fovea {

namespace {

class RandomTone : public Augmentation {
 public:
  RandomTone(Options& options, bool contrast)
      : Augmentation(options),
        contrast_(contrast),
        factor_(contrast ? read_contrast(options) : read_interval(options, "factor", -1, 1)),
        range_(read_value_range(options)) {}

 protected:
  void change(const Images& image, const Chance& chance) const override {
    const double drawn = factor_.at(chance.draws[0]);
    Tone tone{.about_mean = contrast_,
              .low = static_cast<float>(range_.low),
              .high = static_cast<float>(range_.high)};
    if (contrast_) {
      tone.factor = static_cast<float>(drawn);
    } else {
      tone.offset = static_cast<float>(drawn * (range_.high - range_.low));
    }
    if (image.output_gradient) {
      tone_backward(tone, image.input, image.output_gradient, image.result);
    } else {
      tone_forward(tone, image.input, image.result);
    }
  }
  [[nodiscard]] bool backward_reads_input() const override { return true; }

 private:
  /// [lower, upper] means a factor from 1 - lower to 1 + upper; one number is both, as Keras's
  /// documentation has it (its code takes 0 for the lower one).
  static Interval read_contrast(Options& options) {
    const std::vector<double> factor = options.range_or("factor", {}, 0, 1);
    return {1 - factor.front(), 1 + factor.back()};
  }

  bool contrast_;
  Interval factor_, range_;
};

class RandomErasing : public Augmentation {
 public:
  explicit RandomErasing(Options& options)
      : Augmentation(options),
        factor_(read_interval(options, "factor", 0, 1, {1})),
        scale_(read_interval(options, "scale", 0, 1, {0.02, 0.33})),
        fills_with_noise_(!options.given("fillValue")),
        range_(read_value_range(options)) {
    if (!fills_with_noise_) {
      fill_value_ = clipped(options.number("fillValue", -kLargest, kLargest));
    }
  }

 protected:
  void change(const Images& image, const Chance& chance) const override {
    const ConstTensorView& from = image.output_gradient ? image.output_gradient : image.input;
    std::ranges::copy(from.values(), image.result.values().begin());
    const auto& draws = chance.draws;
    if (draws[5] >= static_cast<float>(factor_.at(draws[4]))) return;
    const Range rows = range(image.result.shape[0], draws[0], draws[1]);
    const Range columns = range(image.result.shape[1], draws[2], draws[3]);
    const int channels = image.result.shape[2];
    for (int h = rows.first; h < rows.last; ++h) {
      const int row = h * image.result.shape[1];
      for (int i = (row + columns.first) * channels; i < (row + columns.last) * channels; ++i) {
        image.result.data[i] = image.output_gradient ? 0 : fill(chance, i);
      }
    }
  }

 private:
  static constexpr double kLargest = 1e30;

  struct Range {
    int first, last;
  };
  /// The rows or columns of the patch: sqrt(scale) of them, anywhere inside.
  [[nodiscard]] Range range(int size, float scale_draw, float start_draw) const {
    const double length = std::sqrt(scale_.at(scale_draw)) * size;
    const double start = static_cast<double>(start_draw) * (size - length);
    return {static_cast<int>(std::ceil(start)),
            std::min(size, static_cast<int>(std::ceil(start + length)))};
  }
  [[nodiscard]] float clipped(double value) const {
    return static_cast<float>(std::clamp(value, range_.low, range_.high));
  }
  /// The given value, or N(0, 1) times the largest one, both inside the range.
  [[nodiscard]] float fill(const Chance& chance, int i) const {
    if (!fills_with_noise_) return fill_value_;
    const auto at = static_cast<std::size_t>(i);
    const float normal = normal_block(chance.noise, chance.first_noise + at / 4)[at % 4];
    return clipped(static_cast<double>(normal) * range_.high);
  }

  Interval factor_, scale_;
  bool fills_with_noise_;
  float fill_value_ = 0;
  Interval range_;
};

}  // namespace

LayerChain make_random_contrast(Options& options) { return chain_of<RandomTone>(options, true); }

LayerChain make_random_brightness(Options& options) { return chain_of<RandomTone>(options, false); }

LayerChain make_random_erasing(Options& options) { return chain_of<RandomErasing>(options); }

}  // namespace fovea
