// SPDX-License-Identifier: MIT
// A model, its recipe and its trainer in one piece, and networks that use every layer.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/cpp/support/small_model.h"
#include "training/trainer.h"

namespace fovea::test {

/// 8x8 bytes to ten classes.
inline const std::string kDigitsNetwork =
    "model name=digits\ninput name=x shape=8,8,1\n"
    "conv2d name=c from=x filters=8 kernelSize=3 padding=same activation=relu\n"
    "maxPooling2d name=p from=c\nflatten name=f from=p\n"
    "dense name=d1 from=f units=24 activation=relu\ndense name=d2 from=d1 units=10\n";

/// The same task through every kind of layer.
inline const std::string kEveryLayer =
    "model name=every_layer\ninput name=x shape=8,8,1\nrescaling name=r from=x scale=0.0078125 "
    "offset=-1\n"
    "conv2d name=c1 from=r filters=5 kernelSize=3 padding=same activation=tanh\n"
    "averagePooling2d name=a from=c1 poolSize=3 strides=1 padding=same\n"
    "conv2d name=c2 from=a filters=9 kernelSize=3 strides=2 activation=sigmoid "
    "kernelInitializer=heNormal\n"
    "maxPooling2d name=m from=c2 poolSize=2 strides=1\nactivation name=act from=m activation=relu\n"
    "reshape name=s from=act targetShape=2,2,-1\nflatten name=f from=s\ndropout name=o from=f "
    "rate=0.3\n"
    "dense name=d1 from=o units=19 activation=tanh\ndense name=d2 from=d1 units=10 "
    "activation=softmax\n";

inline const std::string kSparseFromLogits =
    "loss type=sparseCategoricalCrossentropy fromLogits=true\nmetric type=accuracy\n";
inline const std::string kSparse =
    "loss type=sparseCategoricalCrossentropy\nmetric type=accuracy\n";

struct TrainingRun {
  TrainingRun(const std::string& description, const std::string& recipe,
              Workers& workers = one_thread(), std::uint32_t seed = 7)
      : small(description, seed, workers),
        trainer(small.model(), parse_recipe(recipe, small.network())) {}

  /// One epoch; the reports of its steps.
  std::vector<StepReport> epoch(const std::shared_ptr<const Dataset>& data,
                                const EpochOrder& order) {
    trainer.begin(data, order);
    std::vector<StepReport> reports;
    do {
      reports.push_back(trainer.step());
    } while (!reports.back().done);
    return reports;
  }
  double accuracy() { return trainer.recipe().metrics[0].metric.value(); }

  std::vector<float> all_parameters() {
    std::vector<float> all;
    for (std::size_t i = 0; i < small.network().parameters.size(); ++i) {
      const std::span<float> parameter = small.model().parameter(static_cast<int>(i));
      all.insert(all.end(), parameter.begin(), parameter.end());
    }
    return all;
  }

  SmallModel small;
  Trainer trainer;
};

}  // namespace fovea::test
