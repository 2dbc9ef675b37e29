// SPDX-License-Identifier: MIT
#include "layers/accumulate.h"

#include "kernels/elementwise.h"

namespace fovea {

void accumulate(std::span<const ConstTensorView> parts, TensorView total) {
  add(parts[0].values(), parts[1].values(), total.values());
  for (const ConstTensorView& part : parts.subspan(2))
    add(total.values(), part.values(), total.values());
}

}  // namespace fovea
