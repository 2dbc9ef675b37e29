// SPDX-License-Identifier: MIT
// Deals the rows of an epoch in batches. The order is a function of seed and epoch, so an epoch can
// be dealt again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fovea {

struct EpochOrder {
  int from = 0, to = 0;  // rows [from, to) of the data
  int batch_size = 32;
  bool shuffle = false;
  std::uint32_t seed = 0;
  std::uint32_t epoch = 0;
};

class Batcher {
 public:
  Batcher() = default;
  explicit Batcher(const EpochOrder& order);

  [[nodiscard]] int samples() const { return static_cast<int>(rows_.size()); }
  [[nodiscard]] int batches() const;
  [[nodiscard]] bool done() const { return next_ >= rows_.size(); }

  /// The rows of the next batch; the last one may be smaller.
  std::span<const std::uint32_t> next();

 private:
  std::vector<std::uint32_t> rows_;
  std::size_t batch_size_ = 1;
  std::size_t next_ = 0;
};

}  // namespace fovea
