// SPDX-License-Identifier: MIT
// 3x3 convolutions with a quarter of the multiplications, F(4x4, 3x3): a tile of 6x6 inputs and the
// filter are carried over to 36 numbers each, multiplied there (36 small matrix products over all
// tiles), and the result is carried back to 4x4 outputs.
// Gradients go the same way in the other direction, by the transposes of these steps.
// Source: Winograd, "Arithmetic Complexity of Computations" (1980); Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks" (2016).
#pragma once

#include <cstdint>

#include "kernels/geometry.h"
#include "kernels/product.h"
#include "kernels/scratch.h"
#include "kernels/winograd_tiles.h"

namespace fovea {

/// Whether a convolution, or its gradients, are computed this way: a matter of its shape alone, and
/// not of the batch. Gradients are with fewer channels: the plain sum reads many zeros for them.
bool suits_winograd(const Conv2dGeometry& g);
bool suits_winograd_backward(const Conv2dGeometry& g);
/// Whether its filter, carried over, would take too much room, so that it is done some channels at
/// a time: conv2d_wide.h.
bool is_wide(const Conv2dGeometry& g);

/// A filter's numbers wherever they stand: tap t, term k, column c at t * tap_step + k * k_step + c
/// * column_step. One of the last two is 1, and there are four terms or more.
struct WinogradFilter {
  const float* data = nullptr;
  std::ptrdiff_t tap_step = 0, k_step = 0, column_step = 0;
};

/// Floats of a filter that is carried over: a packed matrix [terms, columns] for each product. Also
/// enough for the sums of its gradient.
std::int64_t winograd_filter_size(const WinogradGeometry& g, int terms, int columns);
void winograd_filter(const WinogradGeometry& g, const WinogradFilter& filter, int terms,
                     int columns, float* packed);

/// Room for one block of tiles. One for each thread.
struct WinogradRoom {
  WinogradRoom(const WinogradGeometry& g, int block, Scratch& scratch);
  float* inputs;   // [tile, products, input channels and up to three numbers more]
  float* outputs;  // [tile, products, output channels and up to three more]
  float* zeros;    // a row of a tile that is outside its image
  WinogradTile* tiles;
  std::int32_t* offsets;  // of the products' rows: two for each tile
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

// Of what both are made. Of a tile: its inputs, or the gradients of its outputs, carried over to
// `to`, and its products carried back from `from`.
namespace winograd {
void carry_inputs(const WinogradGeometry& g, const float* input, const WinogradTile& tile,
                  const float* zeros, float* to);
void carry_gradients(const WinogradGeometry& g, const float* gradient, const WinogradTile& tile,
                     const float* zeros, float* to);
void carry_back(const WinogradGeometry& g, const WinogradCall& call, const WinogradTile& tile,
                const float* from);
void carry_inputs_back(const WinogradGeometry& g, const float* from, const WinogradTile& tile,
                       float* gradient);
/// The products of the block's tiles: to[tile, p, columns] = from[tile, p, terms] * filter[p].
void multiply(const WinogradGeometry& g, const WinogradBlock& block, const float* from,
              const PackedWeights& filter, float* to, std::int32_t* offsets);
/// sums[p, input channels, output channels] += the tiles' inputs times their gradients; of those,
/// `channels` were carried over, and g's are some of them.
void add_products(const WinogradGeometry& g, const WinogradBlock& block, const float* inputs,
                  const float* gradients, int channels, float* sums);
}  // namespace winograd

}  // namespace fovea
