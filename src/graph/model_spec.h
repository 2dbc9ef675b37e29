// SPDX-License-Identifier: MIT
// A network as plain data, and the text that carries it over the border: one line per layer, `type
// key=value ...`, each layer after those it reads. The same text makes models in the C++ tests.
//   model name=digits outputs=dense_1
//   input name=input_1 shape=28,28,1        (unknown=0,1: its height and width can be any)
//   flatten name=flatten_1 from=input_1
//   dense name=dense_1 from=flatten_1 units=10
// A layer that is applied again, with the same weights: `again name=dense_1.2 layer=dense_1
// from=x`. A layer with the weights of another model's: `dense name=d weights=3/dense_1 ...`, 3 its
// number.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/shape.h"

namespace fovea {

struct InputSpec {
  std::string name;
  Shape row;  // without the batch; 0: a size that each data set decides
};

struct LayerSpec {
  std::string name;
  std::string type;
  std::vector<std::string> from;  // names of inputs and layers
  bool trainable = true;
  std::string again;    // the layer that is applied again; empty: a layer of its own
  std::string weights;  // whose weights it shares, "model number/layer"; empty: its own
  std::vector<Option> options;
};

struct ModelSpec {
  std::string name;
  std::vector<InputSpec> inputs;
  std::vector<LayerSpec> layers;
  std::vector<std::string> outputs;
};

/// One line of a description: its first word and its key=value pairs.
struct DescriptionLine {
  std::string type;
  std::vector<Option> options;

  /// The value of an option, which is removed from the list; empty when it was not given.
  std::string take(std::string_view key);
};

/// Splits a description into lines and options. Empty lines are passed over.
std::vector<DescriptionLine> parse_description(std::string_view text);

/// "a,b" as a and b; none in an empty text.
std::vector<std::string> split_names(std::string_view text);

ModelSpec parse_model(std::string_view text);

}  // namespace fovea
