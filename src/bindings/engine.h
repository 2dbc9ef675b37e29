// SPDX-License-Identifier: MIT
// What stands behind the border: models, data sets and running jobs by number. Every function
// answers with a JSON object or throws.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/parallel.h"
#include "data/dataset.h"
#include "graph/model.h"
#include "training/evaluator.h"
#include "training/trainer.h"

namespace fovea {

class Engine {
 public:
  std::string info() const;
  std::string start_threads(int threads);

  std::string create_model(const std::string& spec, std::uint32_t seed);
  std::string dispose_model(int model);
  /// Where the parameters lie, to be read and written before the next call.
  std::string parameters(int model);
  std::string set_trainable(int model, const std::string& layer, bool trainable);
  std::string compile_model(int model, const std::string& recipe);
  std::string set_learning_rate(int model, double rate);
  std::string learning_rate(int model);
  /// Where the training stands, and where the optimizer's slots lie, after doing what is given:
  /// "progress step=5 epoch=1 ..." puts that back, "fit start=1 streamed=0" says how the next epoch
  /// begins, "evaluate first=0" that the next evaluation adds up with those before. Of a model's
  /// description it says how many numbers the weights would be; no model is made.
  std::string training_state(int model, const std::string& given);

  /// Takes over a block of columns (bindings/block.h), memory from malloc, whatever happens.
  std::string create_dataset(void* block);
  std::string dispose_dataset(int dataset);

  std::string begin_fit(int model, int dataset, const EpochOrder& order);
  std::string fit_step(int model);
  /// For losses that JavaScript computes: forward, then where predictions, targets and gradients
  /// lie; the values come with the finishing call. Nothing else may run in the model between both.
  std::string begin_step(int model, int dataset, bool evaluates);
  std::string finish_fit_step(int model, std::span<const double> losses);
  std::string finish_evaluate_step(int model, std::span<const double> losses);
  std::string finish_fit(int model);
  std::string begin_evaluate(int model, int dataset, const EpochOrder& order);
  std::string evaluate_step(int model);
  /// Rows [from, from + count) of a block. The views themselves, one for each output, since there
  /// may be thousands of calls in a second. Valid until the next call.
  const ConstTensorView* predict(int model, const void* block, int from, int count);
  /// Outputs of layers; names with commas between them.
  std::string activations(int model, const void* block, const std::string& names);
  /// Gradients of inputs and weights: of the loss, or (`own`) from the targets as gradients at the
  /// outputs.
  std::string gradients(int model, const void* block, bool own, bool training);
  /// Bytes that a batch takes, without making room for it.
  std::string memory(int model, int batch, bool training);

 private:
  struct Session {
    Session(const ModelSpec& spec, std::uint32_t seed, Workers& workers, const WeightLender& lender)
        : model(spec, seed, workers, lender) {}
    Model model;
    std::unique_ptr<Trainer> trainer;            // once compiled
    std::unique_ptr<Evaluator> evaluator;        // while evaluating
    std::unique_ptr<Evaluator> sum;              // of the data sets of a stream so far
    bool adds_up = false, next_adds_up = false;  // evaluator does, or the next one will
    std::vector<std::vector<float>> targets;     // of a step whose losses JavaScript computes
  };
  Session& session(int model);
  static Evaluator& evaluator_of(Session& found);
  static std::string evaluated(Session& found, bool done);
  Trainer& trainer(int model, std::string_view task);
  std::string take_state(int model, const std::string& given);
  std::shared_ptr<Dataset> dataset(int number);

  std::unique_ptr<Workers> workers_ = std::make_unique<Workers>(1);
  std::map<int, std::unique_ptr<Session>> sessions_;
  std::map<int, std::shared_ptr<Dataset>> datasets_;
  int next_number_ = 1;
  std::vector<ConstTensorView> predicted_;
};

}  // namespace fovea
