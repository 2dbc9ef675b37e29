// SPDX-License-Identifier: MIT
// A model made from its description, with weights and inputs put in by hand: how tests run layers
// the way users do.
#pragma once

#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <string_view>
#include <vector>

#include "graph/model.h"
#include "tests/cpp/support/buffers.h"
#include "tests/cpp/support/workers.h"

namespace fovea::test {

class SmallModel {
 public:
  explicit SmallModel(std::string_view description, std::uint32_t seed = 1,
                      Workers& workers = one_thread())
      : model_(parse_model(description), seed, workers) {}

  [[nodiscard]] Model& model() { return model_; }
  [[nodiscard]] const Network& network() const { return model_.network(); }

  /// Sets a parameter by its name, "conv2d_1/kernel".
  SmallModel& set(std::string_view name, const std::vector<float>& values) {
    const std::span<float> parameter = model_.parameter(index_of(name));
    REQUIRE(parameter.size() == values.size());
    std::ranges::copy(values, parameter.begin());
    return *this;
  }
  [[nodiscard]] int index_of(std::string_view name) const {
    const std::vector<Parameter>& parameters = network().parameters;
    const auto at = std::ranges::find(parameters, name, &Parameter::name);
    REQUIRE(at != parameters.end());
    return static_cast<int>(at - parameters.begin());
  }

  /// The first output for the rows of one input.
  std::vector<float> predict(const std::vector<float>& input, int batch = 1) {
    Plan& plan = model_.prepare({.batch = batch, .losses = {}, .slots = model_.slots()});
    const TensorView to = model_.input(plan, 0);
    REQUIRE(to.size() == input.size());
    std::ranges::copy(input, to.data);
    model_.forward(plan, 0, 0);
    return copy_of(model_.output(plan, 0).values());
  }

  /// Shape of the first output without the batch.
  [[nodiscard]] Shape output_row() const {
    return network().value_rows[static_cast<std::size_t>(network().outputs[0])];
  }

 private:
  Model model_;
};

/// All parameters of a described network, without making room for them.
inline std::int64_t parameter_count(const Network& network) {
  std::int64_t count = 0;
  for (int node = 0; node < static_cast<int>(network.nodes.size()); ++node)
    count += network.node_parameters(node);
  return count;
}

}  // namespace fovea::test
