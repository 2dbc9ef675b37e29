// SPDX-License-Identifier: MIT
#include "vision/blobs.h"

#include <algorithm>
#include <span>

namespace fovea {
namespace {

// How far apart two intervals are; negative when they overlap, by how much.
int gap_between(int a_from, int a_to, int b_from, int b_to) {
  return std::max(a_from, b_from) - std::min(a_to, b_to);
}

// Walks over one blob from a pixel of it, labelling and measuring what it meets. Works on a copy of
// the picture with a border of one pixel, so that no neighbour has to be asked whether it exists.
class BlobWalk {
 public:
  // `labels` gets the label of each pixel; it may be empty where nobody wants to know.
  BlobWalk(const GreyImage& contrast, int threshold, std::span<int> labels)
      : contrast_(contrast),
        labels_(labels),
        stride_(contrast.width + 2),
        state_(static_cast<std::size_t>(stride_) * static_cast<std::size_t>(contrast.height + 2)) {
    for (int y = 0; y < contrast.height; ++y) {
      const std::uint8_t* row = contrast.row(y);
      std::uint8_t* state = &state_[static_cast<std::size_t>(stride_ * (y + 1) + 1)];
      for (int x = 0; x < contrast.width; ++x) state[x] = row[x] > threshold ? kInk : kPaper;
    }
  }

  // The column of the next pixel of row y from x on that belongs to no blob yet, or the width.
  int next_ink(int x, int y) const {
    const auto row = state_.begin() + static_cast<std::ptrdiff_t>(stride_ * (y + 1) + 1);
    return static_cast<int>(std::find(row + x, row + contrast_.width, kInk) - row);
  }

  Blob walk_from(int x, int y, int label) {
    Blob blob{.box = {x, y, 1, 1}, .labels = {label}};
    visit(stride_ * (y + 1) + x + 1);
    int left = x;
    int right = x;
    int bottom = y;
    while (!waiting_.empty()) {
      const int at = waiting_.back();
      waiting_.pop_back();
      const int px = at % stride_ - 1;
      const int py = at / stride_ - 1;
      left = std::min(left, px);
      right = std::max(right, px);
      bottom = std::max(bottom, py);
      measure(at, px, py, label, blob);
      for (const int row : {at - stride_, at, at + stride_}) {
        for (int near = row - 1; near <= row + 1; ++near) {
          if (state_[static_cast<std::size_t>(near)] == kInk) visit(near);
        }
      }
    }
    // The first pixel met, row by row, is in the topmost row.
    blob.box = {left, y, right - left + 1, bottom - y + 1};
    return blob;
  }

 private:
  static constexpr std::uint8_t kPaper = 0;
  static constexpr std::uint8_t kInk = 1;
  static constexpr std::uint8_t kVisited = 2;

  bool is_ink(int at) const { return state_[static_cast<std::size_t>(at)] != kPaper; }
  void visit(int at) {
    state_[static_cast<std::size_t>(at)] = kVisited;
    waiting_.push_back(at);
  }
  void measure(int at, int x, int y, int label, Blob& blob) {
    if (!labels_.empty()) labels_[static_cast<std::size_t>(y * contrast_.width + x)] = label;
    blob.area += 1;
    blob.contrast_sum += contrast_.row(y)[x];
    const bool inside =
        is_ink(at - 1) && is_ink(at + 1) && is_ink(at - stride_) && is_ink(at + stride_);
    blob.edge_pixels += inside ? 0 : 1;
    const bool on_border =
        x == 0 || y == 0 || x == contrast_.width - 1 || y == contrast_.height - 1;
    blob.border_pixels += on_border ? 1 : 0;
  }

  const GreyImage& contrast_;
  std::span<int> labels_;
  int stride_;
  std::vector<std::uint8_t> state_;
  std::vector<int> waiting_;
};

std::vector<Blob> walk_all(const GreyImage& contrast, int threshold, std::span<int> labels) {
  std::vector<Blob> blobs;
  BlobWalk walk(contrast, threshold, labels);
  for (int y = 0; y < contrast.height; ++y) {
    for (int x = walk.next_ink(0, y); x < contrast.width; x = walk.next_ink(x + 1, y)) {
      blobs.push_back(walk.walk_from(x, y, static_cast<int>(blobs.size())));
    }
  }
  return blobs;
}

}  // namespace

std::vector<Blob> find_blobs(const GreyImage& contrast, int threshold) {
  return walk_all(contrast, threshold, {});
}

BlobMap label_blobs(const GreyImage& contrast, int threshold) {
  BlobMap map{.labels = std::vector<int>(contrast.pixels.size(), -1), .blobs = {}};
  map.blobs = walk_all(contrast, threshold, map.labels);
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
  const bool above_each_other = -across * 4 >= std::min(p.width, q.width);
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
