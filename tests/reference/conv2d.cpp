// SPDX-License-Identifier: MIT
#include "tests/reference/conv2d.h"

namespace fovea::reference {

namespace {

/// Calls term(place of the input, of the filter, of the output) for every product in every sum.
template <class Term>
void for_each_product(const Conv2d& c, const Term& term) {
  for (int n = 0; n < c.batch; ++n) {
    for (int oh = 0; oh < c.rows.output(); ++oh) {
      for (int ow = 0; ow < c.columns.output(); ++ow) {
        for (int kh = 0; kh < c.rows.size; ++kh) {
          for (int kw = 0; kw < c.columns.size; ++kw) {
            const int h = c.rows.reads(oh, kh);
            const int w = c.columns.reads(ow, kw);
            if (!c.rows.inside(h) || !c.columns.inside(w)) continue;
            for (int ic = 0; ic < c.in_channels; ++ic) {
              for (int oc = 0; oc < c.out_channels; ++oc) {
                const int group_size = c.in_channels / c.groups;
                if (ic / group_size != oc / (c.out_channels / c.groups)) continue;
                term(c.input().index(n, h, w, ic), c.filter().index(kh, kw, ic % group_size, oc),
                     c.output().index(n, oh, ow, oc));
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace

std::size_t Conv2d::input_size() const { return static_cast<std::size_t>(batch) * input().size(); }
std::size_t Conv2d::filter_size() const {
  return static_cast<std::size_t>(rows.size) * filter().size();
}
std::size_t Conv2d::output_size() const {
  return static_cast<std::size_t>(batch) * output().size();
}

Values conv2d_forward(const Conv2d& c, const Values& input, const Values& filter,
                      const Values& bias) {
  Values output(c.output_size(), 0.0);
  const auto channels = static_cast<std::size_t>(c.out_channels);
  if (!bias.empty()) {
    for (std::size_t i = 0; i < output.size(); ++i) output[i] = bias[i % channels];
  }
  for_each_product(
      c, [&](std::size_t x, std::size_t w, std::size_t y) { output[y] += input[x] * filter[w]; });
  return output;
}

Conv2dGradients conv2d_backward(const Conv2d& c, const Values& input, const Values& filter,
                                const Values& output_gradient) {
  const auto channels = static_cast<std::size_t>(c.out_channels);
  Conv2dGradients gradient{Values(c.input_size()), Values(c.filter_size()), Values(channels)};
  for (std::size_t i = 0; i < output_gradient.size(); ++i)
    gradient.bias[i % channels] += output_gradient[i];
  for_each_product(c, [&](std::size_t x, std::size_t w, std::size_t y) {
    gradient.input[x] += output_gradient[y] * filter[w];
    gradient.filter[w] += output_gradient[y] * input[x];
  });
  return gradient;
}

}  // namespace fovea::reference
