// SPDX-License-Identifier: MIT
#include "data/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

namespace fovea {

namespace {

template <class Element, class Convert>
void gather_rows(const void* bytes, std::size_t row_size, std::span<const std::uint32_t> rows,
                 float* floats, const Convert& convert) {
  const auto* elements = static_cast<const Element*>(bytes);
  for (const std::uint32_t row : rows) {
    const Element* from = elements + row * row_size;
    for (std::size_t i = 0; i < row_size; ++i) floats[i] = convert(from[i]);
    floats += row_size;
  }
}

}  // namespace

Column::Column(std::string place, DataType type, const Shape& shape,
               std::shared_ptr<const void> bytes)
    : place_(std::move(place)),
      type_(type),
      rows_(shape[0]),
      row_(shape.row()),
      bytes_(std::move(bytes)) {}

void Column::refuse_non_finite(int from, int to) const {
  if (type_ != DataType::kFloat32) return;
  const auto* values = static_cast<const float*>(bytes_.get());
  const std::int64_t row_size = row_.size();
  for (std::int64_t i = row_size * from; i < row_size * to; ++i) {
    if (std::isfinite(values[i])) continue;
    fail(ErrorCode::kBadData, place_, ": every number must be finite, but number ",
         with_separators(i % row_size), " of example ", with_separators(i / row_size), " is ",
         std::isnan(values[i]) ? "NaN" : "infinite", ". Clean the data before training.");
  }
}

void Column::gather(std::span<const std::uint32_t> rows, float byte_divisor, float* floats) const {
  const auto row_size = static_cast<std::size_t>(row_.size());
  switch (type_) {
    case DataType::kUint8: {
      // There are but 256 bytes: a look-up costs a fraction of a division.
      std::array<float, 256> quotients;
      for (std::size_t v = 0; v < quotients.size(); ++v)
        quotients[v] = static_cast<float>(v) / byte_divisor;
      return gather_rows<std::uint8_t>(bytes_.get(), row_size, rows, floats,
                                       [&](std::uint8_t v) { return quotients[v]; });
    }
    case DataType::kInt32:
      return gather_rows<std::int32_t>(bytes_.get(), row_size, rows, floats,
                                       [](std::int32_t v) { return static_cast<float>(v); });
    case DataType::kFloat32:
      for (const std::uint32_t row : rows) {
        std::memcpy(floats, static_cast<const float*>(bytes_.get()) + row * row_size,
                    row_size * sizeof(float));
        floats += row_size;
      }
  }
}

float Column::value(std::int64_t index) const {
  switch (type_) {
    case DataType::kUint8:
      return static_cast<const std::uint8_t*>(bytes_.get())[index];
    case DataType::kInt32:
      return static_cast<float>(static_cast<const std::int32_t*>(bytes_.get())[index]);
    case DataType::kFloat32:
      return static_cast<const float*>(bytes_.get())[index];
  }
  return 0;
}

int Dataset::rows() const {
  int rows = -1;
  for (const std::vector<Column>* columns : {&inputs, &targets, &weights}) {
    for (const Column& column : *columns) {
      if (rows >= 0 && column.rows() != rows) {
        fail(ErrorCode::kBadShape, column.place(), ": has ", with_separators(column.rows()),
             " examples but ",
             inputs.empty() ? std::string("the others have ")
                            : concat(inputs.front().place(), " has "),
             with_separators(rows), ". Every tensor must have one row for each example.");
      }
      rows = column.rows();
    }
  }
  return std::max(rows, 0);
}

}  // namespace fovea
