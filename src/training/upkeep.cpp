// SPDX-License-Identifier: MIT
#include "training/upkeep.h"

#include <algorithm>

#include "kernels/norm.h"

namespace fovea {

namespace {

/// Calls body(index, regularizer) for every trainable parameter that has one.
template <class Body>
void for_each_penalty(Model& model, const Body& body) {
  for (std::size_t i = 0; i < model.network().parameters.size(); ++i) {
    const Regularizer& regularizer = model.network().parameters[i].spec.regularizer;
    if (regularizer.exists() && model.trainable(static_cast<int>(i))) {
      body(static_cast<int>(i), regularizer);
    }
  }
}

bool has_norms(const Constraint& constraint) {
  return constraint.kind != Constraint::Kind::kNone && constraint.kind != Constraint::Kind::kNonNeg;
}

/// The number of norms: of indices in the axes that a constraint keeps apart.
std::size_t norm_count(const Shape& shape, const Constraint& constraint) {
  std::size_t count = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (std::ranges::find(constraint.axes, axis) == constraint.axes.end()) {
      count *= static_cast<std::size_t>(shape[axis]);
    }
  }
  return count;
}

}  // namespace

double weight_penalty(Model& model) {
  double total = 0;
  for_each_penalty(model, [&](int index, const Regularizer& r) {
    total += penalty(r.l1, r.l2, model.parameter(index));
  });
  return total;
}

void add_penalty_gradients(Model& model) {
  for_each_penalty(model, [&](int index, const Regularizer& r) {
    add_penalty_gradient(r.l1, r.l2, model.parameter(index), model.parameter_gradient(index));
  });
}

std::size_t constraint_room(const Network& network) {
  std::size_t most = 0;
  for (const Parameter& parameter : network.parameters) {
    const Constraint& constraint = parameter.spec.constraint;
    const Shape& shape = parameter.spec.shape;
    if (!has_norms(constraint)) continue;
    for (const int axis : constraint.axes) {
      if (axis < shape.rank()) continue;
      fail(ErrorCode::kBadOption, "the constraint of ", parameter.name, ": axis ", axis,
           " is none of the axes of its shape ", shape, ". Choose from 0 to ", shape.rank() - 1,
           ".");
    }
    most = std::max(most, norm_count(shape, constraint));
  }
  return most;
}

void constrain(Model& model, int parameter, std::span<double> norms) {
  const ParameterSpec& spec = model.network().parameters[static_cast<std::size_t>(parameter)].spec;
  const Constraint& constraint = spec.constraint;
  const std::span<float> values = model.parameter(parameter);
  if (constraint.kind == Constraint::Kind::kNonNeg) return limit_to_positive(values);
  if (!has_norms(constraint)) return;
  NormRange range{constraint.min_value, constraint.max_value, constraint.rate};
  if (constraint.kind == Constraint::Kind::kUnitNorm) range = {1, 1, 1};
  limit_norms(range, constraint.axes, {values.data(), spec.shape},
              norms.first(norm_count(spec.shape, constraint)));
}

}  // namespace fovea
