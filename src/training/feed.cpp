// SPDX-License-Identifier: MIT
#include "training/feed.h"

#include <cmath>

namespace fovea {

namespace {

void check_range(std::string_view task, const Dataset& data, RowRange range) {
  const int rows = data.rows();
  if (rows == 0) fail(ErrorCode::kBadData, task, ": there are no examples.");
  if (range.from < 0 || range.to > rows || range.from >= range.to) {
    fail(ErrorCode::kBadData, task, ": examples ", with_separators(range.from), " to ",
         with_separators(range.to), " are wanted but the data has ", with_separators(rows),
         ". Choose rows inside it, at least one.");
  }
}

/// 0: any size.
bool fits(const Shape& shape, const Shape& wanted) {
  bool same = shape.rank() == wanted.rank();
  for (int i = 0; same && i < wanted.rank(); ++i) same = wanted[i] == 0 || shape[i] == wanted[i];
  return same;
}

struct Classes {
  int count = 0;
  float ignored = 0;  // a number that stands for none of them; NaN: there is no such
};

void check_class_numbers(std::string_view task, const Column& column, const Classes& classes,
                         RowRange range) {
  const std::int64_t row_size = column.row().size();
  for (std::int64_t i = row_size * range.from; i < row_size * range.to; ++i) {
    const float label = column.value(i);
    if (label >= 0 && label < static_cast<float>(classes.count) && label == std::floor(label)) {
      continue;
    }
    if (label == classes.ignored) continue;
    fail(ErrorCode::kBadData, task, ": ", column.place(), " must hold class numbers from 0 to ",
         classes.count - 1, ", but example ", with_separators(i / row_size), " has ", label,
         ". Correct the labels or give the last layer more units.");
  }
}

}  // namespace

std::vector<Shape> free_rows(const Network& network, const Dataset& data) {
  std::vector<Shape> rows;
  if (!network.has_unknown_sizes()) return rows;
  for (const Column& column : data.inputs) rows.push_back(column.row());
  return rows;
}

void check_inputs(std::string_view task, const Network& network, const Dataset& data,
                  RowRange range) {
  check_range(task, data, range);
  const std::size_t wanted = network.input_names.size();
  if (data.inputs.size() != wanted) {
    fail(ErrorCode::kBadShape, task, ": model \"", network.name, "\" has ", wanted,
         " input(s) but x holds ", data.inputs.size(),
         " tensor(s). Give one tensor for each input.");
  }
  for (std::size_t i = 0; i < wanted; ++i) {
    const Column& column = data.inputs[i];
    const Shape& row = network.shown_rows[i];
    if (fits(column.row(), row)) continue;
    fail(ErrorCode::kBadShape, task, ": ", column.place(), " has examples of shape ", column.row(),
         " but input \"", network.input_names[i], "\" of model \"", network.name, "\" takes ", row,
         ". Reshape the data or change the model's inputShape.");
  }
}

void check_targets(std::string_view task, const Network& network,
                   const std::vector<std::unique_ptr<Loss>>& losses, const Dataset& data,
                   RowRange range) {
  if (data.targets.size() != losses.size()) {
    fail(ErrorCode::kBadShape, task, ": model \"", network.name, "\" has ", losses.size(),
         " output(s) but y holds ", data.targets.size(),
         " tensor(s). Give one tensor for each output.");
  }
  const std::vector<Shape> rows = network.rows_for(free_rows(network, data));
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const Column& column = data.targets[i];
    const LossPort port = losses[i]->port(static_cast<int>(i));
    if (!port.has_target) continue;  // whoever computes the loss knows them
    const Shape& output = rows[static_cast<std::size_t>(network.outputs[i])];
    const Shape wanted = target_shape(port, output.with_batch(1)).row();
    const bool fits = column.row() == wanted || (wanted.rank() == 0 && column.row() == Shape{1});
    if (!fits) {
      std::string remedy = concat("Give targets of that shape or change the layer \"",
                                  network.output_names[i], "\".");
      if (port.sparse_target && column.row() == output)
        remedy = "Use categoricalCrossentropy for one-hot labels.";
      if (!port.sparse_target && column.row().size() == 1) {
        remedy = "Use sparseCategoricalCrossentropy for class numbers, or oneHot(labels, classes).";
      }
      fail(ErrorCode::kBadShape, task, ": ", column.place(), " has examples of shape ",
           column.row(), " but ", losses[i]->name(), " on the output \"", network.output_names[i],
           "\" ", output, " takes ", wanted, ". ", remedy);
    }
    if (port.sparse_target) {
      check_class_numbers(task, column, {output[-1], losses[i]->ignored_class()}, range);
    }
  }
}

void check_weights(std::string_view task, const Network& network, const Dataset& data,
                   RowRange range) {
  const std::size_t columns = data.weights.size();
  if (columns > 1 && columns != network.outputs.size()) {
    fail(ErrorCode::kBadShape, task, ": model \"", network.name, "\" has ", network.outputs.size(),
         " output(s) but there are ", columns,
         " sets of sample weights. Give one for all outputs, or one for each.");
  }
  for (const Column& column : data.weights) {
    if (column.row().size() != 1) {
      fail(ErrorCode::kBadShape, task, ": ", column.place(), " has weights of shape ", column.row(),
           " for each example. Give one number for each.");
    }
    for (int i = range.from; i < range.to; ++i) {
      if (column.value(i) >= 0) continue;
      fail(ErrorCode::kBadData, task, ": ", column.place(),
           " must hold weights of 0 or more, but example ", with_separators(i), " has ",
           column.value(i), ".");
    }
  }
}

void feed_inputs(const Model& model, const Plan& plan, const Dataset& data,
                 std::span<const std::uint32_t> rows) {
  constexpr std::size_t kFloatsPerPart = std::size_t{1} << 16U;  // worth handing to a thread
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    const float divisor = model.network().input_reads_bytes[i] ? 1.0F : 255.0F;
    const Column& column = data.inputs[i];
    float* floats = model.input(plan, static_cast<int>(i)).data;
    const auto row_size = static_cast<std::size_t>(column.row().size());
    const std::size_t part_rows = std::max(kFloatsPerPart / row_size, std::size_t{1});
    const std::size_t parts = (rows.size() + part_rows - 1) / part_rows;
    model.workers().run(static_cast<int>(parts), [&](int part, int) {
      const std::size_t first = static_cast<std::size_t>(part) * part_rows;
      column.gather(rows.subspan(first, std::min(part_rows, rows.size() - first)), divisor,
                    floats + first * row_size);
    });
  }
}

void feed_targets(const Model& model, const Plan& plan, const Dataset& data,
                  std::span<const std::uint32_t> rows) {
  for (std::size_t i = 0; i < data.targets.size(); ++i) {
    const TensorView target = model.loss(plan, static_cast<int>(i)).target;
    if (target) data.targets[i].gather(rows, 1, target.data);
  }
}

}  // namespace fovea
