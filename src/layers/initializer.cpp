// SPDX-License-Identifier: MIT
#include "layers/initializer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/normal.h"

namespace fovea {

namespace {

using Kind = Initializer::Kind;
using Mode = Initializer::Mode;
using Distribution = Initializer::Distribution;

/// The standard deviation of a unit normal that is cut at two standard deviations: dividing by it
/// restores the variance.
constexpr double kTruncatedDeviation = 0.87962566103423978;
constexpr double kLargest = std::numeric_limits<float>::max();
constexpr float kNoLimit = std::numeric_limits<float>::infinity();

struct Entry {
  std::string_view name;
  Initializer initializer;
};
constexpr Initializer scaling(double scale, Mode mode, Distribution distribution) {
  return {
      .kind = Kind::kVarianceScaling, .mode = mode, .distribution = distribution, .scale = scale};
}
/// What each name stands for before its options are read: Keras's defaults.
constexpr std::array<Entry, 15> kEntries = {{
    {"zeros", {}},
    {"ones", {.value = 1}},
    {"constant", {}},
    {"glorotUniform", scaling(1, Mode::kFanAverage, Distribution::kUniform)},
    {"glorotNormal", scaling(1, Mode::kFanAverage, Distribution::kTruncated)},
    {"heUniform", scaling(2, Mode::kFanIn, Distribution::kUniform)},
    {"heNormal", scaling(2, Mode::kFanIn, Distribution::kTruncated)},
    {"leCunUniform", scaling(1, Mode::kFanIn, Distribution::kUniform)},
    {"leCunNormal", scaling(1, Mode::kFanIn, Distribution::kTruncated)},
    {"varianceScaling", scaling(1, Mode::kFanIn, Distribution::kTruncated)},
    {"randomUniform", {.kind = Kind::kUniform, .value = -0.05, .top = 0.05}},
    {"randomNormal", {.kind = Kind::kNormal, .deviation = 0.05}},
    {"truncatedNormal", {.kind = Kind::kTruncatedNormal, .deviation = 0.05}},
    {"orthogonal", {.kind = Kind::kOrthogonal, .value = 1}},
    {"identity", {.kind = Kind::kIdentity, .value = 1}},
}};

void read_options(std::string_view name, Options& options, Initializer& i) {
  const auto number = [&](std::string_view key, double& value) {
    value = options.number_or(key, value, -kLargest, kLargest);
  };
  if (name == "constant") number("value", i.value);
  if (name == "varianceScaling") {
    constexpr std::array<std::string_view, 3> kModes = {"fanIn", "fanOut", "fanAvg"};
    constexpr std::array<std::string_view, 3> kDistributions = {"truncatedNormal",
                                                                "untruncatedNormal", "uniform"};
    i.scale = options.number_or("scale", i.scale, 0, kLargest);
    i.mode = static_cast<Mode>(options.choice_or("mode", kModes, 0));
    i.distribution =
        static_cast<Distribution>(options.choice_or("distribution", kDistributions, 0));
  }
  if (i.kind == Kind::kUniform) {
    number("minval", i.value);
    number("maxval", i.top);
  }
  if (i.kind == Kind::kNormal || i.kind == Kind::kTruncatedNormal) {
    number("mean", i.value);
    i.deviation = options.number_or("stddev", i.deviation, 0, kLargest);
  }
  if (i.kind == Kind::kOrthogonal || i.kind == Kind::kIdentity) number("gain", i.value);
}

void uniform(const RandomStream& stream, double low, double high, std::span<float> values) {
  const auto scale = static_cast<float>(high - low);
  const auto offset = static_cast<float>(low);
  PhiloxBlock words{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % words.size() == 0) words = stream.block(i / words.size());
    values[i] = unit_float(words[i % words.size()]) * scale + offset;
  }
}

void scaled(const Initializer& initializer, const InitializerCall& call) {
  auto fan = static_cast<double>(call.fans.in);
  if (initializer.mode == Mode::kFanOut) fan = static_cast<double>(call.fans.out);
  if (initializer.mode == Mode::kFanAverage) {
    fan = static_cast<double>(call.fans.in + call.fans.out) / 2;
  }
  fan = std::max(fan, 1.0);
  const double scale = initializer.scale;
  if (initializer.distribution == Distribution::kUniform) {
    const double limit = std::sqrt(3 * scale / fan);
    return uniform(call.stream, -limit, limit, call.values);
  }
  const double deviation = std::sqrt(scale / fan);
  const bool cut = initializer.distribution == Distribution::kTruncated;
  limited_normal(call.stream, static_cast<float>(cut ? deviation / kTruncatedDeviation : deviation),
                 cut ? 2 : kNoLimit, call.values);
}

/// The rows (or, of a tall matrix, the columns) of a normal matrix, made orthonormal one after the
/// other (Gram and Schmidt, in double): the Q of its QR decomposition with a positive diagonal.
void orthogonal(double gain, const InitializerCall& call) {
  const auto columns = static_cast<std::size_t>(call.shape[-1]);
  const std::size_t rows = call.values.size() / columns;
  const std::size_t count = std::min(rows, columns);
  const std::size_t length = std::max(rows, columns);
  limited_normal(call.stream, 1, kNoLimit, call.values);

  std::vector<double> vectors(call.values.begin(), call.values.end());
  for (std::size_t i = 0; i < count; ++i) {
    double* own = vectors.data() + i * length;
    for (std::size_t before = 0; before <= i; ++before) {
      const double* other = vectors.data() + before * length;
      double dot = 0;
      for (std::size_t k = 0; k < length; ++k) dot += own[k] * other[k];
      const double norm = std::sqrt(dot);  // of itself, at last
      for (std::size_t k = 0; k < length; ++k) {
        own[k] = before == i ? own[k] / norm : own[k] - dot * other[k];
      }
    }
    for (std::size_t k = 0; k < length; ++k) {
      call.values[rows < columns ? i * columns + k : k * columns + i] =
          static_cast<float>(gain * own[k]);
    }
  }
}

void identity(double gain, const InitializerCall& call) {
  std::ranges::fill(call.values, 0.0F);
  const auto columns = static_cast<std::size_t>(call.shape[1]);
  for (std::size_t i = 0; i < call.values.size(); i += columns + 1) {
    if (i / columns == i % columns) call.values[i] = static_cast<float>(gain);
  }
}

void shift(double offset, std::span<float> values) {
  for (float& value : values) value += static_cast<float>(offset);
}

}  // namespace

