// SPDX-License-Identifier: MIT
// Turns a network, a batch size and what is to be done with it into a flat program: a list of
// instructions on numbered buffers. Everything that a step needs is decided here, so that running
// one is a loop that allocates nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/memory_plan.h"
#include "graph/network.h"

namespace fovea {

/// A tensor in the arena. buffer -1: none.
struct Operand {
  int buffer = -1;
  Shape shape;
  [[nodiscard]] bool exists() const { return buffer >= 0; }
};

struct Instruction {
  enum class Kind : std::uint8_t {
    kForward,
    kBackward,
    kAccumulate,   // output = the sum of inputs: a value that several steps read
    kAddGradient,  // parameter gradient += inputs[0]: a layer that is applied several times
  };
  Kind kind = Kind::kForward;
  std::int64_t kept = 0;  // floats that forward makes of the parameters alone
  int step = 0;           // of the network; kAddGradient: the parameter; unused by kAccumulate
  Mode mode = Mode::kInference;
  int time = 0;  // place in the whole program: what the lifetimes of buffers count in
  std::vector<Operand> inputs;  // kAccumulate: what is added up
  Operand output;
  Operand output_gradient;
  std::vector<Operand> input_gradients;  // not existing where not wanted
  /// Where parameter gradients go that are added up later; empty: to the parameters' own.
  std::vector<Operand> parameter_gradients;
  Operand scratch;
  Operand saved;            // from forward to backward
  bool after_relu = false;  // see ForwardCall and BackwardCall
  bool relu_done = false;
};

/// Where a loss reads its prediction and target and writes its gradient.
struct LossOperands {
  Operand prediction;
  Operand target;
  Operand gradient;
  bool reads_logits = false;  // the prediction is the softmax's input
};

/// An output that adds to the loss by itself: an activity regularizer.
struct PenaltyOperand {
  int step = 0;
  Operand output;
};

struct Program {
  std::vector<Instruction> forward;
  std::vector<Instruction> backward;
  std::vector<Operand> inputs;
  std::vector<Operand> input_gradients;  // where asked for
  std::vector<Operand> outputs;
  std::vector<Operand> watched;
  std::vector<LossOperands> losses;
  std::vector<PenaltyOperand> penalties;
  std::vector<BufferLife> buffers;
};

/// A loss on one output, as far as the compiler must know it.
struct LossPort {
  int output = 0;              // index among the network's outputs
  bool wants_logits = false;   // reads the logits where the output comes from a softmax
  bool sparse_target = false;  // the target is the prediction's shape without its last dimension
  bool has_target = true;      // false: somebody else knows the loss and gives its gradient
  int target_size = 0;         // the target's last dimension where it is not the prediction's
  bool operator==(const LossPort&) const = default;
};

struct CompileRequest {
  int batch = 1;
  Mode mode = Mode::kInference;  // what dropout and its like do
  bool backward = false;         // with backward instructions
  std::vector<LossPort> losses;  // empty: predict only
  int slots = 1;                 // threads
  bool input_gradients = false;  // backward as far as the inputs
  std::vector<int> watched;      // values that are read after the program, besides the outputs
  std::vector<Shape> rows;       // of the inputs, without the batch; empty: the network's own
  bool operator==(const CompileRequest&) const = default;
};

/// The shape of a loss's target for a prediction of this shape.
Shape target_shape(const LossPort& port, const Shape& prediction);

Program compile(const Network& network, const CompileRequest& request);

}  // namespace fovea
