// SPDX-License-Identifier: MIT
// The size table that every window kernel (convolution, pooling) is tested over, each case in the
// library's words and in the slow twin's.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/text.h"
#include "kernels/geometry.h"
#include "tests/reference/window.h"

namespace fovea::test {

/// 1, lanes - 1, lanes, lanes + 1, 2 * lanes + 3.
inline constexpr std::array<int, 5> kSizes = {1, 3, 4, 5, 11};
inline constexpr std::array<int, 5> kChannels = {1, 3, 4, 5, 8};

struct WindowCase {
  std::string place;
  int batch = 1;
  int channels = 1;
  Window window;
  reference::Axis rows, columns;  // the same, with its padding in numbers

  [[nodiscard]] Shape input() const { return {batch, rows.input, columns.input, channels}; }
};

/// What a case is made from: one size for both axes of the kernel, or two.
struct WindowRecipe {
  int batch = 1, channels = 1;
  std::array<int, 2> image = {1, 1}, kernel = {1, 1}, stride = {1, 1}, dilation = {1, 1};
  Padding padding;
};

inline Padding same() { return {.kind = Padding::Kind::kSame}; }
inline Padding sides(int top, int bottom, int left, int right) {
  return {
      .kind = Padding::Kind::kExplicit, .top = top, .bottom = bottom, .left = left, .right = right};
}

inline std::string padding_text(const Padding& padding) {
  if (padding.kind == Padding::Kind::kSame) return "same";
  if (padding.kind == Padding::Kind::kValid) return "valid";
  return concat("pad ", padding.top, ' ', padding.bottom, ' ', padding.left, ' ', padding.right);
}

inline WindowCase window_case(const WindowRecipe& r) {
  WindowCase c;
  c.batch = r.batch;
  c.channels = r.channels;
  c.window = {.height = r.kernel[0],
              .width = r.kernel[1],
              .row_stride = r.stride[0],
              .column_stride = r.stride[1],
              .row_dilation = r.dilation[0],
              .column_dilation = r.dilation[1],
              .padding = r.padding};
  c.rows = {r.image[0], r.kernel[0], r.stride[0], r.dilation[0], r.padding.top, r.padding.bottom};
  c.columns = {r.image[1],    r.kernel[1],    r.stride[1],
               r.dilation[1], r.padding.left, r.padding.right};
  if (r.padding.kind == Padding::Kind::kSame) {
    c.rows = same_padded(c.rows);
    c.columns = same_padded(c.columns);
  }
  c.place = concat(r.kernel[0], 'x', r.kernel[1], " s", r.stride[0], r.stride[1], " d",
                   r.dilation[0], r.dilation[1], ' ', padding_text(r.padding), ", N=", r.batch,
                   " image ", r.image[0], 'x', r.image[1], " C=", r.channels);
  return c;
}

inline bool fits(const reference::Axis& axis) {
  return axis.input + axis.before + axis.after >= axis.dilation * (axis.size - 1) + 1;
}

/// Pooling has no dilation and no explicit padding.
enum class TableFor { kConvolution, kPooling };

/// Every kernel with every stride, dilation, padding, batch and height; widths and channels change
/// from case to case.
inline std::vector<WindowCase> window_table(TableFor use) {
  const std::array<std::array<int, 2>, 5> kernels = {{{1, 1}, {3, 3}, {2, 3}, {4, 4}, {5, 1}}};
  const std::array<std::array<int, 2>, 4> strides = {{{1, 1}, {2, 2}, {3, 3}, {2, 1}}};
  std::vector<std::array<int, 2>> dilations = {{1, 1}};
  std::vector<Padding> paddings = {{}, same()};
  if (use == TableFor::kConvolution) {
    dilations.insert(dilations.end(), {{2, 2}, {1, 2}});
    paddings.insert(paddings.end(), {sides(1, 1, 1, 1), sides(0, 2, 3, 1), sides(4, 0, 0, 5)});
  }
  std::vector<WindowRecipe> recipes = {{}};
  const auto multiply = [&recipes](const auto& choices, const auto& choose) {
    std::vector<WindowRecipe> product;
    for (const WindowRecipe& recipe : recipes) {
      for (const auto& choice : choices) choose(product.emplace_back(recipe), choice);
    }
    recipes = product;
  };
  multiply(kernels, [](WindowRecipe& r, const auto& kernel) { r.kernel = kernel; });
  multiply(strides, [](WindowRecipe& r, const auto& stride) { r.stride = stride; });
  multiply(dilations, [](WindowRecipe& r, const auto& dilation) { r.dilation = dilation; });
  multiply(paddings, [](WindowRecipe& r, const Padding& padding) { r.padding = padding; });
  multiply(std::array{1, 3}, [](WindowRecipe& r, int batch) { r.batch = batch; });
  multiply(kSizes, [](WindowRecipe& r, int height) { r.image[0] = height; });

  std::vector<WindowCase> cases;
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    recipes[i].image[1] = kSizes[i / 3 % 5];
    recipes[i].channels = kChannels[i / 2 % 5];
    const WindowCase c = window_case(recipes[i]);
    if (fits(c.rows) && fits(c.columns)) cases.push_back(c);
  }
  return cases;
}

}  // namespace fovea::test
