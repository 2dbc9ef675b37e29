// SPDX-License-Identifier: MIT
#include "vision/blobs.h"

#include <algorithm>

namespace fovea {
namespace {

// How far apart two intervals are; negative when they overlap, by how much.
int gap_between(int a_from, int a_to, int b_from, int b_to) {
  return std::max(a_from, b_from) - std::min(a_to, b_to);
}

// Walks over one blob from a pixel of it, labelling and measuring what it meets.
class BlobWalk {
 public:
  BlobWalk(const GreyImage& contrast, int threshold, std::vector<int>& labels)
      : contrast_(contrast), threshold_(threshold), labels_(labels) {}

  Blob walk_from(int x, int y, int label) {
    Blob blob{.box = {x, y, 1, 1}, .labels = {label}};
    visit(x, y, label);
    while (!waiting_.empty()) {
      const auto [px, py] = waiting_.back();
      waiting_.pop_back();
      measure(px, py, blob);
      for (int ny = std::max(0, py - 1); ny <= std::min(contrast_.height - 1, py + 1); ++ny) {
        for (int nx = std::max(0, px - 1); nx <= std::min(contrast_.width - 1, px + 1); ++nx) {
          if (is_ink(nx, ny) && labels_[index(nx, ny)] < 0) visit(nx, ny, label);
        }
      }
    }
    return blob;
  }

 private:
  struct Pixel {
    int x, y;
  };

  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(contrast_.width) +
           static_cast<std::size_t>(x);
  }
  bool is_ink(int x, int y) const {
    return x >= 0 && y >= 0 && x < contrast_.width && y < contrast_.height &&
           contrast_.row(y)[x] > threshold_;
  }
  void visit(int x, int y, int label) {
    labels_[index(x, y)] = label;
    waiting_.push_back({x, y});
  }
  void measure(int x, int y, Blob& blob) const {
    blob.box = united(blob.box, {x, y, 1, 1});
    blob.area += 1;
    blob.contrast_sum += contrast_.row(y)[x];
    const bool inside =
        is_ink(x - 1, y) && is_ink(x + 1, y) && is_ink(x, y - 1) && is_ink(x, y + 1);
    blob.edge_pixels += inside ? 0 : 1;
    const bool on_border =
        x == 0 || y == 0 || x == contrast_.width - 1 || y == contrast_.height - 1;
    blob.border_pixels += on_border ? 1 : 0;
  }

  const GreyImage& contrast_;
  int threshold_;
  std::vector<int>& labels_;
  std::vector<Pixel> waiting_;
};

}  // namespace

BlobMap find_blobs(const GreyImage& contrast, int threshold) {
  BlobMap map{.labels = std::vector<int>(contrast.pixels.size(), -1), .blobs = {}};
  BlobWalk walk(contrast, threshold, map.labels);
  std::size_t i = 0;
  for (int y = 0; y < contrast.height; ++y) {
    for (int x = 0; x < contrast.width; ++x, ++i) {
      if (contrast.pixels[i] <= threshold || map.labels[i] >= 0) continue;
      map.blobs.push_back(walk.walk_from(x, y, static_cast<int>(map.blobs.size())));
    }
  }
  return map;
}

bool belong_together(const Blob& a, const Blob& b) {
  // The same pen wrote both.
  const double faint = std::min(a.mean_contrast(), b.mean_contrast());
  const double strong = std::max(a.mean_contrast(), b.mean_contrast());
  if (faint * 2.0 < strong) return false;
  const Box& p = a.box;
  const Box& q = b.box;
  const int across = gap_between(p.x, p.right(), q.x, q.right());
  const int down = gap_between(p.y, p.bottom(), q.y, q.bottom());
  if (across <= 0 && down <= 0) return true;
  // A seventh of the whole may be missing between two strokes that lie one above the other.
  const int whole = united(p, q).long_side();
  const bool above_each_other = -across * 2 >= std::min(p.width, q.width);
  return above_each_other && down * 7 <= whole;
}

Blob joined(const Blob& a, const Blob& b) {
  Blob whole = a;
  whole.box = united(a.box, b.box);
  whole.area += b.area;
  whole.contrast_sum += b.contrast_sum;
  whole.edge_pixels += b.edge_pixels;
  whole.border_pixels += b.border_pixels;
  whole.labels.insert(whole.labels.end(), b.labels.begin(), b.labels.end());
  return whole;
}

std::vector<Blob> join_strokes(const std::vector<Blob>& blobs, int speck) {
  std::vector<Blob> groups;
  for (const Blob& blob : blobs) {
    if (blob.box.long_side() < speck) continue;
    Blob group = blob;
    // A joined group is larger, so it may now reach others: look again from the start.
    for (std::size_t i = 0; i < groups.size();) {
      if (!belong_together(group, groups[i])) {
        ++i;
        continue;
      }
      group = joined(group, groups[i]);
      groups[i] = std::move(groups.back());
      groups.pop_back();
      i = 0;
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace fovea
