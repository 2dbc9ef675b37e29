// SPDX-License-Identifier: MIT
// The parts of src/vision by themselves: each against numbers worked out by hand or a plain slow
// loop.
#include <catch2/catch_amalgamated.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "vision/background.h"
#include "vision/blobs.h"
#include "vision/grey.h"
#include "vision/resample.h"
#include "vision/threshold.h"

namespace fovea {
namespace {

using Bytes = std::vector<std::uint8_t>;

GreyImage image_of(int width, int height, const Bytes& pixels) {
  GreyImage image(width, height);
  image.pixels = pixels;
  return image;
}

// '#' is contrast 200, digits 1 to 9 are ten times as much, everything else 0.
GreyImage picture_of(const std::vector<std::string>& rows) {
  GreyImage image(static_cast<int>(rows[0].size()), static_cast<int>(rows.size()));
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const char mark = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
      image.row(y)[x] = mark == '#'                  ? 200
                        : mark >= '1' && mark <= '9' ? static_cast<std::uint8_t>((mark - '0') * 10)
                                                     : 0;
    }
  }
  return image;
}

GreyImage scattered(int width, int height, std::uint32_t seed) {
  GreyImage image(width, height);
  for (std::uint8_t& value : image.pixels) {
    seed = seed * 1664525U + 1013904223U;
    value = static_cast<std::uint8_t>(seed >> 24U);
  }
  return image;
}

// Every pixel in the window of each pixel, one by one.
GreyImage slow_window_maximum(const GreyImage& image, int window) {
  GreyImage result(image.width, image.height);
  const int before = (window - 1) / 2;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int wy = y - before; wy < y - before + window; ++wy) {
        for (int wx = x - before; wx < x - before + window; ++wx) {
          if (wx < 0 || wy < 0 || wx >= image.width || wy >= image.height) continue;
          result.row(y)[x] = std::max(result.row(y)[x], image.row(wy)[wx]);
        }
      }
    }
  }
  return result;
}

TEST_CASE("grey: the weights of red, green and blue are those of Rec. 601", "[vision]") {
  const Bytes rgb = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 128, 128, 128};
  CHECK(to_grey(rgb, 6, 1, 3).pixels == Bytes{77, 149, 29, 255, 0, 128});
  CHECK(to_grey(Bytes{7, 8, 9, 10}, 2, 2, 1).pixels == Bytes{7, 8, 9, 10});
}

TEST_CASE("grey: transparent parts take the shade that leaves the ink visible", "[vision]") {
  const Bytes black_ink = {0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 128};
  CHECK(to_grey(black_ink, 3, 1, 4).pixels == Bytes{0, 255, 127});
  const Bytes white_ink = {255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 128};
  CHECK(to_grey(white_ink, 3, 1, 4).pixels == Bytes{255, 0, 128});
}

TEST_CASE("resample: each pixel is the mean of the area it covers", "[vision]") {
  // Three pixels become two: each takes one and a half of the old ones.
  CHECK(resample_area(image_of(3, 1, {30, 60, 90}), {0, 0, 3, 1}, 2, 1).pixels == Bytes{40, 80});
  CHECK(resample_area(image_of(2, 2, {0, 100, 200, 40}), {0, 0, 2, 2}, 1, 1).pixels == Bytes{85});
  CHECK(resample_area(image_of(2, 1, {10, 90}), {0, 0, 2, 1}, 6, 2).pixels ==
        Bytes{10, 10, 10, 90, 90, 90, 10, 10, 10, 90, 90, 90});
  // Only the named part is read.
  CHECK(resample_area(image_of(4, 1, {255, 10, 30, 255}), {1, 0, 2, 1}, 1, 1).pixels == Bytes{20});
}

TEST_CASE("resample: enlarging by a whole number and shrinking again changes nothing", "[vision]") {
  const GreyImage image = scattered(13, 7, 5);
  const GreyImage large = resample_area(image, {0, 0, 13, 7}, 39, 21);
  CHECK(resample_area(large, {0, 0, 39, 21}, 13, 7).pixels == image.pixels);
}

TEST_CASE("resample: shrunk_to keeps the shape and leaves small pictures alone", "[vision]") {
  const GreyImage wide = shrunk_to(scattered(1280, 720, 1), 640);
  CHECK(wide.width == 640);
  CHECK(wide.height == 360);
  const GreyImage small = scattered(30, 20, 2);
  CHECK(shrunk_to(small, 30).pixels == small.pixels);
  CHECK(shrunk_to(scattered(1000, 2, 3), 100).height == 1);
}

TEST_CASE("background: window maxima and minima equal the slow loop for every window", "[vision]") {
  const std::pair<int, int> sizes[] = {{1, 1}, {2, 5}, {17, 9}, {33, 20}};
  for (const auto& [width, height] : sizes) {
    const GreyImage image = scattered(width, height, static_cast<std::uint32_t>(width));
    for (const int window : {1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 40}) {
      INFO(width << "x" << height << ", window " << window);
      CHECK(window_maximum(image, window).pixels == slow_window_maximum(image, window).pixels);
      CHECK(window_minimum(image, window).pixels ==
            inverted(slow_window_maximum(inverted(image), window)).pixels);
    }
  }
}

