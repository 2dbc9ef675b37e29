// Separable: rows first, then columns. Weights are computed once per axis.
// SPDX-License-Identifier: MIT
#include "vision/resample.h"

#include <cmath>

namespace fovea {
namespace {

// New pixel i is the sum of weights[first_weight[i] + j] * old[first_pixel[i] + j].
struct AxisWeights {
  std::vector<int> first_pixel;
  std::vector<int> first_weight;  // one more than there are pixels: the last marks the end
  std::vector<float> weights;
};

AxisWeights weights_for(int source_length, int length) {
  AxisWeights axis;
  const double step = static_cast<double>(source_length) / length;
  for (int i = 0; i < length; ++i) {
    const double from = i * step;
    const double to = std::min<double>(source_length, (i + 1) * step);
    const int first = std::min(source_length - 1, static_cast<int>(from));
    const int last = std::max(first + 1, static_cast<int>(std::ceil(to - 1e-9)));
    axis.first_pixel.push_back(first);
    axis.first_weight.push_back(static_cast<int>(axis.weights.size()));
    for (int pixel = first; pixel < last; ++pixel) {
      const double covered = std::min<double>(to, pixel + 1) - std::max<double>(from, pixel);
      axis.weights.push_back(static_cast<float>(covered / (to - from)));
    }
  }
  axis.first_weight.push_back(static_cast<int>(axis.weights.size()));
  return axis;
}

}  // namespace

GreyImage resample_area(const GreyImage& image, const Box& source, int width, int height) {
  const AxisWeights columns = weights_for(source.width, width);
  const AxisWeights rows = weights_for(source.height, height);
  GreyImage result(width, height);
  std::vector<float> line(static_cast<std::size_t>(source.width));
  for (int y = 0; y < height; ++y) {
    std::fill(line.begin(), line.end(), 0.0F);
    for (int j = rows.first_weight[y]; j < rows.first_weight[y + 1]; ++j) {
      const int source_row = source.y + rows.first_pixel[y] + (j - rows.first_weight[y]);
      const std::uint8_t* pixels = image.row(source_row) + source.x;
      const float weight = rows.weights[j];
      for (std::size_t x = 0; x < line.size(); ++x) line[x] += weight * pixels[x];
    }
    for (int x = 0; x < width; ++x) {
      const float* pixels = line.data() + columns.first_pixel[x];
      float sum = 0.5F;
      for (int j = columns.first_weight[x]; j < columns.first_weight[x + 1]; ++j) {
        sum += columns.weights[j] * *pixels++;
      }
      result.row(y)[x] = static_cast<std::uint8_t>(std::min(255.0F, sum));
    }
  }
  return result;
}

GreyImage shrunk_to(const GreyImage& image, int longest) {
  const int side = std::max(image.width, image.height);
  if (side <= longest) return image;
  const auto shrunk = [&](int length) {
    return std::max(1, static_cast<int>(std::lround(static_cast<double>(length) * longest / side)));
  };
  return resample_area(image, {0, 0, image.width, image.height}, shrunk(image.width),
                       shrunk(image.height));
}

}  // namespace fovea
