// SPDX-License-Identifier: MIT
// The register tile under every convolution and dense layer, alone, its operands in the first
// cache: nothing that stands on the tile can be faster.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/tile.h"

namespace fovea::bench {

class RegisterTile {
 public:
  static constexpr int kTerms = 256;
  /// Floating-point operations of a tile.
  static constexpr double kOperations = 2.0 * kTileRows * kTileColumns * kTerms;

  /// Computes so many tiles; a number made of all of them. Never inlined: V8 compiles a function
  /// well only once it has been called some times, never in the middle of a loop.
  [[gnu::noinline]] float run(int tiles) const {
    const std::array<std::int32_t, 1> offsets = {0};
    const Taps taps{offsets, kTerms};
    const float* pixel[kTileRows];
    for (int i = 0; i < kTileRows; ++i) pixel[i] = inputs_.data() + i * kTerms;
    float total = 0;
    for (int k = 0; k < tiles; ++k) {
      asm volatile("" : : "r"(weights_.data()) : "memory");  // each tile is computed anew
      Tile<kTileRows, kTileVectors> tile;
      tile.clear();
      add_product(tile, pixel, taps, weights_.data(), kTileColumns);
      // All sums are used, or the compiler would leave some out; but the next tile need not wait.
      Vector sum = zero();
      FOVEA_UNROLL
      for (int i = 0; i < kTileRows; ++i) {
        FOVEA_UNROLL
        for (int v = 0; v < kTileVectors; ++v) sum = maximum(sum, tile.sum[i][v]);
      }
      total += sum_of_lanes(sum);
    }
    return total;
  }

 private:
  std::vector<float> inputs_ = std::vector<float>(kTileRows * kTerms, 0.5F);
  std::vector<float> weights_ = std::vector<float>(kTileColumns * kTerms, 0.25F);
};

}  // namespace fovea::bench
