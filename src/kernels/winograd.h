// SPDX-License-Identifier: MIT
// 3x3 convolutions with a quarter of the multiplications: F(4x4, 3x3). A tile of 6x6 inputs and the
// filter are carried over to 36 numbers each, multiplied there (36 small matrix products over all
// tiles), and the result is carried back to 4x4 outputs. Gradients go the same way in the other
// direction, by the transposes of these steps.
// Source: Winograd, "Arithmetic Complexity of Computations" (1980); Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks" (2016).
#pragma once

#include <cstdint>

#include "kernels/geometry.h"
#include "kernels/product.h"
#include "kernels/scratch.h"

namespace fovea {

/// Whether a convolution is computed this way: a matter of its shape alone, and not of the batch.
bool suits_winograd(const Conv2dGeometry& g);

/// Images [rows, columns, channels], one after the other, without a border.
struct ImageSize {
  int rows = 0, columns = 0, channels = 0;  // channels are a multiple of four
  [[nodiscard]] std::ptrdiff_t floats() const { return std::ptrdiff_t{rows} * columns * channels; }
};

/// A 3x3 convolution of stride 1 as tiles of 4x4 outputs, numbered through a batch of images.
struct WinogradGeometry {
  ImageSize input, output;
  int top = 0, left = 0;  // rows and columns of zeros before the image

  explicit WinogradGeometry(const Conv2dGeometry& g);
  [[nodiscard]] int tile_columns() const;
  [[nodiscard]] int tiles() const;  // of an image
  /// Tiles at a time: their numbers stay in the second cache.
  [[nodiscard]] int block() const;
};

/// A filter's numbers wherever they stand: tap t, term k, column c at t * tap_step + k * k_step + c
/// * column_step.
struct WinogradFilter {
  const float* data = nullptr;
  std::ptrdiff_t tap_step = 0, k_step = 0, column_step = 0;
};

/// Floats of a filter that is carried over: 36 packed matrices [terms, columns]. Also enough for
/// the sums of its gradient.
std::int64_t winograd_filter_size(int terms, int columns);
void winograd_filter(const WinogradFilter& filter, int terms, int columns, float* packed);

/// Room for one block of tiles. One for each thread.
struct WinogradRoom {
  WinogradRoom(const WinogradGeometry& g, Scratch& scratch);
  float* inputs;               // [tile, 36, input channels]
  float* outputs;              // [tile, 36, output channels]
  float* patch;                // a tile that reaches over the edge of its image
  std::int32_t* from_offsets;  // of the products' rows
  std::int32_t* to_offsets;
};

struct WinogradCall {
  const float* input = nullptr;
  const float* filter = nullptr;  // carried over
  Epilogue epilogue = {};
  float* output = nullptr;
};

/// Overwrites the outputs of tiles [first, last).
void winograd_forward(const WinogradGeometry& g, const WinogradCall& call, int first, int last,
                      const WinogradRoom& room);

struct WinogradBackwardCall {
  const float* output_gradient = nullptr;
  const float* input = nullptr;
  /// The filter gradient, still carried over, of which winograd_filter_gradient makes the true one.
  /// Null: not wanted.
  float* sums = nullptr;
  const float* filter = nullptr;    // carried over, with terms and columns exchanged
  float* input_gradient = nullptr;  // null: not wanted
};

/// Adds the gradients of tiles [first, last) to sums and input_gradient.
void winograd_backward(const WinogradGeometry& g, const WinogradBackwardCall& call, int first,
                       int last, const WinogradRoom& room);

/// gradient [3, 3, input channels, output channels] from sums.
void winograd_filter_gradient(const WinogradGeometry& g, const float* sums, float* gradient);

}  // namespace fovea
