// SPDX-License-Identifier: MIT
// A network with memory: owns the parameters, their gradients and the arena, and runs compiled
// programs in it. One plan per use and batch size; all plans share the arena, since nothing in it
// outlives a step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/parallel.h"
#include "core/tensor_view.h"
#include "graph/compile.h"
#include "graph/network.h"

namespace fovea {

/// A program with its place in the arena.
struct Plan {
  CompileRequest request;
  Program program;
  MemoryPlan memory;
  // Room for the views of one instruction, so that running allocates nothing.
  std::vector<ConstTensorView> input_views, parameter_views;
  std::vector<TensorView> input_gradient_views, parameter_gradient_views;
};

/// A loss's tensors, as views.
struct LossViews {
  ConstTensorView prediction;
  TensorView target;
  TensorView gradient;  // null outside training
  bool reads_logits = false;
};

class Model {
 public:
  /// Makes the network and its initial weights, a function of the seed.
  Model(const ModelSpec& spec, std::uint32_t seed, Workers& workers);

  [[nodiscard]] const Network& network() const { return network_; }
  /// Threads that work on an operation: what CompileRequest::slots must say.
  [[nodiscard]] int slots() const { return workers_.size(); }
  [[nodiscard]] std::span<float> parameter(int index);
  [[nodiscard]] std::span<float> parameter_gradient(int index);
  [[nodiscard]] bool trainable(int parameter_index) const;
  /// Freezes or frees a layer. Plans are made anew.
  void set_trainable(std::string_view layer, bool trainable);

  /// The plan for a use: made when first asked for, and kept; of many the oldest makes way. Makes
  /// room for it in the arena.
  Plan& prepare(const CompileRequest& request);
  /// Room for the gradients of all parameters, made when training begins.
  void prepare_gradients();

  // Where a prepared plan's tensors lie. Valid until the next call of prepare.
  [[nodiscard]] TensorView input(const Plan& plan, int index) const;
  [[nodiscard]] ConstTensorView output(const Plan& plan, int index) const;
  [[nodiscard]] LossViews loss(const Plan& plan, int index) const;

  /// Computes every output from the inputs.
  void forward(Plan& plan, std::uint32_t seed, std::uint32_t step);
  /// Computes the gradient of every trainable parameter from the gradients that the losses wrote.
  void backward(Plan& plan, std::uint32_t seed, std::uint32_t step);

 private:
  [[nodiscard]] TensorView view(const Plan& plan, const Operand& operand) const;
  [[nodiscard]] std::span<float> scratch(const Plan& plan, const Operand& operand) const;
  void gather_views(Plan& plan, const Instruction& instruction);
  void run(Plan& plan, const Instruction& instruction, std::uint32_t seed, std::uint32_t step);
  void run_forward(Plan& plan, const Instruction& instruction, std::uint32_t seed,
                   std::uint32_t step);
  void run_backward(Plan& plan, const Instruction& instruction, std::uint32_t seed,
                    std::uint32_t step);
  void run_accumulate(Plan& plan, const Instruction& instruction);
  /// Fills buffers whose life begins (`moment` = &BufferLife::first) or ends (last) at this time
  /// with NaN, so that a wrong lifetime or an output that a kernel does not overwrite shows at
  /// once. Does nothing unless FOVEA_DEBUG_FILL is defined.
  void fill_in_debug_builds(const Plan& plan, int time, int BufferLife::*moment) const;

  Network network_;
  Workers& workers_;
  AlignedBuffer parameters_;
  AlignedBuffer gradients_;
  AlignedBuffer arena_;
  std::vector<std::unique_ptr<Plan>> plans_;
};

}  // namespace fovea
