// SPDX-License-Identifier: MIT
#include "layers/constraint.h"

#include <array>

#include "core/rest.h"

namespace fovea {

Constraint read_constraint(Options& options, std::string_view key) {
  constexpr std::array<std::string_view, 5> kNames = {"none", "maxNorm", "unitNorm", "nonNeg",
                                                      "minMaxNorm"};
  constexpr double kLargest = 1e30;
  using Kind = Constraint::Kind;
  Options nested = options.nested(key, "none");
  Constraint constraint;
  constraint.kind = static_cast<Kind>(nested.choice_or("type", kNames, 0));
  const bool both = constraint.kind == Kind::kMinMaxNorm;
  if (both || constraint.kind == Kind::kMaxNorm) {
    const double fallback = both ? 1 : 2;
    constraint.max_value = static_cast<float>(nested.number_or("maxValue", fallback, 0, kLargest));
  }
  if (both) {
    constraint.min_value = static_cast<float>(nested.number_or("minValue", 0, 0, kLargest));
    constraint.rate = static_cast<float>(nested.number_or("rate", 1, 0, 1));
  }
  if (constraint.kind != Kind::kNone && constraint.kind != Kind::kNonNeg) {
    constraint.axes = nested.integers_or("axis", constraint.axes, 0, "an axis or a list of axes");
  }
  nested.finish();
  // It acts between the updates of two parameters, where a step cannot be begun again.
  if (constraint.kind != Kind::kNone) need_rest();
  if (constraint.kind != Kind::kNone) options.resolved(key, nested.config());
  return constraint;
}

}  // namespace fovea
