// SPDX-License-Identifier: MIT
// Batch, layer, group and instance normalisation as one operation: of every group of channels of
// every image, the mean and variance over its pixels; then
//   y = (x - mean) / sqrt(variance + epsilon) * gamma[c] + beta[c].
// Batch normalisation is the case of one image (the whole batch) with a group for each channel,
// layer normalisation that of one pixel with all its channels in one group.
#pragma once

#include <cstdint>
#include <span>

#include "core/parallel.h"

namespace fovea {

struct NormGeometry {
  int images = 1;
  std::int64_t pixels = 1;
  int channels = 1;
  int groups = 1;
  [[nodiscard]] int statistics() const { return images * groups; }
};

/// Floats of scratch memory that each of the three functions below needs.
std::int64_t normalize_scratch(const NormGeometry& g, int slots);

/// mean and variance [image, group], the variance divided by the number of elements. Sums are made
/// of chunks that the shape decides.
void normalize_statistics(const NormGeometry& g, const float* x, std::span<float> mean,
                          std::span<float> variance, std::span<float> scratch, Workers& workers);

struct NormForward {
  const float* x = nullptr;
  const float* mean = nullptr;      // [image, group]
  const float* variance = nullptr;  // [image, group]
  const float* gamma = nullptr;     // [channels]; null: 1
  const float* beta = nullptr;      // [channels]; null: 0
  float epsilon = 0;
  std::span<float> scratch;
};
/// Overwrites y.
void normalize_forward(const NormGeometry& g, const NormForward& call, float* y, Workers& workers);

struct NormBackward {
  const float* output_gradient = nullptr;
  bool fixed = false;               // the statistics do not depend on x: inference
  float* input_gradient = nullptr;  // each may be null: not wanted
  float* gamma_gradient = nullptr;
  float* beta_gradient = nullptr;
};
/// With d = output_gradient, z = (x - mean) / deviation, m() the mean over a group:
///   beta_gradient = sum of d, gamma_gradient = sum of d z,
///   input_gradient = (gamma d - m(gamma d) - z m(gamma d z)) / deviation, without the two means
///   when the statistics are fixed.
/// Source: Ioffe and Szegedy, "Batch Normalization" (2015). `call` is forward's.
void normalize_backward(const NormGeometry& g, const NormForward& call,
                        const NormBackward& backward, Workers& workers);

/// y[row, c] = (x[row, c] - shift[c]) * factor[c] + d[row, c] * d_factor[c] + offset[c] for
/// `rows` rows; what is null is left out. y may be x or d.
struct ColumnAffine {
  const float* x = nullptr;
  const float* shift = nullptr;
  const float* factor = nullptr;
  const float* d = nullptr;
  const float* d_factor = nullptr;
  const float* offset = nullptr;
};
void affine_columns(const ColumnAffine& f, std::int64_t rows, int columns, float* y);

}  // namespace fovea
