// SPDX-License-Identifier: MIT
// Builds sentences from words and numbers. Small on purpose: iostreams would add tens of kilobytes
// to the wasm binary.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace fovea {

void append(std::string& text, std::string_view part);
void append(std::string& text, std::int64_t number);
/// The shortest decimal that reads back as the same double; "nan", "inf" and "-inf" otherwise.
void append(std::string& text, double number);

/// A part of a sentence. Holds a pointer and how to write it: concat is then one function, not one
/// for each list of types, which would be a third of the wasm binary.
class TextPart {
 public:
  TextPart(const char* words)
      : TextPart(std::string_view(words)) {}             // NOLINT(google-explicit-constructor)
  TextPart(std::string_view words) : words_(words) {}    // NOLINT(google-explicit-constructor)
  TextPart(const std::string& words) : words_(words) {}  // NOLINT(google-explicit-constructor)
  TextPart(char letter)
      : kind_(Kind::kLetter), letter_(letter) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  TextPart(T number)
      : kind_(Kind::kWhole),
        whole_(static_cast<std::int64_t>(number)) {}  // NOLINT(google-explicit-constructor)
  TextPart(double number)
      : kind_(Kind::kReal), real_(number) {}  // NOLINT(google-explicit-constructor)
  TextPart(float number)
      : TextPart(static_cast<double>(number)) {}  // NOLINT(google-explicit-constructor)
  /// Anything with an overload append(std::string&, const T&).
  template <class T>
  requires std::is_class_v<T> TextPart(const T& object)  // NOLINT(google-explicit-constructor)
      : kind_(Kind::kObject), object_{&object, [](std::string& text, const void* o) {
                                        append(text, *static_cast<const T*>(o));
                                      }} {}

  void append_to(std::string& text) const;

 private:
  enum class Kind : std::uint8_t { kWords, kLetter, kWhole, kReal, kObject };
  struct Object {
    const void* pointer;
    void (*append)(std::string&, const void*);
  };
  Kind kind_ = Kind::kWords;
  union {
    std::string_view words_;
    char letter_;
    std::int64_t whole_;
    double real_;
    Object object_;
  };
};

std::string concat_parts(std::initializer_list<TextPart> parts);

/// One string from strings, numbers and anything else that has an `append` overload.
template <class... Parts>
std::string concat(const Parts&... parts) {
  return concat_parts({TextPart(parts)...});
}

/// The number that all of `text` says; NaN when it says none.
double parse_number(const std::string& text);

/// "1,234,567": a count as a person writes it.
std::string with_separators(std::int64_t count);

/// "6.5 MB": a number of bytes as a person writes it (powers of 1000).
std::string readable_bytes(double bytes);

/// "relu, sigmoid or tanh".
std::string listing(std::span<const std::string_view> words, std::string_view last_joint = " or ");

}  // namespace fovea
