// SPDX-License-Identifier: MIT
// Connected marks, and which of them belong to one character: a 5 whose bar was drawn apart from
// its belly is two blobs and one digit.
#pragma once

#include <cstdint>
#include <vector>

#include "vision/image.h"

namespace fovea {

// One 8-connected set of pixels, or several that were joined.
struct Blob {
  Box box;
  std::int64_t area = 0;           // pixels
  std::int64_t contrast_sum = 0;   // of their contrasts
  std::int64_t edge_pixels = 0;    // pixels with a side that is not in the blob
  std::int64_t border_pixels = 0;  // pixels on the edge of the image
  std::vector<int> labels;         // which labels it is made of

  double mean_contrast() const {
    return static_cast<double>(contrast_sum) / static_cast<double>(area);
  }
  // Twice the area over the length of the outline: the width of a pen stroke.
  double stroke_width() const {
    return 2.0 * static_cast<double>(area) / static_cast<double>(edge_pixels);
  }
};

struct BlobMap {
  std::vector<int> labels;  // per pixel: index into blobs, or -1
  std::vector<Blob> blobs;
};

// The 8-connected sets of pixels whose contrast exceeds the threshold, from the top down.
std::vector<Blob> find_blobs(const GreyImage& contrast, int threshold);

// The same, and to which of them each pixel belongs.
BlobMap label_blobs(const GreyImage& contrast, int threshold);

// True for marks that lie as the parts of one digit do: boxes that overlap or nearly touch, one
// above the other. Two digits side by side are not joined.
bool belong_together(const Blob& a, const Blob& b);

// One blob with the pixels of both.
Blob joined(const Blob& a, const Blob& b);

// Joins blobs until no two belong together. Blobs whose longer side is under `speck` are dropped
// first.
std::vector<Blob> join_strokes(const std::vector<Blob>& blobs, int speck);

}  // namespace fovea
