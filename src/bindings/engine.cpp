// SPDX-License-Identifier: MIT
#include "bindings/engine.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "bindings/block.h"
#include "bindings/describe.h"
#include "core/json.h"
#include "training/differentiate.h"

namespace fovea {

namespace {

constexpr const char* kVariant =
#if defined(__wasm_relaxed_simd__)
    "relaxed";
#elif defined(__wasm_simd128__)
    "simd";
#elif defined(__EMSCRIPTEN__)
    "scalar";
#else
    "native";
#endif

std::string metrics_json(const std::vector<OutputMetric>& metrics,
                         double (Metric::*value)() const) {
  json::Members members;
  for (const OutputMetric& metric : metrics) members.add(metric.label, (metric.metric.*value)());
  return members.object();
}

std::string batcher_json(const Batcher& batcher) {
  return json::Members()
      .add("batches", batcher.batches())
      .add("samples", batcher.samples())
      .object();
}

std::string step_json(const Recipe& recipe, const StepReport& report) {
  return json::Members()
      .add("batch", report.batch)
      .add("size", report.size)
      .add("step", report.step)
      .add("loss", report.loss)
      .add_json("metrics", metrics_json(recipe.metrics, &Metric::batch_value))
      .add("epochLoss", report.epoch_loss)
      .add_json("epochMetrics", metrics_json(recipe.metrics, &Metric::value))
      .add("done", report.done)
      .object();
}

constexpr std::string_view kNothing = "{}";

// js/src/engine/block.ts reads predictions as words: where they lie, extents, rank.
static_assert(sizeof(ConstTensorView) == sizeof(std::int32_t) * (2 + Shape::kMaxRank));

}  // namespace

std::string Engine::info() const {
  return json::Members()
      .add("variant", kVariant)
      .add("threads", workers_->size())
      .add("threadsStarted", workers_->started())
      .add("lanes", 4)
      .object();
}

std::string Engine::start_threads(int threads) {
  if (!sessions_.empty()) {
    fail(ErrorCode::kBusy,
         "threads can only be started before the first model is made. Call init() first.");
  }
  workers_ = std::make_unique<Workers>(threads);
  return json::Members().add("threads", workers_->size()).object();
}

Engine::Session& Engine::session(int model) {
  const auto at = sessions_.find(model);
  if (at == sessions_.end())
    fail(ErrorCode::kDisposed, "this model has been disposed. Make a new one.");
  return *at->second;
}

Trainer& Engine::trainer(int model, std::string_view task) {
  Session& found = session(model);
  if (found.trainer == nullptr) {
    fail(ErrorCode::kBadOption, task, ": model \"", found.model.network().name,
         "\" is not compiled. Call model.compile({ optimizer, loss }) first.");
  }
  return *found.trainer;
}

std::shared_ptr<Dataset> Engine::dataset(int number) {
  const auto at = datasets_.find(number);
  if (at == datasets_.end()) fail(ErrorCode::kDisposed, "this data set has been disposed.");
  return at->second;
}

std::string Engine::create_model(const std::string& spec, std::uint32_t seed) {
  const auto lender = [this](int owner) -> const Model& { return session(owner).model; };
  auto made = std::make_unique<Session>(parse_model(spec), seed, *workers_, lender);
  const int number = next_number_++;
  std::string description = describe(made->model, number);
  sessions_.emplace(number, std::move(made));
  return description;
}

std::string Engine::dispose_model(int model) {
  sessions_.erase(model);
  return std::string(kNothing);
}

std::string Engine::parameters(int model) {
  Model& found = session(model).model;
  int index = 0;
  return json::array(found.network().parameters, [&](const Parameter& parameter) {
    return place_json({found.parameter(index++).data(), parameter.spec.shape});
  });
}

std::string Engine::set_trainable(int model, const std::string& layer, bool trainable) {
  session(model).model.set_trainable(layer, trainable);
  return std::string(kNothing);
}

std::string Engine::compile_model(int model, const std::string& recipe) {
  Session& found = session(model);
  Recipe parsed = parse_recipe(recipe, found.model.network());
  found.evaluator.reset();  // it refers to the old recipe
  found.sum.reset();
  found.trainer = std::make_unique<Trainer>(found.model, std::move(parsed));
  const auto& metrics = found.trainer->recipe().metrics;
  return json::Members()
      .add_json("metrics",
                json::array(metrics, [](const OutputMetric& m) { return json::value(m.label); }))
      .object();
}

std::string Engine::set_learning_rate(int model, double rate) {
  if (!(rate >= 0))
    fail(ErrorCode::kBadOption, "the learning rate must be 0 or more but is ", rate, ".");
  trainer(model, "setLearningRate").recipe().optimizer->set_learning_rate(rate);
  return learning_rate(model);
}

std::string Engine::learning_rate(int model) {
  return json::Members()
      .add("learningRate", trainer(model, "learningRate").learning_rate())
      .object();
}

std::string Engine::create_dataset(void* block) {
  const std::shared_ptr<void> owner(block, &std::free);
  auto made = std::make_shared<Dataset>(read_finite_block(owner));
  const int number = next_number_++;
  datasets_.emplace(number, std::move(made));
  return json::Members().add("dataset", number).object();
}

std::string Engine::dispose_dataset(int number) {
  const auto at = datasets_.find(number);
  if (at == datasets_.end()) return std::string(kNothing);
  for (auto& [model, found] : sessions_) {
    if (found->trainer != nullptr) found->trainer->forget(*at->second);
  }
  datasets_.erase(at);
  return std::string(kNothing);
}

std::string Engine::begin_fit(int model, int number, const EpochOrder& order) {
  Trainer& training = trainer(model, "fit");
  training.begin(dataset(number), order);
  return batcher_json(training.batcher());
}

std::string Engine::fit_step(int model) {
  Trainer& training = trainer(model, "fit");
  return step_json(training.recipe(), training.step());
}

std::string Engine::finish_fit_step(int model, std::span<const double> losses) {
  Trainer& training = trainer(model, "fit");
  return step_json(training.recipe(), training.finish_step(losses));
}

std::string Engine::begin_step(int model, int number, bool evaluates) {
  Trainer& training = trainer(model, "fit");
  Session& found = session(model);
  const std::shared_ptr<Dataset> data = dataset(number);
  Evaluator* evaluator = evaluates ? &evaluator_of(found) : nullptr;
  const auto rows = evaluates ? evaluator->begin_step() : training.begin_step();
  const auto& losses = training.recipe().losses;
  found.targets.resize(losses.size());
  json::Members members;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (!losses[i]->is_custom()) continue;
    const int output = static_cast<int>(i);
    const LossViews views = evaluates ? evaluator->loss_views(output) : training.loss_views(output);
    const Shape shape = data->targets[i].row().with_batch(static_cast<int>(rows.size()));
    std::vector<float>& target = found.targets[i];
    target.resize(static_cast<std::size_t>(shape.size()));
    data->targets[i].gather(rows, 1, target.data());
    members.element(json::Members()
                        .add_json("prediction", place_json(views.prediction))
                        .add_json("target", place_json({target.data(), shape}))
                        .add_json("gradient", place_json(views.gradient))
                        .object());
  }
  return json::Members().add_json("losses", members.array()).object();
}

