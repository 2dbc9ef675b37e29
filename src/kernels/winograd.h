// SPDX-License-Identifier: MIT
// Convolutions with a fraction of the multiplications: F(4x4, 3x3), a quarter, and F(2x2, 5x5), a
// third. A tile of 6x6 inputs and the filter are carried over to 36 numbers each, multiplied there
// (36 small matrix products over all tiles), and the result is carried back to 4x4 or 2x2 outputs.
// Gradients go the same way in the other direction, by the transposes of these steps.
// Source: Winograd, "Arithmetic Complexity of Computations" (1980); Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks" (2016).
#pragma once

#include <cstdint>

#include "kernels/geometry.h"
#include "kernels/product.h"
#include "kernels/scratch.h"

namespace fovea {

/// Whether a convolution, or its gradients, are computed this way: a matter of its shape alone, and
/// not of the batch. Gradients are with fewer channels: the plain sum reads many zeros for them.
bool suits_winograd(const Conv2dGeometry& g);
bool suits_winograd_backward(const Conv2dGeometry& g);

/// Images [rows, columns, channels], one after the other, without a border.
struct ImageSize {
  int rows = 0, columns = 0, channels = 0;  // four channels or more
  [[nodiscard]] std::ptrdiff_t floats() const { return std::ptrdiff_t{rows} * columns * channels; }
};

/// A convolution of stride 1 as tiles of outputs, numbered through a batch of images.
struct WinogradGeometry {
  ImageSize input, output;
  int taps = 3;           // along each axis: 3 or 5
  int top = 0, left = 0;  // rows and columns of zeros before the image

  explicit WinogradGeometry(const Conv2dGeometry& g);
  [[nodiscard]] int tile_outputs() const;  // along each axis
  [[nodiscard]] int tile_columns() const;
  [[nodiscard]] int tiles() const;  // of an image
  /// Tiles at a time: their numbers stay in the second cache.
  [[nodiscard]] int block() const;
  /// Backward, where each block is added to a filter's worth of sums, more are better.
  [[nodiscard]] int backward_block() const;
};

/// A filter's numbers wherever they stand: tap t, term k, column c at t * tap_step + k * k_step + c
/// * column_step.
struct WinogradFilter {
  const float* data = nullptr;
  int taps = 3;
  std::ptrdiff_t tap_step = 0, k_step = 0, column_step = 0;
};

/// Floats of a filter that is carried over: 36 packed matrices [terms, columns]. Also enough for
/// the sums of its gradient.
std::int64_t winograd_filter_size(int terms, int columns);
void winograd_filter(const WinogradFilter& filter, int terms, int columns, float* packed);

/// Room for one block of tiles. One for each thread.
struct WinogradRoom {
  WinogradRoom(const WinogradGeometry& g, int block, Scratch& scratch);
  float* inputs;               // [tile, 36, input channels and up to three numbers more]
  float* outputs;              // [tile, 36, output channels and up to three more]
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

/// gradient [taps, taps, input channels, output channels] from sums.
void winograd_filter_gradient(const WinogradGeometry& g, const float* sums, float* gradient);

}  // namespace fovea
