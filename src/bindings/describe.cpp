// SPDX-License-Identifier: MIT
#include "bindings/describe.h"

#include "core/json.h"

namespace fovea {

namespace {

/// [null, 28, 28, 16]: null stands for the batch.
std::string batch_shape_json(const Shape& row) {
  json::Members members;
  members.element("null");
  for (const int extent : row.extents())
    members.element(extent == 0 ? "null" : json::value(extent));
  return members.array();
}

std::string layer_json(const Network& network, int index) {
  const Node& node = network.nodes[static_cast<std::size_t>(index)];
  return json::Members()
      .add("name", node.name)
      .add("type", node.type)
      .add_json("config", node.config)
      .add_json("inputs",
                json::array(node.from, [](const std::string& name) { return json::value(name); }))
      .add_json("outputShape",
                batch_shape_json(network.shown_rows[static_cast<std::size_t>(node.output)]))
      .add("params", network.node_parameters(index))
      .add("trainable", node.trainable)
      .object();
}

std::string named_shape(const std::string& name, const Shape& shape) {
  return json::Members().add("name", name).add("shape", shape).object();
}

}  // namespace

std::string place_json(const ConstTensorView& view) {
  return json::Members()
      .add("pointer", reinterpret_cast<std::uintptr_t>(view.data))
      .add("shape", view.shape)
      .object();
}

std::string describe(const Model& model, int number) {
  const Network& network = model.network();
  json::Members layers;
  for (std::size_t i = 0; i < network.nodes.size(); ++i)
    layers.element(layer_json(network, static_cast<int>(i)));
  json::Members inputs;
  for (std::size_t i = 0; i < network.input_names.size(); ++i) {
    inputs.element(named_shape(network.input_names[i], network.shown_rows[i]));
  }
  json::Members outputs;
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    outputs.element(named_shape(network.output_names[i],
                                network.shown_rows[static_cast<std::size_t>(network.outputs[i])]));
  }
  json::Members values;
  for (const NamedValue& one : network.names) {
    values.element(named_shape(one.name, network.shown_rows[static_cast<std::size_t>(one.value)]));
  }
  json::Members parameters;
  std::int64_t total = 0;
  std::int64_t trainable = 0;
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    const Parameter& parameter = network.parameters[i];
    const bool trains = model.trainable(static_cast<int>(i));
    total += parameter.spec.shape.size();
    if (trains) trainable += parameter.spec.shape.size();
    parameters.element(json::Members()
                           .add("name", parameter.name)
                           .add("shape", parameter.spec.shape)
                           .add("trainable", trains)
                           .add("statistic", !parameter.spec.trainable)
                           .object());
  }
  return json::Members()
      .add("model", number)
      .add("name", network.name)
      .add_json("layers", layers.array())
      .add_json("inputs", inputs.array())
      .add_json("outputs", outputs.array())
      .add_json("values", values.array())
      .add_json("parameters", parameters.array())
      .add_json("countParams", json::Members()
                                   .add("total", total)
                                   .add("trainable", trainable)
                                   .add("nonTrainable", total - trainable)
                                   .object())
      .object();
}

}  // namespace fovea
