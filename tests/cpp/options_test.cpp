// SPDX-License-Identifier: MIT
// Options as text: types, ranges, defaults, the resolved configuration, and every refusal word for
// word.
#include "core/options.h"

#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "tests/cpp/support/expect_error.h"

namespace fovea {
namespace {

Options options_of(std::vector<Option> given) { return {"layer \"a\" (conv2d)", std::move(given)}; }

void expect_bad_option(const std::string& sentence, const std::function<void()>& call) {
  test::expect_error(ErrorCode::kBadOption, "layer \"a\" (conv2d): " + sentence, call);
}

TEST_CASE(
    "options: what is given is read, what is not has its default, and both are in the "
    "configuration",
    "[options]") {
  Options options = options_of({{"filters", "16"},
                                {"rate", "0.25"},
                                {"useBias", "false"},
                                {"padding", "same"},
                                {"kernelSize", "3,5"},
                                {"shape", "28,28,1"}});
  CHECK(options.integer("filters", 1) == 16);
  CHECK(options.integer_or("units", 7, 1) == 7);
  CHECK(options.number_or("rate", 0.5, 0, 1) == 0.25);
  CHECK(options.number_or("scale", 0.5, 0, 1) == 0.5);
  CHECK(!options.flag_or("useBias", true));
  CHECK(options.flag_or("trainable", true));
  CHECK(options.word_or("name", "none") == "none");
  constexpr std::string_view kPaddings[] = {"valid", "same"};
  CHECK(options.choice_or("padding", kPaddings, 0) == 1);
  CHECK(options.choice_or("other", kPaddings, 0) == 0);
  CHECK(options.pair("kernelSize", 1) == std::array{3, 5});
  CHECK(options.pair_or("strides", {2, 1}, 1) == std::array{2, 1});
  CHECK(options.integers("shape", 1, "a list") == std::vector{28, 28, 1});
  options.finish();
  CHECK(
      options.config() ==
      R"({"filters":16,"units":7,"rate":0.25,"scale":0.5,"useBias":false,"trainable":true,"name":"none",)"
      R"("padding":"same","other":"valid","kernelSize":[3,5],"strides":[2,1],"shape":[28,28,1]})");
}

TEST_CASE("options: one number stands for both sides of a pair", "[options]") {
  Options options = options_of({{"kernelSize", "3"}});
  CHECK(options.pair("kernelSize", 1) == std::array{3, 3});
  CHECK(options.config() == R"({"kernelSize":[3,3]})");
}

TEST_CASE("options: nested descriptions", "[options]") {
  Options options = options_of({{"kernelInitializer.type", "constant"},
                                {"kernelInitializer.value", "0.1"},
                                {"biasInitializer", "ones"}});
  Options kernel = options.nested("kernelInitializer", "zeros");
  CHECK(kernel.word_or("type", "") == "constant");
  CHECK(kernel.number_or("value", 0, -1, 1) == 0.1);
  kernel.finish();
  Options bias = options.nested("biasInitializer", "zeros");
  CHECK(bias.word_or("type", "") == "ones");
  Options none = options.nested("other", "zeros");
  CHECK(none.word_or("type", "") == "zeros");
  options.finish();
  CHECK(kernel.place() == "layer \"a\" (conv2d), kernelInitializer");
}

TEST_CASE("options: a number that is no number or out of range", "[options]") {
  const auto integer = [](const std::string& text, int minimum, int maximum = INT_MAX) {
    return [=] { options_of({{"filters", text}}).integer("filters", minimum, maximum); };
  };
  expect_bad_option("filters must be a whole number of 1 or more but is 0.", integer("0", 1));
  expect_bad_option("filters must be a whole number of 1 or more but is -3.", integer("-3", 1));
  expect_bad_option("filters must be a whole number of 1 or more but is 2.5.", integer("2.5", 1));
  expect_bad_option("filters must be a whole number of 1 or more but is many.", integer("many", 1));
  expect_bad_option("filters must be a whole number of 1 or more but is 3x.", integer("3x", 1));
  expect_bad_option("filters must be a whole number of 1 or more but is empty.", integer("", 1));
  expect_bad_option("filters must be a whole number of 1 or more but is nan.", integer("nan", 1));
  expect_bad_option("filters must be a whole number of 1 or more but is 3000000000.",
                    integer("3000000000", 1));
  expect_bad_option("filters must be a whole number from 1 to 9 but is 10.", integer("10", 1, 9));
  const auto number = [](const std::string& text, double minimum, double maximum) {
    return [=] { options_of({{"rate", text}}).number_or("rate", 0, minimum, maximum); };
  };
  expect_bad_option("rate must be a number from 0 to 1 but is 1.5.", number("1.5", 0, 1));
  expect_bad_option("rate must be a number from 0 to 0.5 but is nan.", number("nan", 0, 0.5));
  expect_bad_option("rate must be a number of 0 or more but is -1.", number("-1", 0, HUGE_VAL));
  expect_bad_option("rate must be a number of 0 or more but is inf.", number("inf", 0, HUGE_VAL));
}

TEST_CASE("options: words, flags, pairs and lists that do not fit", "[options]") {
  constexpr std::string_view kPaddings[] = {"valid", "same"};
  expect_bad_option("padding must be valid or same but is \"full\".", [&] {
    options_of({{"padding", "full"}}).choice_or("padding", kPaddings, 0);
  });
  expect_bad_option("useBias must be true or false but is yes.", [] {
    options_of({{"useBias", "yes"}}).flag_or("useBias", true);
  });
  expect_bad_option("kernelSize must be a number or [height, width] but is \"1,2,3\".", [] {
    options_of({{"kernelSize", "1,2,3"}}).pair("kernelSize", 1);
  });
  expect_bad_option("kernelSize must be a whole number of 1 or more but is 0.", [] {
    options_of({{"kernelSize", "3,0"}}).pair("kernelSize", 1);
  });
  const auto shape = [](const std::string& text) {
    return [=] {
      options_of({{"shape", text}})
          .integers("shape", 1, "two or three sizes", std::array{std::size_t{2}, std::size_t{3}});
    };
  };
  for (const std::string text : {"28,-1", "28,x", "28,1.5", "28,", "", "28", "1,2,3,4",
                                 "28,99999999999", "28,inf", "28,nan"}) {
    expect_bad_option("shape must be two or three sizes but is \"" + text + "\".", shape(text));
  }
}

TEST_CASE("options: missing, unknown and repeated ones are refused", "[options]") {
  expect_bad_option("filters is missing. It must be a whole number of 1 or more.",
                    [] { options_of({}).integer("filters", 1); });
  expect_bad_option("kernelSize is missing. It must be a number or [height, width].",
                    [] { options_of({}).pair("kernelSize", 1); });
  expect_bad_option("unknown option \"filtres\". Known options: filters, rate and useBias.", [] {
    Options options = options_of({{"filters", "1"}, {"filtres", "2"}});
    options.integer("filters", 1);
    options.number_or("rate", 0, 0, 1);
    options.flag_or("useBias", true);
    options.finish();
  });
  expect_bad_option("unknown option \"rate\". It takes none.", [] {
    options_of({{"rate", "1"}}).finish();
  });
  expect_bad_option("option \"filters\" is given twice.", [] {
    options_of({{"filters", "1"}, {"filters", "2"}});
  });
}

}  // namespace
}  // namespace fovea
