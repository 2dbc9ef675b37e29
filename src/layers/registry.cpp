// SPDX-License-Identifier: MIT
#include "layers/registry.h"

#include <array>

namespace fovea {

namespace {

struct Entry {
  std::string_view type;
  LayerChain (*make)(Options&);
};

constexpr std::array kLayers = {
    Entry{"activation", make_activation},
    Entry{"averagePooling2d", make_average_pooling2d},
    Entry{"batchNormalization", make_batch_normalization},
    Entry{"conv2d", make_conv2d},
    Entry{"conv2dTranspose", make_conv2d_transpose},
    Entry{"dense", make_dense},
    Entry{"depthwiseConv2d", make_depthwise_conv2d},
    Entry{"dropout", make_dropout},
    Entry{"elu", make_elu},
    Entry{"flatten", make_flatten},
    Entry{"groupNormalization", make_group_normalization},
    Entry{"layerNormalization", make_layer_normalization},
    Entry{"leakyReLU", make_leaky_relu},
    Entry{"localResponseNormalization", make_local_response_normalization},
    Entry{"maxPooling2d", make_max_pooling2d},
    Entry{"normalization", make_normalization},
    Entry{"prelu", make_prelu},
    Entry{"reLU", make_relu},
    Entry{"rescaling", make_rescaling},
    Entry{"reshape", make_reshape},
    Entry{"separableConv2d", make_separable_conv2d},
    Entry{"softmax", make_softmax},
};

}  // namespace

LayerChain make_layers(std::string_view type, Options& options) {
  std::array<std::string_view, kLayers.size()> names{};
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    if (kLayers[i].type == type) {
      LayerChain chain = kLayers[i].make(options);
      options.finish();
      return chain;
    }
    names[i] = kLayers[i].type;
  }
  fail(ErrorCode::kBadOption, options.place(), ": unknown layer type \"", type,
       "\". Known types: ", listing(names, " and "), ".");
}

}  // namespace fovea
