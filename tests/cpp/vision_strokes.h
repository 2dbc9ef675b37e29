// SPDX-License-Identifier: MIT
// Handwriting for the tests of src/vision: ten digits as pen paths, drawn exactly at any size.
// The picture of a path at 20x20 is computed here from the path itself, so it is a second,
// independent way to the result that digit_from_pixels reaches through a whole photograph.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace fovea::strokes {

struct Point {
  double x, y;
};
using Path = std::vector<Point>;
using Drawing = std::vector<Path>;  // the pen is lifted between paths

// y grows downwards; the unit is the height of a digit.
inline Drawing digit_drawing(int digit) {
  Drawing drawing;
  const auto ellipse = [](double cx, double cy, double rx, double ry, double from, double to) {
    Path path;
    for (int i = 0; i <= 48; ++i) {
      const double angle = (from + (to - from) * i / 48.0) * 3.14159265358979;
      path.push_back({cx + rx * std::cos(angle), cy + ry * std::sin(angle)});
    }
    return path;
  };
  switch (digit) {
    case 0:
      return {ellipse(0.35, 0.5, 0.33, 0.5, -0.5, 1.5)};
    case 1:
      return {{{0.05, 0.2}, {0.25, 0.0}, {0.22, 1.0}}};
    case 2:
      return {ellipse(0.33, 0.27, 0.31, 0.27, -1.0, 0.22),
              {{0.57, 0.44}, {0.03, 1.0}, {0.68, 0.97}}};
    case 3:
      return {ellipse(0.3, 0.24, 0.28, 0.24, -0.85, 0.5),
              ellipse(0.3, 0.74, 0.34, 0.26, -0.5, 0.8)};
    case 4:
      return {{{0.3, 0.0}, {0.0, 0.62}, {0.66, 0.6}}, {{0.52, 0.3}, {0.48, 1.0}}};
    case 5:
      return {{{0.14, 0.04}, {0.08, 0.46}},
              ellipse(0.28, 0.7, 0.3, 0.3, -0.72, 0.8),
              {{0.16, 0.03}, {0.65, 0.0}}};
    case 6:
      return {{{0.5, 0.0}, {0.2, 0.3}, {0.06, 0.62}, {0.07, 0.75}},
              ellipse(0.32, 0.73, 0.27, 0.27, 0.0, 2.0)};
    case 7:
      return {{{0.0, 0.05}, {0.6, 0.0}, {0.22, 1.0}}};
    case 8:
      return {ellipse(0.3, 0.24, 0.23, 0.24, 0.0, 2.0), ellipse(0.3, 0.74, 0.28, 0.26, 0.0, 2.0)};
    default:
      return {ellipse(0.3, 0.28, 0.28, 0.28, 0.0, 2.0), {{0.58, 0.28}, {0.54, 0.65}, {0.4, 1.0}}};
  }
}

inline double distance_to_segment(Point p, Point a, Point b) {
  const double length_squared = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y);
  double t = length_squared == 0.0
                 ? 0.0
                 : ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length_squared;
  t = std::clamp(t, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * (b.x - a.x), p.y - a.y - t * (b.y - a.y));
}

inline double distance_to(const Drawing& drawing, Point p) {
  double nearest = 1e9;
  for (const Path& path : drawing) {
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      nearest = std::min(nearest, distance_to_segment(p, path[i], path[i + 1]));
    }
  }
  return nearest;
}

struct Extent {
  double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
};

inline Extent extent_of(const Drawing& drawing, double pen_width) {
  Extent extent;
  for (const Path& path : drawing) {
    for (const Point& p : path) {
      extent.left = std::min(extent.left, p.x - pen_width / 2);
      extent.top = std::min(extent.top, p.y - pen_width / 2);
      extent.right = std::max(extent.right, p.x + pen_width / 2);
      extent.bottom = std::max(extent.bottom, p.y + pen_width / 2);
    }
  }
  return extent;
}

