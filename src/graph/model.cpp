// SPDX-License-Identifier: MIT
#include "graph/model.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/text.h"
#include "layers/accumulate.h"

namespace fovea {

namespace {

/// Plans are small, but predictions for ever new batch sizes must not pile them up.
constexpr std::size_t kMostPlans = 16;

}  // namespace

Model::Model(const ModelSpec& spec, std::uint32_t seed, Workers& workers,
             const WeightLender& lender)
    : network_(build_network(spec)),
      workers_(workers),
      weights_(network_.nodes.size()),
      kept_(network_.steps.size()) {
  for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
    if (!network_.nodes[i].weights.empty()) borrow_weights(i, lender);
  }
  make_weights(seed);
}

void Model::make_weights(std::uint32_t seed) {
  std::int64_t floats = 0;
  for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
    if (weights_[i].block != nullptr) continue;
    weights_[i].offset = floats;
    floats += network_.nodes[i].floats;
  }
  const auto own = std::make_shared<WeightBlock>();
  own->floats = AlignedBuffer(floats, concat("the parameters of model \"", network_.name, '"'));
  for (NodeWeights& weights : weights_) {
    if (weights.block == nullptr) weights.block = own;
  }
  for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
    const Parameter& p = network_.parameters[i];
    if (!network_.nodes[static_cast<std::size_t>(p.node)].weights.empty()) continue;
    const RandomStream stream(seed, RandomUse::kInitialize, static_cast<std::uint32_t>(i));
    initialize(p.spec.initializer,
               {p.name, p.spec.shape, p.spec.fans, stream, parameter(static_cast<int>(i))});
  }
}

/// "3/conv2d_1": the weights of layer conv2d_1 in model 3.
void Model::borrow_weights(std::size_t index, const WeightLender& lender) {
  const Node& node = network_.nodes[index];
  const std::size_t slash = node.weights.find('/');
  ensure(lender != nullptr && slash != std::string::npos, "weights of a model that nobody knows");
  const Model& owner = lender(static_cast<int>(parse_number(node.weights.substr(0, slash))));
  const std::string_view name = std::string_view(node.weights).substr(slash + 1);
  const int found = owner.network_.find_node(name);
  const auto of_node = [](const Network& network, int number) {
    std::vector<Shape> shapes;
    for (const Parameter& p : network.parameters) {
      if (p.node == number) shapes.push_back(p.spec.shape);
    }
    return shapes;
  };
  if (found < 0 || of_node(owner.network_, found) != of_node(network_, static_cast<int>(index))) {
    fail(ErrorCode::kBadShape, "layer \"", node.name, "\" (", node.type,
         "): shares the weights of layer \"", name, "\" in model \"", owner.network_.name,
         "\", but theirs differ in number or shape. Give it inputs of the same channels.");
  }
  weights_[index] = owner.weights_[static_cast<std::size_t>(found)];
}

std::span<float> Model::parameter(int index) {
  const Parameter& p = network_.parameters[static_cast<std::size_t>(index)];
  ++weights_[static_cast<std::size_t>(p.node)].block->version;
  return values_of(p);
}

std::span<float> Model::values_of(const Parameter& p) const {
  const auto node = static_cast<std::size_t>(p.node);
  const NodeWeights& weights = weights_[node];
  const std::int64_t offset = weights.offset + p.offset - network_.nodes[node].first_float;
  return weights.block->floats.values().subspan(static_cast<std::size_t>(offset),
                                                static_cast<std::size_t>(p.spec.shape.size()));
}

std::span<float> Model::parameter_gradient(int index) {
  const Parameter& p = network_.parameters[static_cast<std::size_t>(index)];
  return gradients_.values().subspan(static_cast<std::size_t>(p.offset),
                                     static_cast<std::size_t>(p.spec.shape.size()));
}

bool Model::is_statistic(std::size_t parameter) const {
  return !network_.parameters[parameter].spec.trainable;
}

bool Model::trainable(int parameter_index) const {
  const auto index = static_cast<std::size_t>(parameter_index);
  const int node = network_.parameters[index].node;
  return network_.nodes[static_cast<std::size_t>(node)].trainable && !is_statistic(index);
}

