// SPDX-License-Identifier: MIT
#include "layers/constraint.h"

#include <array>

#include "core/rest.h"

namespace fovea {

namespace {

using Kind = Constraint::Kind;

/// Few networks have constraints, so a browser fetches later what reads them (core/rest.h).
[[gnu::noinline]] void read_limits(Options& nested, Constraint& constraint) {
  constexpr double kLargest = 1e30;
  const bool both = constraint.kind == Kind::kMinMaxNorm;
  if (both || constraint.kind == Kind::kMaxNorm) {
    const double fallback = both ? 1 : 2;
    constraint.max_value = static_cast<float>(nested.number_or("maxValue", fallback, 0, kLargest));
  }
  if (both) {
    constraint.min_value = static_cast<float>(nested.number_or("minValue", 0, 0, kLargest));
    constraint.rate = static_cast<float>(nested.number_or("rate", 1, 0, 1));
  }
  if (constraint.kind != Kind::kNonNeg) {
    constraint.axes = nested.integers_or("axis", constraint.axes, 0, "an axis or a list of axes");
  }
}

}  // namespace

Constraint read_constraint(Options& options, std::string_view key) {
  constexpr std::array<std::string_view, 5> kNames = {"none", "maxNorm", "unitNorm", "nonNeg",
                                                      "minMaxNorm"};
  Options nested = options.nested(key, "none");
  Constraint constraint;
  constraint.kind = static_cast<Kind>(nested.choice_or("type", kNames, 0));
  const bool some = constraint.kind != Kind::kNone;
  if (some) read_limits(nested, constraint);
  nested.finish();
  if (some) {
    // It acts between the updates of two parameters, where a step cannot be begun again.
    need_rest();
    options.resolved(key, nested.config());
  }
  return constraint;
}

}  // namespace fovea
