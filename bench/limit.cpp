// SPDX-License-Identifier: MIT
// The limit: the register tile under every convolution and dense layer, alone, its operands in the
// first cache. Nothing that stands on the tile can be faster. Prints GFLOP/s, the best of many
// short windows, since a limit is what the machine can do when nobody disturbs it.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "kernels/tile.h"

namespace {

constexpr int kTerms = 256;
// A window takes less than a millisecond: one turn on a busy processor.
constexpr int kTilesPerWindow = 1000;
constexpr int kWindows = 3000;

using fovea::kTileColumns;
using fovea::kTileRows;
using fovea::kTileVectors;

float one_window(const std::vector<float>& inputs, const std::vector<float>& weights) {
  const std::array<std::int32_t, 1> offsets = {0};
  const fovea::Taps taps{offsets, kTerms};
  const float* pixel[kTileRows];
  for (int i = 0; i < kTileRows; ++i) pixel[i] = inputs.data() + i * kTerms;
  float total = 0;
  for (int k = 0; k < kTilesPerWindow; ++k) {
    asm volatile("" : : "r"(weights.data()) : "memory");  // each tile is computed anew
    fovea::Tile<kTileRows, kTileVectors> tile;
    tile.clear();
    fovea::add_product(tile, pixel, taps, weights.data(), kTileColumns);
    // All sums are used, or the compiler would leave some out; but the next tile need not wait.
    fovea::Vector sum = fovea::zero();
    FOVEA_UNROLL
    for (int i = 0; i < kTileRows; ++i) {
      FOVEA_UNROLL
      for (int v = 0; v < kTileVectors; ++v) sum = fovea::maximum(sum, tile.sum[i][v]);
    }
    total += fovea::sum_of_lanes(sum);
  }
  return total;
}

}  // namespace

int main() {
  const std::vector<float> inputs(kTileRows * kTerms, 0.5F);
  const std::vector<float> weights(kTileColumns * kTerms, 0.25F);
  // Called by a pointer so that nobody inlines it: V8 compiles a function well only once it has
  // been called some times, never in the middle of a loop.
  const auto volatile window_by_pointer = &one_window;
  double best = 0;
  float total = 0;
  for (int window = 0; window < kWindows; ++window) {
    const auto start = std::chrono::steady_clock::now();
    total += window_by_pointer(inputs, weights);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const double operations = 2.0 * kTilesPerWindow * kTileRows * kTileColumns * kTerms;
    best = std::max(best, operations / seconds.count() / 1e9);
  }
  std::printf("{\"gflops\": %.2f, \"sum\": %g}\n", best, static_cast<double>(total));
}
