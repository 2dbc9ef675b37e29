#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes torch_mnist.golden: what PyTorch computes in ten training steps of `torchMnist` without dropout.

Debian's packages are enough:  apt-get install -y --no-install-recommends python3-torch python3-numpy libopenblas0-pthread
Run:                           /usr/bin/python3 tests/golden/make_torch_mnist.py

Weights and images begin as formulas that both sides compute exactly (the other side is tests/cpp/golden_test.cpp), so that only results are
stored: the loss of each step, and how far each weight moved, in 16 bits. They are computed in float64, so that a
difference is float32's. How far float32 PyTorch is from them is measured and stored as well: the test's tolerance.
"""
import pathlib

import numpy as np
import torch

STEPS, BATCH, CLASSES, SIDE = 10, 16, 10, 28
# Name, shape in Fovea's layout (HWIO, [in, out]), and the formula's scale: about Glorot's limit, exact in float32.
PARAMETERS = [
    ("conv2d_1/kernel", (3, 3, 1, 16), 3 / 16), ("conv2d_1/bias", (16,), 1 / 64),
    ("conv2d_2/kernel", (3, 3, 16, 32), 1 / 8), ("conv2d_2/bias", (32,), 1 / 64),
    ("conv2d_3/kernel", (3, 3, 32, 64), 5 / 64), ("conv2d_3/bias", (64,), 1 / 64),
    ("dense_1/kernel", (576, 128), 3 / 32), ("dense_1/bias", (128,), 1 / 64),
    ("dense_2/kernel", (128, 10), 3 / 16), ("dense_2/bias", (10,), 1 / 64),
]
OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3, eps=1e-8),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
}


def hashed(stream, count):
    """32-bit words as a function of a stream number and an index."""
    x = np.arange(count, dtype=np.uint32) + np.uint32(stream << 20)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x


def initial_parameter(index):
    _, shape, scale = PARAMETERS[index]
    words = hashed(index + 1, int(np.prod(shape))) >> np.uint32(12)
    return ((words.astype(np.float64) - 2**19) / 2**19 * scale).reshape(shape)


def images_and_labels():
    """Noise up to one half, and a brighter band of two rows that tells the class."""
    labels = np.arange(STEPS * BATCH) * 7 % CLASSES
    noise = hashed(100, STEPS * BATCH * SIDE * SIDE) >> np.uint32(25)
    images = noise.astype(np.float64).reshape(-1, SIDE, SIDE) / 256
    for image, label in zip(images, labels):
        image[2 * label + 4:2 * label + 6] += 0.5
    return images, labels


def to_torch(name, values):
    """Fovea's layout to PyTorch's: HWIO to OIHW, [in, out] to [out, in], and flattened pixels from HWC to CHW."""
    if values.ndim == 4:
        return values.transpose(3, 2, 0, 1)
    if name == "dense_1/kernel":
        return values.reshape(3, 3, 64, 128).transpose(3, 2, 0, 1).reshape(128, 576)
    return values.T


def from_torch(name, values):
    if values.ndim == 4:
        return values.transpose(2, 3, 1, 0)
    if name == "dense_1/kernel":
        return values.reshape(128, 64, 3, 3).transpose(2, 3, 1, 0).reshape(576, 128)
    return values.T


def train(optimizer, dtype):
    """The losses of the steps, and how far each parameter moved, in Fovea's layout."""
    parameters = [torch.tensor(to_torch(name, initial_parameter(i)).copy(), dtype=dtype, requires_grad=True)
                  for i, (name, _, _) in enumerate(PARAMETERS)]
    c1, b1, c2, b2, c3, b3, d1, e1, d2, e2 = parameters
    functional = torch.nn.functional

    def network(x):
        for kernel, bias in ((c1, b1), (c2, b2), (c3, b3)):
            x = functional.max_pool2d(functional.relu(functional.conv2d(x, kernel, bias, padding=1)), 2)
        return functional.linear(functional.relu(functional.linear(x.flatten(1), d1, e1)), d2, e2)

    images, labels = images_and_labels()
    step = OPTIMIZERS[optimizer](parameters)
    losses = []
    for first in range(0, STEPS * BATCH, BATCH):
        x = torch.tensor(images[first:first + BATCH, None], dtype=dtype)
        y = torch.tensor(labels[first:first + BATCH])
        loss = functional.cross_entropy(network(x), y)
        step.zero_grad()
        loss.backward()
        step.step()
        losses.append(loss.item())
    moved = [from_torch(name, p.detach().numpy().astype(np.float64)) - initial_parameter(i)
             for i, ((name, _, _), p) in enumerate(zip(PARAMETERS, parameters))]
    return losses, moved


def main():
    torch.set_num_threads(1)
    header = ["Ten steps of torchMnist without dropout, batch 16: made by make_torch_mnist.py",
              f"with PyTorch {torch.__version__.split('+')[0]}, float64. Adam: rate 1e-3, epsilon 1e-8; SGD: rate 0.05, momentum 0.9.",
              "Per optimizer: the losses, and the largest difference of float32 PyTorch's losses from them. Per parameter: size,",
              "unit of the 16-bit movements that follow the header, largest and root mean square difference of float32 PyTorch's."]
    body = b""
    for optimizer in OPTIMIZERS:
        losses, moved = train(optimizer, torch.float64)
        float_losses, float_moved = train(optimizer, torch.float32)
        header.append(f"optimizer {optimizer}")
        header.append("losses " + " ".join(f"{loss:.12g}" for loss in losses))
        header.append(f"float32 {max(abs(a - b) for a, b in zip(losses, float_losses)):.3g}")
        for (name, _, _), exact, approximate in zip(PARAMETERS, moved, float_moved):
            unit = np.abs(exact).max() / 32767
            difference = np.abs(exact - approximate)
            header.append(f"parameter {name} {exact.size} {unit:.9g} {difference.max():.3g} {np.sqrt((difference**2).mean()):.3g}")
            body += np.round(exact / unit).astype("<i2").tobytes()
    path = pathlib.Path(__file__).with_name("torch_mnist.golden")
    path.write_bytes("\n".join(header).encode() + b"\n\n" + body)
    print("\n".join(header))
    print(f"{path.name}: {path.stat().st_size} bytes")


main()