void Model::set_trainable(std::string_view layer, bool trainable) {
  const int node = network_.find_node(layer);
  if (node < 0) {
    fail(ErrorCode::kBadOption, "model \"", network_.name, "\" has no layer \"", layer,
         "\" to freeze or train.");
  }
  network_.nodes[static_cast<std::size_t>(node)].trainable = trainable;
  plans_.clear();
}

Plan& Model::prepare(const CompileRequest& request) {
  const auto found = std::ranges::find_if(
      plans_, [&](const std::unique_ptr<Plan>& plan) { return plan->request == request; });
  if (found != plans_.end()) return **found;

  auto plan = std::make_unique<Plan>();
  plan->request = request;
  plan->program = compile(network_, request);
  plan->memory = plan_memory(plan->program.buffers);
  std::size_t most_inputs = 0;
  std::size_t most_parameters = 0;
  for (const Step& step : network_.steps) {
    most_inputs = std::max(most_inputs, step.inputs.size());
    most_parameters = std::max(most_parameters, static_cast<std::size_t>(step.parameter_count));
  }
  for (const Instruction& instruction : plan->program.backward) {
    most_inputs = std::max(most_inputs, instruction.inputs.size());
  }
  plan->input_views.reserve(most_inputs);
  plan->input_gradient_views.reserve(most_inputs);
  plan->parameter_views.reserve(most_parameters);
  plan->parameter_gradient_views.reserve(most_parameters);
  plan->statistic_views.reserve(most_parameters);
  if (plan->memory.size > static_cast<std::int64_t>(arena_.size())) {
    // Older plans are out of reach while there is no arena: there may never be one again.
    std::vector<std::unique_ptr<Plan>> older = std::exchange(plans_, {});
    arena_ = {};  // nothing in it is worth keeping, and both together might not fit
    arena_ = AlignedBuffer(plan->memory.size, concat("a batch of ", request.batch, " in model \"",
                                                     network_.name, '"'));
    plans_ = std::move(older);
  }
  make_room_for_kept(plan->program);
  if (plans_.size() == kMostPlans) plans_.erase(plans_.begin());
  plans_.push_back(std::move(plan));
  return *plans_.back();
}

std::uint64_t Model::weight_version(const Step& step) const {
  if (step.parameter_count == 0) return 0;
  const auto first = static_cast<std::size_t>(step.first_parameter);
  return weights_[static_cast<std::size_t>(network_.parameters[first].node)].block->version;
}

void Model::make_room_for_kept(const Program& program) {
  for (const Instruction& instruction : program.forward) {
    KeptValues& kept = kept_[static_cast<std::size_t>(instruction.step)];
    if (instruction.kept <= static_cast<std::int64_t>(kept.floats.size())) continue;
    // Where there is no memory for it, the plans made before still have what they need.
    const std::string what = concat("what is kept of the weights of model \"", network_.name, '"');
    kept = {.floats = AlignedBuffer(instruction.kept, what)};
  }
}

void Model::prepare_gradients() {
  if (gradients_.size() > 0) return;
  gradients_ = AlignedBuffer(network_.parameter_floats,
                             concat("the gradients of model \"", network_.name, '"'));
}

TensorView Model::view(const Plan& plan, const Operand& operand) const {
  if (!operand.exists()) return {};
  return {arena_.data() + plan.memory.offsets[static_cast<std::size_t>(operand.buffer)],
          operand.shape};
}

std::span<float> Model::scratch(const Plan& plan, const Operand& operand) const {
  if (!operand.exists()) return {};
  const auto buffer = static_cast<std::size_t>(operand.buffer);
  return {arena_.data() + plan.memory.offsets[buffer],
          static_cast<std::size_t>(plan.program.buffers[buffer].size)};
}

TensorView Model::input(const Plan& plan, int index) const {
  return view(plan, plan.program.inputs[static_cast<std::size_t>(index)]);
}

ConstTensorView Model::output(const Plan& plan, int index) const {
  return view(plan, plan.program.outputs[static_cast<std::size_t>(index)]);
}

