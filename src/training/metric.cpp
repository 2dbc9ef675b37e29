// SPDX-License-Identifier: MIT
#include "training/metric.h"

#include <algorithm>
#include <limits>

namespace fovea {

namespace {

std::ptrdiff_t largest(std::span<const float> row) {
  return std::ranges::max_element(row) - row.begin();
}

double ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Metric::Metric(std::string_view type, const LossPort& port)
    : name_(type), sparse_(port.sparse_target) {
  if (type != "accuracy") {
    fail(ErrorCode::kBadOption, "compile: unknown metric \"", type, "\". Known metrics: accuracy.");
  }
}

void Metric::reset() { batch_right_ = batch_total_ = right_ = total_ = 0; }

void Metric::count(ConstTensorView prediction, ConstTensorView target) {
  const auto classes = static_cast<std::size_t>(prediction.shape[-1]);
  const std::size_t rows = prediction.size() / classes;
  batch_right_ = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::span<const float> p = prediction.values().subspan(row * classes, classes);
    if (sparse_) {
      batch_right_ += largest(p) == static_cast<std::ptrdiff_t>(target.data[row]) ? 1 : 0;
    } else if (classes == 1) {
      batch_right_ += (p[0] > 0.5F) == (target.data[row] > 0.5F) ? 1 : 0;
    } else {
      batch_right_ +=
          largest(p) == largest(target.values().subspan(row * classes, classes)) ? 1 : 0;
    }
  }
  batch_total_ = static_cast<std::int64_t>(rows);
  right_ += batch_right_;
  total_ += batch_total_;
}

double Metric::batch_value() const { return ratio(batch_right_, batch_total_); }
double Metric::value() const { return ratio(right_, total_); }

}  // namespace fovea
