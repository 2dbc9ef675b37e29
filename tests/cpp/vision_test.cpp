// SPDX-License-Identifier: MIT
// digit_from_pixels on photographs that the test makes: ten digits as pen paths, and for each the
// 28x28 that MNIST's makers would have made of it, computed from the path and not from the
// photograph.
#include <catch2/catch_amalgamated.hpp>

#include <cmath>
#include <functional>
#include <string>

#include "core/error.h"
#include "tests/cpp/vision_strokes.h"
#include "vision/digit.h"

namespace fovea {
namespace {

using strokes::digit_drawing;
using strokes::Photograph;
using Bytes = std::vector<std::uint8_t>;

constexpr double kPen = 0.12;

struct Seen {
  DigitResult result;
  Bytes digit;
};

Seen see(const Photograph& photograph) {
  Seen seen{.result = {}, .digit = Bytes(784, 77)};
  seen.result =
      digit_from_pixels(photograph.bytes(), photograph.width, photograph.height, 1, seen.digit);
  return seen;
}

// 1 for the same picture up to brightness, 0 for unrelated ones.
double likeness(const Bytes& a, const Bytes& b) {
  double mean_a = 0.0, mean_b = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i] / 784.0;
    mean_b += b[i] / 784.0;
  }
  double ab = 0.0, aa = 1e-9, bb = 1e-9;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

Bytes shifted(const Bytes& digit, int dx, int dy) {
  Bytes result(784);
  for (int y = 0; y < 28; ++y) {
    for (int x = 0; x < 28; ++x) {
      const int from_x = x - dx, from_y = y - dy;
      if (from_x < 0 || from_y < 0 || from_x > 27 || from_y > 27) continue;
      result[static_cast<std::size_t>(y * 28 + x)] =
          digit[static_cast<std::size_t>(from_y * 28 + from_x)];
    }
  }
  return result;
}

// The centre of mass may fall on either side of half a pixel.
double likeness_up_to_a_pixel(const Bytes& a, const Bytes& b) {
  double best = -1.0;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) best = std::max(best, likeness(shifted(a, dx, dy), b));
  }
  return best;
}

void check_centred_and_fitted(const Bytes& digit) {
  double mass = 0.0, mass_x = 0.0, mass_y = 0.0;
  int left = 28, right = -1, top = 28, bottom = -1;
  for (int i = 0; i < 784; ++i) {
    const int v = digit[static_cast<std::size_t>(i)];
    if (v == 0) continue;
    mass += v;
    mass_x += v * (i % 28);
    mass_y += v * (i / 28);
    left = std::min(left, i % 28);
    right = std::max(right, i % 28);
    top = std::min(top, i / 28);
    bottom = std::max(bottom, i / 28);
  }
  REQUIRE(mass > 0.0);
  CHECK(std::abs(mass_x / mass - 14.0) <= 0.5);
  CHECK(std::abs(mass_y / mass - 14.0) <= 0.5);
  const int longer = std::max(right - left, bottom - top) + 1;
  CHECK(longer >= 19);
  CHECK(longer <= 20);
}

const Bytes& ideal(int digit) {
  static const std::vector<Bytes> ideals = [] {
    std::vector<Bytes> all;
    for (int d = 0; d < 10; ++d) all.push_back(strokes::mnist_of(digit_drawing(d), kPen));
    return all;
  }();
  return ideals[static_cast<std::size_t>(digit)];
}

// The digit is the one drawn: nearly its ideal picture, and nearer to it than to the other nine.
void check_is(const Seen& seen, int digit, double least_likeness) {
  REQUIRE(seen.result.found);
  check_centred_and_fitted(seen.digit);
  for (int other = 0; other < 10; ++other) {
    const double alike = likeness_up_to_a_pixel(seen.digit, ideal(other));
    INFO("compared with " << other << ": " << alike);
    if (other == digit) CHECK(alike >= least_likeness);
    if (other != digit) CHECK(alike < least_likeness - 0.05);
  }
}

void check_box(const DigitResult& result, const strokes::Extent& extent, strokes::Point origin,
               double size) {
  CHECK(std::abs(result.x - (origin.x + extent.left * size)) <= 2.5);
  CHECK(std::abs(result.y - (origin.y + extent.top * size)) <= 2.5);
  CHECK(std::abs(result.x + result.width - (origin.x + extent.right * size)) <= 2.5);
  CHECK(std::abs(result.y + result.height - (origin.y + extent.bottom * size)) <= 2.5);
}

