// SPDX-License-Identifier: MIT
// Everything is made of two loops over rows of channels: sums of columns, and an affine function
// with coefficients for each channel. What a group's channels share is worked out between them,
// where there are only `channels` numbers.
#include "kernels/normalize.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/scratch.h"
#include "kernels/simd.h"

namespace fovea {

namespace {

/// Parts in which images, and chunks in which the rows of a single image, are handed out: fixed by
/// the shape.
constexpr int kParts = 16;

int parts_of(const NormGeometry& g) { return std::min(g.images, kParts); }
int chunks_of(const NormGeometry& g) {
  constexpr std::int64_t kFloatsPerChunk = 1 << 13;
  const std::int64_t wanted = g.pixels * g.channels / kFloatsPerChunk;
  return static_cast<int>(
      std::clamp<std::int64_t>(wanted, 1, std::min<std::int64_t>(kParts, g.pixels)));
}

/// One thread's numbers for each channel.
struct Slot {
  float* partial;  // [chunks, channels]
  float *mean, *factor, *offset, *first_sum, *second_sum;
};

struct Workspace {
  Workspace(const NormGeometry& g, int slots, Scratch& scratch)
      : channels(g.channels),
        chunks(chunks_of(g)),
        slot_size((std::int64_t{chunks} + 5) * channels),
        slots_memory(scratch.take<float>(slot_size * slots)),
        gamma_gradients(scratch.take<float>(std::int64_t{parts_of(g)} * channels)),
        beta_gradients(scratch.take<float>(std::int64_t{parts_of(g)} * channels)) {}

  [[nodiscard]] Slot slot(int i) const {
    float* memory = slots_memory + i * slot_size;
    float* rest = memory + std::int64_t{chunks} * channels;
    return {memory,
            rest,
            rest + channels,
            rest + std::ptrdiff_t{2} * channels,
            rest + std::ptrdiff_t{3} * channels,
            rest + std::ptrdiff_t{4} * channels};
  }

