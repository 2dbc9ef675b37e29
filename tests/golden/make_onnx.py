# SPDX-License-Identifier: MIT
# Makes tests/golden/onnx/*.onnx with PyTorch's exporter, and onnx.json with inputs and PyTorch's
# outputs for them. Run it with a Python that has torch (1.13 here): python3 tests/golden/make_onnx.py
import base64
import json
import pathlib
import warnings

import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(__file__).parent / "onnx"


class Residual(nn.Module):
    """Stem as in ResNet (7x7, padded max pooling), a block with a projection, mean over pixels."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 7, stride=2, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.conv1 = nn.Conv2d(4, 6, 3, stride=2, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(6)
        self.project = nn.Conv2d(4, 6, 1, stride=2)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.stem(x))), 3, 2, 1)
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        x = F.relu(y + self.project(x))
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Views(nn.Module):
    """Flattening by view with sizes taken from the tensor, two inputs, concatenation of rows."""

    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(2, 3, 3, padding=1)
        self.right = nn.Conv2d(1, 2, 3)
        self.head = nn.Linear(3 * 16 + 2 * 4 + 3, 4)

    def forward(self, x, y, z):
        x = torch.tanh(self.left(x))
        y = torch.sigmoid(self.right(y))
        rows = [x.view(x.size(0), -1), y.reshape(y.shape[0], -1), z]
        return F.log_softmax(self.head(torch.cat(rows, 1)), dim=1)


class Segment(nn.Module):
    """Down and up again: transposed convolution, nearest and bilinear resizing, skips, softmax."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(2, 4, 3, padding=1)
        self.deep = nn.Conv2d(4, 4, 3, padding=2, dilation=2)
        self.up = nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1)
        self.last = nn.Conv2d(8, 3, 1)

    def forward(self, x):
        a = F.leaky_relu(self.down(x), 0.1)
        b = F.elu(self.deep(F.avg_pool2d(a, 2)))
        c = F.interpolate(F.max_pool2d(b, 2), scale_factor=4, mode="nearest")
        d = F.interpolate(b, scale_factor=2.0, mode="bilinear", align_corners=False)
        y = torch.cat([a + self.up(b), c * d], dim=1)
        return torch.softmax(self.last(y), dim=1)


class Old(nn.Module):
    """AlexNet's parts: response normalisation, groups, ceil_mode, dropout, adaptive pooling."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.LocalResponseNorm(5, alpha=0.3, beta=0.75, k=2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Conv2d(8, 8, 3, padding=1, groups=2),
            nn.Hardswish(),
            nn.MaxPool2d(3, 2, padding=1),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(8 * 4 * 4, 6), nn.ReLU6())

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class Modern(nn.Module):
    """Depthwise convolutions, GELU, SiLU, Mish, PReLU, group and instance normalisation."""

    def __init__(self):
        super().__init__()
        self.depth = nn.Conv2d(4, 8, 3, padding=1, groups=4)
        self.group = nn.GroupNorm(2, 8)
        self.instance = nn.InstanceNorm2d(8, affine=True)
        self.prelu = nn.PReLU(8)
        self.mix = nn.Conv2d(8, 4, 1)
        self.scale = nn.Parameter(torch.rand(4, 1, 1) + 0.5)
        self.rows = nn.LayerNorm(36)
        self.head = nn.Linear(36, 3)

    def forward(self, x):
        x = F.gelu(self.group(self.depth(x)))
        x = self.prelu(self.instance(x))
        x = F.mish(self.mix(F.silu(x))) * self.scale - 0.25
        x = F.softplus(x) + F.softsign(x) + F.hardsigmoid(x) + F.selu(x)
        return self.head(self.rows(x.flatten(1)))


class Padding(nn.Module):
    """Borders and cuts, sums of windows, what is minus, absolute ends, several outputs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)

    def forward(self, x):
        x = (x - torch.tensor([0.4, 0.5]).view(1, 2, 1, 1)) / torch.tensor([0.2, 0.3]).view(1, 2, 1, 1)
        y = self.conv(F.pad(x, (1, 2, 0, 1)))
        y = F.avg_pool2d(y, 3, 2, padding=1)
        z = F.avg_pool2d(y, 3, 1, padding=1, count_include_pad=False)
        a = torch.max(y, z)[:, :, 1:, :-1]
        b = torch.min(y, -z)
        return a.clamp(-0.5, 0.75), torch.exp(b) * 2 + 1, b.amax((2, 3)), z.mean((2, 3), keepdim=True)