double noise(int x, int y, double strength) {
  std::uint32_t v =
      static_cast<std::uint32_t>(x) * 73856093U ^ static_cast<std::uint32_t>(y) * 19349663U;
  v ^= v >> 13U;
  v *= 0x5bd1e995U;
  v ^= v >> 15U;
  return (static_cast<double>(v & 0xFFFFU) / 65535.0 - 0.5) * 2.0 * strength;
}

void add_noise(Photograph& photograph, double strength) {
  for (int y = 0; y < photograph.height; ++y) {
    for (int x = 0; x < photograph.width; ++x) photograph.at(x, y) += noise(x, y, strength);
  }
}

TEST_CASE("digit: black on white and white on black, large and small, anywhere", "[vision]") {
  const double size = GENERATE(40.0, 90.0, 200.0);
  const int digit = GENERATE(range(0, 10));
  const bool chalk = GENERATE(false, true);
  const strokes::Point origin = {chalk ? 20.0 : 110.0, chalk ? 50.0 : 25.0};
  INFO("digit " << digit << ", " << size << " pixels high, " << (chalk ? "chalk" : "ink"));
  Photograph photograph(280, 280, chalk ? 10.0 : 250.0);
  photograph.draw(digit_drawing(digit), origin, size, kPen, chalk ? 25.0 : 0.05);
  const Seen seen = see(photograph);
  check_is(seen, digit, size < 50.0 ? 0.93 : 0.96);
  CHECK(seen.result.inverted == !chalk);
  check_box(seen.result, strokes::extent_of(digit_drawing(digit), kPen), origin, size);
}

TEST_CASE("digit: the negative of a picture gives the same bytes", "[vision]") {
  Photograph photograph(200, 160, 240.0);
  photograph.draw(digit_drawing(2), {60.0, 30.0}, 100.0, kPen, 0.1);
  Photograph negative = photograph;
  for (double& light : negative.light) light = 255.0 - std::floor(light + 0.5);
  const Seen a = see(photograph);
  const Seen b = see(negative);
  CHECK(a.digit == b.digit);
  CHECK(a.result.inverted);
  CHECK_FALSE(b.result.inverted);
  CHECK(a.result.x == b.result.x);
  CHECK(a.result.height == b.result.height);
}

TEST_CASE("digit: any channel count, and ink on a transparent canvas", "[vision]") {
  const int channels = GENERATE(3, 4);
  const bool transparent = GENERATE(false, true);
  Photograph photograph(150, 150, 255.0);
  photograph.draw(digit_drawing(3), {40.0, 30.0}, 80.0, kPen, 0.0);
  const Seen grey = see(photograph);
  Bytes pixels;
  for (const std::uint8_t v : photograph.bytes()) {
    const bool ink_only = channels == 4 && transparent;
    for (int c = 0; c < 3; ++c) pixels.push_back(ink_only ? 0 : v);
    if (channels == 4) pixels.push_back(ink_only ? static_cast<std::uint8_t>(255 - v) : 255);
  }
  Bytes digit(784);
  const DigitResult result = digit_from_pixels(pixels, 150, 150, channels, digit);
  CHECK(result.found);
  CHECK(digit == grey.digit);
}

TEST_CASE("digit: a camera's picture with a lamp to one side, a shadow and noise", "[vision]") {
  const int digit = GENERATE(range(0, 10));
  INFO("digit " << digit);
  Photograph photograph(640, 480, 0.0);
  for (int y = 0; y < 480; ++y) {
    for (int x = 0; x < 640; ++x) {
      const double lamp = 1.0 - 0.5 * x / 640.0;
      const double shadow = 1.0 - 0.35 / (1.0 + std::exp((x - 0.7 * y - 150.0) / 12.0));
      photograph.at(x, y) = 230.0 * lamp * shadow;
    }
  }
  photograph.draw(digit_drawing(digit), {300.0, 150.0}, 140.0, kPen, 0.35);
  add_noise(photograph, 9.0);
  check_is(see(photograph), digit, 0.93);
}

