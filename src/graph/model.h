// SPDX-License-Identifier: MIT
// A network with memory: owns the parameters, their gradients and the arena, and runs compiled
// programs in it. One plan per use and batch size; all plans share the arena, since nothing in it
// outlives a step.
#pragma once

#include <cstdint>
#include <functional>
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
  std::vector<TensorView> input_gradient_views, parameter_gradient_views, statistic_views;
};

/// A loss's tensors, as views.
struct LossViews {
  ConstTensorView prediction;
  TensorView target;    // null where the port has none
  TensorView gradient;  // null without a backward pass
  bool reads_logits = false;
};

class Model;

/// Finds the model whose weights another one shares, by its number.
using WeightLender = std::function<const Model&(int number)>;

class Model {
 public:
  /// Makes the network and its initial weights, a function of the seed. Weights that belong to
  /// another model live as long as the last model that uses them.
  Model(const ModelSpec& spec, std::uint32_t seed, Workers& workers,
        const WeightLender& lender = {});

  [[nodiscard]] const Network& network() const { return network_; }
  /// Threads that work on an operation: what CompileRequest::slots must say.
  [[nodiscard]] int slots() const { return workers_.size(); }
  [[nodiscard]] Workers& workers() const { return workers_; }
  /// To read or to write. What layers keep of their parameters is out of date from then on, so ask
  /// anew before every change.
  [[nodiscard]] std::span<float> parameter(int index);
  [[nodiscard]] std::span<float> parameter_gradient(int index);
  /// Whether training changes it by its gradient: not when its layer is frozen, nor a statistic.
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
  [[nodiscard]] TensorView input_gradient(const Plan& plan, int index) const;
  [[nodiscard]] ConstTensorView watched(const Plan& plan, int index) const;

  /// Computes every output from the inputs.
  void forward(Plan& plan, std::uint32_t seed, std::uint32_t step);
  /// What activity regularizers add to the loss, after forward.
  [[nodiscard]] double activity_penalty(const Plan& plan) const;
  /// Computes the gradient of every trainable parameter from the gradients that the losses wrote.
  void backward(Plan& plan, std::uint32_t seed, std::uint32_t step);
  /// One instruction of a plan: what forward and backward do for each. bench/layers.cpp times them.
  void run(Plan& plan, const Instruction& instruction, std::uint32_t seed, std::uint32_t step);
  /// Takes over the statistics (moving means) that the last forward pass in training proposed.
  void commit_statistics();

 private:
  void make_weights(std::uint32_t seed);
  void borrow_weights(std::size_t node, const WeightLender& lender);
  [[nodiscard]] std::span<float> values_of(const Parameter& parameter) const;
  [[nodiscard]] std::uint64_t weight_version(const Step& step) const;
  void make_room_for_kept(const Program& program);
  [[nodiscard]] bool is_statistic(std::size_t parameter) const;
  [[nodiscard]] TensorView parameter_gradient_view(const Plan& plan, const Instruction& instruction,
                                                   int index, int nth);
  [[nodiscard]] TensorView view(const Plan& plan, const Operand& operand) const;
  [[nodiscard]] std::span<float> scratch(const Plan& plan, const Operand& operand) const;
  void gather_views(Plan& plan, const Instruction& instruction);
  void run_forward(Plan& plan, const Instruction& instruction, std::uint32_t seed,
                   std::uint32_t step);
  void run_backward(Plan& plan, const Instruction& instruction, std::uint32_t seed,
                    std::uint32_t step);
  void run_accumulate(Plan& plan, const Instruction& instruction);
  void run_add_gradient(const Plan& plan, const Instruction& instruction);
  /// Fills buffers whose life begins (`moment` = &BufferLife::first) or ends (last) at this time
  /// with NaN, so that a wrong lifetime or an output that a kernel does not overwrite shows at
  /// once. Does nothing unless FOVEA_DEBUG_FILL is defined.
  void fill_in_debug_builds(const Plan& plan, int time, int BufferLife::*moment) const;

  Network network_;
  Workers& workers_;
  /// Weights, and how often somebody may have changed them.
  struct WeightBlock {
    AlignedBuffer floats;
    std::uint64_t version = 1;
  };
  /// Where a node's weights lie: in this model's own block or in another model's.
  struct NodeWeights {
    std::shared_ptr<WeightBlock> block;
    std::int64_t offset = 0;  // floats
  };
  std::vector<NodeWeights> weights_;  // of each node
  /// What a step's layer made of its weights, and of which version.
  struct KeptValues {
    AlignedBuffer floats;
    std::uint64_t version = 0;
    std::int64_t size = 0;  // of what was made: inputs of another size may want another form
  };
  std::vector<KeptValues> kept_;  // of each step
  AlignedBuffer gradients_;       // of every parameter; for a statistic its next value
  AlignedBuffer arena_;
  std::vector<std::unique_ptr<Plan>> plans_;
};

}  // namespace fovea
