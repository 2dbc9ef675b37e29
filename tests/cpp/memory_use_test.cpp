// SPDX-License-Identifier: MIT
// What a model does with memory: no allocation during a training step, nothing read after its life
// is over, and going on after a batch that was too large. This file replaces operator new in the
// whole test program, to count.
#include <atomic>
#include <catch2/catch_amalgamated.hpp>
#include <cmath>
#include <cstdlib>
#include <new>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/training.h"
#include "tests/cpp/support/training_run.h"
#include "training/evaluator.h"

namespace {
std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

void* counted(std::size_t size) {
  if (counting) ++allocations;
  void* memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

/// A request for too much memory is an answer that the tests want to see, not a reason to stop.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

namespace fovea {
namespace {

using test::kDigitsNetwork;
using test::kEveryLayer;
using test::kSparse;
using test::kSparseFromLogits;
using test::TrainingRun;

const std::string kAdam = "optimizer type=adam\n";

TEST_CASE(
    "memory: a training step allocates nothing, with one thread or three, the last batch included",
    "[memory]") {
  const auto data = test::synthetic_digits(22, 8, 10, 1);
  for (Workers* workers : {&test::one_thread(), &test::three_threads()}) {
    TrainingRun run(kEveryLayer, kAdam + kSparse, *workers);
    // Even the first step: begin() has made everything.
    run.trainer.begin(data, {.from = 0, .to = 22, .batch_size = 8, .shuffle = true});
    const Plan& plan = run.small.model().prepare({.batch = 8,
                                                  .mode = Mode::kTraining,
                                                  .backward = true,
                                                  .losses = run.trainer.recipe().ports(),
                                                  .slots = workers->size()});
    const float* arena = run.small.model().input(plan, 0).data;
    allocations = 0;
    counting = true;
    StepReport report;
    while (!report.done) report = run.trainer.step();
    counting = false;
    CHECK(allocations == 0);
    CHECK(report.size == 6);
    CHECK(run.small.model().input(plan, 0).data == arena);
  }
  // The counter counts.
  counting = true;
  const auto one = std::make_unique<int>(1);
  counting = false;
  CHECK(allocations == 1);
}

bool all_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

// In debug builds dead ranges of the arena are NaN, before a value is written and after it was last
// read.
TEST_CASE("memory: nothing is read before it is written or after its life is over", "[memory]") {
  const auto data = test::synthetic_digits(22, 8, 10, 1);
  const std::string forked =
      "model name=forked outputs=a,b,g\ninput name=x shape=8,8,1\nconv2d name=t from=x filters=4 "
      "kernelSize=3 activation=relu\n"
      "maxPooling2d name=m from=t\nflatten name=f from=m\ndense name=a from=f units=10\ndense "
      "name=b from=f units=10 activation=softmax\n"
      "flatten name=g from=t\n";
  auto three_targets = std::make_shared<Dataset>();
  test::RandomValues random(1);
  for (const auto& [place, size] :
       {std::pair<const char*, int>{"y", 10}, {"y[1]", 10}, {"y[2]", 6 * 6 * 4}}) {
    const std::vector<double> values = random.values(static_cast<std::size_t>(22 * size));
    three_targets->targets.push_back(
        test::floats_column(place, {22, size}, {values.begin(), values.end()}));
  }
  three_targets->inputs.push_back(
      test::bytes_column("x", {22, 8, 8, 1}, std::vector<std::uint8_t>(22 * 64, 100)));

  const auto check = [](TrainingRun& run, const std::shared_ptr<const Dataset>& examples) {
    for (const StepReport& report :
         run.epoch(examples, {.from = 0, .to = 22, .batch_size = 8, .shuffle = true})) {
      CHECK(std::isfinite(report.loss));
    }
    CHECK(all_finite(run.all_parameters()));
    for (std::size_t i = 0; i < run.small.network().parameters.size(); ++i) {
      CHECK(all_finite(run.small.model().parameter_gradient(static_cast<int>(i))));
    }
    for (const ConstTensorView& output : predict(run.small.model(), *examples, 1, 5))
      CHECK(all_finite(output.values()));
    Evaluator evaluator(run.small.model(), run.trainer.recipe(), examples,
                        {.from = 0, .to = 22, .batch_size = 7});
    while (!evaluator.step()) {
    }
    CHECK(std::isfinite(evaluator.loss()));
  };
  TrainingRun every_layer(kEveryLayer, kAdam + kSparse);
  check(every_layer, data);
  TrainingRun digits(kDigitsNetwork, kAdam + kSparseFromLogits);
  check(digits, data);
  TrainingRun outputs(
      forked,
      kAdam + "loss type=meanSquaredError\nloss type=meanSquaredError\nloss type=meanSquaredError");
  check(outputs, three_targets);
#ifdef FOVEA_DEBUG_FILL
  // The instrument works: after a step the input's place holds NaN or another buffer, not the
  // input.
  const Plan& plan = digits.small.model().prepare({.batch = 5, .losses = {}, .slots = 1});
  digits.small.model().forward(digits.small.model().prepare(plan.request), 0, 0);
  CHECK(!all_finite(digits.small.model().output(plan, 0).values()));
#endif
}

TEST_CASE("memory: a batch that is too large is refused, and the model goes on", "[memory]") {
  const auto data = test::synthetic_digits(22, 8, 10, 1);
  TrainingRun run(kDigitsNetwork, kAdam + kSparseFromLogits);
  Model& model = run.small.model();
  const std::vector<float> before = test::copy_of(predict(model, *data, 0, 3)[0].values());
  try {
    model.prepare({.batch = 2'000'000'000, .losses = {}, .slots = 1});
    FAIL_CHECK("two billion examples found room");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kOutOfMemory);
    const std::string sentence = error.what();
    INFO(sentence);
    CHECK(
        sentence.starts_with("not enough memory for a batch of 2000000000 in model \"digits\": "));
    CHECK(
        sentence.ends_with(" TB wanted. Use a smaller model or batch size, or dispose models that "
                           "are no longer needed."));
  }
  test::expect_same_bits("the same batch as before", predict(model, *data, 0, 3)[0].values(),
                         before);
}

}  // namespace
}  // namespace fovea