// Paper on something else: its edges are the strongest contrast in the picture and must not count.
Photograph sheet_on(double desk, double left, double top, double right, double bottom,
                    double slant) {
  Photograph photograph(640, 480, desk);
  for (int y = 0; y < 480; ++y) {
    for (int x = 0; x < 640; ++x) {
      const double u = x + slant * (y - 240);
      const double v = y - slant * (x - 320);
      if (u > left && u < right && v > top && v < bottom) photograph.at(x, y) = 215.0 - 0.1 * x;
    }
  }
  return photograph;
}

TEST_CASE("digit: a sheet's edges, a dark desk, a card held up, ruled lines", "[vision]") {
  const int digit = GENERATE(range(0, 10));
  const std::string place = GENERATE("sheet", "sheet cut off", "card", "ruled");
  INFO("digit " << digit << ", " << place);
  Photograph photograph = place == "sheet" ? sheet_on(45.0, 70.0, 50.0, 580.0, 440.0, 0.06)
                          : place == "sheet cut off"
                              ? sheet_on(45.0, 120.0, -900.0, 900.0, 430.0, -0.04)
                          : place == "card" ? sheet_on(20.0, 210.0, 120.0, 430.0, 380.0, 0.02)
                                            : sheet_on(0.0, -900.0, -900.0, 9e3, 9e3, 0.0);
  if (place == "ruled") {
    for (int y = 0; y < 480; ++y) {
      for (int x = 0; x < 640; ++x) photograph.at(x, y) *= y % 45 < 2 ? 0.8 : 1.0;
    }
  }
  photograph.draw(digit_drawing(digit), {290.0, 190.0}, 110.0, kPen, 0.25);
  add_noise(photograph, 5.0);
  const Seen seen = see(photograph);
  check_is(seen, digit, 0.9);
  CHECK(seen.result.inverted);
}

TEST_CASE("digit: small writing on a card, strong lines, the end of the sheet close by",
          "[vision]") {
  const int digit = GENERATE(range(0, 10));
  INFO("digit " << digit);

  // The margins of a small card are wider than the digit's strokes, and whiter than its ink is
  // black.
  Photograph card = sheet_on(15.0, 240.0, 150.0, 400.0, 330.0, 0.0);
  card.draw(digit_drawing(digit), {290.0, 205.0}, 70.0, kPen, 0.45);
  check_is(see(card), digit, 0.88);

  Photograph lines = sheet_on(0.0, -900.0, -900.0, 9e3, 9e3, 0.0);
  for (int y = 0; y < 480; ++y) {
    for (int x = 0; x < 640; ++x) lines.at(x, y) *= y % 60 < 3 ? 0.62 : 1.0;
  }
  lines.draw(digit_drawing(digit), {300.0, 180.0}, 110.0, kPen, 0.2);
  const Seen on_lines = see(lines);
  REQUIRE(on_lines.result.found);
  CHECK(on_lines.result.width < 120);
  CHECK(on_lines.result.height < 140);

  Photograph end = sheet_on(30.0, -900.0, -900.0, 9e3, 345.0, 0.0);
  end.draw(digit_drawing(digit), {290.0, 180.0}, 140.0, kPen, 0.3);
  const Seen near_end = see(end);
  check_is(near_end, digit, 0.9);
  CHECK(near_end.result.y + near_end.result.height < 336);
}

TEST_CASE("digit: of several marks the one that looks like a digit", "[vision]") {
  const int digit = GENERATE(range(0, 10));
  INFO("digit " << digit);

  // The desk shows as narrow strips, darker than any ink.
  Photograph strips = sheet_on(12.0, 22.0, 18.0, 610.0, 455.0, 0.01);
  strips.draw(digit_drawing(digit), {300.0, 190.0}, 100.0, kPen, 0.45);
  check_is(see(strips), digit, 0.88);

  Photograph underlined(640, 480, 220.0);
  underlined.draw(digit_drawing(digit), {290.0, 160.0}, 110.0, kPen, 0.2);
  underlined.draw({{{180, 330}, {460, 326}}}, {0.0, 0.0}, 1.0, 9.0, 0.2);
  check_is(see(underlined), digit, 0.93);

  Photograph coin(640, 480, 220.0);
  coin.draw(digit_drawing(digit), {300.0, 190.0}, 90.0, kPen, 0.6);
  coin.draw({{{470, 150}, {470, 150}}}, {0.0, 0.0}, 1.0, 76.0, 0.1);
  check_is(see(coin), digit, 0.9);

  // A larger digit in the corner is less likely meant than one in the middle.
  Photograph corner(640, 480, 220.0);
  corner.draw(digit_drawing(digit), {290.0, 185.0}, 110.0, kPen, 0.3);
  corner.draw(digit_drawing((digit + 3) % 10), {20.0, 20.0}, 125.0, kPen, 0.3);
  check_is(see(corner), digit, 0.93);
}

