// SPDX-License-Identifier: MIT
// Random numbers as a function of where they are used: value = f(seed, stream, index). Nothing is
// stored, so a dropout mask can be made again in the backward pass, in any order and on any thread,
// with the same bits. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1,
// 2, 3" (2011), Philox 4x32 with 10 rounds.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace fovea {

using PhiloxBlock = std::array<std::uint32_t, 4>;

/// Philox's constants: what the counters are multiplied by, and what the keys grow by in each
/// round.
inline constexpr int kPhiloxRounds = 10;
inline constexpr std::array<std::uint32_t, 2> kPhiloxFactors = {0xD2511F53, 0xCD9E8D57};
inline constexpr std::array<std::uint32_t, 2> kPhiloxSteps = {0x9E3779B9,   // golden ratio
                                                              0xBB67AE85};  // sqrt(3) - 1

/// Four random words from a 128-bit counter and a 64-bit key.
PhiloxBlock philox(PhiloxBlock counter, std::array<std::uint32_t, 2> key);

/// What a stream is for. A name here and a number give every use its own, independent numbers.
enum class RandomUse : std::uint32_t {
  kInitialize = 1,
  kShuffle = 2,
  kDropout = 3,
  kSplit = 4,
  kNoise = 16,
  kAugment = 17,
};

class RandomStream {
 public:
  /// `major` and `minor` tell uses apart: (parameter, 0), (epoch, 0), (step, layer).
  RandomStream(std::uint32_t seed, RandomUse use, std::uint32_t major, std::uint32_t minor = 0)
      : key_{seed, static_cast<std::uint32_t>(use)}, major_(major), minor_(minor) {}

  /// Words 4 * index to 4 * index + 3 of the stream.
  [[nodiscard]] PhiloxBlock block(std::uint64_t index) const {
    return philox(counter(index), key_);
  }
  /// Of what a block is made.
  [[nodiscard]] PhiloxBlock counter(std::uint64_t index) const {
    return {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32U), major_,
            minor_};
  }
  [[nodiscard]] std::array<std::uint32_t, 2> key() const { return key_; }

 private:
  std::array<std::uint32_t, 2> key_;
  std::uint32_t major_;
  std::uint32_t minor_;
};

/// [0, 1) in steps of 2^-24: every value is exact in float32.
inline float unit_float(std::uint32_t word) { return static_cast<float>(word >> 8U) * 0x1p-24F; }

/// The numbers 0 to order.size() - 1 in a random order (Fisher and Yates). Unbiased (Lemire 2019).
void shuffled(const RandomStream& stream, std::span<std::uint32_t> order);

}  // namespace fovea
