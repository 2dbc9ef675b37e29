// SPDX-License-Identifier: MIT
#include "training/metric.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/scalar.h"

namespace fovea {

namespace {

/// In the order of Metric::Kind.
constexpr std::array<std::string_view, 12> kNames = {"accuracy",
                                                     "binaryAccuracy",
                                                     "categoricalAccuracy",
                                                     "sparseCategoricalAccuracy",
                                                     "topKCategoricalAccuracy",
                                                     "precision",
                                                     "recall",
                                                     "f1",
                                                     "auc",
                                                     "meanIoU",
                                                     "mse",
                                                     "mae"};
constexpr std::size_t kThresholds = 200;

std::size_t largest(std::span<const float> row) {
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

double ratio(double part, double whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : part / whole;
}
/// Keras's answer where there is nothing to divide by.
double ratio_or_zero(double part, double whole) { return whole == 0 ? 0 : part / whole; }

/// How many of Keras's thresholds (-e, 1/199, 2/199, ..., 198/199, 1 + e) lie below p.
std::size_t thresholds_below(float p) {
  const double place = std::ceil(static_cast<double>(p) * (kThresholds - 1));
  return static_cast<std::size_t>(std::clamp(place, 1.0, kThresholds - 1.0));
}

/// `counts`: how many true ones, then how many false ones, exceed exactly so many thresholds.
double area_under_roc(std::span<const double> counts) {
  std::array<double, 2> all{};
  for (std::size_t i = 0; i < kThresholds; ++i) {
    all[0] += counts[i];
    all[1] += counts[kThresholds + i];
  }
  // From the highest threshold, that nothing exceeds, down.
  std::array<double, 2> above{};
  double area = 0;
  for (std::size_t i = kThresholds; i-- > 1;) {
    const std::array<double, 2> here = {above[0] + counts[i], above[1] + counts[kThresholds + i]};
    area += (here[1] - above[1]) * (here[0] + above[0]) / 2;
    above = here;
  }
  return ratio_or_zero(area, all[0] * all[1]);
}

double mean_iou(std::span<const double> confusion, std::size_t classes) {
  double sum = 0;
  double seen = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    double in_union = -confusion[c * classes + c];
    for (std::size_t k = 0; k < classes; ++k) {
      in_union += confusion[c * classes + k] + confusion[k * classes + c];
    }
    if (in_union == 0) continue;  // a class that neither is nor was predicted
    sum += confusion[c * classes + c] / in_union;
    ++seen;
  }
  return ratio_or_zero(sum, seen);
}

}  // namespace

Metric::Metric(std::string_view type, Options& options, const Loss& loss, const Shape& output)
    : name_(type), sparse_(loss.port(0).sparse_target), ignored_(loss.ignored_class()) {
  const auto at = std::ranges::find(kNames, type);
  if (at == kNames.end()) {
    fail(ErrorCode::kBadOption, "compile: unknown metric \"", type,
         "\". Known metrics: ", listing(kNames, " and "), ".");
  }
  kind_ = static_cast<Kind>(at - kNames.begin());
  check(options, loss);
  name_ = options.word_or("name", type);
  if (kind_ == Kind::kAccuracy) {
    const bool binary = loss.is_binary() || (output[-1] == 1 && !sparse_);
    kind_ = binary ? Kind::kBinaryAccuracy : Kind::kCategoricalAccuracy;
  }
  read(options, output);
  options.finish();
  squash_ = kind_ >= Kind::kMse ? Squash::kNone : loss.squash(false);
  row_.resize(static_cast<std::size_t>(output[-1]));
  std::size_t counters = 3;
  if (kind_ == Kind::kAuc) counters = 2 * kThresholds;
  if (kind_ == Kind::kMeanIoU) counters = classes_ * classes_;
  batch_.resize(counters);
  total_.resize(counters);
  before_.resize(counters);
}

void Metric::read(Options& options, const Shape& output) {
  switch (kind_) {
    case Kind::kBinaryAccuracy:
    case Kind::kPrecision:
    case Kind::kRecall:
    case Kind::kF1:
      threshold_ = static_cast<float>(options.number_or("threshold", 0.5, 0, 1));
      break;
    case Kind::kTopK:
      k_ = static_cast<std::size_t>(options.integer_or("k", 5, 1));
      break;
    case Kind::kMeanIoU:
      classes_ = static_cast<std::size_t>(
          options.integer_or("numClasses", std::max(output[-1], 2), std::max(output[-1], 2), 4096));
      break;
    default:
      break;
  }
}

void Metric::check(const Options& options, const Loss& loss) const {
  const LossPort port = loss.port(0);
  if (!port.has_target || port.target_size > 0) {
    fail(ErrorCode::kBadOption, options.place(), ": cannot be measured beside the loss ",
         loss.name(),
         ", whose targets are not of the output's kind. Leave the metric of this output out.");
  }
  const bool wrong = (kind_ == Kind::kSparseAccuracy && !sparse_) ||
                     (kind_ == Kind::kCategoricalAccuracy && sparse_);
  if (wrong) {
    fail(ErrorCode::kBadOption, options.place(), ": the loss ", loss.name(), " takes ",
         sparse_ ? "class numbers" : "one number for each class",
         ". Use \"accuracy\", which follows the loss.");
  }
}

void Metric::reset() {
  std::ranges::fill(batch_, 0.0);
  std::ranges::fill(total_, 0.0);
}

std::span<const float> Metric::probabilities(std::span<const float> row, Squash squash) {
  if (squash == Squash::kNone) return row;
  const bool binary = squash == Squash::kSigmoid || row.size() == 1;
  const float shift = binary ? 0 : *std::ranges::max_element(row);
  float sum = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    row_[i] = binary ? 1 / (1 + scalar_exp(-row[i])) : scalar_exp(row[i] - shift);
    sum += row_[i];
  }
  if (!binary) {
    for (float& p : row_) p /= sum;
  }
  return row_;
}