  int channels;
  int chunks;
  std::int64_t slot_size;
  float* slots_memory;
  float* gamma_gradients;  // of each part
  float* beta_gradients;   // of each part
};

/// What a function on one image works with. A single image is cut into chunks for all threads; of
/// several images, each is one thread's.
struct Image {
  int index;
  int part;
  bool first_of_part;
  Slot slot;
  Workers* workers;  // null: this thread alone
};

template <class Function>
void for_each_image(const NormGeometry& g, const Workspace& work, Workers& workers,
                    const Function& f) {
  if (g.images == 1) return f(Image{0, 0, true, work.slot(0), &workers});
  const int parts = parts_of(g);
  workers.run(parts, [&](int part, int slot) {
    const int first = static_cast<int>(std::int64_t{g.images} * part / parts);
    const int last = static_cast<int>(std::int64_t{g.images} * (part + 1) / parts);
    for (int i = first; i < last; ++i) f(Image{i, part, i == first, work.slot(slot), nullptr});
  });
}

/// Calls f(chunk, first row, rows) for every chunk.
template <class Function>
void for_each_chunk(const NormGeometry& g, int chunks, Workers* workers, const Function& f) {
  const auto chunk = [&](int i, int /*slot*/) {
    const std::int64_t first = g.pixels * i / chunks;
    f(i, first, g.pixels * (i + 1) / chunks - first);
  };
  if (workers != nullptr) return workers->run(chunks, chunk);
  for (int i = 0; i < chunks; ++i) chunk(i, 0);
}

/// (x - shift[c]) * (d - d_shift[c]); without d the first factor alone.
struct ColumnProduct {
  const float* x = nullptr;
  const float* shift = nullptr;
  const float* d = nullptr;
  const float* d_shift = nullptr;
};

Vector load_or_zero(const float* from, std::size_t c, std::size_t count) {
  return from == nullptr ? zero() : load_some(from + c, count);
}

void product_sums(const ColumnProduct& f, std::int64_t first, std::int64_t rows, int columns,
                  float* sums) {
  const auto width = static_cast<std::size_t>(columns);
  for_each_vector(width, [&](std::size_t c, std::size_t count) {
    const Vector shift = load_or_zero(f.shift, c, count);
    const Vector d_shift = load_or_zero(f.d_shift, c, count);
    Vector sum = zero();
    std::size_t at = static_cast<std::size_t>(first) * width + c;
    for (std::int64_t row = 0; row < rows; ++row, at += width) {
      Vector v = hn::Sub(load_some(f.x + at, count), shift);
      if (f.d != nullptr) v = hn::Mul(v, hn::Sub(load_some(f.d + at, count), d_shift));
      sum = hn::Add(sum, v);
    }
    store_some(sum, sums + c, count);
  });
}

/// sums[c] over the rows of one image.
void column_sums(const NormGeometry& g, const Workspace& work, const Image& image,
                 const ColumnProduct& f, float* sums) {
  for_each_chunk(g, work.chunks, image.workers,
                 [&](int chunk, std::int64_t first, std::int64_t rows) {
                   product_sums(f, first, rows, g.channels,
                                image.slot.partial + std::ptrdiff_t{chunk} * g.channels);
                 });
  sum_rows(image.slot.partial, work.chunks, {sums, static_cast<std::size_t>(g.channels)});
}

/// The mean over the group's pixels and channels of numbers that are sums over pixels, each times
/// gamma.
float group_mean(const NormGeometry& g, const float* sums, const float* gamma, int group) {
  const int size = g.channels / g.groups;
  float total = 0;
  for (int c = group * size; c < (group + 1) * size; ++c) {
    total += gamma == nullptr ? sums[c] : sums[c] * gamma[c];
  }
  return total / static_cast<float>(g.pixels * size);
}

std::ptrdiff_t offset_of(const NormGeometry& g, int image) {
  return static_cast<std::ptrdiff_t>(image * g.pixels * g.channels);
}

/// Fills mean[c] and factor[c] = 1 / deviation for one image.
void spread_statistics(const NormGeometry& g, const NormForward& call, const Image& image) {
  const int size = g.channels / g.groups;
  for (int c = 0; c < g.channels; ++c) {
    const int at = image.index * g.groups + c / size;
    image.slot.mean[c] = call.mean[at];
    image.slot.factor[c] = 1 / std::sqrt(call.variance[at] + call.epsilon);
  }
}

void affine_image(const NormGeometry& g, const Workspace& work, const Image& image, ColumnAffine f,
                  float* y) {
  for_each_chunk(g, work.chunks, image.workers,
                 [&](int /*chunk*/, std::int64_t first, std::int64_t rows) {
                   const auto at = static_cast<std::ptrdiff_t>(first * g.channels);
                   ColumnAffine here = f;
                   here.x += at;
                   if (here.d != nullptr) here.d += at;
                   affine_columns(here, rows, g.channels, y + at);
                 });
}

}  // namespace

std::int64_t normalize_scratch(const NormGeometry& g, int slots) {
  return scratch_floats<Workspace>(g, slots);
}

void affine_columns(const ColumnAffine& f, std::int64_t rows, int columns, float* y) {
  const auto width = static_cast<std::size_t>(columns);
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto start = static_cast<std::size_t>(row) * width;
    for_each_vector(width, [&](std::size_t c, std::size_t count) {
      const Vector x = hn::Sub(load_some(f.x + start + c, count), load_or_zero(f.shift, c, count));
      Vector v =
          hn::Add(hn::Mul(x, load_some(f.factor + c, count)), load_or_zero(f.offset, c, count));
      if (f.d != nullptr) {
        v = hn::Add(v,
                    hn::Mul(load_some(f.d + start + c, count), load_some(f.d_factor + c, count)));
      }
      store_some(v, y + start + c, count);
    });
  }
}

