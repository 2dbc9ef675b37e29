// SPDX-License-Identifier: MIT
// The one list of layer types. To add a layer: its kernel, its file here, its factory's declaration
// and its line in registry.cpp.
#pragma once

#include <string_view>

#include "layers/layer.h"

namespace fovea {

/// The layer chain for a type name, from options that it reads to the end. Unknown types are
/// refused with the list of known ones.
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
LayerChain make_average_pooling2d(Options& options);
LayerChain make_batch_normalization(Options& options);
LayerChain make_conv2d(Options& options);
LayerChain make_conv2d_transpose(Options& options);
LayerChain make_dense(Options& options);
LayerChain make_depthwise_conv2d(Options& options);
LayerChain make_dropout(Options& options);
LayerChain make_elu(Options& options);
LayerChain make_flatten(Options& options);
LayerChain make_group_normalization(Options& options);
LayerChain make_layer_normalization(Options& options);
LayerChain make_leaky_relu(Options& options);
LayerChain make_local_response_normalization(Options& options);
LayerChain make_max_pooling2d(Options& options);
LayerChain make_normalization(Options& options);
LayerChain make_prelu(Options& options);
LayerChain make_relu(Options& options);
LayerChain make_rescaling(Options& options);
LayerChain make_reshape(Options& options);
LayerChain make_separable_conv2d(Options& options);
LayerChain make_softmax(Options& options);

}  // namespace fovea