std::string Engine::finish_fit(int model) {
  trainer(model, "fit").take_averages();
  return std::string(kNothing);
}

std::string Engine::begin_evaluate(int model, int number, const EpochOrder& order) {
  const Recipe& recipe = trainer(model, "evaluate").recipe();
  Session& found = session(model);
  auto made = std::make_unique<Evaluator>(found.model, recipe, dataset(number), order);
  found.adds_up = std::exchange(found.next_adds_up, false);
  if (found.adds_up && found.sum != nullptr) made->go_on_after(*found.sum);
  found.evaluator = std::move(made);
  return batcher_json(found.evaluator->batcher());
}

Evaluator& Engine::evaluator_of(Session& found) {
  if (found.evaluator == nullptr) fail(ErrorCode::kInternal, "evaluate: no evaluation has begun.");
  return *found.evaluator;
}

std::string Engine::evaluate_step(int model) {
  Session& found = session(model);
  return evaluated(found, evaluator_of(found).step());
}

std::string Engine::finish_evaluate_step(int model, std::span<const double> losses) {
  Session& found = session(model);
  return evaluated(found, evaluator_of(found).finish_step(losses));
}

std::string Engine::evaluated(Session& found, bool done) {
  json::Members reply;
  reply.add("done", done).add("size", found.evaluator->last_size());
  if (done) {
    reply.add("loss", found.evaluator->loss())
        .add_json("metrics", metrics_json(found.evaluator->metrics(), &Metric::value));
    if (found.adds_up) {
      found.evaluator->forget_data();
      found.sum = std::move(found.evaluator);
    }
    found.evaluator.reset();
  }
  return reply.object();
}

const ConstTensorView* Engine::predict(int model, const void* block, int from, int count) {
  predicted_ = fovea::predict(session(model).model, read_block(borrowed(block)), from, count);
  return predicted_.data();
}

std::string Engine::activations(int model, const void* block, const std::string& names) {
  const std::vector<std::string> split = split_names(names);
  const std::vector<std::string_view> list(split.begin(), split.end());
  const auto values =
      fovea::activations(session(model).model, read_finite_block(borrowed(block)), list);
  return json::Members().add_json("outputs", json::array(values, place_json)).object();
}

std::string Engine::gradients(int model, const void* block, bool own, bool training) {
  const Recipe* recipe = own ? nullptr : &trainer(model, "gradients").recipe();
  Model& found = session(model).model;
  const Gradients gradients = differentiate(found, recipe, read_finite_block(borrowed(block)),
                                            training ? Mode::kTraining : Mode::kInference);
  json::Members weights;
  const std::vector<Parameter>& parameters = found.network().parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const int index = static_cast<int>(i);
    if (!found.trainable(index)) continue;
    const ConstTensorView view{found.parameter_gradient(index).data(), parameters[i].spec.shape};
    weights.element(place_json(view));
  }
  return json::Members()
      .add("loss", gradients.loss)
      .add_json("inputs", json::array(gradients.inputs, place_json))
      .add_json("weights", weights.array())
      .object();
}

std::string Engine::memory(int model, int batch, bool training) {
  Session& found = session(model);
  const Network& network = found.model.network();
  if (network.has_unknown_sizes()) {
    fail(ErrorCode::kBadOption, "memory: model \"", network.name,
         "\" takes inputs of any size, and each size has a plan of its own. Make the model with "
         "the sizes that you mean.");
  }
  CompileRequest request{.batch = batch, .slots = found.model.slots()};
  if (training) {
    request.mode = Mode::kTraining;
    request.backward = true;
    for (std::size_t i = 0; i < network.outputs.size(); ++i)
      request.losses.push_back({.output = static_cast<int>(i)});
    if (found.trainer != nullptr) request.losses = found.trainer->recipe().ports();
  }
  const MemoryPlan plan = plan_memory(compile(network, request).buffers);
  constexpr std::int64_t kBytes = sizeof(float);
  return json::Members()
      .add("planned", plan.size * kBytes)
      .add("lowerBound", plan.lower_bound * kBytes)
      .object();
}

}  // namespace fovea
