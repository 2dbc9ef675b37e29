// SPDX-License-Identifier: MIT
// A page that trains a usual network does not need every layer there is. The browser's module comes
// in two parts (scripts/package/split.mjs): the one that every training needs, and the rest, which
// is fetched when a model first asks for it. Whoever is about to call a function of the rest asks
// here first; JavaScript hears of it, fetches, and calls again. Everywhere else the rest is always
// there.
#pragma once

namespace fovea {

/// Throws an Error of code kNeedsRest while the rest is not there.
void need_rest();

/// Said once when the module starts in two parts, and once when the second has arrived.
void set_rest(bool here);

}  // namespace fovea
