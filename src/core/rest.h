// SPDX-License-Identifier: MIT
// A page that trains a usual network does not need every function there is. The browser's module
// comes in two parts: what the usual trainings call, and the rest (scripts/package/split.mjs). The
// first call into the rest throws what need_rest() throws; JavaScript hears of it, fetches the
// rest, and calls again from the border. So whatever the border calls must be as if it had not
// happened when it throws, or ask need_rest() before it changes anything. Everywhere else the rest
// is always there.
#pragma once

namespace fovea {

/// Throws an Error of code kNeedsRest while the rest is not there.
void need_rest();

/// Said once when the module starts in two parts, and once when the second has arrived.
void set_rest(bool here);

}  // namespace fovea