TEST_CASE("digit: specks and smaller writing are left out, strokes drawn apart are kept",
          "[vision]") {
  Photograph photograph(320, 240, 245.0);
  photograph.draw(digit_drawing(5), {120.0, 50.0}, 130.0, kPen, 0.1);
  const Bytes alone = see(photograph).digit;
  for (const strokes::Point speck : {strokes::Point{30, 40}, {290, 200}, {250, 60}, {40, 200}}) {
    photograph.draw({{speck, speck}}, {0.0, 0.0}, 1.0, 5.0, 0.1);
  }
  photograph.draw(digit_drawing(8), {240.0, 110.0}, 50.0, kPen, 0.1);
  CHECK(see(photograph).digit == alone);

  strokes::Drawing parted = digit_drawing(5);
  for (strokes::Point& p : parted.back()) p.y -= 0.16;  // the bar floats above the rest
  Photograph apart(320, 240, 245.0);
  apart.draw(parted, {120.0, 60.0}, 130.0, kPen, 0.1);
  const Seen seen = see(apart);
  check_box(seen.result, strokes::extent_of(parted, kPen), {120.0, 60.0}, 130.0);
  CHECK(likeness_up_to_a_pixel(seen.digit, strokes::mnist_of(parted, kPen)) >= 0.95);
}

TEST_CASE("digit: a hair-thin pen is given the width of MNIST's pens", "[vision]") {
  Photograph photograph(400, 400, 250.0);
  photograph.draw(digit_drawing(7), {120.0, 60.0}, 260.0, 0.015, 0.1);
  const Seen seen = see(photograph);
  REQUIRE(seen.result.found);
  CHECK(likeness_up_to_a_pixel(seen.digit, strokes::mnist_of(digit_drawing(7), 0.085)) >= 0.9);
  CHECK(*std::max_element(seen.digit.begin(), seen.digit.end()) >= 230);
}

TEST_CASE("digit: blank, noisy and tiny pictures hold none", "[vision]") {
  Photograph noisy(640, 480, 180.0);
  add_noise(noisy, 14.0);
  Photograph sloping(300, 300, 0.0);
  for (int y = 0; y < 300; ++y) {
    for (int x = 0; x < 300; ++x) sloping.at(x, y) = 60.0 + 0.5 * x;
  }
  Photograph speck(300, 300, 240.0);
  speck.draw({{{150, 150}, {150, 150}}}, {0.0, 0.0}, 1.0, 6.0, 0.1);
  for (const Photograph& photograph : {Photograph(280, 280, 255.0), Photograph(1, 1, 0.0),
                                       Photograph(3, 300, 80.0), noisy, sloping, speck}) {
    INFO(photograph.width << "x" << photograph.height);
    const Seen seen = see(photograph);
    CHECK_FALSE(seen.result.found);
    CHECK(seen.result.width == 0);
    CHECK(seen.digit == Bytes(784, 0));
  }
}

TEST_CASE("digit: sizes that do not fit are refused with a sentence", "[vision]") {
  Bytes digit(784);
  const auto message = [&](const Bytes& pixels, int width, int height, int channels,
                           std::span<std::uint8_t> result) {
    try {
      digit_from_pixels(pixels, width, height, channels, result);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kBadShape);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(message(Bytes(11), 2, 2, 3, digit) ==
        "digitFromPixels: a picture of 2x2 with 3 channels has 12 bytes but gets 11.");
  CHECK(message(Bytes(8), 2, 2, 2, digit) ==
        "digitFromPixels: needs a picture of at least 1x1 pixels with 1, 3 or 4 channels but gets "
        "2x2 with 2.");
  CHECK(message({}, 0, 5, 1, digit) ==
        "digitFromPixels: needs a picture of at least 1x1 pixels with 1, 3 or 4 channels but gets "
        "0x5 with 1.");
  CHECK(message(Bytes(4), 2, 2, 1, std::span(digit).first(10)) ==
        "digitFromPixels: the result needs 784 bytes but has 10.");
}

}  // namespace
}  // namespace fovea
