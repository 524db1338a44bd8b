"""Files of weights that are built to do harm: opening one of them must not run what it holds."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import torch


class Canary:
    """A file that comes into being as soon as one of the hostile files is taken at its word."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "canary"

    @property
    def sings(self) -> bool:
        """Whether something was executed."""
        return self.file.exists()

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.file}",)


class Built:
    """Harm done when state is set rather than when an object is made."""

    def __init__(self, canary: Canary) -> None:
        self._canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return OrderedDict, (), None, None, iter([("a.weight", self._canary)])


def hostile(folder: Path) -> Iterator[tuple[str, Path, Canary]]:
    """Each with its name, the file, and the canary that it would wake."""
    made = {
        "a pickle": lambda canary: pickle.dumps(canary),
        "a pickle of the oldest protocol": lambda canary: pickle.dumps(canary, protocol=0),
        "a state_dict with an object beside tensors": lambda c: _saved({"a.weight": torch.zeros(2), "b.weight": c}),
        "an old file of torch's": lambda c: _saved({"a.weight": c}, zipped=False),
        "a model of ours": lambda c: _saved({"format": "canevas-model", "version": 1, "state_dict": {"a": c}}),
        "a checkpoint of ours": lambda c: _saved({"format": "canevas-checkpoint", "version": 1, "model": c}),
        "a whole module": lambda c: _saved(_module(c)),
        "an object in what follows": lambda c: _saved(Built(c)),
        "an archive of torch's with another pickle": _replaced,
        "a name that is looked up": lambda c: b"cposix\nsystem\n(Vtouch " + str(c.file).encode() + b"\ntR.",
    }
    for number, (name, make) in enumerate(made.items()):
        for ending in (".pt", ".pth", ".safetensors"):
            canary = Canary(folder / f"{number}{ending}")
            canary.file.parent.mkdir(parents=True)
            file = folder / f"hostile-{number}{ending}"
            file.write_bytes(make(canary))
            yield f"{name} as {ending}", file, canary


def _saved(content: object, *, zipped: bool = True) -> bytes:
    out = io.BytesIO()
    torch.save(content, out, _use_new_zipfile_serialization=zipped)
    return out.getvalue()


def _module(canary: Canary) -> torch.nn.Module:
    made = torch.nn.Linear(1, 1)
    made.extra = canary  # type: ignore[assignment]
    return made


def _replaced(canary: Canary) -> bytes:
    """What torch wrote, its pickle exchanged."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_saved({"a.weight": torch.zeros(2)}))) as archive, zipfile.ZipFile(out, "w") as new:
        for member in archive.infolist():
            harm = member.filename.endswith("data.pkl")
            new.writestr(member.filename, pickle.dumps(canary) if harm else archive.read(member))
    return out.getvalue()
