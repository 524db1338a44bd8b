"""What a fresh process runs to prove an export: a text per format that opens the file, and one that uses it.

Nothing here is called by the program itself; the texts know torch, numpy and onnxruntime, never Canevas.
"""

from __future__ import annotations

_BEGIN = """
import sys
sys.dont_write_bytecode = True
import numpy as np
file, given, told, threads = sys.argv[1:]
"""

_TORCH = (
    _BEGIN
    + """
import torch
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
def tensors(value):
    if isinstance(value, dict):
        return {name: torch.from_numpy(inner) for name, inner in value.items()}
    return None if value is None else torch.from_numpy(value)
def run(*values):
    return model(*map(tensors, values))
"""
)

PT = (
    _TORCH
    + """
content = torch.load(file, weights_only=True)
space = {}
exec(content["source"], space)
model = space["Net"]().eval()
model.load_state_dict(content["state_dict"])
"""
)

PYTHON = (
    _TORCH
    + """
import runpy
model = runpy.run_path(file)["Net"]().eval()
model.load_state_dict(torch.load("weights.pt", weights_only=True))
"""
)

SAFETENSORS = (
    _TORCH
    + """
from safetensors import safe_open
with safe_open(file, "pt") as content:
    weights = {key: content.get_tensor(key) for key in content.keys()}
    space = {}
    exec(content.metadata()["source"], space)
model = space["Net"]().eval()
model.load_state_dict(weights)
"""
)

PT2 = (
    _TORCH
    + """
model = torch.export.load(file).module()
"""
)

ONNX = (
    _BEGIN
    + """
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(threads)
options.log_severity_level = 3
session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
names = [one.name for one in session.get_outputs()]
def run(*values):
    found = session.run(None, {one.name: value for one, value in zip(session.get_inputs(), values, strict=True)})
    return found[0] if len(found) == 1 else dict(zip(names, found, strict=True))
"""
)

WEIGHTS = "weights."
"""What the key of a digest begins with; the path of the weight follows."""

RUN = """
def flat(value, key):
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, (list, tuple)):
        pairs = list(enumerate(value))
    else:
        return {{key: value.numpy() if hasattr(value, "numpy") else np.asarray(value)}}
    return {{k: v for name, inner in pairs for k, v in flat(inner, f"{{key}}.{{name}}").items()}}

cases = {{}}
with np.load(given) as arrays:
    for key in arrays.files:
        what, case, place, *name = key.split(".", 3)
        values = cases.setdefault((what, case), {{}})
        value = None if arrays[key].dtype == bool and not arrays[key].size else arrays[key]
        if name:
            values.setdefault(place, {{}})[name[0]] = value
        else:
            values[place] = value

answers = {{}}
for (what, case), values in cases.items():
    if what == "run":
        answers |= flat(run(*values.values()), f"run.{{case}}")
    else:
        import pathlib, runpy, torch
        (after,) = pathlib.Path().glob("*_after.py")
        net = runpy.run_path(str(after))["Net"]().eval()
        if (weights := after.with_suffix(".pt")).exists():
            net.load_state_dict(torch.load(weights, weights_only=True))
        for path, gate in {gates!r}.items():
            vars(net.get_submodule(path)).update(gate)
        with torch.no_grad():
            answers |= flat(net(*map(torch.from_numpy, values.values())), f"after.{{case}}")

if hasattr(globals().get("model"), "state_dict"):
    import hashlib
    for key, weight in model.state_dict().items():
        digest = hashlib.sha256(weight.detach().contiguous().numpy()).digest()
        answers[f"weights.{{key}}"] = np.frombuffer(digest, np.uint8)

if example := {example!r}:
    space = {{"__name__": "example"}}
    if between := {between!r}:
        import torch
        def hear(module, values):
            if type(module).__name__ == "Net":
                answers.update({{f"between.{{name}}": value.numpy() for name, value in zip(between, values)}})
        hearing = torch.nn.modules.module.register_module_forward_pre_hook(hear)
    exec(compile(example, "example.py", "exec"), space)
    answers |= flat(space["answer"], "example") | flat(space["x"], "x")
assert not {{"graph", "runtime", "presets", "gui"}} & set(sys.modules)
np.savez(told, **answers)
"""
"""Takes ``example``, ``gates`` and ``between``: names of what the post-processing takes, which are told as the example
gave them; ``x`` is what it gave to the model."""
