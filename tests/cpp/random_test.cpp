// SPDX-License-Identifier: MIT
// Random numbers: the known answers of Philox from its authors' tests, streams that are independent
// of each other, and shuffles that favour no order.
#include "core/random.h"

#include <algorithm>
#include <array>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace fovea {
namespace {

// Random123's kat_vectors: philox4x32-10.
TEST_CASE("philox: the authors' known answers", "[random]") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) ==
        PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t kAll = 0xffffffff;
  CHECK(philox({kAll, kAll, kAll, kAll}, {kAll, kAll}) ==
        PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  // The digits of pi.
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random stream: a function of seed, use, both numbers and index", "[random]") {
  std::set<PhiloxBlock> blocks;
  int drawn = 0;
  for (const std::uint32_t seed : {0U, 1U, 42U}) {
    for (const RandomUse use :
         {RandomUse::kInitialize, RandomUse::kShuffle, RandomUse::kDropout, RandomUse::kSplit}) {
      for (const std::uint32_t major : {0U, 1U, 7U}) {
        for (const std::uint32_t minor : {0U, 1U, 7U}) {
          for (const std::uint64_t index :
               {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32U}) {
            blocks.insert(RandomStream(seed, use, major, minor).block(index));
            ++drawn;
          }
        }
      }
    }
  }
  CHECK(static_cast<int>(blocks.size()) == drawn);
  CHECK(RandomStream(1, RandomUse::kShuffle, 2, 3).block(4) ==
        RandomStream(1, RandomUse::kShuffle, 2, 3).block(4));
  CHECK(RandomStream(1, RandomUse::kInitialize, 2).block(4) == philox({4, 0, 2, 0}, {1, 1}));
}

TEST_CASE("unit float: from 0 to just below 1, exact", "[random]") {
  CHECK(unit_float(0) == 0);
  CHECK(unit_float(0xff) == 0);
  CHECK(unit_float(0x100) == 0x1p-24F);
  CHECK(unit_float(0x80000000) == 0.5F);
  CHECK(unit_float(0xffffffff) == 1 - 0x1p-24F);
  double sum = 0;
  const RandomStream stream(5, RandomUse::kInitialize, 0);
  constexpr int kBlocks = 10000;
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    for (const std::uint32_t word : stream.block(i)) sum += static_cast<double>(unit_float(word));
  }
  // 40,000 uniform numbers: their mean has a deviation of 1 / sqrt(12 * 40000).
  CHECK(std::fabs(sum / (4 * kBlocks) - 0.5) < 5 / std::sqrt(12.0 * 4 * kBlocks));
}

TEST_CASE("shuffle: always a permutation, the same for the same stream", "[random]") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{1000}}) {
    std::vector<std::uint32_t> order(size, 77);
    shuffled(RandomStream(9, RandomUse::kShuffle, 3), order);
    std::vector<std::uint32_t> again(size);
    shuffled(RandomStream(9, RandomUse::kShuffle, 3), again);
    CHECK(order == again);
    std::vector<std::uint32_t> other(size);
    shuffled(RandomStream(9, RandomUse::kShuffle, 4), other);
    CHECK((other != order || size < 3));
    std::ranges::sort(order);
    std::vector<std::uint32_t> expected(size);
    std::iota(expected.begin(), expected.end(), 0U);
    CHECK(order == expected);
  }
}

// Chi-square over all 24 orders of four things: 23 degrees of freedom, 99.999% of fair shuffles
// stay below 66.
TEST_CASE("shuffle: every order of four is as likely as any other", "[random]") {
  constexpr int kShuffles = 24000;
  std::array<int, 256> counts{};
  for (std::uint32_t epoch = 0; epoch < kShuffles; ++epoch) {
    std::array<std::uint32_t, 4> order{};
    shuffled(RandomStream(1, RandomUse::kShuffle, epoch), order);
    ++counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  double chi_square = 0;
  int orders = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    ++orders;
    chi_square += (count - kShuffles / 24.0) * (count - kShuffles / 24.0) / (kShuffles / 24.0);
  }
  CHECK(orders == 24);
  CHECK(chi_square < 66);
  CHECK(chi_square > 4);  // a shuffle that is too even is not random either
}

// Where each of 50 things lands, over many shuffles: 49 * 49 degrees of freedom.
TEST_CASE("shuffle: everything lands everywhere equally often", "[random]") {
  constexpr std::size_t kThings = 50;
  constexpr std::uint32_t kShuffles = 5000;
  std::vector<int> counts(kThings * kThings);
  std::vector<std::uint32_t> order(kThings);
  for (std::uint32_t epoch = 0; epoch < kShuffles; ++epoch) {
    shuffled(RandomStream(2, RandomUse::kShuffle, epoch), order);
    for (std::size_t place = 0; place < kThings; ++place) ++counts[place * kThings + order[place]];
  }
  constexpr double kExpected = static_cast<double>(kShuffles) / kThings;
  double chi_square = 0;
  for (const int count : counts)
    chi_square += (count - kExpected) * (count - kExpected) / kExpected;
  const double freedom = (kThings - 1.0) * (kThings - 1.0);
  CHECK(std::fabs(chi_square - freedom) < 5 * std::sqrt(2 * freedom));
}

}  // namespace
}  // namespace fovea
