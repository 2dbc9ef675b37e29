// SPDX-License-Identifier: MIT
// Errors are part of the interface: their code and their sentence are tested word for word.
#pragma once

#include <catch2/catch_amalgamated.hpp>
#include <string>

#include "core/error.h"

namespace fovea::test {

/// `call` must fail with this code and exactly this sentence.
template <class Call>
void expect_error(ErrorCode code, const std::string& sentence, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == sentence);
    CHECK(std::string(code_name(error.code())) == std::string(code_name(code)));
    return;
  }
  FAIL_CHECK("nothing was refused, expected: " << sentence);
}

}  // namespace fovea::test
