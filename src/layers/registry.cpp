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
    Entry{"add", make_add},
    Entry{"average", make_average},
    Entry{"averagePooling2d", make_average_pooling2d},
    Entry{"concatenate", make_concatenate},
    Entry{"conv2d", make_conv2d},
    Entry{"cropping2d", make_cropping2d},
    Entry{"dense", make_dense},
    Entry{"dropout", make_dropout},
    Entry{"flatten", make_flatten},
    Entry{"gaussianDropout", make_gaussian_dropout},
    Entry{"gaussianNoise", make_gaussian_noise},
    Entry{"globalAveragePooling2d", make_global_average_pooling2d},
    Entry{"globalMaxPooling2d", make_global_max_pooling2d},
    Entry{"maximum", make_maximum},
    Entry{"maxPooling2d", make_max_pooling2d},
    Entry{"minimum", make_minimum},
    Entry{"multiply", make_multiply},
    Entry{"permute", make_permute},
    Entry{"randomBrightness", make_random_brightness},
    Entry{"randomContrast", make_random_contrast},
    Entry{"randomErasing", make_random_erasing},
    Entry{"randomFlip", make_random_flip},
    Entry{"randomRotation", make_random_rotation},
    Entry{"randomTranslation", make_random_translation},
    Entry{"randomZoom", make_random_zoom},
    Entry{"rescaling", make_rescaling},
    Entry{"reshape", make_reshape},
    Entry{"resizing", make_resizing},
    Entry{"spatialDropout2d", make_spatial_dropout2d},
    Entry{"subtract", make_subtract},
    Entry{"sumPooling2d", make_sum_pooling2d},
    Entry{"upSampling2d", make_up_sampling2d},
    Entry{"zeroPadding2d", make_zero_padding2d},
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
