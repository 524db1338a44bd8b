"""Blocks that somebody keeps, to use them in any network: a folder of files, one definition each.

A file is a network whose ``Input`` and ``Output`` nodes are the ports; its name is the title.  Nothing is cached but
what has not changed on the disk, so that two windows, and a person in the folder, see the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from graph import edit, files
from graph.checks import training_only
from graph.errors import CanevasError, FileError, InvalidValue
from graph.network import Network
from graph.text import say
from graph.values import shown
from runtime.folders import blocks_home

ENDING = ".canevas"
TITLE_LIMIT = 80
"""Characters of the longest title."""


@dataclass(frozen=True)
class Kept:
    """A block in the library: its file, its title and its definition, or why it cannot be read."""

    file: Path
    title: str
    definition: Network | None
    refusal: str = ""

    @property
    def ports(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the inputs and of the outputs."""
        nodes = self.definition.nodes.values() if self.definition is not None else ()
        ins, outs = (tuple(n.name for n in nodes if n.kind == kind) for kind in ("Input", "Output"))
        return ins, outs


def kept() -> tuple[Kept, ...]:
    """All blocks of the library, by title; none where there is no such folder."""
    try:
        found = [
            _known(file, file.stat().st_mtime_ns, file.stat().st_size) for file in blocks_home().glob(f"*{ENDING}")
        ]
    except OSError:
        return ()
    return tuple(sorted(found, key=lambda k: (k.title.casefold(), k.file.name)))


def keep(network: Network, block: str, title: str = "") -> Kept:
    """Keep the definition *block* of *network*.

    The same definition under the same title is kept once; another one under that title gets a number.

    Raises:
        CanevasError: there is no such block, it cannot be used elsewhere, or the folder cannot be written to.
    """
    definition = edit.definition(network, block)
    if reason := training_only(definition.nodes.values()):
        raise CanevasError(reason)
    title = check_title(title or block)
    known = {k.title: k for k in kept()}
    wanted, n = title, 1
    while title in known:
        if known[title].definition == definition.change(name=title):
            return known[title]
        n += 1
        title = f"{wanted} {n}"
    file = _free_file(title)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.save(definition.change(name=title), file)
    return _known(file, file.stat().st_mtime_ns, file.stat().st_size)


def rename(file: Path, title: str) -> Kept:
    """Give a kept block another title.

    Raises:
        CanevasError: the title is none, or another block has it; or the file cannot be written.
    """
    title = check_title(title)
    if any(k.title == title and k.file != file for k in kept()):
        raise InvalidValue("There is a block called {name} already: choose another name.", name=title)
    definition = files.load(file)
    if definition.name != title:
        files.save(definition.change(name=title), file)
    return _known(file, file.stat().st_mtime_ns, file.stat().st_size)


def remove(file: Path) -> None:
    """Let a kept block go.

    Raises:
        FileError: it cannot be deleted.
    """
    if file.parent.resolve() != blocks_home().resolve() or file.suffix != ENDING:
        raise FileError(file, say("it is no block of the library"))
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(file, say("{reason}", reason=error.strerror or type(error).__name__)) from None


def check_title(title: str) -> str:
    """*title* without spaces around it, if a block can bear it.

    Raises:
        InvalidValue: it is empty or too long.
    """
    found = " ".join(title.split())
    if not found or len(found) > TITLE_LIMIT:
        raise InvalidValue(
            "A block needs a title of at most {n} characters, not {given}.", n=TITLE_LIMIT, given=shown(title)
        )
    return found


def _free_file(title: str) -> Path:
    name = re.sub(r"[^\w -]+", "", title).strip()[:TITLE_LIMIT] or "block"
    folder, n = blocks_home(), 1
    file = folder / f"{name}{ENDING}"
    while file.exists():
        n += 1
        file = folder / f"{name} {n}{ENDING}"
    return file


@lru_cache(1024)
def _known(file: Path, changed: int, size: int) -> Kept:
    """The block in *file*, read once as long as the file stays as it is."""
    try:
        definition = files.load(file)
    except FileError as error:
        return Kept(file, file.stem, None, str(error.reason))
    return Kept(file, definition.name, definition)
