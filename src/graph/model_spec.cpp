// SPDX-License-Identifier: MIT
#include "graph/model_spec.h"

#include <algorithm>

namespace fovea {

namespace {

/// The next piece of `text` up to a separator, which is removed from `text` with it.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view piece = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return piece;
}

InputSpec parse_input(DescriptionLine& line) {
  const std::string name = line.take("name");
  Options options(concat("input \"", name, '"'), std::move(line.options));
  const std::vector<int> extents =
      options.integers("shape", 1, "a list of one to four sizes of 1 or more, without the batch");
  const std::vector<int> unknown =
      options.integers_or("unknown", {}, 0, "the numbers of dimensions");
  options.finish();
  if (extents.empty() || extents.size() >= Shape::kMaxRank) {
    fail(ErrorCode::kBadShape, options.place(),
         ": shape must be a list of one to four sizes of 1 or more, without "
         "the batch, but has ",
         extents.size(), ".");
  }
  InputSpec input{name, Shape(extents)};
  for (const int dimension : unknown) input.row.set(std::min(dimension, input.row.rank() - 1), 0);
  return input;
}

}  // namespace

std::string DescriptionLine::take(std::string_view key) {
  const auto at = std::ranges::find(options, key, &Option::key);
  if (at == options.end()) return {};
  std::string text = std::move(at->text);
  options.erase(at);
  return text;
}

std::vector<DescriptionLine> parse_description(std::string_view text) {
  std::vector<DescriptionLine> lines;
  while (!text.empty()) {
    std::string_view rest = cut(text, '\n');
    if (rest.empty()) continue;
    DescriptionLine line{.type = std::string(cut(rest, ' '))};
    while (!rest.empty()) {
      std::string_view value = cut(rest, ' ');
      if (value.empty()) continue;
      const std::string_view key = cut(value, '=');
      line.options.push_back({std::string(key), std::string(value)});
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) result.emplace_back(cut(text, ','));
  return result;
}

ModelSpec parse_model(std::string_view text) {
  ModelSpec spec;
  for (DescriptionLine& line : parse_description(text)) {
    if (line.type == "model") {
      spec.name = line.take("name");
      spec.outputs = split_names(line.take("outputs"));
    } else if (line.type == "input") {
      spec.inputs.push_back(parse_input(line));
    } else {
      LayerSpec layer{
          .name = line.take("name"), .type = line.type, .from = split_names(line.take("from"))};
      layer.trainable = line.take("trainable") != "false";
      layer.weights = line.take("weights");
      if (line.type == "again") layer.again = line.take("layer");
      layer.options = std::move(line.options);
      spec.layers.push_back(std::move(layer));
    }
  }
  return spec;
}

}  // namespace fovea
