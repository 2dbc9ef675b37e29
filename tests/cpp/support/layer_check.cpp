// SPDX-License-Identifier: MIT
#include "tests/cpp/support/layer_check.h"

#include <catch2/catch_amalgamated.hpp>

#include "graph/model_spec.h"
#include "layers/registry.h"
#include "tests/cpp/support/central_differences.h"
#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/workers.h"

namespace fovea::test {

namespace {

using reference::Values;

std::size_t count(const Shape& shape) { return static_cast<std::size_t>(shape.size()); }

/// A chain with its parameters, ready to run.
struct Chain {
  explicit Chain(const LayerCheck& check, RandomValues& random) {
    const DescriptionLine line = parse_description(check.line)[0];
    Options options(check.line, line.options);
    layers = make_layers(line.type, options);
    shapes.push_back(check.input);
    for (const std::unique_ptr<Layer>& layer : layers) {
      const std::vector<ParameterSpec> specs = layer->parameters({&shapes.back(), 1});
      first.push_back(parameters.size());
      for (const ParameterSpec& spec : specs) {
        Values values = random.values(count(spec.shape));
        // Where a layer divides by it, it is a variance.
        if (spec.name.ends_with("variance")) {
          for (double& value : values) value = value * 0.5 + 1;
        }
        parameters.push_back(values);
        floats.emplace_back(values);
        parameter_specs.push_back(spec);
      }
      shapes.push_back(layer->plan({&shapes.back(), 1}, check.mode, 1).output);
    }
    first.push_back(parameters.size());
  }

