// SPDX-License-Identifier: MIT
// The limit: how fast the register tile is. Prints GFLOP/s, the best of many short windows, since a
// limit is what the machine can do when nobody disturbs it.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "bench/register_tile.h"

namespace {

float run(const fovea::bench::RegisterTile& tile, int tiles) { return tile.run(tiles); }

}  // namespace

int main() {
  // A window takes less than a millisecond: one turn on a busy processor.
  constexpr int kTilesPerWindow = 1000;
  constexpr int kWindows = 3000;
  const fovea::bench::RegisterTile tile;
  // Called by a pointer so that nobody makes it a part of this loop: V8 compiles a function well
  // only once it has been called some times.
  const auto volatile run_by_pointer = &run;
  double best = 0;
  float total = 0;
  for (int window = 0; window < kWindows; ++window) {
    const auto start = std::chrono::steady_clock::now();
    total += run_by_pointer(tile, kTilesPerWindow);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, kTilesPerWindow * tile.kOperations / seconds.count() / 1e9);
  }
  std::printf("{\"gflops\": %.2f, \"sum\": %g}\n", best, static_cast<double>(total));
}
