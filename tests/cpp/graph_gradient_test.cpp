// SPDX-License-Identifier: MIT
// Gradients through graphs: values with several readers, merges, layers that are applied again.
#include "tests/cpp/support/gradient_trial.h"

namespace fovea {
namespace {

TEST_CASE("gradients through a model: branches that are merged, moved and resized", "[gradient]") {
  const std::string trunk =
      "\ninput name=x shape=5,5,2\nconv2d name=t from=x filters=3 kernelSize=2 activation=tanh\n";
  test::check_gradients(
      trunk +
          "conv2d name=a from=t filters=3 kernelSize=3 padding=same\nadd name=s from=t,a,t\n"
          "averagePooling2d name=p from=s poolSize=3 strides=1 padding=same\n"
          "concatenate name=c from=p,s,t\nglobalAveragePooling2d name=g from=c keepdims=true\n"
          "multiply name=e from=c,g\nglobalAveragePooling2d name=q from=e\n"
          "dense name=d from=q units=3",
      test::kSparseLogits);
  test::check_gradients(
      trunk +
          "zeroPadding2d name=z from=t\nconv2d name=a from=z filters=2 kernelSize=3 strides=2\n"
          "upSampling2d name=u from=a interpolation=bilinear\n"
          "resizing name=r from=u height=5 width=3\ncropping2d name=k from=r cropping=1\n"
          "permute name=p from=k dims=3,1,2\nflatten name=f from=p\ndense name=d from=f units=3",
      test::kSparseLogits);
}

TEST_CASE("gradients through a model: a value with two and with three readers", "[gradient]") {
  const std::string trunk =
      "\ninput name=x shape=5,5,2\nconv2d name=t from=x filters=3 kernelSize=2 activation=tanh\n";
  test::check_gradients(
      "outputs=a,b" + trunk +
          "flatten name=f from=t\ndense name=a from=f units=3\nconv2d name=b from=t "
          "filters=2 kernelSize=2",
      test::kSparseLogits + "\nloss type=meanSquaredError");
  test::check_gradients(
      "outputs=a,b,c" + trunk +
          "flatten name=f from=t\ndense name=a from=f units=3\ndense name=b from=f units=2\n"
          "maxPooling2d name=c from=t poolSize=2",
      test::kSparseLogits + "\n" + test::kSparseLogits + "\nloss type=meanSquaredError");
}

TEST_CASE("gradients through a model: four readers of one value", "[gradient]") {
  test::check_gradients(
      "outputs=a,b,c,d\ninput name=x shape=5\ndense name=t from=x units=4 activation=tanh\n"
      "dense name=a from=t units=3\ndense name=b from=t units=2\ndense name=c from=t units=4\n"
      "activation name=d from=t activation=sigmoid",
      test::kSparseLogits + "\n" + test::kSparseLogits + "\n" + test::kSparseLogits +
          "\nloss type=meanSquaredError");
}

TEST_CASE("gradients through a model: an output that other layers read on", "[gradient]") {
  test::check_gradients(
      "outputs=d1,d2\ninput name=x shape=6\ndense name=d1 from=x units=5 activation=softmax\ndense "
      "name=d2 from=d1 units=3",
      "loss type=categoricalCrossentropy\n" + test::kSparseLogits);
}

TEST_CASE("gradients through a model: a layer that is applied twice, thrice, and to itself",
          "[gradient]") {
  // Siamese: the same two layers on both inputs.
  test::check_gradients(
      "outputs=a,b\ninput name=x shape=4\ninput name=y shape=4\n"
      "dense name=s from=x units=5 activation=tanh\nagain name=s.2 layer=s from=y\n"
      "dense name=a from=s units=3 activation=softmax\nagain name=b layer=a from=s.2",
      "loss type=categoricalCrossentropy\n" + test::kSparseLogits);
  // A chain of one layer, with dropout whose mask is another each time.
  test::check_gradients(
      "outputs=a\ninput name=x shape=5,5,2\n"
      "conv2d name=c from=x filters=2 kernelSize=3 padding=same activation=tanh\n"
      "dropout name=o from=c rate=0.3\nagain name=c.2 layer=c from=o\n"
      "again name=o.2 layer=o from=c.2\nagain name=c.3 layer=c from=o.2\n"
      "flatten name=f from=c.3\ndense name=a from=f units=3",
      test::kSparseLogits);
  // Some applications lead to no output.
  test::check_gradients(
      "outputs=d\ninput name=x shape=4\ndense name=d from=x units=4 activation=tanh\n"
      "again name=d.2 layer=d from=d\nagain name=d.3 layer=d from=d.2",
      "loss type=meanSquaredError");
}

TEST_CASE("gradients through a model: two inputs", "[gradient]") {
  test::check_gradients(
      "outputs=a,b\ninput name=x shape=4\ninput name=y shape=3,3,1\ndense name=a from=x "
      "units=3\nflatten name=f from=y\ndense name=b from=f units=2",
      test::kSparseLogits + "\n" + test::kSparseLogits);
}

}  // namespace
}  // namespace fovea
