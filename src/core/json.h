// SPDX-License-Identifier: MIT
// Writes JSON text: what the core tells JavaScript. It never reads JSON. NaN and infinities become
// null.
#pragma once

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

#include "core/shape.h"
#include "core/text.h"

namespace fovea::json {

inline std::string quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += "\\u00";
      result += kHex[static_cast<unsigned char>(c) >> 4U];
      result += kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      result += c;
    }
  }
  return result + '"';
}

inline std::string value(std::string_view text) { return quoted(text); }
// Qualified: an unqualified call would find std::quoted wherever <iomanip> is included.
inline std::string value(const std::string& text) { return json::quoted(text); }
inline std::string value(const char* text) { return quoted(text); }
inline std::string value(bool flag) { return flag ? "true" : "false"; }
inline std::string value(double number) { return std::isfinite(number) ? concat(number) : "null"; }
template <std::integral T>
std::string value(T number) {
  return concat(number);
}
inline std::string value(const Shape& shape) { return concat(shape); }

/// Comma-separated members of an object or elements of an array, wrapped when asked for.
class Members {
 public:
  template <class T>
  Members& add(std::string_view key, const T& member) {
    return add_json(key, value(member));
  }
  Members& add_json(std::string_view key, std::string_view json) {
    separate();
    text_ += quoted(key) + ':';
    text_ += json;
    return *this;
  }
  Members& element(std::string_view json) {
    separate();
    text_ += json;
    return *this;
  }
  [[nodiscard]] std::string object() const { return '{' + text_ + '}'; }
  [[nodiscard]] std::string array() const { return '[' + text_ + ']'; }

 private:
  void separate() {
    if (!text_.empty()) text_ += ',';
  }
  std::string text_;
};

/// A JSON array of f(element) for every element.
template <class Range, class Function>
std::string array(const Range& range, const Function& f) {
  Members members;
  for (const auto& element : range) members.element(f(element));
  return members.array();
}

}  // namespace fovea::json
