// SPDX-License-Identifier: MIT
// First layers with 5x5 windows, whose one to three channels are too few for squares of Winograd
// tiles: his method along the rows alone, F(4, 5). Eight inputs and five taps are carried over to
// eight numbers each, two vectors, where four outputs cost eight multiplications instead of twenty.
#pragma once

#include "kernels/conv2d.h"

namespace fovea {

/// Whether a forward pass, or a backward pass without an input gradient, goes this way: a matter of
/// the shape alone.
bool suits_line(const Conv2dGeometry& g);
bool suits_line_backward(const Conv2dGeometry& g);

std::int64_t conv2d_line_filter_size(const Conv2dGeometry& g);
std::int64_t conv2d_line_forward_scratch(const Conv2dGeometry& g, int slots);
void conv2d_line_forward(const Conv2dGeometry& g, const Conv2dForward& call, int bands,
                         Workers& workers);

std::int64_t conv2d_line_backward_scratch(const Conv2dGeometry& g, int groups, int slots);
/// Filter and bias gradients; sums over so many groups of images are added in order.
void conv2d_line_backward(const Conv2dGeometry& g, const Conv2dBackward& call, int groups,
                          Workers& workers);

}  // namespace fovea
