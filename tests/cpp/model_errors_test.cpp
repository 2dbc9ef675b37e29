// SPDX-License-Identifier: MIT
// Descriptions that make no model: each is refused with a sentence, word for word, and never runs.
#include <catch2/catch_amalgamated.hpp>
#include <string>

#include "tests/cpp/support/expect_error.h"
#include "tests/cpp/support/small_model.h"
#include "training/recipe.h"

namespace fovea {
namespace {

const std::string kInput = "model name=m\ninput name=x shape=28,28,1\n";

void expect_refusal(ErrorCode code, const std::string& description, const std::string& sentence) {
  INFO(description);
  test::expect_error(code, sentence, [&] { Network(parse_model(description)); });
}

TEST_CASE("model errors: shapes that do not fit a layer", "[errors]") {
  expect_refusal(ErrorCode::kBadShape, kInput + "dense name=d from=x units=10",
                 "layer \"d\" (dense): needs a 2-D input [batch, features] but gets [batch, 28, "
                 "28, 1]. Put flatten() before it.");
  expect_refusal(ErrorCode::kBadShape,
                 kInput + "flatten name=f from=x\nconv2d name=c from=f filters=1 kernelSize=3",
                 "layer \"c\" (conv2d): needs a 4-D input [batch, height, width, channels] but "
                 "gets [batch, 784]. Put "
                 "reshape({ targetShape: [height, width, channels] }) before it.");
  expect_refusal(ErrorCode::kBadShape, kInput + "conv2d name=c from=x filters=1 kernelSize=29",
                 "layer \"c\" (conv2d): a window of height 29 does not fit an input of height 28. "
                 "Use a smaller window, "
                 "padding \"same\", or fewer layers that shrink the image before it.");
  expect_refusal(ErrorCode::kBadShape, kInput + "reshape name=r from=x targetShape=10,10",
                 "layer \"r\" (reshape): cannot turn [batch, 28, 28, 1] (784 numbers) into [batch, "
                 "10, 10]. Both must "
                 "hold as many numbers.");
  expect_refusal(ErrorCode::kBadShape, kInput + "reshape name=r from=x targetShape=-1,10",
                 "layer \"r\" (reshape): cannot turn [batch, 28, 28, 1] (784 numbers) into [batch, "
                 "-1, 10]. Both must "
                 "hold as many numbers.");
  expect_refusal(ErrorCode::kBadShape, kInput + "maxPooling2d name=p from=x,x",
                 "layer \"p\" (maxPooling2d): takes one input but gets 2.");
}

TEST_CASE("model errors: options", "[errors]") {
  expect_refusal(
      ErrorCode::kBadOption, kInput + "conv2d name=c from=x kernelSize=3",
      "layer \"c\" (conv2d): filters is missing. It must be a whole number of 1 or more.");
  expect_refusal(ErrorCode::kBadOption, kInput + "conv2d name=c from=x filters=0 kernelSize=3",
                 "layer \"c\" (conv2d): filters must be a whole number of 1 or more but is 0.");
  expect_refusal(ErrorCode::kBadOption,
                 kInput + "conv2d name=c from=x filters=2 kernelSize=3 padding=full",
                 "layer \"c\" (conv2d): padding must be \"valid\", \"same\", a number or [[top, "
                 "bottom], [left, right]] but is \"full\".");
  expect_refusal(
      ErrorCode::kBadOption, kInput + "conv2d name=c from=x filters=2 kernelSize=3 stride=2",
      "layer \"c\" (conv2d): unknown option \"stride\". Known options: kernelSize, strides, "
      "padding, "
      "dilationRate, activation, activityRegularizer, filters, groups, useBias, "
      "kernelInitializer, kernelRegularizer, "
      "kernelConstraint, biasInitializer, biasRegularizer and biasConstraint.");
  expect_refusal(ErrorCode::kBadShape,
                 kInput + "conv2d name=c from=x filters=2 kernelSize=3 groups=2",
                 "layer \"c\" (conv2d): groups 2 must divide both the 1 channels of the input and "
                 "the 2 filters.");
  expect_refusal(ErrorCode::kBadOption,
                 kInput +
                     "conv2dTranspose name=c from=x filters=2 kernelSize=3 strides=2 "
                     "outputPadding=2",
                 "layer \"c\" (conv2dTranspose): outputPadding must be less than strides or "
                 "dilationRate (2) but is 2.");
  expect_refusal(ErrorCode::kBadShape,
                 kInput + "conv2dTranspose name=c from=x filters=2 kernelSize=3 padding=15",
                 "layer \"c\" (conv2dTranspose): would make an output of height 0 from an input "
                 "of height 28. Use other strides, padding or kernelSize.");
  expect_refusal(ErrorCode::kBadOption,
                 kInput + "conv2d name=c from=x filters=2 kernelSize=3 activation=rleu",
                 "layer \"c\" (conv2d): activation must be linear, relu, sigmoid, tanh, softmax, "
                 "logSoftmax, relu6, leakyRelu, elu, selu, gelu, swish, silu, mish, hardSigmoid, "
                 "softplus, softsign or exponential but is \"rleu\".");
  expect_refusal(
      ErrorCode::kBadOption,
      kInput + "conv2d name=c from=x filters=2 kernelSize=3 kernelInitializer=glorot",
      "layer \"c\" (conv2d), kernelInitializer: type must be zeros, ones, constant, glorotUniform, "
      "glorotNormal, heUniform, heNormal, leCunUniform, leCunNormal, varianceScaling, "
      "randomUniform, randomNormal, truncatedNormal, orthogonal or identity but is \"glorot\".");
  expect_refusal(
      ErrorCode::kBadOption,
      kInput + "conv2d name=c from=x filters=2 kernelSize=3 kernelInitializer.size=3",
      "layer \"c\" (conv2d), kernelInitializer: unknown option \"size\". Known options: type.");
  expect_refusal(ErrorCode::kBadOption, kInput + "maxPooling2d name=p from=x padding=1",
                 "layer \"p\" (maxPooling2d): padding must be valid or same but is \"1\".");
  expect_refusal(ErrorCode::kBadOption, kInput + "dropout name=d from=x rate=1",
                 "layer \"d\" (dropout): rate must be a number from 0 to 0.999999 but is 1.");
  expect_refusal(ErrorCode::kBadOption, kInput + "flatten name=f from=x units=3",
                 "layer \"f\" (flatten): unknown option \"units\". It takes none.");
  expect_refusal(ErrorCode::kBadOption, kInput + "reshape name=r from=x targetShape=-1,-1",
                 "layer \"r\" (reshape): targetShape must be a list of at most four sizes without "
                 "the batch, one of "
                 "them may be -1.");
}

TEST_CASE("model errors: layers, names and connections", "[errors]") {
  expect_refusal(
      ErrorCode::kBadOption, kInput + "conv3d name=c from=x",
      "layer \"c\" (conv3d): unknown layer type \"conv3d\". Known types: activation, add, average, "
      "averagePooling2d, batchNormalization, concatenate, conv2d, conv2dTranspose, cropping2d, "
      "dense, depthwiseConv2d, dropout, elu, flatten, gaussianDropout, gaussianNoise, "
      "globalAveragePooling2d, globalMaxPooling2d, groupNormalization, layerNormalization, "
      "leakyReLU, localResponseNormalization, maxPooling2d, maximum, minimum, multiply, "
      "normalization, permute, prelu, randomBrightness, randomContrast, randomErasing, randomFlip, "
      "randomRotation, randomTranslation, randomZoom, reLU, rescaling, reshape, resizing, "
      "separableConv2d, softmax, spatialDropout2d, subtract, sumPooling2d, upSampling2d and "
      "zeroPadding2d.");
  expect_refusal(ErrorCode::kBadOption, kInput + "flatten name=f from=y",
                 "layer \"f\" (flatten): there is no layer \"y\" before it to read from.");
  expect_refusal(ErrorCode::kBadOption, kInput + "flatten name=f",
                 "layer \"f\" (flatten): has no input. Give the first layer an inputShape, or "
                 "apply it to another layer.");
  expect_refusal(ErrorCode::kBadOption, kInput + "flatten name=x from=x",
                 "two layers have the name \"x\". Give each layer a name of its own.");
  expect_refusal(ErrorCode::kBadOption, kInput + "flatten name=a:b from=x",
                 "a layer's name must be letters, digits and any of _ . / - but is \"a:b\".");
  expect_refusal(ErrorCode::kBadOption, "model name=m\nflatten name=f from=x",
                 "model \"m\": has no input. Give its first layer an inputShape.");
  expect_refusal(ErrorCode::kBadOption, kInput, "model \"m\": has no layers.");
  expect_refusal(ErrorCode::kBadOption,
                 "model name=m outputs=z\ninput name=x shape=3\ndense name=d from=x units=1",
                 "model \"m\": there is no layer \"z\" before it to read from.");
}

TEST_CASE("model errors: input shapes", "[errors]") {
  expect_refusal(ErrorCode::kBadOption, "model name=m\ninput name=x shape=28,0,1",
                 "input \"x\": shape must be a list of one to four sizes of 1 or more, without the "
                 "batch but is \"28,0,1\".");
  expect_refusal(ErrorCode::kBadShape, "model name=m\ninput name=x shape=1,2,3,4,5",
                 "input \"x\": shape must be a list of one to four sizes of 1 or more, without the "
                 "batch, but has 5.");
  expect_refusal(ErrorCode::kBadOption, "model name=m\ninput name=x",
                 "input \"x\": shape is missing. It must be a list of one to four sizes of 1 or "
                 "more, without the batch.");
}

void expect_bad_recipe(const std::string& recipe, const std::string& sentence) {
  const Network network(
      parse_model("model name=m\ninput name=x shape=4\ndense name=d from=x units=3"));
  INFO(recipe);
  test::expect_error(ErrorCode::kBadOption, sentence, [&] { parse_recipe(recipe, network); });
}

TEST_CASE("recipe errors: optimizers, losses and metrics", "[errors]") {
  const std::string adam = "optimizer type=adam\n";
  const std::string loss = "loss type=meanSquaredError\n";
  expect_bad_recipe(
      "optimizer type=adamx\n" + loss,
      "compile: unknown optimizer \"adamx\". Known optimizers: sgd, rmsprop, adagrad, "
      "adadelta, adam, adamax, adamw, nadam and lion.");
  expect_bad_recipe(
      adam + "loss type=crossentropy",
      "compile: unknown loss \"crossentropy\". Known losses: "
      "binaryCrossentropy, categoricalCrossentropy, categoricalHinge, cosineSimilarity, custom, "
      "dice, focal, gaussianMixtureNLL, hinge, huber, kullbackLeiblerDivergence, "
      "logCosh, meanAbsoluteError, meanAbsolutePercentageError, meanSquaredError, "
      "meanSquaredLogarithmicError, poisson, sparseCategoricalCrossentropy and "
      "squaredHinge.");
  expect_bad_recipe(adam + loss + "metric type=recal",
                    "compile: unknown metric \"recal\". Known metrics: accuracy, binaryAccuracy, "
                    "categoricalAccuracy, sparseCategoricalAccuracy, topKCategoricalAccuracy, "
                    "precision, recall, f1, auc, meanIoU, mse and mae.");
  expect_bad_recipe(
      loss, "compile: no optimizer is given. Use \"adam\" or fovea.optimizers.sgd({ ... }).");
  expect_bad_recipe(adam,
                    "compile: model \"m\" has 1 output(s) but 0 loss(es) are given. Give one loss "
                    "for each output.");
  expect_bad_recipe(adam + loss + loss,
                    "compile: model \"m\" has 1 output(s) but 2 loss(es) are given. Give one loss "
                    "for each output.");
  expect_bad_recipe(
      "optimizer type=adam learningRate=-1\n" + loss,
      "optimizer \"adam\": learningRate must be a number from 0 to 1000000 but is -1.");
  expect_bad_recipe("optimizer type=adam beta1=1\n" + loss,
                    "optimizer \"adam\": beta1 must be a number from 0 to 0.9999999 but is 1.");
  expect_bad_recipe(
      "optimizer type=adam epsilonPlacement=torch\n" + loss,
      "optimizer \"adam\": epsilonPlacement must be keras or corrected but is \"torch\".");
  expect_bad_recipe(
      "optimizer type=sgd beta1=0.9\n" + loss,
      "optimizer \"sgd\": unknown option \"beta1\". Known options: learningRate, "
      "momentum, nesterov, clipNorm, globalClipNorm, clipValue, weightDecay and ema.");
  expect_bad_recipe("optimizer type=sgd clipNorm=1 clipValue=1\n" + loss,
                    "optimizer \"sgd\": only one of clipNorm, globalClipNorm and clipValue can be "
                    "set. Choose one.");
  expect_bad_recipe(
      "optimizer type=sgd learningRate.type=piecewise learningRate.boundaries=5 "
      "learningRate.values=0.1\n" +
          loss,
      "optimizer \"sgd\", learningRate: needs rising boundaries and one value more "
      "than boundaries, but has 1 and 1.");
  expect_bad_recipe(
      "optimizer type=sgd learningRate.type=cosineDecay "
      "learningRate.initialLearningRate=0.1\n" +
          loss,
      "optimizer \"sgd\", learningRate: decaySteps is missing. It must be a number "
      "from 1 to 4294967295.");
  expect_bad_recipe(adam + loss + "metric type=sparseCategoricalAccuracy",
                    "metric \"sparseCategoricalAccuracy\": the loss meanSquaredError takes one "
                    "number for each class. Use \"accuracy\", which follows the loss.");
  expect_bad_recipe(adam + "loss type=custom\nmetric type=mae",
                    "metric \"mae\": cannot be measured beside the loss custom, whose targets are "
                    "not of the output's kind. Leave the metric of this output out.");
  expect_bad_recipe(adam + loss + "metric type=recall\nmetric type=recall threshold=0.9",
                    "metric \"recall\": there are two metrics called \"recall\". Give one of them "
                    "a name of its own.");
  expect_bad_recipe(adam + "loss type=meanSquaredError lossWeight=-1",
                    "compile: lossWeights must be numbers of 0 or more but one is -1.");
  expect_bad_recipe(adam + "loss type=meanSquaredError fromLogits=true",
                    "loss \"meanSquaredError\": unknown option \"fromLogits\". It takes none.");
}

// Every one of these once had room to overflow an int on its way to the sentence.
TEST_CASE("model errors: too large a model is refused, not begun", "[errors]") {
  const auto refused = [](const std::string& description) {
    INFO(description);
    try {
      Model model(parse_model(description), 1, test::one_thread());
      Plan& plan = model.prepare({.batch = 1, .losses = {}, .slots = 1});
      FAIL_CHECK("a model of " << plan.memory.size << " floats was made");
    } catch (const Error& error) {
      const bool expected = error.code() == ErrorCode::kOutOfMemory ||
                            error.code() == ErrorCode::kBadShape ||
                            error.code() == ErrorCode::kBadOption;
      INFO(error.what());
      CHECK(expected);
    }
  };
  const std::string huge = "2147483647";
  refused("model name=m\ninput name=x shape=" + huge + "," + huge + ",3\nflatten name=f from=x");
  refused("model name=m\ninput name=x shape=60000,60000,1\nflatten name=f from=x");
  refused(kInput + "conv2d name=c from=x kernelSize=3 filters=" + huge);
  refused(kInput + "conv2d name=c from=x filters=1 padding=same kernelSize=" + huge);
  refused(kInput + "conv2d name=c from=x filters=1 padding=same kernelSize=100000");
  refused(kInput + "conv2d name=c from=x filters=1 kernelSize=3 padding=" + huge);
  refused(kInput + "conv2d name=c from=x filters=1 kernelSize=3 padding=same dilationRate=" + huge);
  refused(kInput + "conv2d name=c from=x filters=1 kernelSize=3 dilationRate=" + huge);
  refused(kInput + "flatten name=f from=x\ndense name=d from=f units=" + huge);
  refused(kInput + "reshape name=r from=x targetShape=" + huge + "," + huge + "," + huge);
  refused(kInput + "reshape name=r from=x targetShape=-1," + huge + "," + huge + "," + huge);
  refused(kInput + "maxPooling2d name=p from=x padding=valid poolSize=" + huge);
}

TEST_CASE("model errors: the sentence of too large a model says how much it wants", "[errors]") {
  expect_refusal(ErrorCode::kOutOfMemory,
                 "model name=big\ninput name=x shape=60000,60000,1\nflatten name=f from=x",
                 "model \"big\": one example needs a tensor [60000, 60000, 1] of 14.4 GB. Use "
                 "smaller images or fewer filters.");
}

}  // namespace
}  // namespace fovea
