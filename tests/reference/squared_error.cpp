// SPDX-License-Identifier: MIT
#include "tests/reference/squared_error.h"

namespace fovea::reference {

Loss squared_error(const Values& prediction, const Values& target) {
  Loss loss{0, Values(prediction.size())};
  for (std::size_t i = 0; i < prediction.size(); ++i) {
    const double difference = prediction[i] - target[i];
    loss.value += difference * difference;
    loss.gradient[i] = 2 * difference;
  }
  return loss;
}

}  // namespace fovea::reference
