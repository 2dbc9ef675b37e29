// SPDX-License-Identifier: MIT
// The layers of a model, made and connected: what stays the same for every batch size. Values are
// numbered, inputs first, then the output of each step; steps stand in an order in which every
// value is made before it is read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/model_spec.h"
#include "layers/layer.h"

namespace fovea {

/// A parameter tensor and where it lies in the model's block of parameters.
struct Parameter {
  std::string name;  // "conv2d_1/kernel"
  ParameterSpec spec;
  int node = 0;
  std::int64_t offset = 0;  // floats
};

/// A layer applied to values. One description may stand for several steps, and one layer may be
/// applied several times: its steps then have the same parameters.
struct Step {
  const Layer* layer = nullptr;
  std::vector<int> inputs;
  int output = 0;
  int node = 0;
  int first_parameter = 0;
  int parameter_count = 0;
};

/// What a name stands for: an input, a layer's output, or that of a layer applied again.
struct NamedValue {
  std::string name;
  int value = -1;
};

/// A layer as its user described it.
struct Node {
  std::string name;
  std::string type;
  std::string config;             // every option after defaults, as JSON
  std::vector<std::string> from;  // of all its applications
  int output = 0;                 // value; of its first application
  bool trainable = true;
  std::string weights;  // "3/conv2d_1": whose weights it shares; empty: its own
  int first_layer = 0;  // in Network::layers
  int layer_count = 0;
  std::int64_t first_float = 0;  // where its parameters begin in the block of parameters
  std::int64_t floats = 0;       // padding included
};

struct Network {
  /// Every size of the inputs must be known: build_network is for others.
  explicit Network(const ModelSpec& spec);

  [[nodiscard]] int find_node(std::string_view node_name) const;    // -1 when there is none
  [[nodiscard]] int find_value(std::string_view value_name) const;  // -1 when there is none
  /// The shape of each value, without the batch, for inputs of these shapes.
  [[nodiscard]] std::vector<Shape> rows_for(std::span<const Shape> input_rows) const;
  /// Some size of an input can be any.
  [[nodiscard]] bool has_unknown_sizes() const;
  /// Parameters of a node.
  [[nodiscard]] std::int64_t node_parameters(int node) const;

  std::string name;
  std::vector<std::string> input_names;
  std::vector<NamedValue> names;  // in the order of the description
  std::vector<Shape> value_rows;  // shape of each value without the batch; an example where unknown
  std::vector<Shape> shown_rows;  // the same with 0 for sizes that the inputs decide
  std::vector<char> input_reads_bytes;  // of each input: its first layer wants bytes as they are
  std::vector<Node> nodes;
  std::vector<std::unique_ptr<Layer>> layers;
  std::vector<Step> steps;
  std::vector<Parameter> parameters;
  std::vector<int> outputs;               // values
  std::vector<std::string> output_names;  // of the layers that make them
  std::int64_t parameter_floats = 0;      // size of the parameter block, padding included
};

/// The network of a description whose inputs may have sizes that are not known yet. It is made for
/// two sizes: what differs is unknown, and must not be a parameter.
Network build_network(const ModelSpec& spec);

}  // namespace fovea