class Rows(nn.Module):
    """A perceptron: batch normalisation of rows, matrices without bias, unsqueezed and squeezed."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 8, bias=False)
        self.norm = nn.BatchNorm1d(8)
        self.weight = nn.Parameter(torch.randn(8, 4))
        self.bias = nn.Parameter(torch.randn(4))

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        x = torch.matmul(x, self.weight) + self.bias
        x = x.unsqueeze(2).unsqueeze(3)
        return F.softmax(x.squeeze(3).squeeze(2), -1)


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 3, 3)

    def forward(self, x):
        return self.conv(x)


class Corners(nn.Module):
    def forward(self, x):
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)


class Gaps(nn.Module):
    def forward(self, x):
        return F.max_pool2d(x, 2, dilation=2)


class Attention(nn.Module):
    def forward(self, x):
        return torch.matmul(x, x.transpose(1, 2))


class Together(nn.Module):
    def forward(self, x):
        return x.reshape(-1, 2)


# What Fovea refuses, by the names of node and operation.
REFUSED = {
    "line": (Line, (2, 2, 8)),
    "corners": (Corners, (2, 2, 4, 4)),
    "gaps": (Gaps, (2, 2, 8, 8)),
    "attention": (Attention, (2, 3, 4)),
    "together": (Together, (2, 6)),
}

CASES = {
    "residual": (Residual, [(2, 3, 20, 24)], 17),
    "views": (Views, [(2, 2, 4, 4), (2, 1, 4, 4), (2, 3)], 17),
    "segment": (Segment, [(2, 2, 8, 8)], 17),
    "old": (Old, [(1, 3, 28, 28)], 11),
    "modern": (Modern, [(2, 4, 3, 3)], 17),
    "padding": (Padding, [(2, 2, 7, 8)], 13),
    "rows": (Rows, [(3, 6)], 14),
}


def encoded(tensor):
    data = base64.b64encode(tensor.detach().contiguous().numpy().tobytes()).decode()
    return {"shape": list(tensor.shape), "data": data}


def main():
    FOLDER.mkdir(exist_ok=True)
    results = {}
    for name, (make, shapes, opset) in CASES.items():
        torch.manual_seed(7)
        model = make().eval()
        for key, value in model.state_dict().items():
            if key.endswith("running_mean"):
                value.uniform_(-0.5, 0.5)
            if key.endswith("running_var"):
                value.uniform_(0.5, 1.5)
        inputs = [torch.rand(shape) * 2 - 1 for shape in shapes]
        outputs = model(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        names = [f"input{k}" for k in range(len(inputs))]
        torch.onnx.export(
            model,
            tuple(inputs),
            str(FOLDER / f"{name}.onnx"),
            opset_version=opset,
            input_names=names,
            output_names=[f"output{k}" for k in range(len(outputs))],
            dynamic_axes={one: {0: "batch"} for one in names} if name != "old" else None,
        )
        results[name] = {
            "inputs": [encoded(one) for one in inputs],
            "outputs": [encoded(one) for one in outputs],
        }
    for name, (make, shape) in REFUSED.items():
        torch.manual_seed(7)
        torch.onnx.export(
            make().eval(),
            (torch.rand(shape),),
            str(FOLDER / f"refused_{name}.onnx"),
            opset_version=17,
            input_names=["x"],
            output_names=["y"],
            dynamic_axes={"x": {0: "batch"}},
        )
    (FOLDER / "onnx.json").write_text(json.dumps(results, indent=1) + "\n")


main()
