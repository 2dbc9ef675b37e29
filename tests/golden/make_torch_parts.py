#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes torch_parts.golden: what PyTorch computes for single layers, losses, optimizers and schedules.

TensorFlow.js, to which tests/js/parity compares, lacks these parts or does them differently. Debian's python3-torch is enough:
    /usr/bin/python3 tests/golden/make_torch_parts.py
All is computed in float64 from numbers that are exact in float32. Inputs, weights and gradients are formulas that both sides
compute (the other side is tests/cpp/golden_parts_test.cpp); so only results are stored, in Fovea's layouts. Where PyTorch says a
thing in other words than Keras, the argument that makes them equal stands here, beside the case, with the reason.
"""
import pathlib

import numpy as np
import torch

F = torch.nn.functional
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
lines = []


def hashed(stream, shape):
    """Multiples of 2^-19 in [-1, 1) as a function of a stream number and an index."""
    x = np.arange(int(np.prod(shape)), dtype=np.uint32) + np.uint32(stream << 20)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return torch.tensor(((x >> np.uint32(12)).astype(np.float64) - 2**19) / 2**19).reshape(shape)


def write(name, values):
    lines.append(f"{name} " + " ".join(f"{value:.8g}" for value in torch.as_tensor(values).detach().reshape(-1).tolist()))


# Images: Fovea's are [n, h, w, c], PyTorch's [n, c, h, w].
def first(x):
    return x.permute(0, 3, 1, 2)


def last(x):
    return x.permute(0, 2, 3, 1)


def layer(description, shape, function, parameters=(), scale=1, terms=1):
    """`parameters`: name and shape of each, in Fovea's layout. `terms`: of the longest sum in outputs and gradients."""
    x = (scale * hashed(100, shape)).requires_grad_()
    weights = [hashed(i + 1, size).requires_grad_() for i, (_, size) in enumerate(parameters)]
    y = function(x, *weights)
    y.backward(hashed(101, y.shape))
    lines.append(f"layer {scale} {terms} {','.join(map(str, shape))} {description}")
    write("output", y)
    write("input", x.grad)
    for (name, _), weight in zip(parameters, weights):
        write(name, weight.grad)