TEST_CASE("background: a lamp's slope and the edge of a sheet give no contrast, a stroke its own",
          "[vision]") {
  GreyImage image(60, 40);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      image.row(y)[x] = static_cast<std::uint8_t>(
          x < 20 ? 30 : 120 + x + y);  // dark desk, sloping light on paper
    }
  }
  // At the picture's own edge the window is cut off, and the slope counts for half a window each
  // way.
  const GreyImage empty = dark_ink_contrast(image, 9);
  CHECK(*std::max_element(empty.pixels.begin(), empty.pixels.end()) <= 8);
  for (int y = 4; y < image.height - 4; ++y) {
    const std::uint8_t* row = empty.row(y);
    CHECK(*std::max_element(row + 4, row + image.width - 4) == 0);
  }

  for (int y = 0; y < image.height; ++y) {
    for (int x = 40; x < 44; ++x) image.row(y)[x] = static_cast<std::uint8_t>(image.row(y)[x] - 70);
  }
  const GreyImage inked = dark_ink_contrast(image, 9);
  for (int x = 0; x < image.width; ++x) {
    INFO("column " << x);
    if (x >= 40 && x < 44) {
      CHECK(inked.row(20)[x] >= 66);  // the paper under the stroke is known up to its slope
      CHECK(inked.row(20)[x] <= 70);
    } else {
      CHECK(inked.row(20)[x] == 0);
    }
  }
}

TEST_CASE("background: what is wider than the window is paper, not ink", "[vision]") {
  GreyImage image(40, 40);
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{200});
  for (int y = 10; y < 30; ++y) std::fill_n(image.row(y) + 10, 20, std::uint8_t{50});
  const GreyImage coarse = dark_ink_contrast(image, 21);
  CHECK(coarse.row(20)[20] == 150);
  const GreyImage fine = dark_ink_contrast(image, 19);
  CHECK(fine.row(20)[20] == 0);
}

TEST_CASE("threshold: histograms, medians and Otsu by hand", "[vision]") {
  const GreyImage image = image_of(4, 2, {9, 9, 10, 99, 9, 90, 91, 99});
  const Histogram part = histogram_of(image, {1, 0, 2, 2});
  CHECK(part[9] == 1);
  CHECK(part[10] == 1);
  CHECK(part[90] == 1);
  CHECK(part[91] == 1);
  const Histogram all = histogram_of(image, {0, 0, 4, 2});
  CHECK(median_of(all) == 10);
  CHECK(median_of(all, 11, 255) == 91);
  CHECK(median_of(all, 100, 255) == 100);
  const int threshold = otsu_threshold(all);
  CHECK(threshold >= 10);
  CHECK(threshold < 90);
  CHECK(otsu_threshold(histogram_of(image_of(2, 1, {5, 5}), {0, 0, 2, 1})) == 0);
}

TEST_CASE("blobs: connected by sides and corners, measured exactly", "[vision]") {
  const BlobMap map = label_blobs(picture_of({
                                      "#....3.",
                                      ".#...3.",
                                      "..#..3.",
                                      ".......",
                                      "###....",
                                      "###..1.",
                                      "###....",
                                  }),
                                  15);
  REQUIRE(map.blobs.size() == 3);  // the 1 is below the threshold
  const Blob& diagonal = map.blobs[0];
  CHECK(diagonal.area == 3);
  CHECK(diagonal.box.width == 3);
  CHECK(diagonal.box.height == 3);
  CHECK(diagonal.contrast_sum == 600);
  const Blob& bar = map.blobs[1];
  CHECK(bar.box.x == 5);
  CHECK(bar.box.height == 3);
  CHECK(bar.mean_contrast() == 30.0);
  const Blob& block = map.blobs[2];
  CHECK(block.area == 9);
  CHECK(block.edge_pixels == 8);
  CHECK(block.border_pixels == 5);  // left column and bottom row
  CHECK(map.labels[4 * 7 + 1] == 2);
  CHECK(map.labels[5 * 7 + 5] == -1);
}

Blob blob_at(Box box, std::int64_t contrast = 100) {
  return {.box = box,
          .area = 50,
          .contrast_sum = contrast * 50,
          .edge_pixels = 40,
          .border_pixels = 0,
          .labels = {box.x}};
}

TEST_CASE("blobs: strokes of one digit are joined, neighbours and other pens are not", "[vision]") {
  const Blob belly = blob_at({10, 30, 40, 60});
  CHECK(belong_together(belly, blob_at({20, 10, 40, 10})));        // the bar of a 5, a little above
  CHECK(belong_together(belly, blob_at({40, 20, 20, 50})));        // a stroke that crosses its box
  CHECK_FALSE(belong_together(belly, blob_at({55, 30, 40, 60})));  // the next digit, close by
  CHECK_FALSE(belong_together(belly, blob_at({10, 120, 40, 60})));     // the line below
  CHECK_FALSE(belong_together(belly, blob_at({20, 10, 40, 10}, 40)));  // a faint pencil mark
}

TEST_CASE("blobs: joining goes on until nothing more belongs, and drops specks", "[vision]") {
  // The first and the last only meet through the one between, which comes last.
  const std::vector<Blob> groups = join_strokes({blob_at({0, 0, 20, 10}), blob_at({0, 60, 20, 10}),
                                                 blob_at({90, 0, 2, 2}), blob_at({0, 12, 20, 40})},
                                                5);
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].box.height == 70);
  CHECK(groups[0].area == 150);
  CHECK(groups[0].labels.size() == 3);
}

}  // namespace
}  // namespace fovea
