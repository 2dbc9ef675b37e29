// SPDX-License-Identifier: MIT
// Works on a small copy. Each polarity and a few thresholds offer candidates, and all are scored
// alike: so a dark desk around a sheet, the sheet itself and the hole of a 0 compete with the digit
// and lose.
#include "vision/locate.h"

#include <algorithm>
#include <cmath>

#include "vision/background.h"
#include "vision/blobs.h"
#include "vision/grey.h"
#include "vision/resample.h"
#include "vision/threshold.h"

namespace fovea {
namespace {

constexpr int kSearchSide = 256;
// Contrasts, strict to lenient. A strict one parts the ink from ruled lines, a lenient one sees
// pencil.
constexpr int kThresholds[] = {100, 50, 24};
constexpr std::size_t kMostBlobs = 48;
// Windows as parts of the shorter side, fine to coarse. A coarse one also sees the gap between a
// digit and the edge of its sheet as a mark, so what it finds must be much better than what a finer
// one found.
constexpr int kWindowParts[] = {14, 6};
constexpr double kFinerIsBetter = 2.5;

struct Candidate {
  Blob blob;
  double score = 0.0;
};

// How much of its outline a blob has on the image's edge: about 1 for a strip of desk beside the
// sheet.
double border_share(const Blob& blob) {
  return static_cast<double>(blob.border_pixels) / (blob.box.width + blob.box.height);
}

// Falls from 1 at `good` to 0 at `bad`.
double fading(double value, double good, double bad) {
  return std::clamp((bad - value) / (bad - good), 0.0, 1.0);
}

double digit_likeness(const Blob& blob, const GreyImage& image) {
  const double size = blob.box.long_side();
  const double aspect = static_cast<double>(blob.box.width) / blob.box.height;
  const double stroke = blob.stroke_width() / size;
  const double middle_x = (blob.box.x + blob.box.width * 0.5) / image.width - 0.5;
  const double middle_y = (blob.box.y + blob.box.height * 0.5) / image.height - 0.5;
  // Ruled lines and edges of sheets run right across; a digit does so only where nothing else is
  // there.
  const bool runs_across = blob.box.width == image.width || blob.box.height == image.height;
  return size * blob.mean_contrast() * (runs_across ? 0.2 : 1.0) *
         (0.2 + 0.8 * fading(aspect, 1.5, 3.0)) * (0.05 + 0.95 * fading(stroke, 0.2, 0.36)) *
         fading(std::hypot(middle_x, middle_y), 0.0, 1.4);
}

// The mean grey of the blob's pixels, weighted by their contrast.
double ink_level(const Blob& blob, const GreyImage& image, const GreyImage& contrast) {
  double sum = 0.0;
  double weight = 1e-9;
  for (int y = blob.box.y; y < blob.box.bottom(); ++y) {
    for (int x = blob.box.x; x < blob.box.right(); ++x) {
      sum += static_cast<double>(contrast.row(y)[x]) * image.row(y)[x];
      weight += contrast.row(y)[x];
    }
  }
  return sum / weight;
}

// The share of the pixels just outside the blob's box that are as light as paper, not as dark as
// its ink. Round a digit there is paper; round the hole of a 0 or the gap in a 3 there is ink, and
// beyond it paper that looks like the "ink" of the hole.
double paper_around(const Blob& blob, const GreyImage& image, const GreyImage& contrast) {
  const double half_way = ink_level(blob, image, contrast) + 0.5 * blob.mean_contrast();
  const Box outer = expanded(blob.box, std::max(2, blob.box.long_side() / 6), image);
  std::int64_t paper = 0;
  std::int64_t all = 0;
  for (int y = outer.y; y < outer.bottom(); ++y) {
    const std::uint8_t* row = image.row(y);
    const bool beside = y >= blob.box.y && y < blob.box.bottom();
    for (int x = outer.x; x < outer.right(); ++x) {
      if (beside && x == blob.box.x) x = blob.box.right();
      if (x >= outer.right()) break;
      paper += row[x] > half_way ? 1 : 0;
      ++all;
    }
  }
  return all == 0 ? 1.0 : static_cast<double>(paper) / static_cast<double>(all);
}

// The best candidate among marks darker than their surroundings and narrower than the window.
Candidate best_dark_marks(const GreyImage& image, int window) {
  const int short_side = std::min(image.width, image.height);
  GreyImage contrast = dark_ink_contrast(image, window);
  // Closing takes the lightest of the paper's noise for its level: what all paper shows is no
  // contrast.
  const int noise = median_of(histogram_of(contrast, {0, 0, image.width, image.height}));
  for (std::uint8_t& value : contrast.pixels) {
    value = static_cast<std::uint8_t>(std::max(0, value - noise));
  }
  const int speck = std::max(2, short_side / 24);
  Candidate best;
  for (const int threshold : kThresholds) {
    if (threshold < noise * 2) break;
    std::vector<Blob> blobs = find_blobs(contrast, threshold);
    std::erase_if(blobs, [](const Blob& blob) { return border_share(blob) > 0.5; });
    const auto by_area = [](const Blob& a, const Blob& b) { return a.area > b.area; };
    const std::size_t kept = std::min(blobs.size(), kMostBlobs);
    std::partial_sort(blobs.begin(), blobs.begin() + static_cast<std::ptrdiff_t>(kept), blobs.end(),
                      by_area);
    blobs.resize(kept);
    for (const Blob& group : join_strokes(blobs, std::max(2, speck / 3))) {
      if (group.box.long_side() < speck) continue;
      const double paper = paper_around(group, image, contrast);
      const double score = digit_likeness(group, image) * (1.0 - fading(paper, 0.5, 0.9));
      if (score > best.score) best = {group, score};
    }
  }
  return best;
}

}  // namespace

std::optional<Writing> locate_writing(const GreyImage& picture) {
  const GreyImage small = shrunk_to(picture, kSearchSide);
  const GreyImage negative = inverted(small);
  const int short_side = std::min(small.width, small.height);
  Candidate best;
  bool dark_ink = true;
  for (const int part : kWindowParts) {
    const int window = std::max(9, short_side / part);
    const Candidate dark = best_dark_marks(small, window);
    const Candidate light = best_dark_marks(negative, window);
    const Candidate& better = dark.score >= light.score ? dark : light;
    const bool better_is_dark = &better == &dark;
    const double needed = better_is_dark == dark_ink ? 1.05 : kFinerIsBetter;
    if (better.score <= best.score * needed) continue;
    best = better;
    dark_ink = better_is_dark;
  }
  if (best.score <= 0.0) return std::nullopt;
  const double scale_x = static_cast<double>(picture.width) / small.width;
  const double scale_y = static_cast<double>(picture.height) / small.height;
  const int x = static_cast<int>(best.blob.box.x * scale_x);
  const int y = static_cast<int>(best.blob.box.y * scale_y);
  const int right = static_cast<int>(std::ceil(best.blob.box.right() * scale_x));
  const int bottom = static_cast<int>(std::ceil(best.blob.box.bottom() * scale_y));
  return Writing{{x, y, std::min(right, picture.width) - x, std::min(bottom, picture.height) - y},
                 dark_ink};
}

}  // namespace fovea
