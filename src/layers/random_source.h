// SPDX-License-Identifier: MIT
// Where a layer's random numbers come from: the model's seed, or the option `seed`, which fixes
// them whatever the model's is; always together with the step and the layer's place.
#pragma once

#include "core/options.h"
#include "core/random.h"
#include "layers/layer.h"

namespace fovea {

class RandomSource {
 public:
  explicit RandomSource(Options& options) : given_(options.given("seed")) {
    if (given_) seed_ = static_cast<std::uint32_t>(options.integer("seed", 0));
  }

  [[nodiscard]] RandomStream stream(RandomUse use, const Moment& moment) const {
    return {given_ ? seed_ : moment.seed, use, moment.step, moment.layer};
  }

 private:
  bool given_;
  std::uint32_t seed_ = 0;
};

}  // namespace fovea
