// SPDX-License-Identifier: MIT
// Optimizer steps in double, one parameter at a time.
// Sources: Keras 3's SGD and Adam; Kingma and Ba, "Adam" (2015); PyTorch's Adam for the corrected
// epsilon.
#pragma once

namespace fovea::reference {

struct Sgd {
  double rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
};
/// Steps one parameter and its velocity.
void sgd_step(const Sgd& sgd, double gradient, double& velocity, double& parameter);

struct Adam {
  double rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  bool epsilon_after_correction =
      false;  // PyTorch, TensorFlow.js and the paper's algorithm 1; Keras is false
};
/// Steps one parameter and its moments for the t-th time; t counts from 1.
void adam_step(const Adam& adam, int t, double gradient, double& first_moment,
               double& second_moment, double& parameter);

}  // namespace fovea::reference
