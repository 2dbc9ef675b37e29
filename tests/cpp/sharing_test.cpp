// SPDX-License-Identifier: MIT
// Weights that several applications of a layer or several models have in common, and layers that
// are frozen in some of them. That gradients of shared layers add up, model_gradient_test.cpp says.
#include <catch2/catch_amalgamated.hpp>
#include <memory>
#include <string>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/training.h"
#include "tests/cpp/support/training_run.h"
#include "training/evaluator.h"

namespace fovea {
namespace {

using test::expect_error;

const std::string kBase =
    "model name=base\ninput name=x shape=2\n"
    "dense name=d from=x units=2\ndense name=e from=d units=1\n";
const std::string kHead =
    "model name=head\ninput name=x shape=2\n"
    "dense name=body from=x units=2 weights=7/d\ndense name=new from=body units=3\n";

/// A model beside another one, which it knows as number 7.
std::unique_ptr<Model> borrower(const std::string& text, const Model& base) {
  return std::make_unique<Model>(parse_model(text), 2, test::one_thread(),
                                 [&](int number) -> const Model& {
                                   CHECK(number == 7);
                                   return base;
                                 });
}

std::shared_ptr<Dataset> numbers(const std::vector<float>& y) {
  auto data = std::make_shared<Dataset>();
  data->inputs.push_back(test::floats_column("x", {1, 2}, {1, 2}));
  data->targets.push_back(test::floats_column("y", {1, static_cast<int>(y.size())}, y));
  return data;
}

void train_once(Model& model, const std::shared_ptr<Dataset>& data) {
  Trainer trainer(model, parse_recipe("optimizer type=sgd learningRate=0.1\n"
                                      "loss type=meanSquaredError",
                                      model.network()));
  trainer.begin(data, {.from = 0, .to = 1, .batch_size = 1});
  trainer.step();
}

TEST_CASE("sharing: a layer that is applied again has its weights once", "[sharing]") {
  test::SmallModel small(
      "model name=m outputs=d.3\ninput name=x shape=2\ndense name=d from=x units=2\n"
      "again name=d.2 layer=d from=d\nagain name=d.3 layer=d from=d.2\n");
  CHECK(small.network().nodes.size() == 1);
  CHECK(small.network().nodes[0].from == std::vector<std::string>{"x", "d", "d.2"});
  CHECK(test::parameter_count(small.network()) == 6);
  small.set("d/kernel", {0, 2, 1, 0}).set("d/bias", {1, 0});
  // (a, b) becomes (b + 1, 2a), three times.
  CHECK(small.predict({1, 2}) == std::vector<float>{7, 6});
}

TEST_CASE("sharing: what cannot be applied again is refused word for word", "[sharing]") {
  const std::string head = "model name=m\ninput name=x shape=2\ninput name=y shape=3\n";
  const auto refused = [&](ErrorCode code, const std::string& sentence, const std::string& lines) {
    expect_error(code, sentence, [&] { Network network(parse_model(head + lines)); });
  };
  refused(ErrorCode::kBadShape,
          "layer \"d\": is applied to inputs of different shapes, which would need weights "
          "d/kernel of [2, 4] and of [3, 4]. Apply it to equal shapes, or make a second layer.",
          "dense name=d from=x units=4\nagain name=d.2 layer=d from=y\n");
  refused(ErrorCode::kBadOption, "layer \"d.2\": there is no layer \"e\" before it to apply again.",
          "dense name=d from=x units=4\nagain name=d.2 layer=e from=x\n");
  refused(ErrorCode::kBadOption,
          "layer \"d\" (dense): there is no layer \"d\" before it to read from.",
          "dense name=d from=d units=4\n");
}

TEST_CASE("sharing: training one model changes the other, in both directions", "[sharing]") {
  test::SmallModel base(kBase);
  const std::unique_ptr<Model> head = borrower(kHead, base.model());
  const std::span<float> ours = base.model().parameter(base.index_of("d/kernel"));
  CHECK(ours.data() == head->parameter(0).data());
  CHECK(base.model().parameter(2).data() != head->parameter(2).data());
  const auto before = test::copy_of(ours);
  train_once(*head, numbers({1, 2, 3}));
  const auto between = test::copy_of(ours);
  CHECK_FALSE(test::same_bits(between, before));
  train_once(base.model(), numbers({1}));
  CHECK_FALSE(test::same_bits(between, head->parameter(0)));
}

// A convolution that suits Winograd keeps its filter in another form.
TEST_CASE("sharing: what a layer keeps of its weights is made anew when anybody changed them",
          "[sharing]") {
  const std::string lines =
      "model name=m\ninput name=x shape=8,8,8\nconv2d name=c from=x filters=8 kernelSize=3 "
      "useBias=false";
  test::SmallModel base(lines);
  const std::unique_ptr<Model> other = borrower(lines + " weights=7/c\n", base.model());
  const std::vector<float> filter = test::copy_of(base.model().parameter(0));
  const std::vector<float> input(512, 0.5F);
  const auto outputs = [&](Model& model) {
    Plan& plan = model.prepare({.batch = 1});
    std::ranges::copy(input, model.input(plan, 0).data);
    model.forward(plan, 1, 0);
    return test::copy_of(model.output(plan, 0).values());
  };
  const std::vector<float> first = outputs(base.model());
  REQUIRE(outputs(*other) == first);
  for (float& weight : other->parameter(0)) weight *= 2;
  std::vector<float> doubled = first;
  for (float& value : doubled) value *= 2;
  CHECK(outputs(base.model()) == doubled);
  CHECK(outputs(*other) == doubled);
  std::ranges::copy(filter, base.model().parameter(0).begin());
  CHECK(outputs(*other) == first);
  CHECK(outputs(base.model()) == first);
}

TEST_CASE("sharing: weights live on with whoever is left", "[sharing]") {
  auto base = std::make_unique<test::SmallModel>(kBase);
  std::unique_ptr<Model> head = borrower(kHead, base->model());
  const auto kernel = test::copy_of(head->parameter(0));
  base.reset();
  CHECK(test::same_bits(kernel, head->parameter(0)));
  train_once(*head, numbers({1, 2, 3}));

  test::SmallModel second(kBase);
  head = borrower(kHead, second.model());
  train_once(*head, numbers({1, 2, 3}));
  head.reset();
  train_once(second.model(), numbers({1}));
}

TEST_CASE("sharing: a layer that is frozen in one model learns in the other", "[sharing]") {
  test::SmallModel base(kBase);
  const std::unique_ptr<Model> head = borrower(kHead, base.model());
  head->set_trainable("body", false);
  const auto before = test::copy_of(head->parameter(0));
  const auto new_before = test::copy_of(head->parameter(2));
  train_once(*head, numbers({1, 2, 3}));
  CHECK(test::same_bits(before, head->parameter(0)));
  CHECK_FALSE(test::same_bits(new_before, head->parameter(2)));
  train_once(base.model(), numbers({1}));
  CHECK_FALSE(test::same_bits(before, head->parameter(0)));
}

TEST_CASE("sharing: weights of another layer or shape are refused word for word", "[sharing]") {
  test::SmallModel base(kBase);
  const auto refused = [&](const std::string& sentence, const std::string& line) {
    expect_error(ErrorCode::kBadShape, sentence,
                 [&] { borrower("model name=head\ninput name=x shape=2\n" + line, base.model()); });
  };
  const std::string remedy =
      ", but theirs differ in number or shape. Give it inputs of the same channels.";
  refused("layer \"b\" (dense): shares the weights of layer \"d\" in model \"base\"" + remedy,
          "dense name=b from=x units=3 weights=7/d");
  refused("layer \"b\" (dense): shares the weights of layer \"d\" in model \"base\"" + remedy,
          "dense name=b from=x units=2 useBias=false weights=7/d");
  refused("layer \"b\" (dense): shares the weights of layer \"z\" in model \"base\"" + remedy,
          "dense name=b from=x units=2 weights=7/z");
}

}  // namespace
}  // namespace fovea
