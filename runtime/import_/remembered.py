"""Networks of torchvision that were opened before: they open again at once, without torch.

What is kept can be made again, and is, when torchvision or this program has changed.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import graph
from graph import files
from graph.errors import FileError
from graph.network import Network
from runtime.folders import cache_home
from runtime.import_.builders import builder


def remembered(name: str) -> Network | None:
    """The network as it was opened before; None if it was not.

    Raises:
        InvalidValue: there is no such builder.
    """
    file = _file(builder(name).name)
    try:
        return files.load(file) if file.exists() else None
    except FileError:  # cut short, or of another time: it will be written anew
        return None


def keep(name: str, network: Network) -> None:
    """Remember the *network* that the builder *name* gave."""
    file = _file(name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.save(network, file)
    except (OSError, FileError):  # no room, or no right: then it is opened anew each time
        return


def _file(name: str) -> Path:
    return cache_home() / "torchvision" / f"{name}-{_makers()}.canevas"


@cache
def _makers() -> str:
    """Changes with torchvision, with the kinds, and with what opens networks."""
    found = hashlib.sha256(version("torchvision").encode())
    folders = (Path(__file__).parent, Path(graph.__file__).parent, Path(graph.__file__).parent / "layers")
    for folder in folders:
        for file in sorted(folder.glob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()[:16]
