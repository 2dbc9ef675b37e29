// SPDX-License-Identifier: MIT
#include "graph/network.h"

#include <algorithm>

#include "layers/registry.h"

namespace fovea {

namespace {

/// Parameters begin on cache lines of their own.
constexpr std::int64_t kParameterAlignment = 16;

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '/' || c == '-';
  });
}

/// Builds a network line by line; knows which names stand for which values.
class Builder {
 public:
  explicit Builder(Network& network) : network_(network) {}

  void add_input(const InputSpec& input) {
    claim(input.name);
    network_.input_names.push_back(input.name);
    network_.input_reads_bytes.push_back(0);
    check_size(input.row);
    network_.value_rows.push_back(input.row);
  }

  void add_layer(const LayerSpec& spec) {
    claim(spec.name);
    const int node = static_cast<int>(network_.nodes.size());
    Options options(concat("layer \"", spec.name, "\" (", spec.type, ')'), spec.options);
    LayerChain chain = make_layers(spec.type, options);
    std::vector<int> inputs;
    for (const std::string& source : spec.from) inputs.push_back(value_of(source, options.place()));
    if (inputs.empty()) {
      fail(ErrorCode::kBadOption, options.place(),
           ": has no input. Give the first layer an inputShape, or apply it "
           "to another layer.");
    }
    if (chain.front()->reads_raw_bytes()) mark_raw(inputs);
    for (std::unique_ptr<Layer>& layer : chain) {
      inputs = {add_step(std::move(layer), std::move(inputs), node, spec.name)};
    }
    network_.nodes.push_back({.name = spec.name,
                              .type = spec.type,
                              .config = options.config(),
                              .from = spec.from,
                              .output = inputs[0],
                              .trainable = spec.trainable});
    names_.back().value = inputs[0];
  }

  void add_output(const std::string& name, std::string_view place) {
    network_.outputs.push_back(value_of(name, place));
    network_.output_names.push_back(name);
  }

 private:
  struct Name {
    std::string name;
    int value;
  };

  void claim(const std::string& name) {
    if (!is_name(name)) {
      fail(ErrorCode::kBadOption,
           "a layer's name must be letters, digits and any of _ . / - but is \"", name, "\".");
    }
    if (std::ranges::find(names_, name, &Name::name) != names_.end()) {
      fail(ErrorCode::kBadOption, "two layers have the name \"", name,
           "\". Give each layer a name of its own.");
    }
    names_.push_back({name, static_cast<int>(network_.value_rows.size())});
  }

  int value_of(const std::string& name, std::string_view place) const {
    const auto at = std::ranges::find(names_, name, &Name::name);
    if (at == names_.end()) {
      fail(ErrorCode::kBadOption, place, ": there is no layer \"", name,
           "\" before it to read from.");
    }
    return at->value;
  }

  void check_size(const Shape& row) const {
    if (row.size() > INT32_MAX / 4) {
      fail(ErrorCode::kOutOfMemory, "model \"", network_.name, "\": one example needs a tensor ",
           row, " of ", readable_bytes(4.0 * static_cast<double>(row.size())),
           ". Use smaller images or fewer filters.");
    }
  }

  void mark_raw(std::span<const int> values) {
    for (const int value : values) {
      if (value < static_cast<int>(network_.input_reads_bytes.size())) {
        network_.input_reads_bytes[static_cast<std::size_t>(value)] = 1;
      }
    }
  }

  int add_step(std::unique_ptr<Layer> layer, std::vector<int> inputs, int node,
               const std::string& layer_name) {
    std::vector<Shape> shapes;
    for (const int value : inputs)
      shapes.push_back(network_.value_rows[static_cast<std::size_t>(value)].with_batch(1));
    const LayerPlan plan = layer->plan(shapes, Mode::kTraining, 1);
    Step step{.inputs = std::move(inputs),
              .output = static_cast<int>(network_.value_rows.size()),
              .node = node,
              .first_parameter = static_cast<int>(network_.parameters.size())};
    for (ParameterSpec& parameter : layer->parameters(shapes)) {
      const std::int64_t offset = network_.parameter_floats;
      const std::int64_t padded = (parameter.shape.size() + kParameterAlignment - 1) /
                                  kParameterAlignment * kParameterAlignment;
      network_.parameter_floats += padded;
      network_.parameters.push_back(
          {concat(layer_name, '/', parameter.name), std::move(parameter), node, offset});
      ++step.parameter_count;
    }
    step.layer = std::move(layer);
    check_size(plan.output.row());
    network_.value_rows.push_back(plan.output.row());
    const int output = step.output;
    network_.steps.push_back(std::move(step));
    return output;
  }

  Network& network_;
  std::vector<Name> names_;
};

}  // namespace

Network::Network(const ModelSpec& spec) : name(spec.name) {
  const std::string place = concat("model \"", name, '"');
  if (spec.inputs.empty()) {
    fail(ErrorCode::kBadOption, place, ": has no input. Give its first layer an inputShape.");
  }
  Builder builder(*this);
  for (const InputSpec& input : spec.inputs) builder.add_input(input);
  for (const LayerSpec& layer : spec.layers) builder.add_layer(layer);
  if (nodes.empty()) fail(ErrorCode::kBadOption, place, ": has no layers.");
  for (const std::string& output : spec.outputs) builder.add_output(output, place);
  if (outputs.empty()) builder.add_output(nodes.back().name, place);
}

int Network::find_node(std::string_view node_name) const {
  const auto at = std::ranges::find(nodes, node_name, &Node::name);
  return at == nodes.end() ? -1 : static_cast<int>(at - nodes.begin());
}

std::int64_t Network::node_parameters(int node) const {
  std::int64_t count = 0;
  for (const Parameter& parameter : parameters) {
    if (parameter.node == node) count += parameter.spec.shape.size();
  }
  return count;
}

}  // namespace fovea
