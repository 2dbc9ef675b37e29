// SPDX-License-Identifier: MIT
// Finds the writing in a picture: where it is, and whether it is darker or lighter than the paper.
#pragma once

#include <optional>

#include "vision/image.h"

namespace fovea {

struct Writing {
  Box box;        // in the picture's pixels, correct to a pixel or two
  bool dark_ink;  // darker than what is around it
};

// The most digit-like marks in the picture: strong, large, made of strokes, not cut off by the
// border. Nothing when the picture is blank or holds no more than noise and specks.
std::optional<Writing> locate_writing(const GreyImage& picture);

}  // namespace fovea
