// SPDX-License-Identifier: MIT
#include "bindings/block.h"

#include <array>
#include <cstddef>

namespace fovea {

namespace {

enum class Role : std::int32_t { kX, kY, kWeight, kOutputGradient };

/// One line of the table.
struct Line {
  Role role;
  DataType type;
  std::uint32_t offset;  // from the beginning of the block
  std::int32_t rank;
  std::array<std::int32_t, Shape::kMaxRank> extents;
};
static_assert(sizeof(Line) == 36);

constexpr std::array<const char*, 4> kPlaces{"x", "y", "sampleWeight", "outputGradients"};

}  // namespace

Dataset read_block(const std::shared_ptr<const void>& block) {
  const auto* const bytes = static_cast<const std::byte*>(block.get());
  const std::int32_t lines = *static_cast<const std::int32_t*>(block.get());
  const auto* line = reinterpret_cast<const Line*>(bytes + sizeof lines);
  Dataset data;
  for (const Line* const end = line + lines; line != end; ++line) {
    std::vector<Column>& columns = line->role == Role::kX        ? data.inputs
                                   : line->role == Role::kWeight ? data.weights
                                                                 : data.targets;
    std::string place = kPlaces[static_cast<std::size_t>(line->role)];
    if (!columns.empty()) place = concat(place, '[', columns.size(), ']');
    const auto rank = static_cast<std::size_t>(line->rank);  // there are examples: at least 1
    columns.emplace_back(std::move(place), line->type,
                         Shape(std::span<const int>(line->extents.data(), rank)),
                         std::shared_ptr<const void>(block, bytes + line->offset));
  }
  return data;
}

Dataset read_finite_block(const std::shared_ptr<const void>& block) {
  Dataset data = read_block(block);
  for (const std::vector<Column>* columns : {&data.inputs, &data.targets, &data.weights}) {
    for (const Column& column : *columns) column.refuse_non_finite(0, column.rows());
  }
  return data;
}

}  // namespace fovea
