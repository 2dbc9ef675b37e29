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
    network_.names.back().value = static_cast<int>(network_.value_rows.size());
    network_.input_names.push_back(input.name);
    network_.input_reads_bytes.push_back(0);
    check_size(input.row);
    network_.value_rows.push_back(input.row);
  }

  void add_layer(const LayerSpec& spec) {
    claim(spec.name);
    Options options(concat("layer \"", spec.name, "\" (", spec.type, ')'), spec.options);
    LayerChain chain = make_layers(spec.type, options);
    const int index = static_cast<int>(network_.nodes.size());
    network_.nodes.push_back({.name = spec.name,
                              .type = spec.type,
                              .config = options.config(),
                              .trainable = spec.trainable,
                              .weights = spec.weights,
                              .first_layer = static_cast<int>(network_.layers.size()),
                              .layer_count = static_cast<int>(chain.size()),
                              .first_float = network_.parameter_floats});
    for (std::unique_ptr<Layer>& layer : chain) network_.layers.push_back(std::move(layer));
    const int output = apply(index, spec, options.place());
    Node& node = network_.nodes.back();
    node.output = output;
    node.floats = network_.parameter_floats - node.first_float;
  }

  /// A layer that stands before, on other inputs and with the same weights.
  void apply_again(const LayerSpec& spec) {
    claim(spec.name);
    const std::string place = concat("layer \"", spec.name, '"');
    const int index = network_.find_node(spec.again);
    if (index < 0) {
      fail(ErrorCode::kBadOption, place, ": there is no layer \"", spec.again,
           "\" before it to apply again.");
    }
    apply(index, spec, place);
  }

  void add_output(const std::string& name, std::string_view place) {
    network_.outputs.push_back(value_of(name, place));
    network_.output_names.push_back(name);
  }

 private:
  /// Joins the node's layers to the inputs of `spec`, whose name then stands for their output.
  int apply(int index, const LayerSpec& spec, const std::string& place) {
    std::vector<int> inputs;
    for (const std::string& source : spec.from) inputs.push_back(value_of(source, place));
    if (inputs.empty()) {
      fail(ErrorCode::kBadOption, place,
           ": has no input. Give the first layer an inputShape, or apply it "
           "to another layer.");
    }
    Node& node = network_.nodes[static_cast<std::size_t>(index)];
    node.from.insert(node.from.end(), spec.from.begin(), spec.from.end());
    const auto first = static_cast<std::size_t>(node.first_layer);
    if (network_.layers[first]->reads_raw_bytes()) mark_raw(inputs);
    for (int i = 0; i < node.layer_count; ++i) {
      const auto layer = first + static_cast<std::size_t>(i);
      inputs = {add_step(*network_.layers[layer], std::move(inputs), index)};
    }
    network_.names.back().value = inputs[0];
    return inputs[0];
  }

  void claim(const std::string& name) {
    if (!is_name(name)) {
      fail(ErrorCode::kBadOption,
           "a layer's name must be letters, digits and any of _ . / - but is \"", name, "\".");
    }
    if (std::ranges::find(network_.names, name, &NamedValue::name) != network_.names.end()) {
      fail(ErrorCode::kBadOption, "two layers have the name \"", name,
           "\". Give each layer a name of its own.");
    }
    network_.names.push_back({name, -1});  // nobody can read it before it is made
  }

  int value_of(const std::string& name, std::string_view place) const {
    const int value = network_.find_value(name);
    if (value < 0) {
      fail(ErrorCode::kBadOption, place, ": there is no layer \"", name,
           "\" before it to read from.");
    }
    return value;
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

  int add_step(const Layer& layer, std::vector<int> inputs, int node) {
    std::vector<Shape> shapes;
    for (const int value : inputs)
      shapes.push_back(network_.value_rows[static_cast<std::size_t>(value)].with_batch(1));
    const LayerPlan plan = layer.plan(shapes, Mode::kTraining, 1);
    Step step{.layer = &layer,
              .inputs = std::move(inputs),
              .output = static_cast<int>(network_.value_rows.size()),
              .node = node};
    find_parameters(layer, shapes, step);
    check_size(plan.output.row());
    network_.value_rows.push_back(plan.output.row());
    network_.steps.push_back(step);
    return step.output;
  }

  /// The parameters of a step: new ones, or those of the layer's first application.
  void find_parameters(const Layer& layer, std::span<const Shape> shapes, Step& step) {
    std::vector<ParameterSpec> specs = layer.parameters(shapes);
    step.parameter_count = static_cast<int>(specs.size());
    const auto before = std::ranges::find(network_.steps, &layer, &Step::layer);
    if (before != network_.steps.end()) {
      step.first_parameter = before->first_parameter;
      check_same(specs, step);
      return;
    }
    step.first_parameter = static_cast<int>(network_.parameters.size());
    const std::string& owner = network_.nodes[static_cast<std::size_t>(step.node)].name;
    for (ParameterSpec& spec : specs) {
      const std::int64_t offset = network_.parameter_floats;
      network_.parameter_floats +=
          (spec.shape.size() + kParameterAlignment - 1) / kParameterAlignment * kParameterAlignment;
      network_.parameters.push_back(
          {concat(owner, '/', spec.name), std::move(spec), step.node, offset});
    }
  }

  void check_same(std::span<const ParameterSpec> specs, const Step& step) const {
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const Parameter& parameter =
          network_.parameters[static_cast<std::size_t>(step.first_parameter) + i];
      if (parameter.spec.shape == specs[i].shape) continue;
      fail(ErrorCode::kBadShape, "layer \"",
           network_.nodes[static_cast<std::size_t>(step.node)].name,
           "\": is applied to inputs of different shapes, which would need weights ",
           parameter.name, " of ", parameter.spec.shape, " and of ", specs[i].shape,
           ". Apply it to equal shapes, or make a second layer.");
    }
  }

  Network& network_;
};

}  // namespace

