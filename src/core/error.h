// SPDX-License-Identifier: MIT
// Every failure of the core is one exception type: a code for programs and a sentence for people
// (place, expected, got, remedy). Raised when a model is built or data is given, never inside a
// kernel.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/text.h"

namespace fovea {

enum class ErrorCode : std::uint8_t {
  kBadShape,
  kBadOption,
  kBadData,
  kUnsupported,
  kOutOfMemory,
  kNonFiniteLoss,
  kBusy,
  kDisposed,
  kNeedsRest,  // for JavaScript only: see core/rest.h
  kInternal,
};

/// The name that JavaScript sees: "bad-shape", "out-of-memory", ...
std::string_view code_name(ErrorCode code);

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

[[noreturn, gnu::cold]] void fail_with(ErrorCode code, std::initializer_list<TextPart> sentence);

/// Throws an Error whose sentence is made of these parts.
template <class... Parts>
[[noreturn, gnu::cold]] void fail(ErrorCode code, const Parts&... parts) {
  fail_with(code, {TextPart(parts)...});
}

/// An invariant of the library itself: a broken one is a bug in Fovea, not a mistake of the user's.
void ensure(bool condition, std::string_view what);

}  // namespace fovea
