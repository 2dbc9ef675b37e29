// SPDX-License-Identifier: MIT
// Outputs of a convolution that a pooling leaves out are not computed, unless somebody looks at
// them: then they are, and all else stays the same but for roundings.
#include <catch2/catch_amalgamated.hpp>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/small_model.h"

namespace fovea {
namespace {

struct Run {
  Shape convolved;  // of the value named "c", without the batch
  std::int64_t memory = 0;
  std::vector<float> output;
  std::vector<std::vector<float>> gradients;  // of each parameter
};

/// One step of value "c" and what follows, whose output's gradient is the output itself.
Run run(const std::string& description, bool watched) {
  test::SmallModel small("model name=m outputs=d\n" + description + "\nflatten name=f from=p\n" +
                         "dense name=d from=f units=5");
  const Network& network = small.network();
  int value = 0;
  for (const Step& step : network.steps) {
    if (network.nodes[static_cast<std::size_t>(step.node)].name == "c") value = step.output;
  }
  CompileRequest request{
      .batch = 3, .backward = true, .losses = {{.output = 0, .has_target = false}}, .slots = 1};
  if (watched) request.watched = {value};
  Plan& plan = small.model().prepare(request);
  small.model().prepare_gradients();
  test::RandomValues random(7);
  for (float& x : small.model().input(plan, 0).values()) x = static_cast<float>(random.next());
  small.model().forward(plan, 0, 0);
  Run result{.memory = plan.memory.size};
  for (const Instruction& instruction : plan.program.forward) {
    const Step& step = network.steps[static_cast<std::size_t>(instruction.step)];
    if (step.output == value) result.convolved = instruction.output.shape.row();
  }
  result.output = test::copy_of(small.model().output(plan, 0).values());
  std::ranges::copy(result.output, small.model().loss(plan, 0).gradient.data);
  small.model().backward(plan, 0, 0);
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    result.gradients.push_back(
        test::copy_of(small.model().parameter_gradient(static_cast<int>(i))));
  }
  return result;
}

void expect_close_to(const std::string& name, const std::vector<float>& a,
                     const std::vector<float>& b) {
  test::expect_close({name, "value", {a.data(), Shape{static_cast<int>(a.size())}}},
                     std::vector<double>(b.begin(), b.end()),
                     {.terms = 1000, .largest_product = 2});
}

TEST_CASE("outputs that a pooling leaves out are not computed", "[graph]") {
  struct Case {
    const char* input;
    const char* layers;
    Shape whole, read;
  };
  const Case cases[] = {
      {"7,7,8",
       "conv2d filters=12 kernelSize=3 padding=same activation=relu|maxPooling2d",
       {7, 7, 12},
       {6, 6, 12}},
      {"9,12,8",
       "conv2d filters=8 kernelSize=5 padding=same|averagePooling2d poolSize=3 strides=2",
       {9, 12, 8},
       {9, 11, 8}},
      {"8,9,2",
       "conv2d filters=6 kernelSize=3 activation=tanh|maxPooling2d poolSize=4,3",
       {6, 7, 6},
       {4, 6, 6}},
      {"9,9,1",
       "conv2d filters=4 kernelSize=3 strides=2 padding=same|sumPooling2d poolSize=2",
       {5, 5, 4},
       {4, 4, 4}},
      {"7,8,4",
       "separableConv2d filters=6 kernelSize=3 padding=same activation=relu|maxPooling2d",
       {7, 8, 6},
       {6, 8, 6}},
      {"9,9,4",
       "conv2d filters=6 kernelSize=3 dilationRate=2 groups=2|maxPooling2d",
       {5, 5, 6},
       {4, 4, 6}},
      // All is read, or by a layer that does not take part.
      {"7,7,4",
       "conv2d filters=6 kernelSize=3 padding=same|maxPooling2d padding=same",
       {7, 7, 6},
       {7, 7, 6}},
      {"7,7,4", "depthwiseConv2d kernelSize=3 padding=same|maxPooling2d", {7, 7, 4}, {7, 7, 4}},
      {"7,7,4", "conv2d filters=6 kernelSize=3|globalMaxPooling2d", {5, 5, 6}, {5, 5, 6}},
  };
  for (const Case& c : cases) {
    const std::string layers = c.layers;
    const std::size_t bar = layers.find('|');
    const std::size_t first = layers.find(' ');
    std::string pooling = layers.substr(bar + 1);
    pooling.insert(std::min(pooling.find(' '), pooling.size()), " name=p from=c");
    INFO(c.input << ' ' << layers);
    const std::string description = std::string("input name=x shape=") + c.input + '\n' +
                                    layers.substr(0, first) + " name=c from=x" +
                                    layers.substr(first, bar - first) + '\n' + pooling;
    const Run part = run(description, false);
    const Run whole = run(description, true);
    CHECK(part.convolved == c.read);
    CHECK(whole.convolved == c.whole);
    CHECK(part.memory <= whole.memory);
    expect_close_to(layers, part.output, whole.output);
    REQUIRE(part.gradients.size() == whole.gradients.size());
    for (std::size_t i = 0; i < part.gradients.size(); ++i) {
      expect_close_to(layers, part.gradients[i], whole.gradients[i]);
    }
  }
}

TEST_CASE("outputs that a second reader wants are computed", "[graph]") {
  const Run twice =
      run("input name=x shape=7,7,4\nconv2d name=c from=x filters=6 kernelSize=3 padding=same\n"
          "maxPooling2d name=a from=c\nglobalMaxPooling2d name=b from=c\nflatten name=e from=a\n"
          "concatenate name=p from=e,b",
          false);
  CHECK(twice.convolved == Shape{7, 7, 6});
}

}  // namespace
}  // namespace fovea
