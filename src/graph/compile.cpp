// SPDX-License-Identifier: MIT
#include "graph/compile.h"

#include <algorithm>

namespace fovea {

namespace {

class Compiler {
 public:
  Compiler(const Network& network, const CompileRequest& request)
      : network_(network),
        request_(request),
        values_(network.value_rows.size()),
        gradients_(values_.size()),
        saved_(network.steps.size()),
        parameter_written_(network.parameters.size()) {}

  Program run() {
    for (std::size_t i = 0; i < network_.input_names.size(); ++i) {
      const Shape& row = request_.rows.empty() ? network_.value_rows[i] : request_.rows[i];
      values_[i] = new_operand(row.with_batch(request_.batch));
      touch(values_[i]);  // filled before the first instruction
      program_.inputs.push_back(values_[i]);
    }
    for (std::size_t s = 0; s < network_.steps.size(); ++s) add_forward(static_cast<int>(s));
    ++time_;  // one moment for all: losses of somebody else's are known before ours are computed
    for (const LossPort& port : request_.losses) add_loss(port);
    add_penalties();
    if (request_.backward) {
      find_wanted_gradients();
      for (int s = static_cast<int>(network_.steps.size()); s-- > 0;) add_backward(s);
    }
    if (request_.input_gradients) add_input_gradients();
    ++time_;
    program_.outputs = read_at_end(network_.outputs);
    program_.watched = read_at_end(request_.watched);
    return std::move(program_);
  }

 private:
  const Operand& value(int index) const { return values_[static_cast<std::size_t>(index)]; }

  Operand new_operand(const Shape& shape) {
    program_.buffers.push_back({shape.size(), time_, time_});
    return {static_cast<int>(program_.buffers.size()) - 1, shape};
  }
  Operand new_scratch(std::int64_t floats) {
    if (floats == 0) return {};
    program_.buffers.push_back({floats, time_, time_});
    return {static_cast<int>(program_.buffers.size()) - 1, {}};
  }
  /// The buffer is in use at the present instruction.
  void touch(const Operand& operand) {
    if (operand.exists()) program_.buffers[static_cast<std::size_t>(operand.buffer)].last = time_;
  }

  /// These values, which are read after the last instruction.
  std::vector<Operand> read_at_end(const std::vector<int>& indices) {
    std::vector<Operand> operands;
    for (const int index : indices) {
      touch(value(index));
      operands.push_back(value(index));
    }
    return operands;
  }

  const Node& node_of(const Step& step) const {
    return network_.nodes[static_cast<std::size_t>(step.node)];
  }
  Mode mode_of(const Step& step) const {
    const bool infers = step.layer->infers_when_frozen() && !node_of(step).trainable;
    return infers ? Mode::kInference : request_.mode;
  }
  LayerPlan plan_of(const Step& step) const {
    std::vector<Shape> shapes;
    for (const int input : step.inputs) shapes.push_back(value(input).shape);
    const LayerPlan plan = step.layer->plan(shapes, mode_of(step), request_.slots);
    const Step* reader = only_reader(step.output);
    if (reader == nullptr || std::ranges::count(request_.watched, step.output) > 0) return plan;
    const Shape wanted = reader->layer->reads(plan.output);
    return wanted == plan.output
               ? plan
               : step.layer->plan_part(wanted, shapes, mode_of(step), request_.slots);
  }

  void add_forward(int index) {
    const Step& step = network_.steps[static_cast<std::size_t>(index)];
    const LayerPlan plan = plan_of(step);
    Operand& output = values_[static_cast<std::size_t>(step.output)];
    if (plan.aliases_input) {
      output = {value(step.inputs[0]).buffer, plan.output};
      return;
    }
    ++time_;
    Instruction instruction{.kind = Instruction::Kind::kForward,
                            .kept = plan.kept,
                            .step = index,
                            .mode = mode_of(step),
                            .time = time_};
    for (const int input : step.inputs) {
      touch(value(input));
      instruction.inputs.push_back(value(input));
    }
    instruction.after_relu = takes_over_relu(step);
    output = new_operand(plan.output);
    instruction.output = output;
    instruction.scratch = new_scratch(plan.forward_scratch);
    if (request_.backward) instruction.saved = new_scratch(plan.saved);
    saved_[static_cast<std::size_t>(index)] = instruction.saved;
    program_.forward.push_back(std::move(instruction));
  }

