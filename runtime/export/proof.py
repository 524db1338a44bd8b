"""The proof of an export: a fresh process with torch alone opens the file and computes the same.

The process stands in an empty folder, does not find these packages, and is given random images; what it answers is
compared with the running model.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from graph.analysis import analyze
from graph.errors import FileError
from graph.layer import TRAINING
from graph.network import Network
from runtime.processes import ROOT
from runtime.schedule import schedule

TOLERANCE = 1e-6
"""The largest difference that is accepted; the same sums in the same order differ by nothing."""

TIME_LIMIT = 300.0
"""Seconds that the fresh process may take."""

OPEN_PT = """
content = torch.load(file, weights_only=True)
space = {}
exec(content["source"], space)
model = space["Net"]()
model.load_state_dict(content["state_dict"])
"""

OPEN_PYTHON = """
import importlib.util
spec = importlib.util.spec_from_file_location("exported", file)
exported = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exported)
model = exported.Net()
model.load_state_dict(given["weights"])
"""

_BEFORE = """
import sys
sys.dont_write_bytecode = True
import torch
file, asked, answered = sys.argv[1:]
given = torch.load(asked, weights_only=True)
torch.set_num_threads(given["threads"])
"""

_AFTER = """
model.eval()
with torch.no_grad():
    answer = model(*given["inputs"])
assert not {"graph", "runtime", "presets", "gui"} & set(sys.modules)
torch.save(answer, answered)
"""


def difference(network: Network, model: nn.Module, file: Path, program: str) -> float:
    """The largest difference between what *model* answers and what a fresh process computes with *file*.

    Raises:
        FileError: the process cannot run the file.
    """
    inputs = images(network)
    model.eval()
    with torch.no_grad():
        expected = model(*inputs)
    given = {"inputs": inputs, "threads": torch.get_num_threads(), "weights": model.state_dict()}
    return largest(expected, _answer(file.resolve(), _BEFORE + program + _AFTER, given))


def images(network: Network) -> list[Any]:
    """Random images for each Input, the same every time; and targets if the network gives nothing but losses."""
    chance = torch.Generator().manual_seed(0)
    plan = schedule(analyze(network))
    shapes = [analyze(network).facts[name].outputs[0].dims[1:] for name in plan.inputs]
    found: list[Any] = [torch.randn(3, *shape, generator=chance) for shape in shapes]
    if plan.modes == (TRAINING,):
        labels = {name: torch.zeros(3, dtype=torch.int64) for name in plan.targets}
        found.append(labels if len(labels) > 1 else next(iter(labels.values()), None))
    return found


def largest(ours: Any, theirs: Any) -> float:
    """The largest difference between two answers: tensors, or dictionaries of them; infinite if they cannot match."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return float("inf")
        return max((largest(ours[name], theirs[name]) for name in ours), default=0.0)
    if not isinstance(ours, Tensor) or not isinstance(theirs, Tensor) or ours.shape != theirs.shape:
        return float("inf")
    if torch.equal(ours, theirs) or ours.numel() == 0:
        return 0.0
    apart = (ours.double() - theirs.double()).abs()
    apart[(ours == theirs) | (ours.isnan() & theirs.isnan())] = 0.0
    return float(apart.nan_to_num(nan=float("inf")).max())


def _answer(file: Path, program: str, given: dict[str, Any]) -> Any:
    with tempfile.TemporaryDirectory(prefix="canevas-proof-") as folder:
        asked, answered, elsewhere = (Path(folder, name) for name in ("asked.pt", "answered.pt", "elsewhere"))
        elsewhere.mkdir()
        torch.save(given, asked)
        command = [sys.executable, "-P", "-c", program, str(file), str(asked), str(answered)]
        try:
            done = subprocess.run(
                command,
                cwd=elsewhere,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=TIME_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise FileError(file, "it was written, but a fresh process did not answer in time.") from None
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [str(done.returncode)]
            raise FileError(file, "it was written, but a fresh process cannot run it: {why}", why=last[0][:300])
        return torch.load(answered, weights_only=True)


def _environment() -> dict[str, str]:
    """The environment without the path to these packages."""
    paths = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and Path(p).resolve() != ROOT]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})
