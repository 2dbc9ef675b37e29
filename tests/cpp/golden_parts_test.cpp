// SPDX-License-Identifier: MIT
// Single layers, losses, optimizers and schedules against PyTorch, where TensorFlow.js lacks them
// or computes something else. The file of results names the case in Fovea's words; inputs, weights
// and gradients are formulas that tests/golden/make_torch_parts.py computes as well.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/small_model.h"
#include "tests/reference/values.h"
#include "training/loss.h"
#include "training/optimizer.h"

namespace fovea {
namespace {

using reference::Values;

struct Golden {
  std::string kind, words;  // "layer", "conv2d filters=3 ..."
  double scale = 1;         // layers: of the input
  int terms = 1;            // layers: of the longest sum
  Shape shape, target;      // layers: of the input; losses: of the prediction
  std::vector<std::pair<std::string, Values>> results;
};

Shape read_shape(std::istringstream& words) {
  std::string text;
  words >> text;
  std::ranges::replace(text, ',', ' ');
  std::istringstream numbers(text);
  std::vector<int> extents;
  for (int extent = 0; numbers >> extent;) extents.push_back(extent);
  return Shape(extents);
}

/// The cases of one kind.
std::vector<Golden> read_golden(std::string_view wanted) {
  std::ifstream file(std::string(FOVEA_GOLDEN_DIR) + "/torch_parts.golden");
  REQUIRE(file);
  std::vector<Golden> cases;
  std::string line;
  for (std::getline(file, line); std::getline(file, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    const bool layer = first == "layer";
    const bool loss = first == "loss";
    if (!layer && !loss && first != "optimizer" && first != "schedule") {
      Values& values = cases.back().results.emplace_back(first, Values()).second;
      for (double value = 0; words >> value;) values.push_back(value);
      continue;
    }
    Golden& golden = cases.emplace_back();
    golden.kind = first;
    if (layer) words >> golden.scale >> golden.terms;
    if (layer || loss) golden.shape = read_shape(words);
    if (loss) golden.target = read_shape(words);
    std::getline(words >> std::ws, golden.words);
  }
  std::erase_if(cases, [&](const Golden& golden) { return golden.kind != wanted; });
  return cases;
}

/// Multiples of 2^-19 in [-1, 1): the same as in make_torch_parts.py.
std::vector<float> hashed(std::uint32_t stream, std::size_t count) {
  std::vector<float> values;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t x = i + (stream << 20U);
    x = (x ^ (x >> 16U)) * 0x7feb352dU;
    x = (x ^ (x >> 15U)) * 0x846ca68bU;
    x ^= x >> 16U;
    values.push_back(static_cast<float>(static_cast<int>(x >> 12U) - (1 << 19)) * 0x1p-19F);
  }
  return values;
}

/// Sums of `terms` products no larger than the largest result or one, and the file's eight digits.
void expect_golden(const std::string& place, std::string_view name, std::span<const float> actual,
                   const Values& expected, int terms) {
  double largest = 1;
  for (const double value : expected) largest = std::max(largest, std::fabs(value));
  test::expect_close({place, name, {actual.data(), {static_cast<int>(actual.size())}}}, expected,
                     {.terms = terms, .largest_product = largest, .roundings = 8});
}

Options options_of(const std::string& text, std::string& type) {
  DescriptionLine line = parse_description(text).at(0);
  type = line.type;
  return {line.type, line.options};
}

TEST_CASE("golden: layers and activations are PyTorch's, with every gradient", "[golden]") {
  const std::vector<Golden> cases = read_golden("layer");
  CHECK(cases.size() == 31);
  for (const Golden& golden : cases) {
    std::ostringstream text;
    text << "model name=m\ninput name=x shape=";
    for (int i = 1; i < golden.shape.rank(); ++i) text << (i > 1 ? "," : "") << golden.shape[i];
    const std::size_t space = std::min(golden.words.find(' '), golden.words.size());
    text << '\n' << golden.words.substr(0, space) << " name=l from=x" << golden.words.substr(space);
    test::SmallModel small(text.str());
    Model& model = small.model();
    const std::vector<Parameter>& parameters = small.network().parameters;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const std::span<float> values = model.parameter(static_cast<int>(i));
      std::ranges::copy(hashed(static_cast<std::uint32_t>(i) + 1, values.size()), values.begin());
      if (!parameters[i].name.ends_with("variance")) continue;
      for (float& value : values) value = 1 + value / 2;
    }
    Plan& plan = model.prepare({.batch = golden.shape[0],
                                .mode = Mode::kTraining,
                                .backward = true,
                                .losses = {{.output = 0, .has_target = false}},
                                .slots = model.slots(),
                                .input_gradients = true});
    model.prepare_gradients();
    const TensorView input = model.input(plan, 0);
    std::ranges::transform(hashed(100, input.size()), input.data,
                           [&](float x) { return x * static_cast<float>(golden.scale); });
    model.forward(plan, 0, 0);
    const LossViews views = model.loss(plan, 0);
    const auto expect = [&](std::size_t i, std::string_view name, std::span<const float> actual) {
      REQUIRE(i < golden.results.size());
      CHECK(golden.results[i].first == name);
      expect_golden(golden.words, name, actual, golden.results[i].second, golden.terms);
    };
    expect(0, "output", views.prediction.values());
    std::ranges::copy(hashed(101, views.gradient.size()), views.gradient.data);
    model.backward(plan, 0, 0);
    expect(1, "input", model.input_gradient(plan, 0).values());
    // Of a statistic: its next value.
    for (std::size_t i = 0; i < parameters.size(); ++i)
      expect(i + 2, parameters[i].name.substr(2), model.parameter_gradient(static_cast<int>(i)));
    CHECK(golden.results.size() == parameters.size() + 2);
  }
}

TEST_CASE("golden: losses and their gradients are PyTorch's", "[golden]") {
  const std::vector<Golden> cases = read_golden("loss");
  CHECK(cases.size() == 10);
  for (const Golden& golden : cases) {
    std::string type;
    Options options = options_of(golden.words, type);
    const std::unique_ptr<Loss> loss = make_loss(type, options, golden.shape.row());
    const auto floats = [&](std::size_t i) {
      return std::vector<float>(golden.results[i].second.begin(), golden.results[i].second.end());
    };
    std::vector<float> prediction = floats(0);
    std::vector<float> target = floats(1);
    std::vector<float> gradient(prediction.size());
    const auto value =
        static_cast<float>(loss->evaluate({.prediction = {prediction.data(), golden.shape},
                                           .target = {target.data(), golden.target},
                                           .gradient = {gradient.data(), golden.shape}}));
    expect_golden(golden.words, "value", {&value, 1}, golden.results[2].second, 20);
    expect_golden(golden.words, "gradient", gradient, golden.results[3].second, 5);
  }
}

TEST_CASE("golden: ten steps of every optimizer that PyTorch has are its steps", "[golden]") {
  const std::vector<Golden> cases = read_golden("optimizer");
  CHECK(cases.size() == 11);
  constexpr std::size_t kWeights = 6;
  for (const Golden& golden : cases) {
    std::string type;
    Options options = options_of(golden.words, type);
    const std::unique_ptr<Optimizer> optimizer = make_optimizer(type, options);
    std::vector<float> weights = hashed(1, kWeights);
    std::vector<float> gradients = hashed(2, 10 * kWeights);
    OptimizerCall call{.parameter = weights};
    std::vector<std::vector<float>> slots(static_cast<std::size_t>(optimizer->slots()));
    for (std::size_t s = 0; s < slots.size(); ++s) {
      slots[s].assign(kWeights, optimizer->initial_state());
      call.slots[s] = slots[s];
    }
    std::vector<float> trace;
    for (; call.step < 10; ++call.step) {
      call.gradient = std::span(gradients).subspan(call.step * kWeights, kWeights);
      optimizer->update(call);
      trace.insert(trace.end(), weights.begin(), weights.end());
    }
    expect_golden(golden.words, "weights", trace, golden.results[0].second, 20);
  }
}

TEST_CASE("golden: twenty rates of every schedule that PyTorch has", "[golden]") {
  const std::vector<Golden> cases = read_golden("schedule");
  CHECK(cases.size() == 6);
  for (const Golden& golden : cases) {
    std::vector<Option> given;
    std::istringstream words(golden.words);
    for (std::string word; words >> word;) {
      const std::size_t at = word.find('=');
      given.push_back({"learningRate." + word.substr(0, at), word.substr(at + 1)});
    }
    Options options("optimizer", given);
    const Schedule schedule(options, 0);
    std::vector<float> rates;
    for (std::uint32_t step = 0; step < 20; ++step)
      rates.push_back(static_cast<float>(schedule.at(step)));
    expect_golden(golden.words, "rates", rates, golden.results[0].second, 1);
  }
}

}  // namespace
}  // namespace fovea
