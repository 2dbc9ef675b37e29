// SPDX-License-Identifier: MIT
// Named options as text ("filters" -> "16"), read once by whoever they configure. Reading checks
// the type and the range, fills in the default (defaults stand here in C++ and nowhere else) and
// remembers the resolved value for `config`. finish() refuses whatever nobody read: a misspelt
// option is an error, never ignored.
#pragma once

#include <array>
#include <climits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"

namespace fovea {

struct Option {
  std::string key;
  std::string text;
};

class Options {
 public:
  /// `place` opens every error sentence: layer "conv2d_1" (conv2d).
  Options(std::string place, std::vector<Option> given);

  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  /// The option as it was given, empty when it was not; reading it this way does not count as
  /// reading.
  [[nodiscard]] std::string_view text(std::string_view key) const {
    const Entry* entry = find(key);
    return entry == nullptr ? std::string_view() : std::string_view(entry->option.text);
  }

  // Each reads one option. Without a default the option is required.
  int integer(std::string_view key, int minimum, int maximum = INT_MAX);
  int integer_or(std::string_view key, int fallback, int minimum, int maximum = INT_MAX);
  double number(std::string_view key, double minimum, double maximum);
  double number_or(std::string_view key, double fallback, double minimum, double maximum);
  /// A list of numbers ("0.1,0.01"), required. `what` says what is expected.
  std::vector<double> numbers(std::string_view key, std::string_view what);
  bool flag_or(std::string_view key, bool fallback);
  std::string word_or(std::string_view key, std::string_view fallback);
  /// One of `choices`, as its index.
  int choice_or(std::string_view key, std::span<const std::string_view> choices, int fallback);
  /// A list of integers ("28,28,1"), as many as one of `counts` (any number when empty). `what`
  /// says what is expected.
  std::vector<int> integers(std::string_view key, int minimum, std::string_view what,
                            std::span<const std::size_t> counts = {});
  std::vector<int> integers_or(std::string_view key, std::vector<int> fallback, int minimum,
                               std::string_view what, std::span<const std::size_t> counts = {});
  /// A number or two of them: [height, width].
  std::array<int, 2> pair(std::string_view key, int minimum);
  std::array<int, 2> pair_or(std::string_view key, std::array<int, 2> fallback, int minimum);

  /// The options below "key.", for a nested description; "key=word" becomes its "type".
  Options nested(std::string_view key, std::string_view default_type);
  /// Records the resolved value of an option that the caller read in a way of its own.
  void resolved(std::string_view key, std::string_view json) { config_.add_json(key, json); }

  /// Refuses options that were not read.
  void finish() const;
  /// Every option that was read, with its value after defaults, as a JSON object.
  [[nodiscard]] std::string config() const { return config_.object(); }

 private:
  struct Entry {
    Option option;
    bool read = false;
  };
  [[nodiscard]] const Entry* find(std::string_view key) const;
  const std::string* take(std::string_view key);
  const std::string& take_required(std::string_view key, std::string_view expected);
  std::array<int, 2> parse_pair(std::string_view key, const std::string& text, int minimum);
  void record(std::string_view key, std::span<const int> numbers);
  [[noreturn]] void refuse(std::string_view key, std::string_view expected,
                           std::string_view got) const;
  double number_in(std::string_view key, const std::string& text, double minimum, double maximum,
                   bool whole) const;

  std::string place_;
  std::vector<Entry> entries_;
  std::vector<std::string> known_;
  json::Members config_;
};

}  // namespace fovea