LossViews Model::loss(const Plan& plan, int index) const {
  const LossOperands& loss = plan.program.losses[static_cast<std::size_t>(index)];
  return {view(plan, loss.prediction), view(plan, loss.target), view(plan, loss.gradient),
          loss.reads_logits};
}

TensorView Model::input_gradient(const Plan& plan, int index) const {
  return view(plan, plan.program.input_gradients[static_cast<std::size_t>(index)]);
}

ConstTensorView Model::watched(const Plan& plan, int index) const {
  return view(plan, plan.program.watched[static_cast<std::size_t>(index)]);
}

double Model::activity_penalty(const Plan& plan) const {
  double total = 0;
  for (const PenaltyOperand& penalty : plan.program.penalties) {
    const Step& step = network_.steps[static_cast<std::size_t>(penalty.step)];
    total += step.layer->penalty(view(plan, penalty.output));
  }
  return total;
}

void Model::commit_statistics() {
  for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
    const int node = network_.parameters[i].node;
    if (!is_statistic(i) || !network_.nodes[static_cast<std::size_t>(node)].trainable) continue;
    std::ranges::copy(parameter_gradient(static_cast<int>(i)),
                      parameter(static_cast<int>(i)).begin());
  }
}

void Model::forward(Plan& plan, std::uint32_t seed, std::uint32_t step) {
  if (plan.request.backward && plan.request.mode == Mode::kTraining) {
    for (std::size_t i = 0; i < network_.parameters.size(); ++i) {
      const int index = static_cast<int>(i);
      if (is_statistic(i)) std::ranges::copy(parameter(index), parameter_gradient(index).begin());
    }
  }
  for (const Instruction& instruction : plan.program.forward) run(plan, instruction, seed, step);
}

void Model::backward(Plan& plan, std::uint32_t seed, std::uint32_t step) {
  for (const Instruction& instruction : plan.program.backward) run(plan, instruction, seed, step);
}

void Model::run(Plan& plan, const Instruction& instruction, std::uint32_t seed,
                std::uint32_t step) {
  fill_in_debug_builds(plan, instruction.time, &BufferLife::first);
  switch (instruction.kind) {
    case Instruction::Kind::kForward:
      run_forward(plan, instruction, seed, step);
      break;
    case Instruction::Kind::kBackward:
      run_backward(plan, instruction, seed, step);
      break;
    case Instruction::Kind::kAccumulate:
      run_accumulate(plan, instruction);
      break;
    case Instruction::Kind::kAddGradient:
      run_add_gradient(plan, instruction);
      break;
  }
  fill_in_debug_builds(plan, instruction.time, &BufferLife::last);
}

void Model::fill_in_debug_builds([[maybe_unused]] const Plan& plan, [[maybe_unused]] int time,
                                 [[maybe_unused]] int BufferLife::*moment) const {
#ifdef FOVEA_DEBUG_FILL
  for (std::size_t i = 0; i < plan.memory.offsets.size(); ++i) {
    const BufferLife& buffer = plan.program.buffers[i];
    if (buffer.*moment != time) continue;
    float* start = arena_.data() + plan.memory.offsets[i];
    std::fill(start, start + buffer.size, std::numeric_limits<float>::quiet_NaN());
  }
#endif
}

void Model::gather_views(Plan& plan, const Instruction& instruction) {
  const Step& step = network_.steps[static_cast<std::size_t>(instruction.step)];
  plan.input_views.clear();
  for (const Operand& input : instruction.inputs) plan.input_views.emplace_back(view(plan, input));
  plan.parameter_views.clear();
  for (int i = 0; i < step.parameter_count; ++i) {
    const int index = step.first_parameter + i;
    const Parameter& p = network_.parameters[static_cast<std::size_t>(index)];
    plan.parameter_views.emplace_back(values_of(p).data(), p.spec.shape);
  }
}

