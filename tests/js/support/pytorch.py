# SPDX-License-Identifier: MIT
# Runs models that Fovea wrote for PyTorch. The folder that is given has one folder for each model:
# source.py, weights.safetensors and inputs.json. Prints one line of JSON: what each says, or its error.
import json
import pathlib
import struct
import sys

import torch


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        numbers = torch.frombuffer(bytearray(body[begin:end]), dtype=torch.float32)
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors


def run(folder):
    names = {}
    exec((folder / "source.py").read_text(), names)
    given = json.loads((folder / "inputs.json").read_text())
    model = names[given["className"]]()
    model.load_state_dict(read_safetensors(folder / "weights.safetensors"), strict=True)
    inputs = [torch.tensor(one["data"]).reshape(one["shape"]) for one in given["inputs"]]
    model.eval()
    with torch.no_grad():
        outputs = model(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    model.train()
    trained = model(*[one.requires_grad_() for one in inputs])
    trained = trained if isinstance(trained, tuple) else (trained,)
    sum(one.sum() for one in trained).backward()
    frozen = [name for name, one in model.named_parameters() if one.grad is None]
    outputs = [{"shape": list(one.shape), "data": one.flatten().tolist()} for one in outputs]
    return {"outputs": outputs, "frozen": frozen}


results = {}
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        results[folder.name] = run(folder)
    except Exception as error:  # the test says what went wrong, and where
        results[folder.name] = {"error": f"{type(error).__name__}: {error}"}
print(json.dumps(results))
