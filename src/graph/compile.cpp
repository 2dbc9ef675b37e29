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
        gradients_(values_.size()) {}

  Program run() {
    for (std::size_t i = 0; i < network_.input_names.size(); ++i) {
      values_[i] = new_operand(network_.value_rows[i].with_batch(request_.batch));
      touch(values_[i]);  // filled before the first instruction
      program_.inputs.push_back(values_[i]);
    }
    for (std::size_t s = 0; s < network_.steps.size(); ++s) add_forward(static_cast<int>(s));
    for (const LossPort& port : request_.losses) add_loss(port);
    if (request_.mode == Mode::kTraining) {
      find_wanted_gradients();
      for (int s = static_cast<int>(network_.steps.size()); s-- > 0;) add_backward(s);
    }
    ++time_;
    for (const int output : network_.outputs) {
      touch(value(output));  // read after the last instruction
      program_.outputs.push_back(value(output));
    }
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

  LayerPlan plan_of(const Step& step) const {
    std::vector<Shape> shapes;
    for (const int input : step.inputs) shapes.push_back(value(input).shape);
    return step.layer->plan(shapes, request_.mode, request_.slots);
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
    Instruction instruction{.kind = Instruction::Kind::kForward, .step = index, .time = time_};
    for (const int input : step.inputs) {
      touch(value(input));
      instruction.inputs.push_back(value(input));
    }
    output = new_operand(plan.output);
    instruction.output = output;
    instruction.scratch = new_scratch(plan.forward_scratch);
    program_.forward.push_back(std::move(instruction));
  }

  /// The step that makes a value; nullptr for an input of the model.
  const Step* maker(int value_index) const {
    const auto at = std::ranges::find(network_.steps, value_index, &Step::output);
    return at == network_.steps.end() ? nullptr : &*at;
  }

  void add_loss(const LossPort& port) {
    int predicted = network_.outputs[static_cast<std::size_t>(port.output)];
    LossOperands loss;
    const Step* step = maker(predicted);
    if (port.wants_logits && step != nullptr && step->layer->is_softmax()) {
      predicted = step->inputs[0];
      loss.reads_logits = true;
    }
    ++time_;
    loss.prediction = value(predicted);
    touch(loss.prediction);
    loss.target = new_operand(target_shape(port, loss.prediction.shape));
    program_.buffers[static_cast<std::size_t>(loss.target.buffer)].first =
        0;  // filled before the first instruction
    if (request_.mode == Mode::kTraining) {
      loss.gradient = new_operand(loss.prediction.shape);
      gradients_[static_cast<std::size_t>(predicted)].push_back(loss.gradient);
    }
    program_.losses.push_back(loss);
  }

  bool has_trainable_parameters(const Step& step) const {
    return step.parameter_count > 0 &&
           network_.nodes[static_cast<std::size_t>(step.node)].trainable;
  }

  /// A value's gradient is wanted when something before it can be trained.
  void find_wanted_gradients() {
    wanted_.assign(values_.size(), 0);
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
                            .time = time_,
                            .output_gradient = output_gradient};
    touch(output_gradient);
    instruction.output = value(step.output);
    if (plan.backward_reads_output) touch(instruction.output);
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
    program_.backward.push_back(std::move(instruction));
  }

  const Network& network_;
  const CompileRequest& request_;
  Program program_;
  std::vector<Operand> values_;
  std::vector<std::vector<Operand>> gradients_;  // of each value, one from each reader
  std::vector<char> wanted_;
  int time_ = 0;  // the present instruction, counted over the whole program
};

}  // namespace

Shape target_shape(const LossPort& port, const Shape& prediction) {
  if (!port.sparse_target) return prediction;
  return Shape(prediction.extents().first(static_cast<std::size_t>(prediction.rank() - 1)));
}

Program compile(const Network& network, const CompileRequest& request) {
  return Compiler(network, request).run();
}

}  // namespace fovea
