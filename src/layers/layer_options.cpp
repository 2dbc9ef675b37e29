// SPDX-License-Identifier: MIT
#include "layers/layer_options.h"

#include <algorithm>

namespace fovea {

namespace {

Padding read_padding(Options& options, bool explicit_padding) {
  constexpr std::array<std::string_view, 2> kWords = {"valid", "same"};
  constexpr std::array<std::size_t, 2> kCounts = {1, 4};
  const std::string_view text = options.text("padding");
  Padding padding;
  if (text.empty() || !explicit_padding || std::ranges::find(kWords, text) != kWords.end()) {
    padding.kind =
        options.choice_or("padding", kWords, 0) == 0 ? Padding::Kind::kValid : Padding::Kind::kSame;
    return padding;
  }
  const std::vector<int> sides = options.integers(
      "padding", 0, "\"valid\", \"same\", a number or [[top, bottom], [left, right]]", kCounts);
  padding.kind = Padding::Kind::kExplicit;
  if (sides.size() == 1) {
    padding.top = padding.bottom = padding.left = padding.right = sides[0];
  } else {
    padding.top = sides[0];
    padding.bottom = sides[1];
    padding.left = sides[2];
    padding.right = sides[3];
  }
  return padding;
}

}  // namespace

Window read_window(Options& options, const WindowOptions& what) {
  Window window;
  const std::array<int, 2> size =
      what.default_size == 0
          ? options.pair(what.size_key, 1)
          : options.pair_or(what.size_key, {what.default_size, what.default_size}, 1);
  window.height = size[0];
  window.width = size[1];
  const std::array<int, 2> strides =
      options.pair_or("strides", what.strides_default_to_size ? size : std::array{1, 1}, 1);
  window.row_stride = strides[0];
  window.column_stride = strides[1];
  window.padding = read_padding(options, what.explicit_padding);
  if (what.dilation) {
    const std::array<int, 2> dilation = options.pair_or("dilationRate", {1, 1}, 1);
    window.row_dilation = dilation[0];
    window.column_dilation = dilation[1];
  }
  return window;
}

bool is_given(Options& options, std::string_view key) {
  const std::string_view text = options.text(key);
  if (!text.empty() && text != "none") return true;
  options.word_or(key, "none");
  return false;
}

ActivationOption read_activation(Options& options, bool fuses) {
  const int chosen = options.choice_or("activation", activation_names(), 0);
  ActivationOption option{.activity = read_regularizer(options, "activityRegularizer")};
  if (fuses && chosen < static_cast<int>(kActivationNames.size())) {
    option.fused = static_cast<Activation>(chosen);
  } else if (chosen > 0) {
    option.step = chosen;
  }
  return option;
}

void add_steps(LayerChain& chain, const std::string& place, const ActivationOption& activation) {
  if (activation.step >= 0) chain.push_back(make_activation_step(place, activation.step));
  if (activation.activity.exists()) chain.push_back(make_activity_step(place, activation.activity));
}

}  // namespace fovea