def make_layers():
    def conv(**options):  # HWIO to OIHW
        return lambda x, k, b: last(F.conv2d(first(x), k.permute(3, 2, 0, 1), b, **options))

    layer("conv2d filters=6 kernelSize=3 strides=2 padding=1 groups=2", (2, 5, 5, 4), conv(stride=2, padding=1, groups=2),
          [("kernel", (3, 3, 2, 6)), ("bias", (6,))], terms=27)
    layer("conv2d filters=3 kernelSize=3,2 padding=2,2,1,1 dilationRate=2", (1, 6, 5, 3), conv(padding=(2, 1), dilation=2),
          [("kernel", (3, 2, 3, 3)), ("bias", (3,))], terms=30)
    layer("conv2d filters=8 kernelSize=3 padding=same dilationRate=2 groups=4", (1, 5, 4, 4), conv(padding=2, dilation=2, groups=4),
          [("kernel", (3, 3, 1, 8)), ("bias", (8,))], terms=20)

    def depthwise(x, k, b):  # [kh, kw, in, multiplier] to [in * multiplier, 1, kh, kw]
        k = k.permute(2, 3, 0, 1).reshape(-1, 1, *k.shape[:2])
        return last(F.conv2d(first(x), k, b, stride=2, padding=1, groups=x.shape[3]))
    layer("depthwiseConv2d kernelSize=3 strides=2 padding=same depthMultiplier=2", (1, 5, 5, 3), depthwise,
          [("kernel", (3, 3, 3, 2)), ("bias", (6,))], terms=18)

    def transposed(**options):  # [kh, kw, out, in] to [in, out, kh, kw]
        return lambda x, k, b: last(F.conv_transpose2d(first(x), k.permute(3, 2, 0, 1), b, **options))
    layer("conv2dTranspose filters=2 kernelSize=3 strides=2 padding=1 outputPadding=1", (1, 3, 4, 3),
          transposed(stride=2, padding=1, output_padding=1), [("kernel", (3, 3, 2, 3)), ("bias", (2,))], terms=48)
    layer("conv2dTranspose filters=2 kernelSize=3,2 padding=1 dilationRate=2", (1, 4, 4, 2), transposed(padding=1, dilation=2),
          [("kernel", (3, 2, 2, 2)), ("bias", (2,))], terms=36)
    layer("conv2dTranspose filters=2 kernelSize=4 strides=3 padding=valid outputPadding=2", (1, 2, 2, 3),
          transposed(stride=3, output_padding=2), [("kernel", (4, 4, 2, 3)), ("bias", (2,))], terms=81)

    affine = lambda size: [("gamma", (size,)), ("beta", (size,))]
    layer("groupNormalization groups=2 epsilon=1e-5", (2, 3, 3, 4), lambda x, g, b: last(F.group_norm(first(x), 2, g, b, 1e-5)),
          affine(4), terms=36)
    layer("groupNormalization groups=-1 epsilon=1e-5", (2, 3, 3, 3), lambda x, g, b: last(F.instance_norm(first(x), None, None, g, b)),
          affine(3), terms=36)
    layer("layerNormalization epsilon=1e-5", (6, 7), lambda x, g, b: F.layer_norm(x, (7,), g, b, 1e-5), affine(7), terms=28)
    layer("layerNormalization axis=1,2,3 epsilon=1e-5", (2, 3, 2, 3), lambda x, g, b: F.layer_norm(x, (3, 2, 3), g, b, 1e-5),
          [("gamma", (3, 2, 3)), ("beta", (3, 2, 3))], terms=36)
    # PyTorch divides alpha by the number of channels looked at; Fovea (as TensorFlow) does not.
    layer("localResponseNormalization size=5 alpha=0.125 beta=0.75 k=2", (1, 2, 2, 9),
          lambda x: last(F.local_response_norm(first(x), 5, alpha=0.125 * 5, beta=0.75, k=2)), scale=4, terms=10)

    # Momentum m in Keras is 1 - m in PyTorch. PyTorch normalises by the biased variance, but its running variance is the unbiased
    # one, n / (n - 1) of it; Keras keeps the biased one. So the mean is PyTorch's, and the variance is PyTorch's times (n - 1) / n.
    count = 2 * 3 * 3
    mean, variance = torch.zeros(3), torch.zeros(3)
    layer("batchNormalization momentum=0.75 epsilon=1e-3", (2, 3, 3, 3),
          lambda x, g, b: last(F.batch_norm(first(x), mean, variance, g, b, training=True, momentum=0.25, eps=1e-3)), affine(3), terms=72)
    # It began at the formula's values (moving_mean parameter 3, moving_variance parameter 4), not at zero: 0.75 of them.
    write("moving_mean", 0.75 * hashed(3, (3,)) + mean)
    write("moving_variance", 0.75 * (1 + hashed(4, (3,)) / 2) + variance * (count - 1) / count)

    for height, width in ((7, 5), (2, 3)):
        for interpolation, mode, corners in (("bilinear", "bilinear", False), ("nearest", "nearest-exact", None)):
            # "nearest" without "-exact" takes the pixel left of the half-pixel centre: not Keras's. No antialiasing.
            layer(f"resizing height={height} width={width} interpolation={interpolation}", (1, 4, 4, 2),
                  lambda x: last(F.interpolate(first(x), (height, width), mode=mode, align_corners=corners)), terms=16)
    layer("averagePooling2d poolSize=3 strides=2 padding=same", (1, 5, 5, 2),
          lambda x: last(F.avg_pool2d(first(x), 3, 2, 1, count_include_pad=False)), terms=9)
    layer("maxPooling2d poolSize=3 strides=2 padding=same", (1, 5, 5, 2), lambda x: last(F.max_pool2d(first(x), 3, 2, 1)), terms=9)
    layer("prelu sharedAxes=1,2", (1, 3, 3, 3), lambda x, a: last(F.prelu(first(x), a.reshape(-1))), [("alpha", (1, 1, 3))], terms=9)

    for name, function in (("gelu", F.gelu), ("mish", F.mish), ("hardSigmoid", F.hardsigmoid), ("swish", F.silu), ("selu", F.selu),
                           ("elu", F.elu), ("relu6", F.relu6), ("softplus", F.softplus), ("softsign", F.softsign),
                           ("leakyRelu", lambda x: F.leaky_relu(x, 0.2)), ("logSoftmax", lambda x: F.log_softmax(x, -1))):
        layer(f"activation activation={name}", (3, 7), function, scale=8, terms=7)


