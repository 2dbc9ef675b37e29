// SPDX-License-Identifier: MIT
#include "core/error.h"

namespace fovea {

std::string_view code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kBadShape:
      return "bad-shape";
    case ErrorCode::kBadOption:
      return "bad-option";
    case ErrorCode::kBadData:
      return "bad-data";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kOutOfMemory:
      return "out-of-memory";
    case ErrorCode::kNonFiniteLoss:
      return "non-finite-loss";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kDisposed:
      return "disposed";
    case ErrorCode::kNeedsRest:
      return "needs-rest";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

void fail_with(ErrorCode code, std::initializer_list<TextPart> sentence) {
  throw Error(code, concat_parts(sentence));
}

void ensure(bool condition, std::string_view what) {
  if (!condition) fail(ErrorCode::kInternal, "internal error: ", what, ". Please report it.");
}

}  // namespace fovea