// A grey photograph under construction: light 0 to 255, not yet rounded.
struct Photograph {
  int width, height;
  std::vector<double> light;

  Photograph(int columns, int rows, double paper)
      : width(columns), height(rows), light(static_cast<std::size_t>(columns * rows), paper) {}

  double& at(int x, int y) { return light[static_cast<std::size_t>(y * width + x)]; }

  // Ink takes away all but `remaining` of the light; above 1 it is chalk. The top left corner of
  // the digit's unit square lies at (x, y), its height is `height_in_pixels`, the pen's width a
  // share of that.
  Photograph& draw(const Drawing& drawing, Point origin, double height_in_pixels, double pen_width,
                   double remaining) {
    const Extent extent = extent_of(drawing, pen_width);
    const auto clamped = [](double v, int most) {
      return std::clamp(static_cast<int>(v), 0, most);
    };
    const int x0 = clamped(origin.x + extent.left * height_in_pixels - 2, width);
    const int x1 = clamped(origin.x + extent.right * height_in_pixels + 3, width);
    const int y0 = clamped(origin.y + extent.top * height_in_pixels - 2, height);
    const int y1 = clamped(origin.y + extent.bottom * height_in_pixels + 3, height);
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        const Point p = {(x + 0.5 - origin.x) / height_in_pixels,
                         (y + 0.5 - origin.y) / height_in_pixels};
        const double outside = (distance_to(drawing, p) - pen_width / 2) * height_in_pixels;
        const double covered = std::clamp(0.5 - outside, 0.0, 1.0);
        at(x, y) *= 1.0 - covered * (1.0 - remaining);
      }
    }
    return *this;
  }

  std::vector<std::uint8_t> bytes() const {
    std::vector<std::uint8_t> result;
    for (const double v : light)
      result.push_back(static_cast<std::uint8_t>(std::clamp(v + 0.5, 0.0, 255.0)));
    return result;
  }
};

// What MNIST's makers would have made of the drawing: black and white at high resolution, averaged
// down into 20x20, moved by whole pixels until the centre of mass is at pixel (14, 14).
inline std::vector<std::uint8_t> mnist_of(const Drawing& drawing, double pen_width) {
  constexpr int kFine = 8;
  const Extent extent = extent_of(drawing, pen_width);
  const double width = extent.right - extent.left;
  const double height = extent.bottom - extent.top;
  const double unit = std::max(width, height) / 20.0;
  const int columns = std::max(1, static_cast<int>(std::lround(width / unit)));
  const int rows = std::max(1, static_cast<int>(std::lround(height / unit)));
  std::vector<double> covered(static_cast<std::size_t>(columns * rows));
  double mass = 0.0, mass_x = 0.0, mass_y = 0.0;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      int hits = 0;
      for (int fine = 0; fine < kFine * kFine; ++fine) {
        const Point p = {extent.left + (x + (fine % kFine + 0.5) / kFine) * width / columns,
                         extent.top + (y + (fine / kFine + 0.5) / kFine) * height / rows};
        hits += distance_to(drawing, p) <= pen_width / 2 ? 1 : 0;
      }
      const double share = static_cast<double>(hits) / (kFine * kFine);
      covered[static_cast<std::size_t>(y * columns + x)] = share;
      mass += share;
      mass_x += share * x;
      mass_y += share * y;
    }
  }
  const int left = static_cast<int>(std::lround(14.0 - mass_x / mass));
  const int top = static_cast<int>(std::lround(14.0 - mass_y / mass));
  std::vector<std::uint8_t> field(784);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      if (left + x < 0 || left + x >= 28 || top + y < 0 || top + y >= 28) continue;
      field[static_cast<std::size_t>((top + y) * 28 + left + x)] = static_cast<std::uint8_t>(
          std::lround(covered[static_cast<std::size_t>(y * columns + x)] * 255.0));
    }
  }
  return field;
}

}  // namespace fovea::strokes