  LayerChain layers;
  std::vector<Shape> shapes;       // of the input and of each layer's output
  std::vector<std::size_t> first;  // parameter of each layer
  std::vector<ParameterSpec> parameter_specs;
  std::vector<Values> parameters;
  std::vector<Input> floats;
};

/// What one run made.
struct Run {
  std::vector<float> output, input_gradient;
  std::vector<std::vector<float>> parameter_gradients;  // for statistics: their next values
};

Run run(const LayerCheck& check, const Chain& chain, const Values& x, const Values& dy,
        Workers& workers, bool wants_gradients) {
  const Input input(x, 1);
  const Input output_gradient(dy, 1);
  std::vector<Output> values;
  std::vector<Output> saved;
  std::vector<Output> parameter_gradients;
  std::vector<TensorView> gradient_views;
  std::vector<TensorView> statistic_views;
  std::vector<ConstTensorView> parameter_views;
  for (std::size_t i = 0; i < chain.parameters.size(); ++i) {
    const ParameterSpec& spec = chain.parameter_specs[i];
    parameter_gradients.emplace_back(count(spec.shape));
    Output& gradient = parameter_gradients.back();
    if (!spec.trainable) std::ranges::copy(chain.floats[i].values(), gradient.values().begin());
    const bool wanted = wants_gradients && spec.trainable;
    gradient_views.push_back(wanted ? gradient.view(spec.shape) : TensorView());
    const bool learns = !spec.trainable && check.mode == Mode::kTraining;
    statistic_views.push_back(learns ? gradient.view(spec.shape) : TensorView());
    parameter_views.push_back(chain.floats[i].view(spec.shape));
  }
  const auto plan = [&](std::size_t i) {
    return chain.layers[i]->plan({&chain.shapes[i], 1}, check.mode, workers.size());
  };
  const auto value = [&](std::size_t i) {
    return i == 0 ? input.view(check.input) : ConstTensorView(values[i - 1].view(chain.shapes[i]));
  };
  for (std::size_t i = 0; i < chain.layers.size(); ++i) {
    values.emplace_back(count(chain.shapes[i + 1]));
    saved.emplace_back(static_cast<std::size_t>(plan(i).saved));
    if (plan(i).aliases_input) {
      std::ranges::copy(value(i).values(), values[i].values().begin());
      continue;
    }
    Output scratch(static_cast<std::size_t>(plan(i).forward_scratch));
    Output kept(static_cast<std::size_t>(plan(i).kept));
    const ConstTensorView from = value(i);
    chain.layers[i]->forward({.kept = {kept.values(), false},
                              .inputs = {&from, 1},
                              .parameters = std::span(parameter_views).subspan(chain.first[i]),
                              .output = values[i].view(chain.shapes[i + 1]),
                              .scratch = scratch.values(),
                              .saved = wants_gradients ? saved[i].values() : std::span<float>(),
                              .statistics = std::span(statistic_views).subspan(chain.first[i]),
                              .mode = check.mode,
                              .moment = {},
                              .workers = workers});
    expect_intact(check.line, "output", values[i]);
    expect_intact(check.line, "scratch", scratch);
    expect_intact(check.line, "kept", kept);
    expect_intact(check.line, "saved", saved[i]);
  }
  Run result;
  result.output = copy_of(values.back().values());
  std::vector<float> gradient = copy_of(output_gradient.values());
  for (std::size_t i = chain.layers.size(); i-- > 0;) {
    if (plan(i).aliases_input) continue;
    const ConstTensorView from = value(i);
    Output input_gradient(count(chain.shapes[i]));
    const TensorView to =
        i > 0 || wants_gradients ? input_gradient.view(chain.shapes[i]) : TensorView();
    Output scratch(static_cast<std::size_t>(plan(i).backward_scratch));
    chain.layers[i]->backward(
        {.inputs = {&from, 1},
         .parameters = std::span(parameter_views).subspan(chain.first[i]),
         .output = ConstTensorView(values[i].view(chain.shapes[i + 1])),
         .output_gradient = {gradient.data(), chain.shapes[i + 1]},
         .input_gradients = {&to, 1},
         .parameter_gradients = std::span(gradient_views).subspan(chain.first[i]),
         .scratch = scratch.values(),
         .saved = saved[i].values(),
         .mode = check.mode,
         .moment = {},
         .workers = workers});
    expect_intact(check.line, "input gradient", input_gradient);
    expect_intact(check.line, "scratch", scratch);
    gradient = copy_of(input_gradient.values());
  }
  result.input_gradient = gradient;
  for (Output& one : parameter_gradients) {
    expect_intact(check.line, "parameter gradient", one);
    result.parameter_gradients.push_back(copy_of(one.values()));
  }
  return result;
}

}  // namespace

std::vector<std::vector<float>> check_layer(const LayerCheck& check, std::uint32_t seed) {
  INFO(check.line << " of " << batch_shape_text(check.input));
  RandomValues random(seed);
  const Chain chain(check, random);
  Values x = random.values(count(check.input));
  for (double& value : x)
    value = static_cast<double>(static_cast<float>(value * check.scale + check.offset));
  const Values expected = check.twin(x, chain.parameters);
  REQUIRE(expected.size() == count(chain.shapes.back()));
  const Values dy = random.values(expected.size());

  const Run one = run(check, chain, x, dy, one_thread(), true);
  expect_close({check.line, "output", {one.output.data(), chain.shapes.back()}}, expected,
               check.output);
  const Values dx = central_differences(
      x, [&](const Values& moved) { return dot(check.twin(moved, chain.parameters), dy); });
  expect_close({check.line, "input gradient", {one.input_gradient.data(), check.input}}, dx,
               check.input_gradient);
  std::vector<std::vector<float>> statistics;
  for (std::size_t i = 0; i < chain.parameters.size(); ++i) {
    const ParameterSpec& spec = chain.parameter_specs[i];
    const std::vector<float>& gradient = one.parameter_gradients[i];
    if (!spec.trainable) {
      statistics.push_back(gradient);
      continue;
    }
    std::vector<Values> moved = chain.parameters;
    const Values slope = central_differences(chain.parameters[i], [&](const Values& parameter) {
      moved[i] = parameter;
      return dot(check.twin(x, moved), dy);
    });
    expect_close({check.line, spec.name, {gradient.data(), spec.shape}}, slope,
                 check.parameter_gradient);
  }

  const Run three = run(check, chain, x, dy, three_threads(), true);
  expect_same_bits(check.line + ", 1 and 3 threads", one.output, three.output);
  expect_same_bits(check.line + ", 1 and 3 threads", one.input_gradient, three.input_gradient);
  for (std::size_t i = 0; i < chain.parameters.size(); ++i) {
    expect_same_bits(check.line + ", 1 and 3 threads", one.parameter_gradients[i],
                     three.parameter_gradients[i]);
  }
  const Run frozen = run(check, chain, x, dy, one_thread(), false);
  expect_same_bits(check.line + ", without gradients", one.output, frozen.output);
  return statistics;
}

}  // namespace fovea::test