def loss(description, prediction, target, function):
    """The prediction and the target lie in [..., classes]; `function` gives the mean loss."""
    prediction = prediction.float().double().requires_grad_()
    target = target.float().double()
    value = function(prediction, target)
    value.backward()
    shapes = ",".join(map(str, prediction.shape)) + " " + ",".join(map(str, target.shape))
    lines.append(f"loss {shapes} {description}")
    write("prediction", prediction.float())
    write("target", target)
    write("value", value)
    write("gradient", prediction.grad)


def make_losses():
    shape = (4, 5)
    a, b = 2 * hashed(1, shape), 2 * hashed(2, shape)
    probabilities, distribution = F.softmax(a, -1), F.softmax(b, -1)
    yes_or_no = (b > 0).double()
    classes = torch.tensor([3, 2, 0, 4])
    one_hot = F.one_hot(classes, 5)
    loss("huber delta=0.5", a, b, lambda y, t: F.huber_loss(y, t, delta=0.5))
    loss("kullbackLeiblerDivergence", probabilities, distribution, lambda y, t: F.kl_div(y.log(), t, reduction="batchmean"))
    loss("cosineSimilarity", a, b, lambda y, t: -F.cosine_similarity(y, t, dim=-1).mean())
    loss("poisson", probabilities, distribution, lambda y, t: F.poisson_nll_loss(y, t, log_input=False, eps=1e-7))
    loss("categoricalCrossentropy fromLogits=true labelSmoothing=0.125", a, one_hot,
         lambda y, t: F.cross_entropy(y, classes, label_smoothing=0.125))
    loss("sparseCategoricalCrossentropy fromLogits=true labelSmoothing=0.125 ignoreClass=2", a, classes,
         lambda y, t: F.cross_entropy(y, classes, label_smoothing=0.125, ignore_index=2))
    # Keras smooths towards 1/2, which PyTorch's function has no argument for: t (1 - s) + s / 2.
    loss("binaryCrossentropy fromLogits=true labelSmoothing=0.25", a, yes_or_no,
         lambda y, t: F.binary_cross_entropy_with_logits(y, t * 0.75 + 0.125))

    def focal(y, t):  # Lin et al. (2017), as in torchvision.ops.sigmoid_focal_loss
        p = torch.sigmoid(y)
        p = p * t + (1 - p) * (1 - t)
        return ((0.25 * t + 0.75 * (1 - t)) * (1 - p) ** 2 * F.binary_cross_entropy_with_logits(y, t, reduction="none")).mean()
    loss("focal fromLogits=true multiLabel=true applyClassBalancing=true", a, yes_or_no, focal)

    def categorical_focal(y, t):
        p = F.softmax(y, -1)
        return -(0.25 * t * (1 - p) ** 2 * p.log()).sum(-1).mean()
    loss("focal fromLogits=true", a, one_hot, categorical_focal)

    def mixture(y, t):  # 3 components of 2 numbers: [3 logits, 3 x 2 means, 3 x 2 log deviations]
        d = torch.distributions
        parts = d.Independent(d.Normal(y[:, 3:9].reshape(-1, 3, 2), y[:, 9:].reshape(-1, 3, 2).exp()), 1)
        return -d.MixtureSameFamily(d.Categorical(logits=y[:, :3]), parts).log_prob(t).mean()
    loss("gaussianMixtureNLL components=3", hashed(3, (4, 15)), hashed(4, (4, 2)), mixture)


def optimizer(description, make, clip=None):
    """Ten steps of six weights along gradients that do not depend on them; the weights after each step."""
    w = hashed(1, (6,)).requires_grad_()
    step = make([w])
    lines.append(f"optimizer {description}")
    rows = []
    for gradient in hashed(2, (10, 6)):
        w.grad = gradient if clip is None else gradient.clamp(-clip, clip)
        step.step()
        rows.append(w.detach().clone())
    write("weights", torch.cat(rows))


