"""The loading example of an export: some ten lines of Python that make an answer of a picture, without Canevas.

It goes into the card, and the proof runs it word by word.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from graph.analysis import Report
from graph.tensors import Tensor
from runtime.data.preprocessing import Preprocessing

AFTER = "_after"
"""What the name of the file ends in that holds the post-processing as Python."""


def example(
    file: PurePath,
    report: Report,
    told: Preprocessing | None,
    task: str,
    after: Mapping[str, str],
    learned: bool = False,
) -> str:
    """The text for *file*, which gives ``x`` (what goes in) and ``answer``.

    Args:
        file: where the network is; the text opens it by its name alone.
        report: the analysis of the whole network.
        told: what is done to an image before it; None where it takes no image.
        task: what it was trained for, which says how its answer is read.
        after: where a Python file makes detections of the answer, what that takes, in order: by its name that of the
            output of the dense part, empty for an input of the network.
        learned: whether that has weights, which lie in a file beside it.
    """
    shapes = [flow.shape for flow in report.inputs.values() if isinstance(flow, Tensor)]
    imports, lines = _input(shapes, told)
    more, load = LOADING[file.suffix.lower()](file.name)
    onnx = file.suffix.lower() == ".onnx"
    inputs = "[x]" if len(shapes) == 1 else "x"
    call = "torch.from_numpy(x)" if len(shapes) == 1 else "*map(torch.from_numpy, x)"
    if onnx:
        call = f"{{one.name: value for one, value in zip(session.get_inputs(), {inputs})}}"
    lines += load
    if after:
        lines += [f'boxes = runpy.run_path("{file.stem}{AFTER}.py")["Net"]().eval()']
        if learned:
            lines += [f'boxes.load_state_dict(torch.load("{file.stem}{AFTER}.pt", weights_only=True))']
        lines += _after(after, list(report.inputs), call, onnx)
        more |= {"import runpy", "import torch"}
    elif onnx and len(report.outputs) > 1:
        lines += ["names = [one.name for one in session.get_outputs()]"]
        lines += [f"answer = dict(zip(names, session.run(None, {call})))"]
    elif onnx:
        lines.append(f"answer, *_ = session.run(None, {call})")
    else:
        lines += ["with torch.inference_mode():", f"    answer = model({call})"]
    lines.append(READING.get(task if len(report.outputs) == 1 else "", "print(answer)"))
    return "\n".join([*_imports(imports | more), "", *lines]) + "\n"


def _imports(found: set[str]) -> list[str]:
    """Imports as they are usually ordered."""
    standard = sorted(found & STANDARD)
    others = sorted(found - STANDARD, key=lambda one: (one.startswith("from"), one))
    return [*standard, *([""] if standard else []), *others]


STANDARD = {"import runpy"}

READING = {
    "classification": "print(answer.argmax(1))  # the number of the class; the card names them",
    "segmentation": "print(answer.argmax(1))  # the number of the class of each pixel; the card names them",
    "regression": "print(answer)  # a row of numbers for each image; the card names them",
    "detection": "print(answer[0])  # boxes in pixels of `picture`, how sure they are, their classes as numbers",
}
"""How the answer is read, by task."""


def _input(shapes: list[tuple[int, ...]], told: Preprocessing | None) -> tuple[set[str], list[str]]:
    """What makes ``x``: of a picture where the network takes one, else of random numbers."""
    imports = {"import numpy as np"}
    if told is None or told.channels not in (1, 3) or len(shapes) != 1:
        made = [f"np.random.default_rng(0).random({(1, *shape)}, np.float32)" for shape in shapes]
        if len(made) == 1:
            return imports, [f"x = {made[0]}"]
        return imports, ["x = [", *(f"    {one}," for one in made), "]"]
    imports.add("from PIL import Image, ImageOps")
    axes = "[None, None]" if told.channels == 1 else ".transpose(2, 0, 1)[None].copy()"
    lines = [*_picture(told), f"x = np.asarray(picture, np.float32){axes} / 255"]
    if any(told.mean) or set(told.std) != {1.0}:
        # nine digits tell one number of 32 bits from the next
        mean, std = (f"np.float32([{', '.join(f'[[{n:.9g}]]' for n in many)}])" for many in (told.mean, told.std))
        lines.append(f"x = (x - {mean}) / {std}")
    return imports, lines


def _picture(told: Preprocessing) -> list[str]:
    """What brings a picture to the wanted size."""
    (height, width), mode = told.size, "L" if told.channels == 1 else "RGB"
    how = f"Image.Resampling.{told.interpolation.upper()}"
    opened = f'ImageOps.exif_transpose(Image.open("image.png")).convert("{mode}")'
    if told.short:
        return [
            f"picture = {opened}",
            f"size = [{told.short} * n // min(picture.size) for n in picture.size]",
            f"left, top = (round((n - m) / 2) for n, m in zip(size, ({width}, {height})))",
            f"picture = picture.resize(size, {how}).crop((left, top, left + {width}, top + {height}))",
        ]
    if told.fit == "crop":
        return [f"picture = {opened}", f"picture = ImageOps.fit(picture, ({width}, {height}), {how})"]
    return [f"picture = {opened}", f"picture = picture.resize(({width}, {height}), {how})"]


def _after(after: Mapping[str, str], inputs: list[str], call: str, onnx: bool) -> list[str]:
    """The dense part, then what makes detections of what it gives and of the inputs it also needs."""
    between = [name for name, out in after.items() if out]
    own = ["x" if len(inputs) == 1 else f"x[{inputs.index(name)}]" for name in after if name not in between]
    if onnx:
        given = ", ".join(["*found", *own])
        lines = [f"found = session.run(None, {call})", "with torch.inference_mode():"]
        return [*lines, f"    answer = boxes(*map(torch.from_numpy, [{given}]))"]
    given = ", ".join(["*found.values()" if len(between) > 1 else "found", *(f"torch.from_numpy({x})" for x in own)])
    return ["with torch.inference_mode():", f"    found = model({call})", f"    answer = boxes({given})"]


def _pt(name: str) -> tuple[set[str], list[str]]:
    return {"import torch"}, [
        f'content = torch.load("{name}", weights_only=True)',
        'exec(content["source"])  # the network as a program, to be read: it defines Net',
        "model = Net().eval()",
        'model.load_state_dict(content["state_dict"])',
    ]


def _python(name: str) -> tuple[set[str], list[str]]:
    return {"import runpy", "import torch"}, [
        f'model = runpy.run_path("{name}")["Net"]().eval()',
        'model.load_state_dict(torch.load("weights.pt", weights_only=True))  # your own: this file has none',
    ]


def _safetensors(name: str) -> tuple[set[str], list[str]]:
    return {"import torch", "from safetensors import safe_open"}, [
        f'with safe_open("{name}", "pt") as file:',
        '    exec(file.metadata()["source"])  # the network as a program, to be read: it defines Net',
        "    model = Net().eval()",
        "    model.load_state_dict({key: file.get_tensor(key) for key in file.keys()})",
    ]


def _pt2(name: str) -> tuple[set[str], list[str]]:
    return {"import torch"}, [f'model = torch.export.load("{name}").module()']


def _onnx(name: str) -> tuple[set[str], list[str]]:
    return {"import onnxruntime"}, [f'session = onnxruntime.InferenceSession("{name}")']


LOADING = {".pt": _pt, ".py": _python, ".safetensors": _safetensors, ".pt2": _pt2, ".onnx": _onnx}
"""What opens a file, by its ending: imports, and lines that define ``model`` or ``session``."""
