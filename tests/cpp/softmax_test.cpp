// SPDX-License-Identifier: MIT
// Softmax, the two cross-entropies and the squared error against their slow twins, at every number
// of classes around the lanes, and where exponentials overflow and logarithms would be infinite.
#include "kernels/softmax.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/losses.h"
#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/reference/cross_entropy.h"
#include "tests/reference/squared_error.h"

namespace fovea {
namespace {

using reference::Values;
using test::expect_close;
using test::Input;
using test::Output;

constexpr int kClassCounts[] = {1, 2, 3, 4, 5, 8, 10, 11};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Rows {
  int rows;
  int classes;
  [[nodiscard]] Shape shape() const { return {rows, classes}; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(rows * classes); }
};

std::string place_of(std::string_view what, const Rows& rows) {
  return concat(what, ' ', rows.rows, 'x', rows.classes);
}

/// Compares a loss and its gradient times `scale`. A row is a sum of `classes` terms; the loss adds
/// up the rows.
void check_loss(const std::string& place, const Rows& rows, double value, Output& gradient,
                float scale, const reference::Loss& expected) {
  INFO(place);
  const double size = 8 * expected.value + rows.classes * rows.rows;
  CHECK(std::fabs(value - expected.value) <= size * std::numeric_limits<float>::epsilon());
  Values scaled = expected.gradient;
  double largest = 1;
  for (double& g : scaled) {
    g *= scale;
    largest = std::max(largest, std::fabs(g));
  }
  expect_intact(place, "gradient", gradient);
  expect_close({place, "gradient", gradient.view(rows.shape())}, scaled,
               {.terms = rows.classes + 4, .largest_product = largest, .roundings = 4});
}

Values random_logits(test::RandomValues& random, const Rows& rows) {
  Values logits = random.values(rows.size());
  for (double& x : logits) x *= 6;
  return logits;
}

Values random_labels(test::RandomValues& random, const Rows& rows) {
  Values labels = random.values(rows.size());
  for (double& label : labels) label = std::fabs(label);
  return labels;
}

TEST_CASE("softmax: forward and backward, against the slow twin", "[softmax]") {
  test::RandomValues random(6);
  for (const int count : {1, 3}) {
    for (const int classes : kClassCounts) {
      const Rows rows{count, classes};
      const std::string place = place_of("softmax", rows);
      const auto width = static_cast<std::size_t>(classes);
      const Values logits = random_logits(random, rows);
      const Values gradients = random.values(rows.size());
      const Values expected = reference::softmax(logits, width);
      const std::size_t misalignment = width % 4;
      const Input x(logits, misalignment);
      Output y(rows.size(), misalignment);
      softmax_forward(x.view(rows.shape()), y.view(rows.shape()));
      expect_intact(place, "output", y);
      expect_close({place, "output", y.view(rows.shape())}, expected,
                   {.terms = classes, .largest_product = 0.1, .roundings = 6});

      const Input probabilities(expected, misalignment);
      const Input dy(gradients, misalignment);
      Output dx(rows.size(), misalignment);
      softmax_backward(probabilities.view(rows.shape()), dy.view(rows.shape()),
                       dx.view(rows.shape()));
      expect_intact(place, "gradient", dx);
      expect_close({place, "gradient", dx.view(rows.shape())},
                   reference::softmax_backward(logits, gradients, width), {.terms = classes + 3});

      Input in_place(logits, misalignment);
      softmax_forward(in_place.view(rows.shape()), {in_place.data(), rows.shape()});
      test::expect_same_bits(place + ", in place", in_place.values(), y.values());
    }
  }
}

TEST_CASE("softmax: large logits do not overflow, equal ones share, far ones vanish", "[softmax]") {
  const auto softmax_of = [](std::vector<float> x) {
    const Shape shape{1, static_cast<int>(x.size())};
    std::vector<float> y(x.size(), kNan);
    softmax_forward({x.data(), shape}, {y.data(), shape});
    return y;
  };
  CHECK(softmax_of({1000, 1000, 1000, 1000}) == std::vector<float>{0.25F, 0.25F, 0.25F, 0.25F});
  CHECK(softmax_of({3e38F, -3e38F, 0}) == std::vector<float>{1, 0, 0});
  CHECK(softmax_of({-1e30F}) == std::vector<float>{1});
  const std::vector<float> with_minus_infinity =
      softmax_of({0, -kInfinity, 0, -kInfinity, -kInfinity});
  CHECK(with_minus_infinity == std::vector<float>{0.5F, 0, 0.5F, 0, 0});
  for (const float p : softmax_of({1, kNan, 2, 3, 4})) CHECK(std::isnan(p));
  for (const float p : softmax_of({1, 2, 3, 4, kNan})) CHECK(std::isnan(p));
}

TEST_CASE("softmax: a NaN in one row does not reach another", "[softmax]") {
  std::vector<float> x = {1, 2, 3, 4, 5, 6, kNan, 8, 9, 10, 11, 12, 13, 14, 15};
  std::vector<float> y(15);
  softmax_forward({x.data(), {3, 5}}, {y.data(), {3, 5}});
  for (std::size_t i = 0; i < 15; ++i) CHECK(std::isnan(y[i]) == (i / 5 == 1));
}

TEST_CASE("softmax cross-entropy: class numbers and one-hot labels, against the slow twin",
          "[softmax]") {
  test::RandomValues random(7);
  for (const int count : {1, 3, 6}) {
    for (const int classes : kClassCounts) {
      const Rows rows{count, classes};
      const auto width = static_cast<std::size_t>(classes);
      const Values logits = random_logits(random, rows);
      const Input x(logits, width % 4);
      const float scale = 1.0F / static_cast<float>(count);

      std::vector<int> numbers;
      for (int row = 0; row < count; ++row) numbers.push_back(random.integer(0, classes - 1));
      const Input sparse(Values(numbers.begin(), numbers.end()));
      const std::string place = place_of("sparse cross-entropy", rows);
      Output gradient(rows.size(), width % 3);
      const double value =
          softmax_cross_entropy(x.view(rows.shape()), sparse.view({count}), Labels::kSparse, scale,
                                gradient.view(rows.shape()));
      const reference::Loss expected =
          reference::softmax_cross_entropy(logits, reference::one_hot(numbers, width), width);
      check_loss(place, rows, value, gradient, scale, expected);
      INFO(place);
      CHECK(softmax_cross_entropy(x.view(rows.shape()), sparse.view({count}), Labels::kSparse,
                                  scale, {}) == value);

      const Values labels = random_labels(random, rows);
      const Input soft(labels);
      Output soft_gradient(rows.size(), width % 3);
      const double soft_value =
          softmax_cross_entropy(x.view(rows.shape()), soft.view(rows.shape()), Labels::kOneHot,
                                scale, soft_gradient.view(rows.shape()));
      check_loss(place_of("soft cross-entropy", rows), rows, soft_value, soft_gradient, scale,
                 reference::softmax_cross_entropy(logits, labels, width));
      CHECK(softmax_cross_entropy(x.view(rows.shape()), soft.view(rows.shape()), Labels::kOneHot,
                                  scale, {}) == soft_value);
    }
  }
}

TEST_CASE("cross-entropy of probabilities: against the slow twin, clipped as Keras clips",
          "[softmax]") {
  test::RandomValues random(8);
  for (const int count : {1, 3}) {
    for (const int classes : kClassCounts) {
      const Rows rows{count, classes};
      const auto width = static_cast<std::size_t>(classes);
      // Rows need not add up to one: Keras divides by their sum.
      Values probabilities = random_labels(random, rows);
      for (double& p : probabilities) p += 0.125;
      const Input p(probabilities);
      std::vector<int> numbers;
      for (int row = 0; row < count; ++row) numbers.push_back(random.integer(0, classes - 1));
      const Input sparse(Values(numbers.begin(), numbers.end()));
      Output gradient(rows.size());
      const double value = cross_entropy(p.view(rows.shape()), sparse.view({count}),
                                         Labels::kSparse, 0.5F, gradient.view(rows.shape()));
      check_loss(
          place_of("sparse cross-entropy of probabilities", rows), rows, value, gradient, 0.5F,
          reference::cross_entropy(probabilities, reference::one_hot(numbers, width), width));

      const Values labels = random_labels(random, rows);
      const Input soft(labels);
      Output soft_gradient(rows.size());
      const double soft_value =
          cross_entropy(p.view(rows.shape()), soft.view(rows.shape()), Labels::kOneHot, 0.5F,
                        soft_gradient.view(rows.shape()));
      check_loss(place_of("soft cross-entropy of probabilities", rows), rows, soft_value,
                 soft_gradient, 0.5F, reference::cross_entropy(probabilities, labels, width));
    }
  }
  // A probability of zero for the right class: the loss is -log(1e-7), not infinite, and has no
  // gradient.
  const std::vector<float> certain = {1, 0, 0};
  const float label = 2;
  std::vector<float> gradient(3, kNan);
  const double value = cross_entropy({certain.data(), {1, 3}}, {&label, {1}}, Labels::kSparse, 1,
                                     {gradient.data(), {1, 3}});
  CHECK(value == Catch::Approx(16.11809565));
  CHECK(gradient == std::vector<float>{0, 0, 0});
}

TEST_CASE("cross-entropy: confident and wrong is large, not infinite; certain and right is zero",
          "[softmax]") {
  const std::vector<float> x = {0, 2000, 0, 0, 0};
  const float wrong = 3;
  const float right = 1;
  std::vector<float> gradient(5, kNan);
  CHECK(softmax_cross_entropy({x.data(), {1, 5}}, {&wrong, {1}}, Labels::kSparse, 1,
                              {gradient.data(), {1, 5}}) == 2000);
  CHECK(gradient == std::vector<float>{0, 1, 0, -1, 0});
  CHECK(softmax_cross_entropy({x.data(), {1, 5}}, {&right, {1}}, Labels::kSparse, 1,
                              {gradient.data(), {1, 5}}) == 0);
  CHECK(gradient == std::vector<float>{0, 0, 0, 0, 0});
}

TEST_CASE("cross-entropy: NaN logits, and class numbers that are no class, give NaN", "[softmax]") {
  std::vector<float> x = {1, 2, kNan, 4, 5};
  const float label = 0;
  std::vector<float> gradient(5);
  CHECK(std::isnan(softmax_cross_entropy({x.data(), {1, 5}}, {&label, {1}}, Labels::kSparse, 1,
                                         {gradient.data(), {1, 5}})));
  x[2] = 3;
  for (const float bad : {-1.0F, 5.0F, 1e9F, kNan}) {
    CHECK(
        std::isnan(softmax_cross_entropy({x.data(), {1, 5}}, {&bad, {1}}, Labels::kSparse, 1, {})));
    CHECK(std::isnan(cross_entropy({x.data(), {1, 5}}, {&bad, {1}}, Labels::kSparse, 1, {})));
  }
  x[4] = kNan;
  CHECK(std::isnan(cross_entropy({x.data(), {1, 5}}, {&label, {1}}, Labels::kSparse, 1,
                                 {gradient.data(), {1, 5}})));
}

TEST_CASE("squared error: against the slow twin, with sums of more than one block",
          "[regression]") {
  test::RandomValues random(9);
  for (const int length : {1, 3, 4, 5, 11, 1023, 1024, 1025, 3000}) {
    const std::string place = concat("squared error of ", length);
    const auto size = static_cast<std::size_t>(length);
    const Values prediction = random.values(size);
    const Values target = random.values(size);
    const Input y(prediction, size % 4);
    const Input t(target, size % 3);
    Output gradient(size, size % 2);
    const double value = elementwise_loss({}, y.values(), t.values(), 0.25F, gradient.values());
    reference::Loss expected = reference::squared_error(prediction, target);
    INFO(place);
    // Lanes are chains of at most 256 terms; blocks are added in double.
    CHECK(std::fabs(value - expected.value) <=
          expected.value * 64 * std::numeric_limits<float>::epsilon());
    CHECK(elementwise_loss({}, y.values(), t.values(), 0.25F, {}) == value);
    for (double& g : expected.gradient) g *= 0.25;
    expect_intact(place, "gradient", gradient);
    expect_close({place, "gradient", gradient.view({length})}, expected.gradient,
                 {.terms = 0, .largest_product = 0, .roundings = 2});
  }
}

}  // namespace
}  // namespace fovea
