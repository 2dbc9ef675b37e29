// SPDX-License-Identifier: MIT
#include "layers/initializer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/normal.h"

namespace fovea {

namespace {

constexpr std::array<std::string_view, 7> kNames = {
    "zeros", "ones", "constant", "glorotUniform", "glorotNormal", "heUniform", "heNormal"};

/// The standard deviation of a unit normal that is cut at two standard deviations: dividing by it
/// restores the variance.
constexpr double kTruncatedDeviation = 0.87962566103423978;

void uniform(const RandomStream& stream, double limit, std::span<float> values) {
  const auto scale = static_cast<float>(2 * limit);
  const auto offset = static_cast<float>(-limit);
  PhiloxBlock words{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % words.size() == 0) words = stream.block(i / words.size());
    values[i] = unit_float(words[i % words.size()]) * scale + offset;
  }
}

}  // namespace

Initializer read_initializer(Options& options, std::string_view key,
                             std::string_view default_type) {
  Options nested = options.nested(key, default_type);
  Initializer initializer;
  initializer.kind = static_cast<Initializer::Kind>(nested.choice_or("type", kNames, 0));
  if (initializer.kind == Initializer::Kind::kConstant) {
    constexpr double kLargest = std::numeric_limits<float>::max();
    initializer.value = static_cast<float>(nested.number_or("value", 0, -kLargest, kLargest));
  }
  nested.finish();
  options.resolved(key, nested.config());
  return initializer;
}

void initialize(const Initializer& initializer, const Fans& fans, const RandomStream& stream,
                std::span<float> values) {
  const auto in = static_cast<double>(fans.in);
  const auto both = static_cast<double>(fans.in + fans.out);
  switch (initializer.kind) {
    case Initializer::Kind::kZeros:
      std::ranges::fill(values, 0.0F);
      break;
    case Initializer::Kind::kOnes:
      std::ranges::fill(values, 1.0F);
      break;
    case Initializer::Kind::kConstant:
      std::ranges::fill(values, initializer.value);
      break;
    case Initializer::Kind::kGlorotUniform:
      uniform(stream, std::sqrt(6 / both), values);
      break;
    case Initializer::Kind::kHeUniform:
      uniform(stream, std::sqrt(6 / in), values);
      break;
    case Initializer::Kind::kGlorotNormal:
      truncated_normal(stream, static_cast<float>(std::sqrt(2 / both) / kTruncatedDeviation),
                       values);
      break;
    case Initializer::Kind::kHeNormal:
      truncated_normal(stream, static_cast<float>(std::sqrt(2 / in) / kTruncatedDeviation), values);
      break;
  }
}

}  // namespace fovea
