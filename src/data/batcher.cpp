// SPDX-License-Identifier: MIT
#include "data/batcher.h"

#include <algorithm>
#include <numeric>

#include "core/random.h"

namespace fovea {

Batcher::Batcher(const EpochOrder& order)
    : rows_(static_cast<std::size_t>(std::max(order.to - order.from, 0))),
      batch_size_(static_cast<std::size_t>(order.batch_size)) {
  if (order.shuffle) {
    shuffled(RandomStream(order.seed, RandomUse::kShuffle, order.epoch), rows_);
  } else {
    std::iota(rows_.begin(), rows_.end(), 0U);
  }
  for (std::uint32_t& row : rows_) row += static_cast<std::uint32_t>(order.from);
}

int Batcher::batches() const {
  return static_cast<int>((rows_.size() + batch_size_ - 1) / batch_size_);
}

std::span<const std::uint32_t> Batcher::next() {
  const std::size_t size = std::min(batch_size_, rows_.size() - next_);
  const std::span<const std::uint32_t> batch(rows_.data() + next_, size);
  next_ += size;
  return batch;
}

}  // namespace fovea
