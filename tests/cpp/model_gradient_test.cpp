// SPDX-License-Identifier: MIT
// Gradients through whole models, layer type by layer type.
#include "tests/cpp/support/gradient_trial.h"

namespace fovea {
namespace {

TEST_CASE("gradients through a model: conv2d with every activation", "[gradient]") {
  for (const std::string activation : {"linear", "relu", "sigmoid", "tanh"}) {
    INFO(activation);
    test::check_gradients(
        "\ninput name=x shape=6,5,2\nconv2d name=c1 from=x filters=3 kernelSize=3 padding=same "
        "activation=" +
            activation + "\nconv2d name=c2 from=c1 filters=5 kernelSize=2 activation=" +
            activation + "\nflatten name=f from=c2\ndense name=d from=f units=4",
        test::kSparseLogits);
  }
}

TEST_CASE("gradients through a model: strides, dilation, explicit padding, no bias", "[gradient]") {
  test::check_gradients(
      "\ninput name=x shape=7,8,2\nconv2d name=c1 from=x filters=4 kernelSize=3,2 strides=2,1 "
      "padding=1,0,2,1 activation=tanh\n"
      "conv2d name=c2 from=c1 filters=3 kernelSize=2 dilationRate=2 useBias=false "
      "activation=sigmoid\n"
      "flatten name=f from=c2\ndense name=d from=f units=3",
      test::kSparseLogits);
}

TEST_CASE("gradients through a model: other convolutions, normalising layers, a price on outputs",
          "[gradient]") {
  const std::pair<std::string, std::string> layers[] = {
      {"conv2d", "filters=6 kernelSize=2 groups=2 activation=softplus"},
      {"conv2d", "filters=3 kernelSize=2 activation=swish activityRegularizer=l2"},
      {"depthwiseConv2d", "kernelSize=3 strides=2 depthMultiplier=2 padding=same activation=tanh"},
      {"conv2dTranspose", "filters=3 kernelSize=3 strides=2 padding=same activation=gelu"},
      {"separableConv2d", "filters=4 kernelSize=2 activation=mish"},
      {"prelu", "sharedAxes=1,2 alphaInitializer.type=constant alphaInitializer.value=0.7"},
      {"batchNormalization", ""},
      {"layerNormalization", "axis=1,2,3"},
      {"groupNormalization", "groups=2"},
      {"localResponseNormalization", "alpha=0.5 k=1"},
      {"normalization", "mean=0.25 variance=0.5"},
  };
  for (const auto& [type, options] : layers) {
    INFO(type << ' ' << options);
    test::check_gradients(concat("\ninput name=x shape=5,6,2\nconv2d name=c from=x filters=4 "
                                 "kernelSize=3 activation=tanh\n",
                                 type, " name=n from=c ", options,
                                 "\nflatten name=f from=n\ndense name=d from=f units=3"),
                          test::kSparseLogits);
  }
}

TEST_CASE("gradients through a model: max and average pooling", "[gradient]") {
  for (const std::string kind : {"maxPooling2d", "averagePooling2d"}) {
    for (const std::string options :
         {"poolSize=2", "poolSize=3 strides=2", "poolSize=2,3 strides=1 padding=same"}) {
      INFO(kind << ' ' << options);
      test::check_gradients(
          "\ninput name=x shape=7,7,2\nconv2d name=c from=x filters=3 kernelSize=3 padding=same "
          "activation=tanh\n" +
              kind + " name=p from=c " + options +
              "\nflatten name=f from=p\ndense name=d from=f units=4",
          test::kSparseLogits);
    }
  }
}

TEST_CASE("gradients through a model: dense with every activation", "[gradient]") {
  for (const std::string activation : {"linear", "relu", "sigmoid", "tanh", "softmax"}) {
    INFO(activation);
    test::check_gradients(
        "\ninput name=x shape=6\ndense name=d1 from=x units=5 activation=" + activation +
            "\ndense name=d2 from=d1 units=7 useBias=false activation=" + activation +
            "\ndense name=d3 from=d2 units=3",
        test::kSparseLogits);
  }
}

TEST_CASE(
    "gradients through a model: activation, rescaling, reshape and flatten as layers of their own",
    "[gradient]") {
  for (const std::string activation : {"linear", "relu", "sigmoid", "tanh", "softmax"}) {
    INFO(activation);
    test::check_gradients(
        "\ninput name=x shape=12\ndense name=d1 from=x units=12\nrescaling name=r from=d1 "
        "scale=0.5 offset=0.25\n"
        "activation name=a from=r activation=" +
            activation +
            "\nreshape name=s from=a targetShape=2,3,-1\nconv2d name=c from=s filters=3 "
            "kernelSize=2\n"
            "flatten name=f from=c\ndense name=d2 from=f units=3",
        test::kSparseLogits, 2);
  }
}

TEST_CASE("gradients through a model: dropout uses the forward pass's mask", "[gradient]") {
  test::check_gradients(
      "\ninput name=x shape=8\ndense name=d1 from=x units=16 activation=tanh\ndropout name=o "
      "from=d1 rate=0.4\n"
      "dense name=d2 from=o units=8 activation=tanh\ndropout name=p from=d2 rate=0.3\ndense "
      "name=d3 from=p units=4",
      test::kSparseLogits);
}

TEST_CASE(
    "gradients through a model: every loss, from logits, from a softmax layer and from "
    "probabilities",
    "[gradient]") {
  const std::string body = "\ninput name=x shape=6\ndense name=d1 from=x units=5 activation=tanh\n";
  for (const std::string loss : {"sparseCategoricalCrossentropy", "categoricalCrossentropy"}) {
    INFO(loss);
    test::check_gradients(body + "dense name=d2 from=d1 units=4",
                          "loss type=" + loss + " fromLogits=true");
    test::check_gradients(body + "dense name=d2 from=d1 units=4 activation=softmax",
                          "loss type=" + loss);
    // Probabilities that no softmax made: the loss divides by their sum.
    test::check_gradients(body + "dense name=d2 from=d1 units=4 activation=sigmoid",
                          "loss type=" + loss);
    // With fromLogits the softmax is not skipped: its output is taken as logits.
    test::check_gradients(body + "dense name=d2 from=d1 units=4 activation=softmax",
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
    test::check_gradients(
        concat(body, "dense name=d2 from=d1 units=4 activation=", ending.activation),
        concat("loss type=", ending.loss));
  }
  test::check_gradients(body + "dense name=d2 from=d1 units=6",
                        "loss type=gaussianMixtureNLL components=2");
  test::check_gradients(body + "dense name=d2 from=d1 units=4", "loss type=meanSquaredError");
  test::check_gradients(body + "dense name=d2 from=d1 units=4 activation=softmax",
                        "loss type=meanSquaredError");
}

TEST_CASE("gradients through a model: a class for every pixel", "[gradient]") {
  test::check_gradients(
      "\ninput name=x shape=4,5,2\nconv2d name=c1 from=x filters=3 kernelSize=3 padding=same "
      "activation=tanh\n"
      "conv2d name=c2 from=c1 filters=4 kernelSize=1",
      test::kSparseLogits);
  test::check_gradients(
      "\ninput name=x shape=4,5,2\nconv2d name=c1 from=x filters=3 kernelSize=3 padding=same "
      "activation=softmax",
      "loss type=categoricalCrossentropy");
}

TEST_CASE("gradients through a model: noise and augmentation use the forward pass's numbers",
          "[gradient]") {
  test::check_gradients(
      "\ninput name=x shape=5,5,2\nconv2d name=c from=x filters=3 kernelSize=2 activation=tanh\n"
      "spatialDropout2d name=s from=c rate=0.3\ngaussianDropout name=g from=s rate=0.1\n"
      "gaussianNoise name=n from=g stddev=0.1\nrandomRotation name=r from=n factor=0.2\n"
      "randomContrast name=t from=r factor=0.5 valueRange=-9,9\n"
      "randomErasing name=e from=t factor=1,1\nflatten name=f from=e\ndense name=d from=f units=3",
      test::kSparseLogits);
}

}  // namespace
}  // namespace fovea
