// SPDX-License-Identifier: MIT
// The layer types that are fetched when a model first asks for one (core/rest.h).
#include <algorithm>
#include <array>

#include "layers/registry.h"

namespace fovea {

namespace {

constexpr std::array kLayers = {
    LayerEntry{"averagePooling2d", make_average_pooling2d},
    LayerEntry{"rescaling", make_rescaling},
    LayerEntry{"reshape", make_reshape},
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
