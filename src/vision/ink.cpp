// SPDX-License-Identifier: MIT
// Looks at the writing alone, at a size where a stroke has several pixels, so that thresholds and
// the width of the pen no longer depend on how large the digit was in the picture.
#include "vision/ink.h"

#include <cmath>

#include "vision/background.h"
#include "vision/blobs.h"
#include "vision/grey.h"
#include "vision/resample.h"
#include "vision/threshold.h"

namespace fovea {
namespace {

constexpr int kSmallestDigit = 80;  // pixels of the longer side in the close-up
constexpr int kLargestDigit = 160;
constexpr int kFaintCoverage = 24;         // below this a pixel is paper
constexpr double kThinnestStroke = 0.085;  // of the longer side: MNIST's fine pens

// The writing and some paper round it, enlarged or shrunk.
struct CloseUp {
  GreyImage image;
  Box source;  // which part of the picture it is
  Box digit;   // the writing in the close-up's pixels
};

CloseUp close_up(const GreyImage& picture, const Writing& writing) {
  const int side = writing.box.long_side();
  const Box source = expanded(writing.box, 2 + side / 4, picture);
  // Enlarging by a whole number repeats pixels and so loses nothing when it is averaged down again.
  const double scale = side < kSmallestDigit  ? std::ceil(double{kSmallestDigit} / side)
                       : side > kLargestDigit ? double{kLargestDigit} / side
                                              : 1.0;
  const auto scaled = [&](int length) { return static_cast<int>(std::lround(length * scale)); };
  GreyImage image = resample_area(picture, source, scaled(source.width), scaled(source.height));
  const int x = scaled(writing.box.x - source.x);
  const int y = scaled(writing.box.y - source.y);
  const Box digit = {x, y, std::min(image.width - x, std::max(1, scaled(writing.box.width))),
                     std::min(image.height - y, std::max(1, scaled(writing.box.height)))};
  return {writing.dark_ink ? std::move(image) : inverted(image), source, digit};
}

// Contrast to coverage: the paper's typical contrast becomes 0, the ink's 255.
GreyImage coverage_of(const GreyImage& contrast, const Box& digit) {
  const Histogram histogram = histogram_of(contrast, digit);
  const int threshold = otsu_threshold(histogram);
  const int paper = median_of(histogram, 0, threshold);
  const int ink = std::max(paper + 1, median_of(histogram, threshold + 1, 255));
  const double paper_end = paper + 0.2 * (ink - paper);
  const double scale = 255.0 / (ink - paper_end);
  GreyImage coverage(contrast.width, contrast.height);
  for (std::size_t i = 0; i < coverage.pixels.size(); ++i) {
    const double covered = (contrast.pixels[i] - paper_end) * scale;
    coverage.pixels[i] = static_cast<std::uint8_t>(std::clamp(covered, 0.0, 255.0));
  }
  return coverage;
}

bool has_middle_in(const Box& box, const Box& outer) {
  const int x = box.x + box.width / 2;
  const int y = box.y + box.height / 2;
  return x >= outer.x && x < outer.right() && y >= outer.y && y < outer.bottom();
}

// The group of strokes with the most ink inside the located box. What the close-up's edge cuts off
// beside it is something else: the edge of the sheet, a neighbour.
Blob main_strokes(const BlobMap& map, const Box& digit) {
  std::vector<Blob> blobs = map.blobs;
  std::erase_if(blobs, [&](const Blob& blob) {
    return blob.border_pixels > 0 && !has_middle_in(blob.box, digit);
  });
  Blob best;
  for (const Blob& group : join_strokes(blobs, std::max(2, digit.long_side() / 12))) {
    if (has_middle_in(group.box, digit) && group.contrast_sum > best.contrast_sum) best = group;
  }
  return best;
}

// Coverage near the strokes' own pixels; everything else becomes paper.
GreyImage only_strokes(const GreyImage& coverage, const BlobMap& map, const Blob& strokes) {
  std::vector<bool> is_ours(map.blobs.size(), false);
  for (const int label : strokes.labels) is_ours[static_cast<std::size_t>(label)] = true;
  GreyImage mask(coverage.width, coverage.height);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const int label = map.labels[i];
    mask.pixels[i] = label >= 0 && is_ours[static_cast<std::size_t>(label)] ? 255 : 0;
  }
  const int soft_edge = std::max(1, strokes.box.long_side() / 16);
  GreyImage result = window_maximum(mask, 2 * soft_edge + 1);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const std::uint8_t covered = coverage.pixels[i];
    result.pixels[i] = result.pixels[i] != 0 && covered >= kFaintCoverage ? covered : 0;
  }
  return result;
}

Box inked_box(const GreyImage& coverage) {
  Box box;
  for (int y = 0; y < coverage.height; ++y) {
    for (int x = 0; x < coverage.width; ++x) {
      if (coverage.row(y)[x] == 0) continue;
      const Box pixel = {x, y, 1, 1};
      box = box.width == 0 ? pixel : united(box, pixel);
    }
  }
  return box;
}

}  // namespace

Ink trace_ink(const GreyImage& picture, const Writing& writing) {
  const CloseUp view = close_up(picture, writing);
  const GreyImage contrast = dark_ink_contrast(view.image, view.digit.long_side() / 2);
  const GreyImage coverage = coverage_of(contrast, view.digit);
  const BlobMap map = label_blobs(coverage, 96);
  const Blob strokes = main_strokes(map, view.digit);
  if (strokes.area == 0) return {};
  Ink ink;
  ink.coverage = only_strokes(coverage, map, strokes);
  const double missing = kThinnestStroke * strokes.box.long_side() - strokes.stroke_width();
  if (missing > 1.0) ink.coverage = window_maximum(ink.coverage, static_cast<int>(missing) + 1);
  ink.box = inked_box(ink.coverage);
  const double scale_x = static_cast<double>(view.source.width) / view.image.width;
  const double scale_y = static_cast<double>(view.source.height) / view.image.height;
  ink.source = {view.source.x + static_cast<int>(ink.box.x * scale_x),
                view.source.y + static_cast<int>(ink.box.y * scale_y),
                std::max(1, static_cast<int>(std::lround(ink.box.width * scale_x))),
                std::max(1, static_cast<int>(std::lround(ink.box.height * scale_y)))};
  return ink;
}

}  // namespace fovea