Network::Network(const ModelSpec& spec) : name(spec.name) {
  const std::string place = concat("model \"", name, '"');
  if (spec.inputs.empty()) {
    fail(ErrorCode::kBadOption, place, ": has no input. Give its first layer an inputShape.");
  }
  Builder builder(*this);
  for (const InputSpec& input : spec.inputs) builder.add_input(input);
  for (const LayerSpec& layer : spec.layers) {
    if (layer.again.empty()) {
      builder.add_layer(layer);
    } else {
      builder.apply_again(layer);
    }
  }
  if (nodes.empty()) fail(ErrorCode::kBadOption, place, ": has no layers.");
  for (const std::string& output : spec.outputs) builder.add_output(output, place);
  if (outputs.empty()) builder.add_output(nodes.back().name, place);
  shown_rows = value_rows;
}

std::vector<Shape> Network::rows_for(std::span<const Shape> input_rows) const {
  if (input_rows.empty()) return value_rows;
  std::vector<Shape> rows(input_rows.begin(), input_rows.end());
  for (const Step& step : steps) {
    std::vector<Shape> shapes;
    for (const int input : step.inputs)
      shapes.push_back(rows[static_cast<std::size_t>(input)].with_batch(1));
    rows.push_back(step.layer->plan(shapes, Mode::kInference, 1).output.row());
  }
  return rows;
}

bool Network::has_unknown_sizes() const { return shown_rows != value_rows; }

namespace {

constexpr int kSmallestProbe = 64;
constexpr int kLargestProbe = 1024;

ModelSpec with_sizes(ModelSpec spec, int side) {
  for (InputSpec& input : spec.inputs) {
    for (int i = 0; i < input.row.rank(); ++i) {
      if (input.row[i] == 0) input.row.set(i, side);
    }
  }
  return spec;
}

void mark_unknown(Network& network, const Network& other) {
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    const Parameter& parameter = network.parameters[i];
    const Shape& there = other.parameters[i].spec.shape;
    if (parameter.spec.shape == there) continue;
    const Node& node = network.nodes[static_cast<std::size_t>(parameter.node)];
    fail(ErrorCode::kBadShape, "layer \"", node.name, "\" (", node.type,
         "): needs inputs of a fixed size, but its input can have any: its weights ",
         parameter.name, " would be ", parameter.spec.shape, " for one size and ", there,
         " for another. Put globalAveragePooling2d before it, or give the inputShape numbers.");
  }
  for (std::size_t i = 0; i < network.value_rows.size(); ++i) {
    const Shape& one = network.value_rows[i];
    for (int k = 0; k < one.rank(); ++k) {
      if (one[k] != other.value_rows[i][k]) network.shown_rows[i].set(k, 0);
    }
  }
}

}  // namespace

Network build_network(const ModelSpec& spec) {
  const bool known = std::ranges::none_of(spec.inputs, [](const InputSpec& input) {
    return std::ranges::find(input.row.extents(), 0) != input.row.extents().end();
  });
  if (known) return Network(spec);
  // The second size is no small multiple of the first: halves and strides shall not meet by chance.
  std::vector<Network> probes;
  for (int side = kSmallestProbe; probes.size() < 2; side *= 2) {
    try {
      probes.clear();
      probes.emplace_back(with_sizes(spec, side));
      probes.emplace_back(with_sizes(spec, side / 2 * 5));
    } catch (const Error&) {
      if (side == kLargestProbe) throw;  // no size fits
    }
  }
  mark_unknown(probes[0], probes[1]);
  return std::move(probes[0]);
}

int Network::find_node(std::string_view node_name) const {
  const auto at = std::ranges::find(nodes, node_name, &Node::name);
  return at == nodes.end() ? -1 : static_cast<int>(at - nodes.begin());
}

int Network::find_value(std::string_view value_name) const {
  const auto at = std::ranges::find(names, value_name, &NamedValue::name);
  return at == names.end() ? -1 : at->value;
}

std::int64_t Network::node_parameters(int node) const {
  std::int64_t count = 0;
  for (const Parameter& parameter : parameters) {
    if (parameter.node == node) count += parameter.spec.shape.size();
  }
  return count;
}

}  // namespace fovea
