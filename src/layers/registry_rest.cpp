// SPDX-License-Identifier: MIT
// The layer types that are fetched when a model first asks for one (core/rest.h).
#include <algorithm>
#include <array>

#include "layers/registry.h"

namespace fovea {

namespace {

constexpr std::array kLayers = {
    LayerEntry{"add", make_add},
    LayerEntry{"average", make_average},
    LayerEntry{"averagePooling2d", make_average_pooling2d},
    LayerEntry{"batchNormalization", make_batch_normalization},
    LayerEntry{"concatenate", make_concatenate},
    LayerEntry{"conv2dTranspose", make_conv2d_transpose},
    LayerEntry{"cropping2d", make_cropping2d},
    LayerEntry{"depthwiseConv2d", make_depthwise_conv2d},
    LayerEntry{"elu", make_elu},
    LayerEntry{"gaussianDropout", make_gaussian_dropout},
    LayerEntry{"gaussianNoise", make_gaussian_noise},
    LayerEntry{"globalAveragePooling2d", make_global_average_pooling2d},
    LayerEntry{"globalMaxPooling2d", make_global_max_pooling2d},
    LayerEntry{"groupNormalization", make_group_normalization},
    LayerEntry{"layerNormalization", make_layer_normalization},
    LayerEntry{"leakyReLU", make_leaky_relu},
    LayerEntry{"localResponseNormalization", make_local_response_normalization},
    LayerEntry{"maximum", make_maximum},
    LayerEntry{"minimum", make_minimum},
    LayerEntry{"multiply", make_multiply},
    LayerEntry{"normalization", make_normalization},
    LayerEntry{"permute", make_permute},
    LayerEntry{"prelu", make_prelu},
    LayerEntry{"randomBrightness", make_random_brightness},
    LayerEntry{"randomContrast", make_random_contrast},
    LayerEntry{"randomErasing", make_random_erasing},
    LayerEntry{"randomFlip", make_random_flip},
    LayerEntry{"randomRotation", make_random_rotation},
    LayerEntry{"randomTranslation", make_random_translation},
    LayerEntry{"randomZoom", make_random_zoom},
    LayerEntry{"reLU", make_relu},
    LayerEntry{"rescaling", make_rescaling},
    LayerEntry{"reshape", make_reshape},
    LayerEntry{"resizing", make_resizing},
    LayerEntry{"separableConv2d", make_separable_conv2d},
    LayerEntry{"softmax", make_softmax},
    LayerEntry{"spatialDropout2d", make_spatial_dropout2d},
    LayerEntry{"subtract", make_subtract},
    LayerEntry{"sumPooling2d", make_sum_pooling2d},
    LayerEntry{"upSampling2d", make_up_sampling2d},
    LayerEntry{"zeroPadding2d", make_zero_padding2d},
};

}  // namespace

const LayerEntry& rest::find_layer(std::string_view type, std::string_view place) {
  const LayerEntry* const entry = find_entry(kLayers, type);
  if (entry != nullptr) return *entry;
  std::vector<std::string_view> names;
  for (const LayerEntry& known : usual_layers()) names.push_back(known.type);
  for (const LayerEntry& known : kLayers) names.push_back(known.type);
  std::ranges::sort(names);
  fail(ErrorCode::kBadOption, place, ": unknown layer type \"", type,
       "\". Known types: ", listing(names, " and "), ".");
}

}  // namespace fovea
