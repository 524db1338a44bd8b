"""Where the weights of a drawing lie, as its file says it: never the weights themselves, and nothing that is executed.

In the file it is ``"weights": {"from": "file:trained.pt", "sha256": "...", "tensors": ["conv1.weight", ...]}``.  A
tensor that the other file calls otherwise is written ``"stem.weight = conv1.weight"``: first its key here, then there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.text import say
from graph.untrusted import Unreadable, checked_fields, checked_list, checked_object, checked_text
from graph.values import shown

SOURCES = ("file:", "run:", "torchvision:", "package:")
"""What can hold weights: a file or the folder of a run (from the drawing's own folder on, or from the root), a run by
its name, what torchvision has published, a package."""

TENSOR_LIMIT, TEXT_LIMIT = 400_000, 4_096
"""No file names more tensors, and nothing longer."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BETWEEN = " = "


@dataclass(frozen=True)
class Reference:
    """Weights that lie elsewhere.

    Args:
        source: what holds them; begins with one of :data:`SOURCES`.
        sha256: the checksum of the file that holds them.
        tensors: for each tensor, by its key in the network's state_dict, its key in that file.
    """

    source: str
    sha256: str
    tensors: Mapping[str, str] = field(default_factory=dict, hash=False)

    def to_record(self) -> dict[str, Any]:
        """It as plain data."""
        names = [ours if ours == theirs else f"{ours}{_BETWEEN}{theirs}" for ours, theirs in self.tensors.items()]
        return {"from": self.source, "sha256": self.sha256, "tensors": names}

    @classmethod
    def from_record(cls, raw: Any, place: str = "weights") -> Reference:
        """What :meth:`to_record` gave.

        Raises:
            Unreadable: it is something else; says where and why.
        """
        data = checked_object(raw, place)
        checked_fields(data, ("from", "sha256", "tensors"), place)
        source = checked_text(data.get("from"), f"{place}.from", TEXT_LIMIT)
        begins = next((one for one in SOURCES if source.startswith(one)), "")
        if not source.removeprefix(begins) or not begins or "\0" in source:
            known = ", ".join(SOURCES)
            reason = say("it must begin with one of {known}, not be {given}", known=known, given=shown(source))
            raise Unreadable(f"{place}.from", reason)
        digest = checked_text(data.get("sha256"), f"{place}.sha256", TEXT_LIMIT)
        if not _SHA256.fullmatch(digest):
            reason = say("there must be a checksum of 64 digits from 0 to f, not {given}", given=shown(digest))
            raise Unreadable(f"{place}.sha256", reason)
        items = checked_list(data.get("tensors"), f"{place}.tensors", TENSOR_LIMIT)
        return cls(source, digest, dict(_tensors(items, f"{place}.tensors")))


def _tensors(items: list[Any], place: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for i, raw in enumerate(items):
        ours, between, theirs = checked_text(raw, f"{place}[{i}]", TEXT_LIMIT).partition(_BETWEEN)
        if not ours or (between and not theirs):
            raise Unreadable(f"{place}[{i}]", say("there must be the name of a tensor, not {given}", given=shown(raw)))
        if ours in seen:
            raise Unreadable(f"{place}[{i}]", say("{name} is there twice", name=shown(ours)))
        seen.add(ours)
        yield ours, theirs or ours
