// SPDX-License-Identifier: MIT
#include "core/options.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace fovea {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string range_in_words(double minimum, double maximum, bool whole) {
  std::string text = whole ? "a whole number" : "a number";
  const bool bounded = whole ? maximum < INT_MAX : std::isfinite(maximum);
  if (bounded) return text + concat(" from ", minimum, " to ", maximum);
  if (std::isfinite(minimum)) return text + concat(" of ", minimum, " or more");
  return text;
}

}  // namespace

Options::Options(std::string place, std::vector<Option> given) : place_(std::move(place)) {
  for (Option& option : given) {
    if (find(option.key) != nullptr) {
      fail(ErrorCode::kBadOption, place_, ": option \"", option.key, "\" is given twice.");
    }
    entries_.push_back({std::move(option)});
  }
}

const Options::Entry* Options::find(std::string_view key) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& entry) { return entry.option.key == key; });
  return at == entries_.end() ? nullptr : &*at;
}

const std::string* Options::take(std::string_view key) {
  known_.emplace_back(key);
  for (Entry& entry : entries_) {
    if (entry.option.key == key) {
      entry.read = true;
      return &entry.option.text;
    }
  }
  return nullptr;
}

void Options::refuse(std::string_view key, std::string_view expected, std::string_view got) const {
  fail(ErrorCode::kBadOption, place_, ": ", key, " must be ", expected, " but is ", got, ".");
}

double Options::number_in(std::string_view key, const std::string& text, double minimum,
                          double maximum, bool whole) const {
  const double number = parse_number(text);
  if (!std::isfinite(number) || number < minimum || number > maximum ||
      (whole && number != std::floor(number))) {
    refuse(key, range_in_words(minimum, maximum, whole), text.empty() ? "empty" : text);
  }
  return number;
}

const std::string& Options::take_required(std::string_view key, std::string_view expected) {
  const std::string* text = take(key);
  if (text == nullptr)
    fail(ErrorCode::kBadOption, place_, ": ", key, " is missing. It must be ", expected, ".");
  return *text;
}

void Options::record(std::string_view key, std::span<const int> numbers) {
  config_.add_json(key, json::array(numbers, [](int number) { return json::value(number); }));
}

int Options::integer(std::string_view key, int minimum, int maximum) {
  const std::string& text = take_required(key, range_in_words(minimum, maximum, true));
  const int number = static_cast<int>(number_in(key, text, minimum, maximum, true));
  config_.add(key, number);
  return number;
}

int Options::integer_or(std::string_view key, int fallback, int minimum, int maximum) {
  if (has(key)) return integer(key, minimum, maximum);
  take(key);
  config_.add(key, fallback);
  return fallback;
}

double Options::number_or(std::string_view key, double fallback, double minimum, double maximum) {
  const std::string* text = take(key);
  const double number = text == nullptr ? fallback : number_in(key, *text, minimum, maximum, false);
  config_.add(key, number);
  return number;
}

double Options::number(std::string_view key, double minimum, double maximum) {
  take_required(key, range_in_words(minimum, maximum, false));
  return number_or(key, 0, minimum, maximum);
}

std::vector<double> Options::numbers(std::string_view key, std::string_view what) {
  const std::string& text = take_required(key, what);
  std::vector<double> numbers;
  for (const std::string& part : split(text, ',')) {
    numbers.push_back(parse_number(part));
    if (!std::isfinite(numbers.back())) refuse(key, what, concat('"', text, '"'));
  }
  config_.add_json(key, json::array(numbers, [](double number) { return json::value(number); }));
  return numbers;
}

bool Options::flag_or(std::string_view key, bool fallback) {
  const std::string* text = take(key);
  if (text != nullptr && *text != "true" && *text != "false") refuse(key, "true or false", *text);
  const bool flag = text == nullptr ? fallback : *text == "true";
  config_.add(key, flag);
  return flag;
}

std::string Options::word_or(std::string_view key, std::string_view fallback) {
  const std::string* text = take(key);
  std::string word = text == nullptr ? std::string(fallback) : *text;
  config_.add(key, word);
  return word;
}

int Options::choice_or(std::string_view key, std::span<const std::string_view> choices,
                       int fallback) {
  const std::string* text = take(key);
  int chosen = fallback;
  if (text != nullptr) {
    const auto at = std::find(choices.begin(), choices.end(), *text);
    if (at == choices.end()) refuse(key, listing(choices), concat('"', *text, '"'));
    chosen = static_cast<int>(at - choices.begin());
  }
  config_.add(key, choices[static_cast<std::size_t>(chosen)]);
  return chosen;
}

std::vector<int> Options::integers(std::string_view key, int minimum, std::string_view what,
                                   std::span<const std::size_t> counts) {
  const std::string& text = take_required(key, what);
  std::vector<int> numbers;
  if (!text.empty()) {
    for (const std::string& part : split(text, ',')) {
      const double number = parse_number(part);
      if (!(number >= minimum && number <= INT_MAX && number == std::floor(number))) {
        refuse(key, what, concat('"', text, '"'));
      }
      numbers.push_back(static_cast<int>(number));
    }
  }
  if (!counts.empty() && std::ranges::find(counts, numbers.size()) == counts.end()) {
    refuse(key, what, concat('"', text, '"'));
  }
  record(key, numbers);
  return numbers;
}

std::vector<int> Options::integers_or(std::string_view key, std::vector<int> fallback, int minimum,
                                      std::string_view what, std::span<const std::size_t> counts) {
  if (has(key)) return integers(key, minimum, what, counts);
  take(key);
  record(key, fallback);
  return fallback;
}

std::array<int, 2> Options::pair(std::string_view key, int minimum) {
  return parse_pair(key, take_required(key, "a number or [height, width]"), minimum);
}

std::array<int, 2> Options::pair_or(std::string_view key, std::array<int, 2> fallback,
                                    int minimum) {
  const std::string* text = take(key);
  if (text != nullptr) return parse_pair(key, *text, minimum);
  record(key, fallback);
  return fallback;
}

std::array<int, 2> Options::parse_pair(std::string_view key, const std::string& text, int minimum) {
  const std::vector<std::string> parts = split(text, ',');
  if (parts.size() > 2) refuse(key, "a number or [height, width]", concat('"', text, '"'));
  std::array<int, 2> pair{};
  for (std::size_t i = 0; i < 2; ++i) {
    pair[i] = static_cast<int>(
        number_in(key, parts[std::min(i, parts.size() - 1)], minimum, INT_MAX, true));
  }
  record(key, pair);
  return pair;
}

Options Options::nested(std::string_view key, std::string_view default_type) {
  std::vector<Option> given;
  const std::string* type = take(key);
  const std::string prefix = concat(key, '.');
  for (Entry& entry : entries_) {
    if (!entry.option.key.starts_with(prefix)) continue;
    entry.read = true;
    given.push_back({entry.option.key.substr(prefix.size()), entry.option.text});
  }
  Options result(concat(place_, ", ", key), std::move(given));
  if (!result.has("type")) {
    result.entries_.push_back({{"type", type == nullptr ? std::string(default_type) : *type}});
  }
  return result;
}

void Options::finish() const {
  for (const Entry& entry : entries_) {
    if (entry.read) continue;
    const std::vector<std::string_view> names(known_.begin(), known_.end());
    fail(ErrorCode::kBadOption, place_, ": unknown option \"", entry.option.key, "\". ",
         names.empty() ? std::string("It takes none")
                       : concat("Known options: ", listing(names, " and ")),
         ".");
  }
}

}  // namespace fovea
