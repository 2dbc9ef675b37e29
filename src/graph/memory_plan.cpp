// SPDX-License-Identifier: MIT
#include "graph/memory_plan.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace fovea {

namespace {

bool live_together(const BufferLife& a, const BufferLife& b) {
  return a.first <= b.last && b.first <= a.last;
}

std::int64_t lower_bound_of(std::span<const BufferLife> buffers) {
  std::int64_t bound = 0;
  for (const BufferLife& moment :
       buffers) {  // a maximum is reached where some buffer begins to live
    std::int64_t live = 0;
    for (const BufferLife& other : buffers) {
      if (other.first <= moment.first && moment.first <= other.last) live += other.size;
    }
    bound = std::max(bound, live);
  }
  return bound;
}

/// The larger, the earlier it is placed: plain size, or size times duration.
enum class Weight : bool { kSize, kSizeTimesDuration };

std::int64_t weight_of(const BufferLife& buffer, Weight weight) {
  return weight == Weight::kSize ? buffer.size : buffer.size * (buffer.last - buffer.first + 1);
}

/// By insertion: there are hundreds of buffers, not millions, and the standard library's stable
/// sort is longer than all else here. Of equals the earlier.
std::vector<std::size_t> order_by(Weight weight, std::span<const BufferLife> buffers) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    auto at = order.end();
    while (at != order.begin() &&
           weight_of(buffers[*(at - 1)], weight) < weight_of(buffers[i], weight)) {
      --at;
    }
    order.insert(at, i);
  }
  return order;
}

MemoryPlan place(std::span<const BufferLife> buffers, std::span<const std::size_t> order) {
  MemoryPlan plan{.offsets = std::vector<std::int64_t>(buffers.size())};
  std::vector<std::size_t> placed;  // in order of their offsets
  for (const std::size_t index : order) {
    const BufferLife& buffer = buffers[index];
    std::int64_t best_offset = -1;
    std::int64_t best_gap = INT64_MAX;
    std::int64_t free_from = 0;
    for (const std::size_t other : placed) {
      if (!live_together(buffer, buffers[other])) continue;
      const std::int64_t gap = plan.offsets[other] - free_from;
      if (gap >= buffer.size && gap < best_gap) {
        best_gap = gap;
        best_offset = free_from;
      }
      free_from = std::max(free_from, plan.offsets[other] + buffers[other].size);
    }
    const std::int64_t offset = best_offset >= 0 ? best_offset : free_from;
    plan.offsets[index] = offset;
    plan.size = std::max(plan.size, offset + buffer.size);
    placed.insert(std::ranges::upper_bound(placed, offset, {},
                                           [&](std::size_t i) { return plan.offsets[i]; }),
                  index);
  }
  return plan;
}

}  // namespace

MemoryPlan plan_memory(std::span<const BufferLife> given, std::int64_t alignment) {
  std::vector<BufferLife> buffers(given.begin(), given.end());
  for (BufferLife& buffer : buffers)
    buffer.size = (buffer.size + alignment - 1) / alignment * alignment;
  MemoryPlan plan = place(buffers, order_by(Weight::kSize, buffers));
  MemoryPlan other = place(buffers, order_by(Weight::kSizeTimesDuration, buffers));
  if (other.size < plan.size) plan = std::move(other);
  plan.lower_bound = lower_bound_of(buffers);
  return plan;
}

}  // namespace fovea
