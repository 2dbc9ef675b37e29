// SPDX-License-Identifier: MIT
// The lectures' pooling example, and their networks with the parameter counts and sizes that they
// state.
#include <catch2/catch_amalgamated.hpp>
#include <string>

#include "tests/cpp/support/expect_close.h"
#include "tests/cpp/support/small_model.h"

namespace fovea {
namespace {

using test::SmallModel;
using Floats = std::vector<float>;

const Floats kPicture = {3, 4, 6, 2, 1, 7,  //
                         3, 5, 4, 9, 8, 8,  //
                         1, 7, 5, 4, 6, 6,  //
                         7, 2, 6, 5, 4, 5,  //
                         6, 1, 7, 7, 2, 4,  //
                         5, 3, 3, 1, 4, 3};

TEST_CASE("curriculum 2: max, average and sum over 3x3 windows", "[curriculum]") {
  const std::string input = "model name=m\ninput name=x shape=6,6,1\n";
  CHECK(SmallModel(input + "maxPooling2d name=p from=x poolSize=3 strides=3").predict(kPicture) ==
        Floats{7, 9, 7, 7});
  const Floats average =
      SmallModel(input + "averagePooling2d name=p from=x poolSize=3 strides=3").predict(kPicture);
  const std::vector<double> ninths = {38 / 9.0, 51 / 9.0, 40 / 9.0, 35 / 9.0};
  test::expect_close({"curriculum 2", "average", {average.data(), {1, 2, 2, 1}}}, ninths,
                     {.terms = 1, .largest_product = 0});
  CHECK(SmallModel(input + "sumPooling2d name=p from=x poolSize=3").predict(kPicture) ==
        Floats{38, 51, 40, 35});
  // A sum is a convolution with ones.
  SmallModel sum(input +
                 "conv2d name=c from=x filters=1 kernelSize=3 strides=3 kernelInitializer=ones");
  CHECK(sum.predict(kPicture) == Floats{38, 51, 40, 35});
}

TEST_CASE(
    "curriculum 2: the default stride is the pool size, there are no parameters, each channel is "
    "by itself",
    "[curriculum]") {
  Floats three_channels;
  for (const float pixel : kPicture)
    three_channels.insert(three_channels.end(), {pixel, -pixel, 10});
  SmallModel model("model name=m\ninput name=x shape=6,6,3\nmaxPooling2d name=p from=x poolSize=3");
  CHECK(model.output_row() == Shape{2, 2, 3});
  CHECK(test::parameter_count(model.network()) == 0);
  CHECK(model.predict(three_channels) == Floats{7, -1, 10, 9, -1, 10, 7, -1, 10, 7, -1, 10});
}

struct Counted {
  std::string node;
  std::int64_t parameters;
};

void check_parameters(const Network& network, const std::vector<Counted>& expected,
                      std::int64_t total) {
  for (const Counted& layer : expected) {
    INFO(layer.node);
    CHECK(network.node_parameters(network.find_node(layer.node)) == layer.parameters);
  }
  CHECK(test::parameter_count(network) == total);
}

TEST_CASE("curriculum 3: torchMnist has 98,442 parameters", "[curriculum]") {
  const Network network(
      parse_model("model name=torch_mnist\ninput name=x shape=28,28,1\n"
                  "conv2d name=c1 from=x filters=16 kernelSize=3 padding=same "
                  "activation=relu\nmaxPooling2d name=p1 from=c1 poolSize=2\n"
                  "conv2d name=c2 from=p1 filters=32 kernelSize=3 padding=same "
                  "activation=relu\nmaxPooling2d name=p2 from=c2 poolSize=2\n"
                  "conv2d name=c3 from=p2 filters=64 kernelSize=3 padding=same "
                  "activation=relu\nmaxPooling2d name=p3 from=c3 poolSize=2\n"
                  "flatten name=f from=p3\ndense name=d1 from=f units=128 activation=relu\ndropout "
                  "name=drop from=d1 rate=0.5\n"
                  "dense name=d2 from=drop units=10\n"));
  check_parameters(network,
                   {{"c1", 160},
                    {"c2", 4640},
                    {"c3", 18496},
                    {"d1", 73856},
                    {"d2", 1290},
                    {"drop", 0},
                    {"f", 0}},
                   98'442);
}

TEST_CASE("curriculum 3: lenetCifar has 62,006 parameters", "[curriculum]") {
  const Network network(
      parse_model("model name=lenet_cifar\ninput name=x shape=32,32,3\n"
                  "conv2d name=c1 from=x filters=6 kernelSize=5 activation=relu\nmaxPooling2d "
                  "name=p1 from=c1 poolSize=2\n"
                  "conv2d name=c2 from=p1 filters=16 kernelSize=5 activation=relu\nmaxPooling2d "
                  "name=p2 from=c2 poolSize=2\n"
                  "flatten name=f from=p2\ndense name=d1 from=f units=120 activation=relu\n"
                  "dense name=d2 from=d1 units=84 activation=relu\ndense name=d3 from=d2 units=10 "
                  "activation=softmax\n"));
  check_parameters(network, {{"c1", 456}, {"c2", 2416}, {"d1", 48120}, {"d2", 10164}, {"d3", 850}},
                   62'006);
}

TEST_CASE("curriculum 3: kerasMnist has 1,668,490 parameters", "[curriculum]") {
  const Network network(
      parse_model("model name=keras_mnist\ninput name=x shape=28,28,1\n"
                  "conv2d name=c1 from=x filters=32 kernelSize=3 activation=relu\nmaxPooling2d "
                  "name=p1 from=c1 poolSize=2\n"
                  "conv2d name=c2 from=p1 filters=64 kernelSize=3 activation=relu\nmaxPooling2d "
                  "name=p2 from=c2 poolSize=2\n"
                  "flatten name=f from=p2\ndense name=d1 from=f units=1024 activation=relu\ndense "
                  "name=d2 from=d1 units=10 activation=softmax\n"));
  check_parameters(network, {{"c1", 320}, {"c2", 18496}, {"d1", 1'639'424}, {"d2", 10250}},
                   1'668'490);
}

TEST_CASE("curriculum 3: one neuron has 785 parameters, softmax regression 7,850", "[curriculum]") {
  const std::string input = "model name=m\ninput name=x shape=784\n";
  CHECK(test::parameter_count(
            Network(parse_model(input + "dense name=d from=x units=1 activation=sigmoid"))) == 785);
  CHECK(test::parameter_count(Network(
            parse_model(input + "dense name=d from=x units=10 activation=softmax"))) == 7850);
}

Network alexnet(std::string_view groups) {
  return Network(parse_model(concat(
      "model name=alexnet\ninput name=x shape=227,227,3\n"
      "conv2d name=c1 from=x filters=96 kernelSize=11 strides=4 activation=relu\n"
      "maxPooling2d name=p1 from=c1 poolSize=3 strides=2\n"
      "localResponseNormalization name=n1 from=p1\n"
      "conv2d name=c2 from=n1 filters=256 kernelSize=5 padding=2 activation=relu groups=",
      groups,
      "\nmaxPooling2d name=p2 from=c2 poolSize=3 strides=2\n"
      "localResponseNormalization name=n2 from=p2\n"
      "conv2d name=c3 from=n2 filters=384 kernelSize=3 padding=1 activation=relu\n"
      "conv2d name=c4 from=c3 filters=384 kernelSize=3 padding=1 activation=relu groups=",
      groups,
      "\nconv2d name=c5 from=c4 filters=256 kernelSize=3 padding=1 activation=relu groups=", groups,
      "\nmaxPooling2d name=p5 from=c5 poolSize=3 strides=2\n"
      "flatten name=f from=p5\ndense name=d1 from=f units=4096 activation=relu\ndense "
      "name=d2 from=d1 units=4096 activation=relu\n"
      "dense name=d3 from=d2 units=1000 activation=softmax\n")));
}

TEST_CASE("curriculum 3: AlexNet's sizes and parameters, in one and in two groups; pools overlap",
          "[curriculum]") {
  const Network network = alexnet("1");
  std::vector<int> sizes;
  for (const Node& node : network.nodes)
    sizes.push_back(network.value_rows[static_cast<std::size_t>(node.output)][0]);
  CHECK(sizes ==
        std::vector<int>{55, 27, 27, 27, 13, 13, 13, 13, 13, 6, 6 * 6 * 256, 4096, 4096, 1000});
  CHECK(test::parameter_count(network) == 62'378'344);
  CHECK(test::parameter_count(alexnet("2")) == 60'965'224);
}

}  // namespace
}  // namespace fovea
