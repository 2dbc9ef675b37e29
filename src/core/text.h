// SPDX-License-Identifier: MIT
// Builds sentences from words and numbers. Small on purpose: iostreams would add tens of kilobytes to the wasm binary.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fovea {

inline void append(std::string& text, std::string_view part) { text += part; }
inline void append(std::string& text, char part) { text += part; }
template <std::integral T>
void append(std::string& text, T number) {
  text += std::to_string(number);
}
/// The shortest decimal that reads back as the same double; "nan", "inf" and "-inf" otherwise.
void append(std::string& text, double number);
inline void append(std::string& text, float number) { append(text, static_cast<double>(number)); }

/// One string from strings, numbers and anything else that has an `append` overload.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string text;
  (append(text, parts), ...);
  return text;
}

/// "1,234,567": a count as a person writes it.
std::string with_separators(std::int64_t count);

/// "6.5 MB": a number of bytes as a person writes it (powers of 1000).
std::string readable_bytes(double bytes);

/// "relu, sigmoid or tanh".
std::string listing(std::span<const std::string_view> words, std::string_view last_joint = " or ");

}  // namespace fovea
