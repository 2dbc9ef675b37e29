// SPDX-License-Identifier: MIT
// The time of each layer in a training step: fovea_layers DESCRIPTION BATCH, where DESCRIPTION is
// the text of a model (src/graph/model_spec.h); with `predict` behind these, in a prediction. Every
// instruction of the compiled program is run many times by itself, which it can be since kernels
// overwrite; the median counts, in processor time. Before each window of a layer stands one of the
// bare register tile: the layer's share of the limit is the median of both neighbours' ratios,
// which a machine that slows down leaves as they are. A program of its own rather than a call of
// the engine, so that nobody downloads it.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#ifdef __EMSCRIPTEN__
#include <emscripten.h>
#else
#include <ctime>
#endif

#include "bench/register_tile.h"
#include "core/json.h"
#include "graph/model.h"

// Processor time: others may want the same processor.
#ifdef __EMSCRIPTEN__
EM_JS(double, processor_milliseconds, (), {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1000;
});
#else
static double processor_milliseconds() {
  return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}
#endif

namespace {

using fovea::Instruction;
using fovea::Model;
using fovea::Network;
using fovea::Plan;

constexpr int kWindows = 25;
constexpr double kWindowMilliseconds = 4;
constexpr int kTiles = 1500;       // in a window of the bare tile: one to two milliseconds
constexpr int kWarmWindows = 200;  // until V8 has compiled the tile twice
constexpr std::uint32_t kSeed = 1;

/// Numbers like those of a training: half of the activations' inputs are negative.
void fill(fovea::TensorView view, std::uint32_t& state, float low, float high) {
  for (float& value : view.values()) {
    state = state * 1664525U + 1013904223U;
    value = low + (high - low) * static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U);
  }
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

struct Times {
  double ms = 0;     // of one run
  double tiles = 0;  // how many bare tiles take as long
};

/// A window of the bare tile.
void run_tiles() {
  static const fovea::bench::RegisterTile tile;
  if (tile.run(kTiles) < 0) std::abort();  // so that its sums are used
}

/// The medians of many windows.
Times time_of(Model& model, Plan& plan, const Instruction& instruction) {
  const auto window = [](const auto& work) {
    const double start = processor_milliseconds();
    work();
    return processor_milliseconds() - start;
  };
  int runs = 1;
  const auto layer = [&] {
    for (int i = 0; i < runs; ++i) model.run(plan, instruction, kSeed, 0);
  };
  while (window(layer) < kWindowMilliseconds && runs < (1 << 20)) runs *= 2;
  std::vector<double> times, tiles;
  for (int i = 0; i < kWindows; ++i) {
    const double pace = window(run_tiles) / kTiles;
    times.push_back(window(layer) / runs);
    tiles.push_back(times.back() / pace);
  }
  return {median_of(times), median_of(tiles)};
}

/// Two for each multiply-add of a convolution or dense layer; its backward pass is as much for the
/// weights and as much for the inputs, where they are wanted. 0: not a layer of products.
double operations(const Network& network, const Instruction& instruction, bool backward) {
  const fovea::Step& step = network.steps[static_cast<std::size_t>(instruction.step)];
  const fovea::Node& node = network.nodes[static_cast<std::size_t>(step.node)];
  if (step.parameter_count == 0 || (node.type != "conv2d" && node.type != "dense")) return 0;
  const auto first = static_cast<std::size_t>(step.first_parameter);
  const fovea::Shape& kernel = network.parameters[first].spec.shape;
  const fovea::Shape row = network.value_rows[static_cast<std::size_t>(step.output)];
  const double batch = instruction.inputs[0].shape[0];
  const double terms = static_cast<double>(kernel.size()) / kernel[kernel.rank() - 1];
  const double forward = 2 * batch * static_cast<double>(row.size()) * terms;
  if (!backward) return forward;
  return instruction.input_gradients[0].exists() ? 2 * forward : forward;
}

std::string line(Model& model, Plan& plan, const Instruction& instruction, bool backward) {
  const Network& network = model.network();
  const Times times = time_of(model, plan, instruction);
  fovea::json::Members members;
  if (instruction.kind == Instruction::Kind::kForward ||
      instruction.kind == Instruction::Kind::kBackward) {
    const fovea::Step& step = network.steps[static_cast<std::size_t>(instruction.step)];
    const fovea::Node& node = network.nodes[static_cast<std::size_t>(step.node)];
    members.add("layer", node.name).add("type", node.type);
    const double done = operations(network, instruction, backward);
    members.add("operations", done);
    members.add("share", done / (times.tiles * fovea::bench::RegisterTile::kOperations));
  }
  return members.add("backward", backward).add("ms", times.ms).object();
}

}  // namespace

int main(int count, char** arguments) {
  const bool predicts = count == 4 && std::strcmp(arguments[3], "predict") == 0;
  if (count != 3 && !predicts) {
    std::fputs("fovea_layers needs the text of a model and a batch size.\n", stderr);
    return 1;
  }
  fovea::Workers workers(1);
  Model model(fovea::parse_model(arguments[1]), kSeed, workers);
  const int batch = std::atoi(arguments[2]);
  const fovea::LossPort port{.output = 0, .wants_logits = true, .sparse_target = true};
  Plan& plan = predicts ? model.prepare({.batch = batch})
                        : model.prepare({.batch = batch,
                                         .mode = fovea::Mode::kTraining,
                                         .backward = true,
                                         .losses = {port}});
  if (!predicts) model.prepare_gradients();
  std::uint32_t state = 1;
  fill(model.input(plan, 0), state, 0, 1);
  fovea::json::Members lines;
  for (int i = 0; i < kWarmWindows; ++i) run_tiles();
  for (const Instruction& instruction : plan.program.forward) {
    lines.element(line(model, plan, instruction, false));
  }
  if (!predicts) fill(model.loss(plan, 0).gradient, state, -0.01F, 0.01F);
  for (const Instruction& instruction : plan.program.backward) {
    lines.element(line(model, plan, instruction, true));
  }
  std::puts(lines.array().c_str());
  return 0;
}