void normalize_statistics(const NormGeometry& g, const float* x, std::span<float> mean,
                          std::span<float> variance, std::span<float> scratch, Workers& workers) {
  Scratch memory(scratch);
  const Workspace work(g, workers.size(), memory);
  const int size = g.channels / g.groups;
  for_each_image(g, work, workers, [&](const Image& image) {
    const float* values = x + offset_of(g, image.index);
    const Slot& slot = image.slot;
    column_sums(g, work, image, {.x = values}, slot.first_sum);
    for (int c = 0; c < g.channels; ++c) {
      slot.mean[c] =
          c % size == 0 ? group_mean(g, slot.first_sum, nullptr, c / size) : slot.mean[c - 1];
    }
    // From the differences: a mean of squares less a squared mean would lose all digits of a small
    // variance.
    column_sums(g, work, image, {values, slot.mean, values, slot.mean}, slot.first_sum);
    for (int group = 0; group < g.groups; ++group) {
      const auto at = static_cast<std::size_t>(image.index * g.groups + group);
      mean[at] = slot.mean[group * size];
      variance[at] = group_mean(g, slot.first_sum, nullptr, group);
    }
  });
}

void normalize_forward(const NormGeometry& g, const NormForward& call, float* y, Workers& workers) {
  Scratch memory(call.scratch);
  const Workspace work(g, workers.size(), memory);
  for_each_image(g, work, workers, [&](const Image& image) {
    const Slot& slot = image.slot;
    spread_statistics(g, call, image);
    for (int c = 0; c < g.channels && call.gamma != nullptr; ++c) slot.factor[c] *= call.gamma[c];
    const std::ptrdiff_t at = offset_of(g, image.index);
    affine_image(g, work, image,
                 {.x = call.x + at, .shift = slot.mean, .factor = slot.factor, .offset = call.beta},
                 y + at);
  });
}

void normalize_backward(const NormGeometry& g, const NormForward& call,
                        const NormBackward& backward, Workers& workers) {
  Scratch memory(call.scratch);
  const Workspace work(g, workers.size(), memory);
  const int size = g.channels / g.groups;
  const auto channels = static_cast<std::size_t>(g.channels);
  for_each_image(g, work, workers, [&](const Image& image) {
    const Slot& slot = image.slot;
    const std::ptrdiff_t at = offset_of(g, image.index);
    const float* x = call.x + at;
    const float* d = backward.output_gradient + at;
    spread_statistics(g, call, image);
    column_sums(g, work, image, {.x = d}, slot.first_sum);
    column_sums(g, work, image, {.x = x, .shift = slot.mean, .d = d}, slot.second_sum);
    float* gammas = work.gamma_gradients + std::ptrdiff_t{image.part} * g.channels;
    float* betas = work.beta_gradients + std::ptrdiff_t{image.part} * g.channels;
    for (int c = 0; c < g.channels; ++c) {
      slot.second_sum[c] *= slot.factor[c];
      gammas[c] = slot.second_sum[c] + (image.first_of_part ? 0 : gammas[c]);
      betas[c] = slot.first_sum[c] + (image.first_of_part ? 0 : betas[c]);
    }
    if (backward.input_gradient == nullptr) return;
    // input_gradient = d * gamma * f - f * m(gamma d) - (x - mean) * f^2 * m(gamma d z), f = 1 /
    // deviation. From here on second_sum holds the factor of d, and first_sum that of x - mean.
    for (int group = 0; group < g.groups; ++group) {
      const float mean = backward.fixed ? 0 : group_mean(g, slot.first_sum, call.gamma, group);
      const float mean_z = backward.fixed ? 0 : group_mean(g, slot.second_sum, call.gamma, group);
      for (int c = group * size; c < (group + 1) * size; ++c) {
        const float f = slot.factor[c];
        slot.offset[c] = -f * mean;
        slot.first_sum[c] = -f * f * mean_z;
        slot.second_sum[c] = call.gamma == nullptr ? f : f * call.gamma[c];
      }
    }
    affine_image(g, work, image, {x, slot.mean, slot.first_sum, d, slot.second_sum, slot.offset},
                 backward.input_gradient + at);
  });
  const int parts = parts_of(g);
  if (backward.gamma_gradient != nullptr)
    sum_rows(work.gamma_gradients, parts, {backward.gamma_gradient, channels});
  if (backward.beta_gradient != nullptr)
    sum_rows(work.beta_gradients, parts, {backward.beta_gradient, channels});
}

}  // namespace fovea
