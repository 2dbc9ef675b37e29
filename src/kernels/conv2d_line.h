// SPDX-License-Identifier: MIT
// 5x5 windows by Winograd's method along the rows alone, F(4, 5): eight inputs and five taps are
// carried over to eight numbers each, two vectors, where four outputs cost eight multiplications
// instead of twenty. Squares of 6x6 inputs, F(2x2, 5x5), would take a tenth less of them, but twice
// as many numbers to carry.
#pragma once

#include "kernels/conv2d.h"

namespace fovea {

/// Whether a pass goes this way: a matter of the shape alone, and of whether it owes an input
/// gradient.
bool suits_line(const Conv2dGeometry& g);
bool suits_line_backward(const Conv2dGeometry& g, bool wants_inputs);

std::int64_t conv2d_line_filter_size(const Conv2dGeometry& g);
std::int64_t conv2d_line_forward_scratch(const Conv2dGeometry& g, int slots);
void conv2d_line_forward(const Conv2dGeometry& g, const Conv2dForward& call, int bands,
                         Workers& workers);

std::int64_t conv2d_line_backward_scratch(const Conv2dGeometry& g, int slots);
void conv2d_line_backward(const Conv2dGeometry& g, const Conv2dBackward& call, Workers& workers);

}  // namespace fovea