def make_optimizers():
    o = torch.optim
    # A large epsilon shows where it is added. PyTorch's Adam adds it after the bias correction: epsilonPlacement=corrected.
    optimizer("adam learningRate=0.0625 epsilon=0.125 epsilonPlacement=corrected", lambda w: o.Adam(w, lr=0.0625, eps=0.125))
    optimizer("adam learningRate=0.0625 beta2=0.5 epsilon=0.125 epsilonPlacement=corrected amsgrad=true",
              lambda w: o.Adam(w, lr=0.0625, betas=(0.9, 0.5), eps=0.125, amsgrad=True))
    optimizer("adamw learningRate=0.0625 epsilon=0.125 epsilonPlacement=corrected weightDecay=0.5",
              lambda w: o.AdamW(w, lr=0.0625, eps=0.125, weight_decay=0.5))
    optimizer("adam learningRate=0.0625 epsilon=0.125 epsilonPlacement=corrected clipValue=0.25", lambda w: o.Adam(w, lr=0.0625, eps=0.125), 0.25)
    # Keras's (and Dozat's) momentum fades by 0.96^t; PyTorch's by 0.96^(t * momentum_decay), with momentum_decay 0.004.
    # `foreach`: the other implementation in PyTorch 1.13 counts the momentum of the step twice in its product (mended in 2.0).
    optimizer("nadam learningRate=0.0625 epsilon=0.125", lambda w: o.NAdam(w, lr=0.0625, eps=0.125, momentum_decay=1, foreach=True))
    # PyTorch adds epsilon after the root, Keras inside it: without epsilon the rest is the same.
    optimizer("rmsprop learningRate=0.0625 epsilon=0", lambda w: o.RMSprop(w, lr=0.0625, alpha=0.9, eps=0))
    optimizer("rmsprop learningRate=0.0625 epsilon=0 centered=true momentum=0.5",
              lambda w: o.RMSprop(w, lr=0.0625, alpha=0.9, eps=0, momentum=0.5, centered=True))
    optimizer("adagrad learningRate=0.0625 epsilon=0", lambda w: o.Adagrad(w, lr=0.0625, eps=0, initial_accumulator_value=0.1))
    # PyTorch's Adadelta has epsilon inside both roots, as Keras. Rate and rho have other defaults (1 and 0.9).
    optimizer("adadelta learningRate=0.5 epsilon=0.001", lambda w: o.Adadelta(w, lr=0.5, rho=0.95, eps=1e-3))
    # PyTorch adds Adamax's epsilon to |g| inside the maximum, Keras to the divisor.
    optimizer("adamax learningRate=0.0625 epsilon=0", lambda w: o.Adamax(w, lr=0.0625, eps=0))
    # The velocity holds gradients in PyTorch and steps in Keras: the same while the rate is.
    optimizer("sgd learningRate=0.0625 momentum=0.75 nesterov=true", lambda w: o.SGD(w, lr=0.0625, momentum=0.75, nesterov=True))


def schedule(description, rate, make):
    optimizer_ = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    rule = make(optimizer_)
    rates = []
    for _ in range(20):
        rates.append(optimizer_.param_groups[0]["lr"])
        optimizer_.step()
        if len(rates) < 20:
            rule.step()
    lines.append(f"schedule {description}")
    write("rates", rates)


def make_schedules():
    s = torch.optim.lr_scheduler
    schedule("type=oneCycle maxLearningRate=0.5 totalSteps=20", 0.5, lambda o: s.OneCycleLR(o, 0.5, 20, cycle_momentum=False))
    schedule("type=oneCycle maxLearningRate=0.5 totalSteps=20 pctStart=0.5 divFactor=10 finalDivFactor=100", 0.5,
             lambda o: s.OneCycleLR(o, 0.5, 20, pct_start=0.5, div_factor=10, final_div_factor=100, cycle_momentum=False))
    schedule("type=cosineDecay initialLearningRate=0.5 decaySteps=19 alpha=0.125", 0.5, lambda o: s.CosineAnnealingLR(o, 19, 0.0625))
    schedule("type=stepDecay initialLearningRate=0.5 decaySteps=6", 0.5, lambda o: s.StepLR(o, 6))
    schedule("type=exponentialDecay initialLearningRate=0.5 decaySteps=1 decayRate=0.75", 0.5, lambda o: s.ExponentialLR(o, 0.75))
    schedule("type=polynomialDecay initialLearningRate=0.5 decaySteps=12 endLearningRate=0 power=2", 0.5,
             lambda o: s.PolynomialLR(o, 12, 2))


def main():
    for make in (make_layers, make_losses, make_optimizers, make_schedules):
        make()
    lines.insert(0, f"made by make_torch_parts.py with PyTorch {torch.__version__.split('+')[0]}, float64")
    path = pathlib.Path(__file__).with_name("torch_parts.golden")
    path.write_text("\n".join(lines) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


main()
