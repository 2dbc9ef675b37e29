// SPDX-License-Identifier: MIT
#include "tests/reference/pool2d.h"

#include <cmath>

namespace fovea::reference {

namespace {

/// Calls window(place of the output, places of the inputs that it reads, row by row) for every
/// window.
template <class Window>
void for_each_window(const Pool2d& p, const Window& window) {
  for (int n = 0; n < p.batch; ++n) {
    for (int oh = 0; oh < p.rows.output(); ++oh) {
      for (int ow = 0; ow < p.columns.output(); ++ow) {
        for (int c = 0; c < p.channels; ++c) {
          std::vector<std::size_t> inputs;
          for (int kh = 0; kh < p.rows.size; ++kh) {
            for (int kw = 0; kw < p.columns.size; ++kw) {
              const int h = p.rows.reads(oh, kh);
              const int w = p.columns.reads(ow, kw);
              if (p.rows.inside(h) && p.columns.inside(w))
                inputs.push_back(p.input().index(n, h, w, c));
            }
          }
          window(p.output().index(n, oh, ow, c), inputs);
        }
      }
    }
  }
}

std::size_t place_of_largest(const Values& input, const std::vector<std::size_t>& places) {
  std::size_t largest = places[0];
  for (const std::size_t place : places) {
    if (std::isnan(input[place])) return place;
    if (input[place] > input[largest]) largest = place;
  }
  return largest;
}

}  // namespace

Values max_pool2d_forward(const Pool2d& p, const Values& input) {
  Values output(p.output_size());
  for_each_window(p, [&](std::size_t y, const std::vector<std::size_t>& places) {
    output[y] = input[place_of_largest(input, places)];
  });
  return output;
}

Values max_pool2d_backward(const Pool2d& p, const Values& input, const Values& output_gradient) {
  Values gradient(p.input_size());
  for_each_window(p, [&](std::size_t y, const std::vector<std::size_t>& places) {
    gradient[place_of_largest(input, places)] += output_gradient[y];
  });
  return gradient;
}

namespace {
double divisor(Total total, std::size_t inputs) {
  return total == Total::kMean ? static_cast<double>(inputs) : 1;
}
}  // namespace

Values total_pool2d_forward(Total total, const Pool2d& p, const Values& input) {
  Values output(p.output_size());
  for_each_window(p, [&](std::size_t y, const std::vector<std::size_t>& places) {
    double sum = 0;
    for (const std::size_t place : places) sum += input[place];
    output[y] = sum / divisor(total, places.size());
  });
  return output;
}

Values total_pool2d_backward(Total total, const Pool2d& p, const Values& output_gradient) {
  Values gradient(p.input_size());
  for_each_window(p, [&](std::size_t y, const std::vector<std::size_t>& places) {
    for (const std::size_t place : places) {
      gradient[place] += output_gradient[y] / divisor(total, places.size());
    }
  });
  return gradient;
}

}  // namespace fovea::reference
