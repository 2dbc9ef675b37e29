// SPDX-License-Identifier: MIT
// Each layer's gradient by central differences through a whole model, in float, as training runs
// it: programs, lifetimes, forks and losses are on the way. The tolerance is computed from how far
// other steps and the two sides differ, and from the rounding of the loss.
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "tests/cpp/support/random_values.h"
#include "tests/cpp/support/small_model.h"
#include "training/recipe.h"

namespace fovea {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

/// A model with its losses, random data in its inputs and targets, ready to be differentiated.
class Trial {
 public:
  Trial(const std::string& description, const std::string& losses, int batch, std::uint32_t seed)
      : small_(description, seed),
        recipe_(parse_recipe("optimizer type=sgd\n" + losses, small_.network())),
        random_(seed) {
    request_ = {.batch = batch,
                .mode = Mode::kTraining,
                .backward = true,
                .losses = recipe_.ports(),
                .slots = 1};
    Plan& plan = model().prepare(request_);
    model().prepare_gradients();
    for (std::size_t i = 0; i < plan.program.inputs.size(); ++i) {
      inputs_.push_back(random_floats(plan.program.inputs[i].shape.size(), 1));
    }
    for (std::size_t i = 0; i < recipe_.losses.size(); ++i)
      targets_.push_back(random_target(i, plan));
    // Biases begin at zero, where a wrong sign would not show. Behind a softmax gradients are
    // small: larger weights bring them up.
    const float gain = description.find("softmax") == std::string::npos ? 1.0F : 2.0F;
    for (std::size_t i = 0; i < network().parameters.size(); ++i) {
      const bool is_bias = network().parameters[i].spec.name == "bias";
      for (float& weight : model().parameter(static_cast<int>(i))) {
        weight = is_bias ? static_cast<float>(random_.next() / 2) : gain * weight;
      }
    }
  }

  Model& model() { return small_.model(); }
  const Network& network() { return small_.network(); }

  /// The loss as training computes it, dropout included.
  double loss() {
    Plan& plan = feed();
    model().forward(plan, kSeed, kMoment);
    return evaluate(plan);
  }

  /// Fills the gradients of all parameters.
  void backward() {
    Plan& plan = feed();
    model().forward(plan, kSeed, kMoment);
    evaluate(plan);
    model().backward(plan, kSeed, kMoment);
  }

  /// How the loss changes with one parameter, by trying, and how far that may be from the truth.
  struct Slope {
    double value = 0;
    double uncertainty = 0;
  };
  Slope slope(float& parameter, double loss_here, float step_size) {
    const auto loss_at = [&](float distance) {
      const float middle = parameter;
      parameter = middle + distance;
      const double result = loss();
      parameter = middle;
      return result;
    };
    const double step = static_cast<double>(step_size);
    const double above = loss_at(step_size);
    const double below = loss_at(-step_size);
    const double value = (above - below) / (2 * step);
    const double wider = (loss_at(2 * step_size) - loss_at(-2 * step_size)) / (4 * step);
    // Truncation grows with the square of the step: the wider one errs four times as much. A kink
    // of relu or max pooling inside the step shows as a difference of the slopes on its two sides,
    // or two kinks cancel in part.
    const double kink = (above - 2 * loss_here + below) / (2 * step);
    // The loss is a mean of at most a few hundred float sums: eight roundings of its size.
    const double rounding = 8 * kEpsilon * std::max(std::fabs(loss_here), 0.5) / step;
    return {value, std::fabs(value - wider) + 2 * std::fabs(kink) + rounding};
  }

 private:
  static constexpr std::uint32_t kSeed = 5;
  static constexpr std::uint32_t kMoment = 3;

