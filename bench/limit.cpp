// SPDX-License-Identifier: MIT
// The limit: how fast the register tile is. Prints GFLOP/s, the best of many short windows, since a
// limit is what the machine can do when nobody disturbs it.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "bench/register_tile.h"

int main() {
  // A window takes less than a millisecond: one turn on a busy processor.
  constexpr int kTilesPerWindow = 1000;
  constexpr int kWindows = 3000;
  const fovea::bench::RegisterTile tile;
  double best = 0;
  float total = 0;
  for (int window = 0; window < kWindows; ++window) {
    const auto start = std::chrono::steady_clock::now();
    total += tile.run(kTilesPerWindow);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, kTilesPerWindow * tile.kOperations / seconds.count() / 1e9);
  }
  std::printf("{\"gflops\": %.2f, \"sum\": %g}\n", best, static_cast<double>(total));
}