Initializer read_initializer(Options& options, std::string_view key,
                             std::string_view default_type) {
  std::array<std::string_view, kEntries.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kEntries[i].name;
  Options nested = options.nested(key, default_type);
  const Entry& entry = kEntries[static_cast<std::size_t>(nested.choice_or("type", names, 0))];
  Initializer initializer = entry.initializer;
  read_options(entry.name, nested, initializer);
  nested.finish();
  options.resolved(key, nested.config());
  return initializer;
}

void initialize(const Initializer& initializer, const InitializerCall& call) {
  const int least = initializer.kind == Kind::kOrthogonal ? 2 : 0;
  const bool fits =
      initializer.kind == Kind::kIdentity ? call.shape.rank() == 2 : call.shape.rank() >= least;
  if (!fits) {
    fail(ErrorCode::kBadOption, call.place, ": the initializer ",
         least > 0 ? "orthogonal needs two dimensions or more"
                   : "identity needs a matrix of two dimensions",
         " but the shape is ", call.shape, ". Choose another one.");
  }
  const auto deviation = static_cast<float>(initializer.deviation);
  switch (initializer.kind) {
    case Kind::kConstant:
      std::ranges::fill(call.values, static_cast<float>(initializer.value));
      return;
    case Kind::kUniform:
      return uniform(call.stream, initializer.value, initializer.top, call.values);
    case Kind::kNormal:
    case Kind::kTruncatedNormal:
      limited_normal(call.stream, deviation, initializer.kind == Kind::kNormal ? kNoLimit : 2,
                     call.values);
      return shift(initializer.value, call.values);
    case Kind::kVarianceScaling:
      return scaled(initializer, call);
    case Kind::kOrthogonal:
      return orthogonal(initializer.value, call);
    case Kind::kIdentity:
      return identity(initializer.value, call);
  }
}

}  // namespace fovea
