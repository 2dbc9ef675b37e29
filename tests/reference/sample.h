// SPDX-License-Identifier: MIT
// Reading an image at other places, in double: the mean of the pixels around a point weighted by
// max(0, 1 - distance) in both directions, over an image that goes on beyond its edges.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "tests/reference/window.h"

namespace fovea::reference {

/// The pixel i of an axis that goes on as `mode` says: reflect, wrap, nearest; -1 for constant.
int extended_index(std::string_view mode, int i, int size);

struct Sampler {
  std::string_view mode = "nearest";
  double fill = 0;
  bool bilinear = true;
  /// The point (row, column) that an output pixel looks at; the centre of pixel 0 is 0.
  std::function<std::pair<double, double>(int, int)> point;
};
/// One image, any number of channels.
Values sample(const Sampler& sampler, const Image& from, const Image& to, const Values& input);

/// A batch, with half-pixel centres.
Values resize(const Image& from, const Image& to, bool bilinear, const Values& input);

}  // namespace fovea::reference
