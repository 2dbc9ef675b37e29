// SPDX-License-Identifier: MIT
// Examples in memory: columns of rows, inputs first. Bytes stay bytes (a quarter of the memory)
// until a batch is gathered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/shape.h"

namespace fovea {

enum class DataType : std::uint8_t { kUint8, kInt32, kFloat32 };

/// One tensor with a row for each example.
class Column {
 public:
  /// Takes over `bytes`, memory from malloc that holds shape.size() elements. `place` names the
  /// column in errors: "x" or "y". Floats that are not finite are refused: one NaN would reach
  /// every weight within a step.
  Column(std::string place, DataType type, const Shape& shape, void* bytes);

  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] DataType type() const { return type_; }
  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] const Shape& row() const { return row_; }

  /// floats[i] = element of the given rows, bytes divided by `byte_divisor`.
  void gather(std::span<const std::uint32_t> rows, float byte_divisor, float* floats) const;

  /// The value of an element as a number, for checks of labels.
  [[nodiscard]] float value(std::int64_t index) const;

 private:
  struct Release {
    void operator()(void* memory) const { std::free(memory); }
  };
  void refuse_non_finite() const;

  std::string place_;
  DataType type_;
  int rows_;
  Shape row_;
  std::unique_ptr<void, Release> bytes_;
};

struct Dataset {
  std::vector<Column> inputs;
  std::vector<Column> targets;
  std::vector<Column> weights;  // of each example: none, one for all outputs, or one for each

  /// Rows of its columns, which must all have as many.
  [[nodiscard]] int rows() const;
};

}  // namespace fovea
