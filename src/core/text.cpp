// SPDX-License-Identifier: MIT
#include "core/text.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace fovea {

void append(std::string& text, double number) {
  if (std::isnan(number)) {
    text += "nan";
    return;
  }
  if (std::isinf(number)) {
    text += number < 0 ? "-inf" : "inf";
    return;
  }
  // Nine digits suffice for what people write (and for any float32), 17 for every double.
  std::array<char, 40> digits{};
  for (const int precision : {9, 17}) {
    std::snprintf(digits.data(), digits.size(), "%.*g", precision, number);
    if (std::strtod(digits.data(), nullptr) == number) break;
  }
  text += digits.data();
}

std::string with_separators(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::size_t first_digit = count < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first_digit + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string readable_bytes(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
  return text.data();
}

std::string listing(std::span<const std::string_view> words, std::string_view last_joint) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last_joint : std::string_view(", ");
    text += words[i];
  }
  return text;
}

}  // namespace fovea
