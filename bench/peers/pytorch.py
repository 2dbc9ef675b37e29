# SPDX-License-Identifier: MIT
"""Native PyTorch, what a user would install instead. Speaks the protocol of lib/serve.mjs."""
import json
import os
import platform
import resource
import sys
import time

settings = json.loads(sys.argv[1])
os.environ["OMP_NUM_THREADS"] = str(settings["threads"])

import torch  # noqa: E402  (reads the variable when it starts)
from torch import nn  # noqa: E402

EXAMPLES = 1024
FORMAT = torch.channels_last if settings["variant"] == "channels_last" else torch.contiguous_format
torch.set_num_threads(settings["threads"])
torch.manual_seed(1)
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "..", "nets.json"), encoding="utf-8") as file:
    NETS = json.load(file)


def build(net):
    height, width, channels = net["input"]
    layers, spatial = [], True
    for layer in net["layers"]:
        kind = layer["type"]
        if kind == "conv":
            size, pad = layer["size"], layer["pad"]
            layers += [nn.Conv2d(channels, layer["filters"], size, padding=pad), nn.ReLU()]
            height, width, channels = height + 2 * pad - size + 1, width + 2 * pad - size + 1, layer["filters"]
        elif kind == "pool":
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
        elif kind == "dropout":
            layers.append(nn.Dropout(layer["rate"]))
        else:
            if spatial:
                layers.append(nn.Flatten())
                channels, spatial = height * width * channels, False
            layers.append(nn.Linear(channels, layer["units"]))
            channels = layer["units"]
            if layer.get("relu"):
                layers.append(nn.ReLU())
    return nn.Sequential(*layers).to(memory_format=FORMAT)


def prepare(request):
    net, batch = NETS[request["net"]], request["batch"]
    height, width, channels = net["input"]
    with open(request["pixels"], "rb") as pixels:
        data = bytearray(pixels.read())
    images = torch.frombuffer(data, dtype=torch.float32, count=EXAMPLES * height * width * channels)
    images = images.reshape(EXAMPLES, height, width, channels).permute(0, 3, 1, 2)
    labels = torch.frombuffer(data, dtype=torch.uint8, offset=len(data) - EXAMPLES).long()
    # Views of [n, h, w, c] memory already count as channels_last. With one channel they count as
    # contiguous too, so that contiguous() would leave them as they are: copied, they are NCHW.
    if FORMAT == torch.contiguous_format:
        images = torch.empty(images.shape).copy_(images)
    batches = [(images[i:i + batch], labels[i:i + batch]) for i in range(0, EXAMPLES, batch)]
    model = build(net)
    if request["phase"] == "infer":
        model.eval()

        def infer(step):
            with torch.inference_mode():
                output = model(batches[step % len(batches)][0])
                output = output.softmax(1) if net["softmax"] else output
                return float(output[0, 0])

        return infer
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = nn.CrossEntropyLoss()

    def train(step):
        x, y = batches[step % len(batches)]
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss)

    return train


def window(state, steps):
    times, total = [], 0.0
    cpu, start = time.process_time(), time.perf_counter()
    for _ in range(steps):
        before = time.perf_counter()
        total += state["run"](state["step"])
        state["step"] += 1
        times.append(1000 * (time.perf_counter() - before))
    ms = 1000 * (time.perf_counter() - start)
    return {"ms": ms, "cpuMs": 1000 * (time.process_time() - cpu), "times": times, "sum": total}


def answer(state, request):
    if request["call"] == "prepare":
        state.update(run=prepare(request), step=0)
        return {}
    if request["call"] == "window":
        return window(state, request["steps"])
    return {"peakRssBytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def send(message):
    print(json.dumps(message), flush=True)


send({**settings, "library": "pytorch", "version": torch.__version__, "host": f"Python {platform.python_version()}"})
the_state = {}
for line in sys.stdin:
    the_request = json.loads(line)
    if the_request["call"] == "quit":
        break
    try:
        send(answer(the_state, the_request))
    except Exception as error:  # the parent leaves this case out and says why
        send({"error": str(error).split("\n", maxsplit=1)[0]})