void Model::run_forward(Plan& plan, const Instruction& instruction, std::uint32_t seed,
                        std::uint32_t step) {
  gather_views(plan, instruction);
  const Step& layer_step = network_.steps[static_cast<std::size_t>(instruction.step)];
  const bool learns = plan.request.backward && instruction.mode == Mode::kTraining;
  plan.statistic_views.clear();
  for (int i = 0; i < layer_step.parameter_count; ++i) {
    const int index = layer_step.first_parameter + i;
    const Parameter& parameter = network_.parameters[static_cast<std::size_t>(index)];
    plan.statistic_views.push_back(
        learns && !parameter.spec.trainable
            ? TensorView{parameter_gradient(index).data(), parameter.spec.shape}
            : TensorView());
  }
  KeptValues& kept = kept_[static_cast<std::size_t>(instruction.step)];
  const std::uint64_t version = weight_version(layer_step);
  const bool current = kept.version == version && kept.size == instruction.kept;
  const auto kept_size = static_cast<std::size_t>(instruction.kept);
  layer_step.layer->forward({.kept = {kept.floats.values().first(kept_size), current},
                             .inputs = plan.input_views,
                             .parameters = plan.parameter_views,
                             .output = view(plan, instruction.output),
                             .scratch = scratch(plan, instruction.scratch),
                             .saved = scratch(plan, instruction.saved),
                             .statistics = plan.statistic_views,
                             .mode = instruction.mode,
                             .after_relu = instruction.after_relu,
                             .moment = {seed, step, static_cast<std::uint32_t>(instruction.step)},
                             .workers = workers_});
  if (instruction.kept == 0) return;
  kept.version = version;
  kept.size = instruction.kept;
}

void Model::run_backward(Plan& plan, const Instruction& instruction, std::uint32_t seed,
                         std::uint32_t step) {
  gather_views(plan, instruction);
  const Step& layer_step = network_.steps[static_cast<std::size_t>(instruction.step)];
  plan.input_gradient_views.clear();
  for (const Operand& gradient : instruction.input_gradients) {
    plan.input_gradient_views.push_back(view(plan, gradient));
  }
  plan.parameter_gradient_views.clear();
  for (int i = 0; i < layer_step.parameter_count; ++i) {
    plan.parameter_gradient_views.push_back(
        parameter_gradient_view(plan, instruction, layer_step.first_parameter + i, i));
  }
  layer_step.layer->backward({.inputs = plan.input_views,
                              .parameters = plan.parameter_views,
                              .output = view(plan, instruction.output),
                              .output_gradient = view(plan, instruction.output_gradient),
                              .input_gradients = plan.input_gradient_views,
                              .parameter_gradients = plan.parameter_gradient_views,
                              .scratch = scratch(plan, instruction.scratch),
                              .saved = scratch(plan, instruction.saved),
                              .mode = instruction.mode,
                              .after_relu = instruction.after_relu,
                              .relu_done = instruction.relu_done,
                              .moment = {seed, step, static_cast<std::uint32_t>(instruction.step)},
                              .workers = workers_});
}

/// Where the gradient of a step's nth parameter goes; null where it is not wanted.
TensorView Model::parameter_gradient_view(const Plan& plan, const Instruction& instruction,
                                          int index, int nth) {
  if (!trainable(index)) return {};
  const auto beside = static_cast<std::size_t>(nth);
  if (beside < instruction.parameter_gradients.size() &&
      instruction.parameter_gradients[beside].exists()) {
    return view(plan, instruction.parameter_gradients[beside]);
  }
  const Shape& shape = network_.parameters[static_cast<std::size_t>(index)].spec.shape;
  return {parameter_gradient(index).data(), shape};
}

void Model::run_accumulate(Plan& plan, const Instruction& instruction) {
  plan.input_views.clear();
  for (const Operand& part : instruction.inputs) plan.input_views.emplace_back(view(plan, part));
  accumulate(plan.input_views, view(plan, instruction.output));
}

void Model::run_add_gradient(const Plan& plan, const Instruction& instruction) {
  const TensorView part = view(plan, instruction.inputs[0]);
  const TensorView total{parameter_gradient(instruction.step).data(), part.shape};
  accumulate(std::array<ConstTensorView, 2>{total, part}, total);
}

}  // namespace fovea
