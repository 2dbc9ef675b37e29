// SPDX-License-Identifier: MIT
#include "core/rest.h"

#include "core/error.h"

namespace fovea {

namespace {

bool rest_is_here = true;

}  // namespace

void need_rest() {
  if (!rest_is_here) fail(ErrorCode::kNeedsRest, "the rest of the engine is not loaded.");
}

void set_rest(bool here) { rest_is_here = here; }

}  // namespace fovea
