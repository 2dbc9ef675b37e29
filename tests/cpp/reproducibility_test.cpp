// SPDX-License-Identifier: MIT
// The same bits: for the same seed, for any number of threads, for a row whatever its batch, with
// evaluations, predictions and other models in between.
#include <algorithm>
#include <bit>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/training.h"
#include "tests/cpp/support/training_run.h"
#include "training/evaluator.h"

namespace fovea {
namespace {

using test::expect_same_bits;
using test::kDigitsNetwork;
using test::kEveryLayer;
using test::kSparse;
using test::kSparseFromLogits;
using test::TrainingRun;

const std::string kAdam = "optimizer type=adam learningRate=0.01\n";
constexpr EpochOrder kOrder = {.from = 0, .to = 50, .batch_size = 16, .shuffle = true, .seed = 9};

std::vector<float> trained(Workers& workers, std::uint32_t seed = 7) {
  TrainingRun run(kEveryLayer, kAdam + kSparse, workers, seed);
  const auto data = test::synthetic_digits(50, 8, 10, 1);
  for (std::uint32_t epoch = 0; epoch < 3; ++epoch) {
    EpochOrder order = kOrder;
    order.epoch = epoch;
    run.epoch(data, order);
  }
  return run.all_parameters();
}

TEST_CASE("reproducibility: the same seed gives the same weights, twice, and another seed others",
          "[reproducibility]") {
  const std::vector<float> first = trained(test::one_thread());
  for (const float weight : first) REQUIRE(std::isfinite(weight));
  expect_same_bits("trained twice", first, trained(test::one_thread()));
  CHECK(!test::same_bits(first, trained(test::one_thread(), 8)));
}

TEST_CASE("reproducibility: one, two, three and four threads give the same weights",
          "[reproducibility]") {
  const std::vector<float> first = trained(test::one_thread());
  expect_same_bits("three threads", first, trained(test::three_threads()));
  for (const int threads : {2, 4}) {
    Workers workers(threads);
    expect_same_bits(concat(threads, " threads"), first, trained(workers));
  }
}

/// FNV-1a over the bits. The relaxed variant promises none across machines and does not ask for it.
[[maybe_unused]] std::uint64_t fingerprint(std::span<const float> values) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const float value : values)
    hash = (hash ^ std::bit_cast<std::uint32_t>(value)) * 0x100000001b3;
  return hash;
}

// The promise that one seed gives the same weights on every machine: this file runs natively, as
// wasm with and without SIMD, with and without threads, and all must end with this number. A kernel
// that adds in another order changes it: then, and only then, put the new one here. `relaxed`
// promises its bits on one machine only.
TEST_CASE("reproducibility: every build trains to the same bits", "[reproducibility]") {
  const std::vector<float> weights = trained(test::three_threads());
#ifdef __wasm_relaxed_simd__
  CHECK(weights.size() > 1000);
#else
  CHECK(fingerprint(weights) == 0x9633d96ea7df05b7);
#endif
}

TEST_CASE("reproducibility: initial weights are a function of the seed", "[reproducibility]") {
  TrainingRun a(kEveryLayer, kAdam + kSparse);
  TrainingRun b(kEveryLayer, kAdam + kSparse);
  TrainingRun c(kEveryLayer, kAdam + kSparse, test::one_thread(), 8);
  expect_same_bits("initial weights", a.all_parameters(), b.all_parameters());
  CHECK(!test::same_bits(a.all_parameters(), c.all_parameters()));
}

std::vector<float> predicted(Model& model, const Dataset& data, int from, int count) {
  return test::copy_of(predict(model, data, from, count)[0].values());
}

TEST_CASE(
    "reproducibility: a row's prediction does not depend on its batch, nor on the number of "
    "threads",
    "[reproducibility]") {
  const auto data = test::synthetic_digits(21, 8, 10, 2);
  for (const std::string& network : {kDigitsNetwork, kEveryLayer}) {
    TrainingRun run(network, kAdam + kSparse);
    Model& model = run.small.model();
    const std::vector<float> together = predicted(model, *data, 0, 21);
    for (const int batch : {1, 2, 3, 4, 5, 7}) {
      for (int row = 0; row + batch <= 21; row += batch) {
        const auto expected = std::span(together).subspan(static_cast<std::size_t>(row) * 10,
                                                          static_cast<std::size_t>(batch) * 10);
        expect_same_bits(concat(network.substr(11, 6), " rows from ", row, " by ", batch),
                         predicted(model, *data, row, batch), expected);
      }
    }
    TrainingRun threaded(network, kAdam + kSparse, test::three_threads());
    expect_same_bits("three threads", predicted(threaded.small.model(), *data, 0, 21), together);
  }
}

TEST_CASE("reproducibility: evaluation and prediction during training do not disturb it",
          "[reproducibility]") {
  const auto data = test::synthetic_digits(50, 8, 10, 1);
  const auto others = test::synthetic_digits(33, 8, 10, 2);
  TrainingRun quiet(kEveryLayer, kAdam + kSparse);
  quiet.epoch(data, kOrder);
  TrainingRun disturbed(kEveryLayer, kAdam + kSparse);
  Model& model = disturbed.small.model();
  disturbed.trainer.begin(data, kOrder);
  StepReport report;
  do {
    report = disturbed.trainer.step();
    // Larger batches than training's: the arena must grow and move.
    Evaluator evaluator(model, disturbed.trainer.recipe(), others,
                        {.from = 0, .to = 33, .batch_size = 10 * report.batch});
    while (!evaluator.step()) predict(model, *others, 0, 3 + report.batch);
  } while (!report.done);
  expect_same_bits("weights", quiet.all_parameters(), disturbed.all_parameters());
  CHECK(disturbed.accuracy() == quiet.accuracy());  // the evaluator counts for itself
}

TEST_CASE("reproducibility: two models that take turns do not disturb each other",
          "[reproducibility]") {
  const auto data = test::synthetic_digits(50, 8, 10, 1);
  TrainingRun alone(kDigitsNetwork, kAdam + kSparseFromLogits, test::three_threads());
  alone.epoch(data, kOrder);
  TrainingRun a(kDigitsNetwork, kAdam + kSparseFromLogits, test::three_threads());
  TrainingRun b(kEveryLayer, kAdam + kSparse, test::three_threads());
  a.trainer.begin(data, kOrder);
  b.trainer.begin(data, kOrder);
  bool done = false;
  while (!done) {
    done = a.trainer.step().done;
    b.trainer.step();
  }
  expect_same_bits("weights", alone.all_parameters(), a.all_parameters());
}

TEST_CASE("reproducibility: more batch sizes than plans are kept give the same as ever",
          "[reproducibility]") {
  const auto data = test::synthetic_digits(40, 8, 10, 2);
  TrainingRun run(kDigitsNetwork, kAdam + kSparseFromLogits);
  Model& model = run.small.model();
  const std::vector<float> all = predicted(model, *data, 0, 40);
  for (int count = 1; count <= 40; ++count) predict(model, *data, 0, count);
  for (const int count : {40, 1, 13}) {
    expect_same_bits(concat("a batch of ", count), predicted(model, *data, 0, count),
                     std::span(all).first(static_cast<std::size_t>(count) * 10));
  }
}

}  // namespace
}  // namespace fovea
