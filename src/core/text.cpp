// SPDX-License-Identifier: MIT
// In wasm, numbers are read and written by JavaScript, whose conversions are exact and shortest by
// its standard: the C library's would weigh as much as the convolutions.
#include "core/text.h"

#include <array>
#include <cmath>
#include <cstddef>

#ifdef __EMSCRIPTEN__
#include <emscripten/em_js.h>
#else
#include <cstdio>
#include <cstdlib>
#endif

namespace fovea {

namespace {

constexpr int kLongestNumber = 40;

#ifdef __EMSCRIPTEN__
// clang-format off
EM_JS(void, fovea_write_number, (double number, char* to, int size), { stringToUTF8(String(number), to, size); });
EM_JS(double, fovea_read_number, (const char* text), {
  const words = UTF8ToString(text);
  return words.length > 0 && words.trim() === words ? Number(words) : NaN;
});
// clang-format on
#else
void fovea_write_number(double number, char* to, int size) {
  // Nine digits suffice for what people write, 17 for every double.
  for (const int precision : {9, 17}) {
    std::snprintf(to, static_cast<std::size_t>(size), "%.*g", precision, number);
    if (std::strtod(to, nullptr) == number) break;
  }
}
double fovea_read_number(const char* text) {
  char* end = nullptr;
  const double number = std::strtod(text, &end);
  return *text == '\0' || *text == ' ' || *end != '\0' ? std::nan("") : number;
}
#endif

}  // namespace

void append(std::string& text, std::string_view part) { text += part; }

void append(std::string& text, std::int64_t number) { text += std::to_string(number); }

void append(std::string& text, double number) {
  if (std::isnan(number)) {
    text += "nan";
  } else if (std::isinf(number)) {
    text += number < 0 ? "-inf" : "inf";
  } else {
    std::array<char, kLongestNumber> digits{};
    fovea_write_number(number, digits.data(), kLongestNumber);
    text += digits.data();
  }
}

double parse_number(const std::string& text) { return fovea_read_number(text.c_str()); }

void TextPart::append_to(std::string& text) const {
  switch (kind_) {
    case Kind::kWords:
      return append(text, words_);
    case Kind::kLetter:
      text += letter_;
      return;
    case Kind::kWhole:
      return append(text, whole_);
    case Kind::kReal:
      return append(text, real_);
    case Kind::kObject:
      return object_.append(text, object_.pointer);
  }
}

std::string concat_parts(std::initializer_list<TextPart> parts) {
  std::string text;
  for (const TextPart& part : parts) part.append_to(text);
  return text;
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
  constexpr std::array<std::string_view, 5> kUnits = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  if (unit == 0) return concat(static_cast<std::int64_t>(bytes), ' ', kUnits[0]);
  const auto tenths = static_cast<std::int64_t>(bytes * 10 + 0.5);
  return concat(tenths / 10, '.', tenths % 10, ' ', kUnits[unit]);
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