  /// The step that makes a value; nullptr for an input of the model.
  const Step* maker(int value_index) const {
    const auto at = std::ranges::find(network_.steps, value_index, &Step::output);
    return at == network_.steps.end() ? nullptr : &*at;
  }

  /// The only step that reads a value; nullptr where there are several, or it is an output.
  const Step* only_reader(int value_index) const {
    if (std::ranges::count(network_.outputs, value_index) > 0) return nullptr;
    const Step* reader = nullptr;
    for (const Step& step : network_.steps) {
      const auto times = std::ranges::count(step.inputs, value_index);
      if (times > 1 || (times == 1 && reader != nullptr)) return nullptr;
      if (times == 1) reader = &step;
    }
    return reader;
  }

  /// Whether the step's backward pass also does the relu that made its input: it must be the only
  /// one that reads it.
  bool takes_over_relu(const Step& step) const {
    if (!step.layer->takes_over_relu()) return false;
    const Step* from = maker(step.inputs[0]);
    return from != nullptr && from->layer->ends_in_relu() && only_reader(step.inputs[0]) == &step &&
           !from->layer->has_penalty();
  }
  /// Whether the only reader of the step's output takes over its relu.
  bool relu_is_done(const Step& step) const {
    const Step* reader = only_reader(step.output);
    return reader != nullptr && takes_over_relu(*reader);
  }

  void add_loss(const LossPort& port) {
    int predicted = network_.outputs[static_cast<std::size_t>(port.output)];
    LossOperands loss;
    const Step* step = maker(predicted);
    if (port.wants_logits && step != nullptr && step->layer->is_softmax()) {
      predicted = step->inputs[0];
      loss.reads_logits = true;
    }
    loss.prediction = value(predicted);
    touch(loss.prediction);
    if (port.has_target) {
      loss.target = new_operand(target_shape(port, loss.prediction.shape));
      // Filled before the first instruction.
      program_.buffers[static_cast<std::size_t>(loss.target.buffer)].first = 0;
    }
    if (request_.backward) {
      loss.gradient = new_operand(loss.prediction.shape);
      gradients_[static_cast<std::size_t>(predicted)].push_back(loss.gradient);
    }
    program_.losses.push_back(loss);
  }

  void add_penalties() {
    if (request_.losses.empty()) return;
    for (std::size_t s = 0; s < network_.steps.size(); ++s) {
      const Step& step = network_.steps[s];
      if (!step.layer->has_penalty()) continue;
      touch(value(step.output));
      program_.penalties.push_back({static_cast<int>(s), value(step.output)});
    }
  }

  bool has_trainable_parameters(const Step& step) const {
    return step.parameter_count > 0 && node_of(step).trainable;
  }

  /// A value's gradient is wanted when something before it can be trained.
  void find_wanted_gradients() {
    wanted_.assign(values_.size(), 0);
    std::fill_n(wanted_.begin(), network_.input_names.size(), request_.input_gradients ? 1 : 0);
    for (const Step& step : network_.steps) {
      const bool any = std::ranges::any_of(
          step.inputs, [&](int input) { return wanted_[static_cast<std::size_t>(input)] != 0; });
      wanted_[static_cast<std::size_t>(step.output)] = any || has_trainable_parameters(step);
    }
  }

  /// The gradient of a value: what its readers wrote, added up where there are several (kernels
  /// overwrite, they never add).
  Operand total_gradient(int value_index) {
    const std::vector<Operand>& parts = gradients_[static_cast<std::size_t>(value_index)];
    if (parts.empty()) return {};
    if (parts.size() == 1) return parts[0];
    ++time_;
    Instruction sum{.kind = Instruction::Kind::kAccumulate, .time = time_, .inputs = parts};
    for (const Operand& part : parts) touch(part);
    sum.output = new_operand(value(value_index).shape);
    program_.backward.push_back(sum);
    return sum.output;
  }

