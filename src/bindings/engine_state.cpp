// SPDX-License-Identifier: MIT
// Where a training stands, in the words that cross the border. Every training is asked; few are
// told where to go on, so that a browser fetches later (core/rest.h), and it must not be inlined.
#include "bindings/describe.h"
#include "bindings/engine.h"
#include "core/json.h"

namespace fovea {

namespace {

std::string progress_json(const Progress& progress) {
  const auto flag = [](bool one) { return json::value(one ? 1 : 0); };
  const auto number = [](double one) { return json::value(one); };
  return json::Members()
      .add("step", progress.step)
      .add("learningRate", progress.learning_rate)
      .add("epoch", progress.epoch)
      .add("batch", progress.batch)
      .add("seed", progress.seed)
      .add("batchSize", progress.batch_size)
      .add("rows", progress.rows)
      .add("shuffle", progress.shuffle)
      .add("seen", progress.seen)
      .add("lossTotal", progress.loss_total)
      .add_json("metrics", json::array(progress.metrics, number))
      .add_json("averaged", json::array(progress.averaged, flag))
      .object();
}

std::vector<double> numbers(const std::string& text) {
  std::vector<double> list;
  for (const std::string& part : split_names(text)) list.push_back(parse_number(part));
  return list;
}

Progress read_progress(DescriptionLine line) {
  const std::string metrics = line.take("metrics");
  const std::string averaged = line.take("averaged");
  Options options("the state of the training", std::move(line.options));
  constexpr double kMost = UINT32_MAX;
  Progress progress;
  progress.step = static_cast<std::uint32_t>(options.number("step", 0, kMost));
  progress.learning_rate = options.number("learningRate", 0, HUGE_VAL);
  progress.epoch = static_cast<std::uint32_t>(options.number("epoch", 0, kMost));
  progress.batch = options.integer("batch", 0);
  progress.seed = static_cast<std::uint32_t>(options.number("seed", 0, kMost));
  progress.batch_size = options.integer("batchSize", 0);
  progress.rows = options.integer("rows", 0);
  progress.shuffle = options.flag_or("shuffle", false);
  progress.seen = options.integer("seen", 0);
  progress.loss_total = options.number("lossTotal", -HUGE_VAL, HUGE_VAL);
  options.finish();
  progress.metrics = numbers(metrics);
  for (const double one : numbers(averaged)) progress.averaged.push_back(one != 0);
  return progress;
}

/// How many numbers the weights of a network are, before room is made for them.
std::string weigh(const std::string& spec) {
  std::int64_t numbers = 0;
  for (const Parameter& parameter : build_network(parse_model(spec)).parameters) {
    numbers += parameter.spec.shape.size();
  }
  return json::Members().add("numbers", numbers).object();
}

}  // namespace

[[gnu::noinline]] std::string Engine::take_state(int model, const std::string& given) {
  if (given.starts_with("model ")) return weigh(given);
  Trainer& training = trainer(model, "resume");
  DescriptionLine line = std::move(parse_description(given).front());
  if (line.type == "progress") {
    training.restore(read_progress(std::move(line)));
    return training_state(model, "");
  }
  if (line.type == "evaluate") {
    Session& found = session(model);
    found.next_adds_up = true;
    if (line.take("first") == "1") found.sum.reset();
  } else {
    Options options("fit", std::move(line.options));
    const int start = options.integer("start", 0, 3);
    training.begin_next(static_cast<EpochStart>(start), options.integer("streamed", 0, 1) != 0);
  }
  return "{}";
}

std::string Engine::training_state(int model, const std::string& given) {
  if (!given.empty()) return take_state(model, given);
  Trainer& training = trainer(model, "resume");
  const Optimizer& optimizer = *training.recipe().optimizer;
  const std::vector<Parameter>& parameters = session(model).model.network().parameters;
  json::Members slots;
  for (int s = 0; s < optimizer.slots(); ++s) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (!parameters[i].spec.trainable) continue;
      const ConstTensorView view{training.slot(s, static_cast<int>(i)).data(),
                                 parameters[i].spec.shape};
      slots.element(json::Members()
                        .add("name", concat(optimizer.slot_name(s), '/', parameters[i].name))
                        .add_json("place", place_json(view))
                        .object());
    }
  }
  return json::Members()
      .add_json("progress", progress_json(training.progress()))
      .add_json("slots", slots.array())
      .object();
}

}  // namespace fovea
