// SPDX-License-Identifier: MIT
#include "core/random.h"

#include <cstddef>
#include <numeric>
#include <utility>

namespace fovea {

PhiloxBlock philox(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kPhiloxFactors[0]} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kPhiloxFactors[1]} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32U) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32U) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += kPhiloxSteps[0];
    key[1] += kPhiloxSteps[1];
  }
  return counter;
}

void shuffled(const RandomStream& stream, std::span<std::uint32_t> order) {
  std::iota(order.begin(), order.end(), 0U);
  std::uint64_t next_block = 0;
  PhiloxBlock words{};
  std::size_t left = 0;
  const auto next_word = [&] {
    if (left == 0) {
      words = stream.block(next_block++);
      left = words.size();
    }
    return words[words.size() - left--];
  };
  for (std::size_t i = order.size(); i > 1; --i) {
    // A word times i, shifted: a number below i. The few words that would favour small numbers are
    // drawn again.
    const auto bound = static_cast<std::uint32_t>(i);
    std::uint64_t product = std::uint64_t{next_word()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0U - bound) % bound;
      while (static_cast<std::uint32_t>(product) < threshold) {
        product = std::uint64_t{next_word()} * bound;
      }
    }
    std::swap(order[i - 1], order[static_cast<std::size_t>(product >> 32U)]);
  }
}

}  // namespace fovea