  void add_backward(int index) {
    const Step& step = network_.steps[static_cast<std::size_t>(index)];
    if (!wanted_[static_cast<std::size_t>(step.output)]) return;
    const Operand output_gradient = total_gradient(step.output);
    if (!output_gradient.exists()) return;  // no loss depends on it
    const LayerPlan plan = plan_of(step);
    if (plan.aliases_input) {
      const int input = step.inputs[0];
      if (wanted_[static_cast<std::size_t>(input)]) {
        gradients_[static_cast<std::size_t>(input)].push_back(
            {output_gradient.buffer, value(input).shape});
      }
      return;
    }
    ++time_;
    Instruction instruction{.kind = Instruction::Kind::kBackward,
                            .step = index,
                            .mode = mode_of(step),
                            .time = time_,
                            .output_gradient = output_gradient};
    touch(output_gradient);
    instruction.output = value(step.output);
    instruction.after_relu = takes_over_relu(step);
    instruction.relu_done = relu_is_done(step);
    if (plan.backward_reads_output && !instruction.relu_done) touch(instruction.output);
    for (const int input : step.inputs) {
      instruction.inputs.push_back(value(input));
      if (plan.backward_reads_input) touch(value(input));
      Operand gradient;
      if (wanted_[static_cast<std::size_t>(input)]) {
        gradient = new_operand(value(input).shape);
        gradients_[static_cast<std::size_t>(input)].push_back(gradient);
      }
      instruction.input_gradients.push_back(gradient);
    }
    instruction.scratch = new_scratch(plan.backward_scratch);
    instruction.saved = saved_[static_cast<std::size_t>(index)];
    touch(instruction.saved);
    const std::vector<Instruction> additions = share_parameter_gradients(step, instruction);
    program_.backward.push_back(std::move(instruction));
    program_.backward.insert(program_.backward.end(), additions.begin(), additions.end());
  }

  /// A layer that is applied several times: the first of its steps to run backwards writes the
  /// gradients of its parameters, the others write beside them and are added.
  std::vector<Instruction> share_parameter_gradients(const Step& step, Instruction& instruction) {
    std::vector<Instruction> additions;
    if (!has_trainable_parameters(step)) return additions;
    for (int i = 0; i < step.parameter_count; ++i) {
      const int index = step.first_parameter + i;
      const ParameterSpec& spec = network_.parameters[static_cast<std::size_t>(index)].spec;
      char& written = parameter_written_[static_cast<std::size_t>(index)];
      Operand beside;
      if (written != 0 && spec.trainable) {
        beside = new_operand(spec.shape);
        additions.push_back(
            {.kind = Instruction::Kind::kAddGradient, .step = index, .inputs = {beside}});
      }
      written = 1;
      instruction.parameter_gradients.push_back(beside);
    }
    if (additions.empty()) instruction.parameter_gradients.clear();
    for (Instruction& addition : additions) {
      addition.time = ++time_;
      touch(addition.inputs[0]);
    }
    return additions;
  }

  void add_input_gradients() {
    for (std::size_t i = 0; i < network_.input_names.size(); ++i) {
      program_.input_gradients.push_back(total_gradient(static_cast<int>(i)));
    }
    ++time_;
    for (const Operand& gradient : program_.input_gradients) touch(gradient);
  }

  const Network& network_;
  const CompileRequest& request_;
  Program program_;
  std::vector<Operand> values_;
  std::vector<std::vector<Operand>> gradients_;  // of each value, one from each reader
  std::vector<char> wanted_;
  std::vector<Operand> saved_;           // of each step
  std::vector<char> parameter_written_;  // whether its gradient has been written
  int time_ = 0;                         // the present instruction, counted over the whole program
};

}  // namespace

Shape target_shape(const LossPort& port, const Shape& prediction) {
  if (port.target_size > 0) {
    Shape shape = prediction;
    shape.set(-1, port.target_size);
    return shape;
  }
  if (!port.sparse_target) return prediction;
  return Shape(prediction.extents().first(static_cast<std::size_t>(prediction.rank() - 1)));
}

Program compile(const Network& network, const CompileRequest& request) {
  return Compiler(network, request).run();
}

}  // namespace fovea
