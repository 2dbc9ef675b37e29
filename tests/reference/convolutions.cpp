// SPDX-License-Identifier: MIT
#include "tests/reference/convolutions.h"

namespace fovea::reference {

namespace {

Values filled(std::size_t size, const Values& bias, int channels) {
  Values output(size, 0.0);
  if (bias.empty()) return output;
  for (std::size_t i = 0; i < size; ++i) output[i] = bias[i % static_cast<std::size_t>(channels)];
  return output;
}

}  // namespace

Values depthwise_forward(const Depthwise& c, const Values& input, const Values& filter,
                         const Values& bias) {
  const Image in{c.rows.input, c.columns.input, c.channels};
  const Image out{c.rows.output(), c.columns.output(), c.channels * c.multiplier};
  const Image taps{c.columns.size, c.channels, c.multiplier};
  Values output = filled(static_cast<std::size_t>(c.batch) * out.size(), bias, out.channels);
  for (int n = 0; n < c.batch; ++n) {
    for (int oh = 0; oh < out.rows; ++oh) {
      for (int ow = 0; ow < out.columns; ++ow) {
        for (int kh = 0; kh < c.rows.size; ++kh) {
          for (int kw = 0; kw < c.columns.size; ++kw) {
            const int h = c.rows.reads(oh, kh);
            const int w = c.columns.reads(ow, kw);
            if (!c.rows.inside(h) || !c.columns.inside(w)) continue;
            for (int oc = 0; oc < out.channels; ++oc) {
              const int ic = oc / c.multiplier;
              output[out.index(n, oh, ow, oc)] +=
                  input[in.index(n, h, w, ic)] * filter[taps.index(kh, kw, ic, oc % c.multiplier)];
            }
          }
        }
      }
    }
  }
  return output;
}

Values transposed_forward(const Transposed& c, const Values& input, const Values& filter,
                          const Values& bias) {
  const Image in{c.rows.input, c.columns.input, c.in_channels};
  const Image out{c.out_rows, c.out_columns, c.out_channels};
  const Image taps{c.columns.size, c.out_channels, c.in_channels};
  Values output = filled(static_cast<std::size_t>(c.batch) * out.size(), bias, out.channels);
  for (int n = 0; n < c.batch; ++n) {
    for (int h = 0; h < in.rows; ++h) {
      for (int w = 0; w < in.columns; ++w) {
        for (int kh = 0; kh < c.rows.size; ++kh) {
          for (int kw = 0; kw < c.columns.size; ++kw) {
            const int oh = c.rows.reads(h, kh);
            const int ow = c.columns.reads(w, kw);
            if (oh < 0 || oh >= out.rows || ow < 0 || ow >= out.columns) continue;
            for (int oc = 0; oc < out.channels; ++oc) {
              for (int ic = 0; ic < in.channels; ++ic) {
                output[out.index(n, oh, ow, oc)] +=
                    input[in.index(n, h, w, ic)] * filter[taps.index(kh, kw, oc, ic)];
              }
            }
          }
        }
      }
    }
  }
  return output;
}

}  // namespace fovea::reference
