// SPDX-License-Identifier: MIT
// The list of layer types, in two parts: those of nearly every training (registry.cpp), and the
// rest (registry_rest.cpp), which a browser fetches when a model first asks for one. To add a
// layer: its kernel, its file here, its factory's declaration and its line in one of the two.
#pragma once

#include <span>
#include <string_view>

#include "layers/layer.h"

namespace fovea {

struct LayerEntry {
  std::string_view type;
  LayerChain (*make)(Options&);
};

/// The entry of a type; nullptr when the list has none.
inline const LayerEntry* find_entry(std::span<const LayerEntry> entries, std::string_view type) {
  for (const LayerEntry& entry : entries) {
    if (entry.type == type) return &entry;
  }
  return nullptr;
}

/// The types that are always there.
std::span<const LayerEntry> usual_layers();

namespace rest {

/// The entry of a type that is not usual. Unknown types are refused with the list of known ones.
const LayerEntry& find_layer(std::string_view type, std::string_view place);

}  // namespace rest

/// The layer chain for a type name, from options that it reads to the end.
LayerChain make_layers(std::string_view type, Options& options);

/// A chain of one layer.
template <class LayerType, class... Arguments>
LayerChain chain_of(Arguments&&... arguments) {
  LayerChain chain;
  chain.push_back(std::make_unique<LayerType>(std::forward<Arguments>(arguments)...));
  return chain;
}

// Each factory stands at the end of its layer's file.
LayerChain make_activation(Options& options);
LayerChain make_add(Options& options);
LayerChain make_average(Options& options);
LayerChain make_average_pooling2d(Options& options);
LayerChain make_batch_normalization(Options& options);
LayerChain make_concatenate(Options& options);
LayerChain make_conv2d(Options& options);
LayerChain make_conv2d_transpose(Options& options);
LayerChain make_cropping2d(Options& options);
LayerChain make_dense(Options& options);
LayerChain make_depthwise_conv2d(Options& options);
LayerChain make_dropout(Options& options);
LayerChain make_elu(Options& options);
LayerChain make_flatten(Options& options);
LayerChain make_gaussian_dropout(Options& options);
LayerChain make_gaussian_noise(Options& options);
LayerChain make_global_average_pooling2d(Options& options);
LayerChain make_global_max_pooling2d(Options& options);
LayerChain make_group_normalization(Options& options);
LayerChain make_layer_normalization(Options& options);
LayerChain make_leaky_relu(Options& options);
LayerChain make_local_response_normalization(Options& options);
LayerChain make_max_pooling2d(Options& options);
LayerChain make_maximum(Options& options);
LayerChain make_minimum(Options& options);
LayerChain make_multiply(Options& options);
LayerChain make_normalization(Options& options);
LayerChain make_permute(Options& options);
LayerChain make_prelu(Options& options);
LayerChain make_random_brightness(Options& options);
LayerChain make_random_contrast(Options& options);
LayerChain make_random_erasing(Options& options);
LayerChain make_random_flip(Options& options);
LayerChain make_random_rotation(Options& options);
LayerChain make_random_translation(Options& options);
LayerChain make_random_zoom(Options& options);
LayerChain make_relu(Options& options);
LayerChain make_rescaling(Options& options);
LayerChain make_reshape(Options& options);
LayerChain make_resizing(Options& options);
LayerChain make_separable_conv2d(Options& options);
LayerChain make_softmax(Options& options);
LayerChain make_spatial_dropout2d(Options& options);
LayerChain make_subtract(Options& options);
LayerChain make_sum_pooling2d(Options& options);
LayerChain make_up_sampling2d(Options& options);
LayerChain make_zero_padding2d(Options& options);

}  // namespace fovea
