// SPDX-License-Identifier: MIT
#include "layers/registry.h"

#include <array>

namespace fovea {

namespace {

constexpr std::array kLayers = {
    LayerEntry{"activation", make_activation}, LayerEntry{"conv2d", make_conv2d},
    LayerEntry{"dense", make_dense},           LayerEntry{"dropout", make_dropout},
    LayerEntry{"flatten", make_flatten},       LayerEntry{"maxPooling2d", make_max_pooling2d},
};

}  // namespace

std::span<const LayerEntry> usual_layers() { return kLayers; }

LayerChain make_layers(std::string_view type, Options& options) {
  const LayerEntry* entry = find_entry(kLayers, type);
  if (entry == nullptr) {
    entry = &rest::find_layer(type, options.place());
  }
  LayerChain chain = entry->make(options);
  options.finish();
  return chain;
}

}  // namespace fovea
