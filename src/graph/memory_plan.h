// SPDX-License-Identifier: MIT
// Places buffers with known lifetimes into one arena so that no two live buffers overlap. Largest
// first (in floats, or in floats times duration, whichever comes out smaller), smallest gap that
// fits: simple, deterministic, and near the lower bound for convolutional networks. It knows
// nothing of networks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fovea {

/// A buffer that holds a value from instruction `first` to instruction `last`, both included.
struct BufferLife {
  std::int64_t size = 0;  // floats
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets;  // of each buffer, in floats
  std::int64_t size = 0;              // of the arena
  std::int64_t lower_bound =
      0;  // the largest sum of simultaneously live buffers: no plan can be smaller
};

/// Offsets are multiples of `alignment` floats.
MemoryPlan plan_memory(std::span<const BufferLife> buffers, std::int64_t alignment = 16);

}  // namespace fovea
