// SPDX-License-Identifier: MIT
// Columns as JavaScript hands them over: one block of memory with a table at its beginning, so that
// a prediction is one call with numbers. js/src/engine/block.ts writes it.
#pragma once

#include <memory>

#include "data/dataset.h"

namespace fovea {

/// Somebody else's block: it has to live as long as what is read from it.
inline std::shared_ptr<const void> borrowed(const void* block) {
  return {std::shared_ptr<const void>(), block};
}

/// The columns of a block, which they keep alive.
Dataset read_block(const std::shared_ptr<const void>& block);

/// The same; numbers that are not finite are refused.
Dataset read_finite_block(const std::shared_ptr<const void>& block);

}  // namespace fovea