  std::vector<float> random_floats(std::int64_t count, double scale) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random_.next() * scale);
    return values;
  }

  std::vector<float> random_target(std::size_t index, const Plan& plan) {
    const LossOperands& loss = plan.program.losses[index];
    std::vector<float> target = random_floats(loss.target.shape.size(), 1);
    if (recipe_.ports()[index].sparse_target) {
      for (float& label : target)
        label = static_cast<float>(random_.integer(0, loss.prediction.shape[-1] - 1));
    } else if (recipe_.losses[index]->name() == "categoricalCrossentropy" ||
               recipe_.losses[index]->name() == "focal" ||
               recipe_.losses[index]->name() == "binaryCrossentropy" ||
               recipe_.losses[index]->name() == "dice") {
      for (float& label : target) label = std::fabs(label);
    }
    return target;
  }

  Plan& feed() {
    Plan& plan = model().prepare(request_);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      std::ranges::copy(inputs_[i], model().input(plan, static_cast<int>(i)).data);
    }
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      std::ranges::copy(targets_[i], model().loss(plan, static_cast<int>(i)).target.data);
    }
    return plan;
  }

  double evaluate(const Plan& plan) {
    double total = 0;
    for (std::size_t i = 0; i < recipe_.losses.size(); ++i) {
      const LossViews views = model().loss(plan, static_cast<int>(i));
      total += recipe_.losses[i]->evaluate(
          {views.prediction, views.target, views.gradient, views.reads_logits});
    }
    return total;
  }

  test::SmallModel small_;
  Recipe recipe_;
  test::RandomValues random_;
  CompileRequest request_;
  std::vector<std::vector<float>> inputs_, targets_;
};

/// Compares every parameter's gradient (of large tensors, some sixty) with the slope of the loss.
void check_gradients(const std::string& description, const std::string& losses,
                     std::uint32_t seed = 1, int batch = 3) {
  Trial trial("model name=m " + description, losses, batch, seed);
  const bool kinked =
      description.find("relu") != std::string::npos || description.find("max") != std::string::npos;
  const float step = kinked ? 0x1p-9F : 0x1p-7F;
  trial.backward();
  const double loss_here = trial.loss();
  int sharp = 0;
  int checked = 0;
  for (std::size_t i = 0; i < trial.network().parameters.size(); ++i) {
    const int index = static_cast<int>(i);
    const std::vector<float> gradient = test::copy_of(trial.model().parameter_gradient(index));
    const std::size_t stride = std::max<std::size_t>(gradient.size() / 60, 1);
    double largest = 0;
    for (const float g : gradient) largest = std::max(largest, static_cast<double>(std::fabs(g)));
    for (std::size_t k = 0; k < gradient.size(); k += stride) {
      const Trial::Slope slope = trial.slope(trial.model().parameter(index)[k], loss_here, step);
      INFO(trial.network().parameters[i].name << '[' << k << "]: gradient " << gradient[k]
                                              << ", by trying " << slope.value << " +- "
                                              << slope.uncertainty);
      CHECK(std::fabs(static_cast<double>(gradient[k]) - slope.value) <= slope.uncertainty);
      sharp += slope.uncertainty < 0.1 * largest ? 1 : 0;
      ++checked;
    }
  }
  // A kink makes an element's tolerance wide: few may be.
  INFO(sharp << " of " << checked << " tolerances are sharp");
  CHECK(sharp >= checked * 8 / 10);
}

const std::string kSparse = "loss type=sparseCategoricalCrossentropy fromLogits=true";

TEST_CASE("gradients through a model: conv2d with every activation", "[gradient]") {
  for (const std::string activation : {"linear", "relu", "sigmoid", "tanh"}) {
    INFO(activation);
    check_gradients(
        "\ninput name=x shape=6,5,2\nconv2d name=c1 from=x filters=3 kernelSize=3 padding=same "
        "activation=" +
            activation + "\nconv2d name=c2 from=c1 filters=5 kernelSize=2 activation=" +
            activation + "\nflatten name=f from=c2\ndense name=d from=f units=4",
        kSparse);
  }
}

TEST_CASE("gradients through a model: strides, dilation, explicit padding, no bias", "[gradient]") {
  check_gradients(
      "\ninput name=x shape=7,8,2\nconv2d name=c1 from=x filters=4 kernelSize=3,2 strides=2,1 "
      "padding=1,0,2,1 activation=tanh\n"
      "conv2d name=c2 from=c1 filters=3 kernelSize=2 dilationRate=2 useBias=false "
      "activation=sigmoid\n"
      "flatten name=f from=c2\ndense name=d from=f units=3",
      kSparse);
}

