// SPDX-License-Identifier: MIT
// Thread pools that last for the whole run: starting threads for every case would take most of the
// time. Builds without threads give pools of one.
#pragma once

#include "core/parallel.h"

namespace fovea::test {

inline Workers& one_thread() {
  static Workers workers(1);
  return workers;
}
inline Workers& three_threads() {
  static Workers workers(3);
  return workers;
}

}  // namespace fovea::test
