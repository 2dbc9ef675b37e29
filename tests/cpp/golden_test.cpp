// SPDX-License-Identifier: MIT
// Ten training steps of torchMnist without dropout against PyTorch: every loss and every weight,
// for Adam and for SGD with momentum. The golden file holds float64 results and how far PyTorch's
// own float32 is from them: the yardstick for ours.
#include <algorithm>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "tests/cpp/support/training.h"
#include "tests/cpp/support/training_run.h"

namespace fovea {
namespace {

constexpr int kSteps = 10;
constexpr int kBatch = 16;
constexpr int kSide = 28;

struct GoldenParameter {
  std::string name;
  double unit = 0;               // of the stored movements
  double float_largest = 0;      // difference of float32 PyTorch
  double float_root_mean = 0;    // root mean square of the same
  std::vector<double> movement;  // from the initial weights
};

struct GoldenRun {
  std::string optimizer;
  std::vector<double> losses;
  double float_loss = 0;  // largest difference of float32 PyTorch's losses
  std::vector<GoldenParameter> parameters;
};

std::vector<GoldenRun> read_golden(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const std::size_t header_end = content.find("\n\n");
  REQUIRE(header_end != std::string::npos);
  std::istringstream header(content.substr(0, header_end));
  const char* body = content.data() + header_end + 2;
  std::vector<GoldenRun> runs;
  for (std::string line; std::getline(header, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "optimizer") {
      words >> runs.emplace_back().optimizer;
    } else if (kind == "losses") {
      for (double loss = 0; words >> loss;) runs.back().losses.push_back(loss);
    } else if (kind == "float32") {
      words >> runs.back().float_loss;
    } else if (kind == "parameter") {
      GoldenParameter& parameter = runs.back().parameters.emplace_back();
      std::size_t size = 0;
      words >> parameter.name >> size >> parameter.unit >> parameter.float_largest >>
          parameter.float_root_mean;
      for (std::size_t i = 0; i < size; ++i, body += 2) {
        std::int16_t movement = 0;
        std::memcpy(&movement, body, 2);
        parameter.movement.push_back(movement * parameter.unit);
      }
    }
  }
  REQUIRE(body == content.data() + content.size());
  return runs;
}

/// 32-bit words as a function of a stream number and an index: the same as in make_torch_mnist.py.
std::uint32_t hashed(std::uint32_t stream, std::uint32_t index) {
  std::uint32_t x = index + (stream << 20U);
  x = (x ^ (x >> 16U)) * 0x7feb352dU;
  x = (x ^ (x >> 15U)) * 0x846ca68bU;
  return x ^ (x >> 16U);
}

/// Exact in float32: 20 bits times a scale of few bits.
void initialize(test::SmallModel& model) {
  const double scales[] = {3.0 / 16, 1.0 / 64, 1.0 / 8,  1.0 / 64, 5.0 / 64,
                           1.0 / 64, 3.0 / 32, 1.0 / 64, 3.0 / 16, 1.0 / 64};
  for (int i = 0; i < 10; ++i) {
    std::uint32_t index = 0;
    for (float& weight : model.model().parameter(i)) {
      const std::uint32_t word = hashed(static_cast<std::uint32_t>(i) + 1, index++) >> 12U;
      weight = static_cast<float>((word - 0x1p19) * 0x1p-19 * scales[i]);
    }
  }
}

std::shared_ptr<Dataset> images_and_labels() {
  std::vector<float> pixels;
  std::vector<std::int32_t> labels;
  for (int image = 0; image < kSteps * kBatch; ++image) {
    labels.push_back(image * 7 % 10);
    for (int row = 0; row < kSide; ++row) {
      const float band = row / 2 == labels.back() + 2 ? 0.5F : 0.0F;
      for (int column = 0; column < kSide; ++column) {
        const std::uint32_t word = hashed(100, static_cast<std::uint32_t>(pixels.size()));
        pixels.push_back(static_cast<float>(word >> 25U) / 256 + band);
      }
    }
  }
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(test::floats_column("x", {kSteps * kBatch, kSide, kSide, 1}, pixels));
  data->targets.push_back(test::integers_column("y", {kSteps * kBatch}, labels));
  return data;
}

const std::string kTorchMnist =
    "model name=torch_mnist\ninput name=x shape=28,28,1\n"
    "conv2d name=conv2d_1 from=x filters=16 kernelSize=3 padding=same "
    "activation=relu\nmaxPooling2d name=p1 from=conv2d_1\n"
    "conv2d name=conv2d_2 from=p1 filters=32 kernelSize=3 padding=same "
    "activation=relu\nmaxPooling2d name=p2 from=conv2d_2\n"
    "conv2d name=conv2d_3 from=p2 filters=64 kernelSize=3 padding=same "
    "activation=relu\nmaxPooling2d name=p3 from=conv2d_3\n"
    "flatten name=f from=p3\ndense name=dense_1 from=f units=128 activation=relu\ndense "
    "name=dense_2 from=dense_1 units=10\n";

// PyTorch adds Adam's epsilon after the bias correction.
std::string recipe_of(const std::string& optimizer) {
  const std::string line =
      optimizer == "adam" ? "type=adam learningRate=0.001 epsilon=1e-8 epsilonPlacement=corrected"
                          : "type=sgd learningRate=0.05 momentum=0.9";
  return "optimizer " + line + '\n' + test::kSparseFromLogits;
}

// Both float32 computations differ from float64 by roundings that are independent of each other, so
// ours is allowed four times what PyTorch's shows, and half a unit for what 16 bits leave out. Adam
// divides by the size of a gradient, which makes outliers of weights whose gradient is almost zero:
// a single weight is compared with the largest outlier of the whole network.
TEST_CASE("golden: ten steps of torchMnist, against PyTorch's losses and final weights",
          "[golden]") {
  const std::vector<GoldenRun> runs =
      read_golden(std::string(FOVEA_GOLDEN_DIR) + "/torch_mnist.golden");
  REQUIRE(runs.size() == 2);
  for (const GoldenRun& golden : runs) {
    INFO(golden.optimizer);
    test::TrainingRun run(kTorchMnist, recipe_of(golden.optimizer), test::three_threads());
    initialize(run.small);
    const std::vector<float> before = run.all_parameters();
    const auto reports =
        run.epoch(images_and_labels(), {.from = 0, .to = kSteps * kBatch, .batch_size = kBatch});
    REQUIRE(golden.losses.size() == kSteps);
    REQUIRE(golden.parameters.size() == 10);
    for (std::size_t step = 0; step < kSteps; ++step) {
      INFO("step " << step + 1 << ": expected " << golden.losses[step] << " got "
                   << reports[step].loss);
      CHECK(std::fabs(reports[step].loss - golden.losses[step]) < 4 * golden.float_loss);
    }
    const std::vector<float> after = run.all_parameters();
    double largest_outlier = 0;
    for (const GoldenParameter& parameter : golden.parameters)
      largest_outlier = std::max(largest_outlier, parameter.float_largest);
    std::size_t at = 0;
    for (std::size_t i = 0; i < golden.parameters.size(); ++i) {
      const GoldenParameter& parameter = golden.parameters[i];
      CHECK(run.small.network().parameters[i].name == parameter.name);
      double squares = 0;
      double largest = 0;
      for (const double movement : parameter.movement) {
        const double ours = static_cast<double>(after[at]) - static_cast<double>(before[at]);
        squares += (ours - movement) * (ours - movement);
        largest = std::max(largest, std::fabs(ours - movement));
        ++at;
      }
      const double root_mean = std::sqrt(squares / static_cast<double>(parameter.movement.size()));
      INFO(parameter.name << ": root mean square difference " << root_mean << ", largest "
                          << largest);
      CHECK(root_mean < 4 * parameter.float_root_mean + parameter.unit / 2);
      CHECK(largest < 4 * largest_outlier + parameter.unit / 2);
    }
    CHECK(at == after.size());
  }
}

}  // namespace
}  // namespace fovea
