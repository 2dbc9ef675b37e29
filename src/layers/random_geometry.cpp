// SPDX-License-Identifier: MIT
// randomFlip, randomTranslation, randomRotation and randomZoom: each image is read at other places,
// about its centre. Options and formulas are Keras 3's.
#include <algorithm>
#include <array>

#include "kernels/sample.h"
#include "kernels/sine.h"
#include "layers/augmentation.h"
#include "layers/registry.h"

namespace fovea {

namespace {

enum class GeometryKind : std::uint8_t { kFlip, kTranslation, kRotation, kZoom };

class RandomGeometry : public Augmentation {
 public:
  RandomGeometry(Options& options, GeometryKind kind) : Augmentation(options), kind_(kind) {
    if (kind == GeometryKind::kFlip) {
      const int mode = options.choice_or("mode", kFlipModes, 0);
      flips_vertically_ = mode != 1;
      flips_horizontally_ = mode != 2;
      sampling_.interpolation = Interpolation::kNearest;  // pixels fall on pixels
      return;
    }
    if (kind == GeometryKind::kRotation) {
      vertical_ = read_interval(options, "factor", -1, 1);
    } else {
      vertical_ = read_interval(options, "heightFactor", -1, 1);
      // A zoom without widthFactor keeps the image's proportions.
      keeps_proportions_ = kind == GeometryKind::kZoom && !options.given("widthFactor");
      if (!keeps_proportions_) horizontal_ = read_interval(options, "widthFactor", -1, 1);
    }
    sampling_.fill_mode = static_cast<FillMode>(options.choice_or("fillMode", kFillModeNames, 0));
    sampling_.interpolation =
        static_cast<Interpolation>(options.choice_or("interpolation", kInterpolationNames, 0));
    sampling_.fill_value =
        static_cast<float>(options.number_or("fillValue", 0, -kLargest, kLargest));
  }

 protected:
  void change(const Images& image, const Chance& chance) const override {
    const Shape& shape = image.result.shape;
    // From the centre, an output pixel at (x, y) looks at (xx x + xy y - dx, yx x + yy y - dy).
    double xx = 1, xy = 0, yx = 0, yy = 1, dx = 0, dy = 0;
    const auto [v, h] = std::array{chance.draws[0], chance.draws[1]};
    switch (kind_) {
      case GeometryKind::kFlip:
        if (flips_vertically_ && v < 0.5F) yy = -1;
        if (flips_horizontally_ && h < 0.5F) xx = -1;
        break;
      case GeometryKind::kTranslation:  // down and to the right
        dy = vertical_.at(v) * shape[0];
        dx = horizontal_.at(h) * shape[1];
        break;
      case GeometryKind::kRotation: {  // anticlockwise, in turns
        const SineAndCosine turn = sine_and_cosine(vertical_.at(v));
        xx = yy = static_cast<double>(turn.cosine);
        yx = static_cast<double>(turn.sine);
        xy = -yx;
        break;
      }
      case GeometryKind::kZoom:  // above 1 the image shrinks
        yy = 1 + vertical_.at(v);
        xx = keeps_proportions_ ? yy : 1 + horizontal_.at(h);
        break;
    }
    const double cx = shape[1] / 2.0;
    const double cy = shape[0] / 2.0;
    Sampling sampling = sampling_;
    sampling.x = {.column = xx, .row = xy, .offset = cx - xx * cx - xy * cy - dx};
    sampling.y = {.column = yx, .row = yy, .offset = cy - yx * cx - yy * cy - dy};
    if (image.output_gradient) {
      sample_backward(sampling, image.output_gradient, image.result);
    } else {
      sample_forward(sampling, image.input, image.result);
    }
  }

 private:
  // Keras's words, and the first of them as JavaScript would write it.
  static constexpr std::array<std::string_view, 4> kFlipModes = {
      "horizontal_and_vertical", "horizontal", "vertical", "horizontalAndVertical"};
  static constexpr double kLargest = 1e30;

  GeometryKind kind_;
  bool flips_vertically_ = false, flips_horizontally_ = false;
  Interval vertical_{}, horizontal_{};
  bool keeps_proportions_ = false;
  Sampling sampling_;
};

}  // namespace

LayerChain make_random_flip(Options& options) {
  return chain_of<RandomGeometry>(options, GeometryKind::kFlip);
}

LayerChain make_random_translation(Options& options) {
  return chain_of<RandomGeometry>(options, GeometryKind::kTranslation);
}

LayerChain make_random_rotation(Options& options) {
  return chain_of<RandomGeometry>(options, GeometryKind::kRotation);
}

LayerChain make_random_zoom(Options& options) {
  return chain_of<RandomGeometry>(options, GeometryKind::kZoom);
}

}  // namespace fovea
