// SPDX-License-Identifier: MIT
// Matrix products over large weights, which pass through the caches once: a block of weights is
// rearranged into panels of 8 columns, [terms, 8] each, that stay in the second-level cache (a
// panel in the first) while all rows of the batch pass over them. Every sum is one chain in the
// order of its terms, however it is cut, so that a row's result does not depend on its batch.
#pragma once

#include <cstddef>

#include "kernels/tile.h"

namespace fovea {

inline constexpr int kPanel = kTileColumns;

/// The parts of a block: terms of a sum, and panels.
inline constexpr int kBlockTerms = 256;
inline constexpr int kBlockPanels = 16;
inline constexpr int kBlockFloats = kBlockTerms * kBlockPanels * kPanel;

inline int panels_of(int columns) { return (columns + kPanel - 1) / kPanel; }

/// A matrix of rows, `step` floats from one to the next.
template <class Number>
struct Rows {
  Number* data = nullptr;
  std::ptrdiff_t step = 0;
  int rows = 0;
  int columns = 0;

  [[nodiscard]] Number* row(int i) const { return data + i * step; }
};

/// panels[p][row][8] = from[row, 8 p + ...]; missing columns are zero.
void pack_panels(const Rows<const float>& from, float* panels);

/// panel[column][8] = from[0 to 7, column]; missing rows are zero: one panel of the transposed.
void pack_transposed(const Rows<const float>& from, float* panel);

/// Which terms of its sums a product adds, and what happens to a finished sum. A bias of -0 counts
/// as +0, so that no sum is -0: whether a zero is left out shows in nothing else (a fused product
/// that underflows may be -0, which the next +0 takes away).
struct SumPart {
  bool first = true;            // begins at zero instead of at what the output holds
  bool last = true;             // adds the bias, and applies relu
  const float* bias = nullptr;  // of the output's columns
  bool relu = false;
};

/// output += input * panels: input [rows, terms], panels [panel][terms][8], output [rows, columns].
void multiply_panels(const Rows<const float>& input, const float* panels, const SumPart& part,
                     const Rows<float>& output);

/// Below this many rows, rearranging the weights costs more than it saves.
inline constexpr int kRowsWorthPacking = 6;

/// zeros[k] = sum over columns of 0 * weights[k, column]: 0, or NaN where one is not finite.
void zero_products(const Rows<const float>& weights, float* zeros);

/// The same for weights [terms, columns] as they stand: for fewer rows than kRowsWorthPacking, when
/// every weight is used but a few times and what counts is to read them once, or not at all: given
/// `zeros` of the weights, leaves out what a zero in the input multiplies, which is a third of them
/// or more after a relu and adds nothing. Begins the sums and ends them.
void multiply_few(const Rows<const float>& input, const Rows<const float>& weights,
                  const float* zeros, const SumPart& part, const Rows<float>& output);

/// output[k, column] = sum over rows of input[row, k] * gradient[row, column], the gradient as
/// panels [panel][rows][8]. `scratch` holds input.rows * kTileRows floats.
void multiply_transposed(const Rows<const float>& input, const float* gradient_panels,
                         const Rows<float>& output, float* scratch);

}  // namespace fovea