TEST_CASE("gradients through a model: max and average pooling", "[gradient]") {
  for (const std::string kind : {"maxPooling2d", "averagePooling2d"}) {
    for (const std::string options :
         {"poolSize=2", "poolSize=3 strides=2", "poolSize=2,3 strides=1 padding=same"}) {
      INFO(kind << ' ' << options);
      check_gradients(
          "\ninput name=x shape=7,7,2\nconv2d name=c from=x filters=3 kernelSize=3 padding=same "
          "activation=tanh\n" +
              kind + " name=p from=c " + options +
              "\nflatten name=f from=p\ndense name=d from=f units=4",
          kSparse);
    }
  }
}

TEST_CASE("gradients through a model: dense with every activation", "[gradient]") {
  for (const std::string activation : {"linear", "relu", "sigmoid", "tanh", "softmax"}) {
    INFO(activation);
    check_gradients(
        "\ninput name=x shape=6\ndense name=d1 from=x units=5 activation=" + activation +
            "\ndense name=d2 from=d1 units=7 useBias=false activation=" + activation +
            "\ndense name=d3 from=d2 units=3",
        kSparse);
  }
}

TEST_CASE(
    "gradients through a model: activation, rescaling, reshape and flatten as layers of their own",
    "[gradient]") {
  for (const std::string activation : {"linear", "relu", "sigmoid", "tanh", "softmax"}) {
    INFO(activation);
    check_gradients(
        "\ninput name=x shape=12\ndense name=d1 from=x units=12\nrescaling name=r from=d1 "
        "scale=0.5 offset=0.25\n"
        "activation name=a from=r activation=" +
            activation +
            "\nreshape name=s from=a targetShape=2,3,-1\nconv2d name=c from=s filters=3 "
            "kernelSize=2\n"
            "flatten name=f from=c\ndense name=d2 from=f units=3",
        kSparse, 2);
  }
}

TEST_CASE("gradients through a model: dropout uses the forward pass's mask", "[gradient]") {
  check_gradients(
      "\ninput name=x shape=8\ndense name=d1 from=x units=16 activation=tanh\ndropout name=o "
      "from=d1 rate=0.4\n"
      "dense name=d2 from=o units=8 activation=tanh\ndropout name=p from=d2 rate=0.3\ndense "
      "name=d3 from=p units=4",
      kSparse);
}

TEST_CASE(
    "gradients through a model: every loss, from logits, from a softmax layer and from "
    "probabilities",
    "[gradient]") {
  const std::string body = "\ninput name=x shape=6\ndense name=d1 from=x units=5 activation=tanh\n";
  for (const std::string loss : {"sparseCategoricalCrossentropy", "categoricalCrossentropy"}) {
    INFO(loss);
    check_gradients(body + "dense name=d2 from=d1 units=4",
                    "loss type=" + loss + " fromLogits=true");
    check_gradients(body + "dense name=d2 from=d1 units=4 activation=softmax", "loss type=" + loss);
    // Probabilities that no softmax made: the loss divides by their sum.
    check_gradients(body + "dense name=d2 from=d1 units=4 activation=sigmoid", "loss type=" + loss);
    // With fromLogits the softmax is not skipped: its output is taken as logits.
    check_gradients(body + "dense name=d2 from=d1 units=4 activation=softmax",
                    "loss type=" + loss + " fromLogits=true");
  }
  struct Ending {
    const char* activation;
    const char* loss;
  };
  for (const Ending& ending :
       {Ending{"sigmoid", "binaryCrossentropy labelSmoothing=0.1"},
        {"linear", "binaryCrossentropy fromLogits=true"},
        {"softmax", "focal"},
        {"softmax", "categoricalCrossentropy labelSmoothing=0.2"},
        {"softmax", "sparseCategoricalCrossentropy labelSmoothing=0.2 lossWeight=0.5"},
        {"sigmoid", "focal multiLabel=true applyClassBalancing=true"},
        {"linear", "huber delta=0.5"},
        {"linear", "logCosh"},
        {"linear", "cosineSimilarity"},
        {"sigmoid", "dice"}}) {
    INFO(ending.loss);
    check_gradients(concat(body, "dense name=d2 from=d1 units=4 activation=", ending.activation),
                    concat("loss type=", ending.loss));
  }
  check_gradients(body + "dense name=d2 from=d1 units=6",
                  "loss type=gaussianMixtureNLL components=2");
  check_gradients(body + "dense name=d2 from=d1 units=4", "loss type=meanSquaredError");
  check_gradients(body + "dense name=d2 from=d1 units=4 activation=softmax",
                  "loss type=meanSquaredError");
}