void Metric::count(ConstTensorView prediction, ConstTensorView target, bool reads_logits) {
  std::ranges::fill(batch_, 0.0);
  const Squash squash = reads_logits ? Squash::kSoftmax : squash_;
  const auto width = static_cast<std::size_t>(prediction.shape[-1]);
  // Which class is largest does not need probabilities: softmax keeps the order.
  const bool by_class = kind_ == Kind::kCategoricalAccuracy || kind_ == Kind::kSparseAccuracy ||
                        kind_ == Kind::kTopK || (kind_ == Kind::kMeanIoU && width > 1);
  for (std::size_t i = 0; i < prediction.size() / width; ++i) {
    Row row{prediction.values().subspan(i * width, width), nullptr, 0};
    if (sparse_) {
      if (target.data[i] == ignored_) continue;
      row.label = static_cast<std::size_t>(target.data[i]);
    } else {
      row.target = target.data + i * width;
      row.label = largest({row.target, width});
    }
    if (by_class) {
      count_classes(row);
    } else {
      row.prediction = probabilities(row.prediction, squash);
      count_numbers(row);
    }
  }
  before_ = total_;
  for (std::size_t i = 0; i < batch_.size(); ++i) total_[i] += batch_[i];
}

void Metric::count_classes(const Row& row) {
  if (kind_ == Kind::kMeanIoU) {
    ++batch_[row.label * classes_ + largest(row.prediction)];
    return;
  }
  bool right = largest(row.prediction) == row.label;
  if (kind_ == Kind::kTopK) {
    // Counted as not larger, so that NaN is never among the best.
    const float own = row.prediction[row.label];
    const auto behind = std::ranges::count_if(row.prediction, [own](float y) { return y <= own; });
    right = row.prediction.size() - static_cast<std::size_t>(behind) < k_ && own == own;
  }
  batch_[0] += right ? 1 : 0;
  ++batch_[1];
}

void Metric::count_numbers(const Row& row) {
  for (std::size_t c = 0; c < row.prediction.size(); ++c) {
    const float t = row.target != nullptr ? row.target[c] : (c == row.label ? 1.0F : 0.0F);
    count_number(row.prediction[c], t);
  }
}

void Metric::count_number(float y, float t) {
  const bool truth = t > 0.5F;
  const bool said = y > threshold_;
  const double difference = static_cast<double>(y) - static_cast<double>(t);
  switch (kind_) {
    case Kind::kPrecision:
    case Kind::kRecall:
    case Kind::kF1:
      batch_[0] += truth && said ? 1 : 0;
      batch_[1] += said ? 1 : 0;
      batch_[2] += truth ? 1 : 0;
      return;
    case Kind::kAuc:
      if (y == y) ++batch_[(truth ? 0 : kThresholds) + thresholds_below(y)];
      return;
    case Kind::kMeanIoU:
      ++batch_[(truth ? classes_ : 0) + (y > 0.5F ? 1 : 0)];
      return;
    case Kind::kMse:
      batch_[0] += difference * difference;
      break;
    case Kind::kMae:
      batch_[0] += std::fabs(difference);
      break;
    default:
      batch_[0] += truth == said ? 1 : 0;
  }
  ++batch_[1];
}

double Metric::value_of(const std::vector<double>& counts) const {
  switch (kind_) {
    case Kind::kPrecision:
      return ratio_or_zero(counts[0], counts[1]);
    case Kind::kRecall:
      return ratio_or_zero(counts[0], counts[2]);
    case Kind::kF1:  // 2 / (1 / precision + 1 / recall)
      return ratio_or_zero(2 * counts[0], counts[1] + counts[2]);
    case Kind::kAuc:
      return area_under_roc(counts);
    case Kind::kMeanIoU:
      return mean_iou(counts, classes_);
    default:
      return ratio(counts[0], counts[1]);
  }
}

}  // namespace fovea
