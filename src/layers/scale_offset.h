// SPDX-License-Identifier: MIT
// The two parameters that normalising layers share: gamma, which scales, and beta, which is added,
// each of which can be declined.
#pragma once

#include <vector>

#include "layers/weights.h"

namespace fovea {

class ScaleOffset {
 public:
  explicit ScaleOffset(Options& options)
      : center_(options.flag_or("center", true)),
        scale_(options.flag_or("scale", true)),
        beta_(options, "beta", "zeros"),
        gamma_(options, "gamma", "ones") {}

  [[nodiscard]] std::vector<ParameterSpec> parameters(const Shape& shape) const {
    std::vector<ParameterSpec> specs;
    if (scale_) specs.push_back(gamma_.spec("gamma", shape, {}));
    if (center_) specs.push_back(beta_.spec("beta", shape, {}));
    return specs;
  }
  /// How many parameters that are.
  [[nodiscard]] std::size_t count() const { return std::size_t{scale_} + std::size_t{center_}; }

  /// The data of gamma or beta among a call's views; null where it was declined, or its gradient is
  /// not wanted.
  template <class View>
  [[nodiscard]] auto gamma(std::span<const View> views) const {
    return scale_ ? views[0].data : nullptr;
  }
  template <class View>
  [[nodiscard]] auto beta(std::span<const View> views) const {
    return center_ ? views[scale_ ? 1 : 0].data : nullptr;
  }

 private:
  bool center_;
  bool scale_;
  WeightOptions beta_;
  WeightOptions gamma_;
};

}  // namespace fovea
