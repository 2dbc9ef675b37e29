// SPDX-License-Identifier: MIT
// Examples in memory: columns of rows, inputs first. Bytes stay bytes (a quarter of the memory)
// until a batch is gathered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/shape.h"

namespace fovea {

enum class DataType : std::int32_t { kUint8, kInt32, kFloat32 };

/// One tensor with a row for each example.
class Column {
 public:
  /// `bytes` hold shape.size() elements, and live as long as the column. `place` names the column
  /// in errors: "x" or "y".
  Column(std::string place, DataType type, const Shape& shape, std::shared_ptr<const void> bytes);

  /// Refuses floats that are not finite in rows [from, to): one NaN would reach every weight within
  /// a step.
  void refuse_non_finite(int from, int to) const;

  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] DataType type() const { return type_; }
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] const Shape& row() const { return row_; }

  /// floats[i] = element of the given rows, bytes divided by `byte_divisor`.
  void gather(std::span<const std::uint32_t> rows, float byte_divisor, float* floats) const;

  /// The value of an element as a number, for checks of labels.
  [[nodiscard]] float value(std::int64_t index) const;

 private:
  std::string place_;
  DataType type_;
  int rows_;
  Shape row_;
  std::shared_ptr<const void> bytes_;
};

struct Dataset {
  std::vector<Column> inputs;
  std::vector<Column> targets;
  std::vector<Column> weights;  // of each example: none, one for all outputs, or one for each

  /// Rows of its columns, which must all have as many.
  [[nodiscard]] int rows() const;
};

}  // namespace fovea