TEST_CASE("gradients through a model: a class for every pixel", "[gradient]") {
  check_gradients(
      "\ninput name=x shape=4,5,2\nconv2d name=c1 from=x filters=3 kernelSize=3 padding=same "
      "activation=tanh\n"
      "conv2d name=c2 from=c1 filters=4 kernelSize=1",
      kSparse);
  check_gradients(
      "\ninput name=x shape=4,5,2\nconv2d name=c1 from=x filters=3 kernelSize=3 padding=same "
      "activation=softmax",
      "loss type=categoricalCrossentropy");
}

TEST_CASE("gradients through a model: a value with two and with three readers", "[gradient]") {
  const std::string trunk =
      "\ninput name=x shape=5,5,2\nconv2d name=t from=x filters=3 kernelSize=2 activation=tanh\n";
  check_gradients("outputs=a,b" + trunk +
                      "flatten name=f from=t\ndense name=a from=f units=3\nconv2d name=b from=t "
                      "filters=2 kernelSize=2",
                  kSparse + "\nloss type=meanSquaredError");
  check_gradients(
      "outputs=a,b,c" + trunk +
          "flatten name=f from=t\ndense name=a from=f units=3\ndense name=b from=f units=2\n"
          "maxPooling2d name=c from=t poolSize=2",
      kSparse + "\n" + kSparse + "\nloss type=meanSquaredError");
}

TEST_CASE("gradients through a model: four readers of one value", "[gradient]") {
  check_gradients(
      "outputs=a,b,c,d\ninput name=x shape=5\ndense name=t from=x units=4 activation=tanh\n"
      "dense name=a from=t units=3\ndense name=b from=t units=2\ndense name=c from=t units=4\n"
      "activation name=d from=t activation=sigmoid",
      kSparse + "\n" + kSparse + "\n" + kSparse + "\nloss type=meanSquaredError");
}

TEST_CASE("gradients through a model: an output that other layers read on", "[gradient]") {
  check_gradients(
      "outputs=d1,d2\ninput name=x shape=6\ndense name=d1 from=x units=5 activation=softmax\ndense "
      "name=d2 from=d1 units=3",
      "loss type=categoricalCrossentropy\n" + kSparse);
}

TEST_CASE("gradients through a model: a layer that is applied twice, thrice, and to itself",
          "[gradient]") {
  // Siamese: the same two layers on both inputs.
  check_gradients(
      "outputs=a,b\ninput name=x shape=4\ninput name=y shape=4\n"
      "dense name=s from=x units=5 activation=tanh\nagain name=s.2 layer=s from=y\n"
      "dense name=a from=s units=3 activation=softmax\nagain name=b layer=a from=s.2",
      "loss type=categoricalCrossentropy\n" + kSparse);
  // A chain of one layer, with dropout whose mask is another each time.
  check_gradients(
      "outputs=a\ninput name=x shape=5,5,2\n"
      "conv2d name=c from=x filters=2 kernelSize=3 padding=same activation=tanh\n"
      "dropout name=o from=c rate=0.3\nagain name=c.2 layer=c from=o\n"
      "again name=o.2 layer=o from=c.2\nagain name=c.3 layer=c from=o.2\n"
      "flatten name=f from=c.3\ndense name=a from=f units=3",
      kSparse);
  // Some applications lead to no output.
  check_gradients(
      "outputs=d\ninput name=x shape=4\ndense name=d from=x units=4 activation=tanh\n"
      "again name=d.2 layer=d from=d\nagain name=d.3 layer=d from=d.2",
      "loss type=meanSquaredError");
}

TEST_CASE("gradients through a model: two inputs", "[gradient]") {
  check_gradients(
      "outputs=a,b\ninput name=x shape=4\ninput name=y shape=3,3,1\ndense name=a from=x "
      "units=3\nflatten name=f from=y\ndense name=b from=f units=2",
      kSparse + "\n" + kSparse);
}

}  // namespace
}  // namespace fovea
