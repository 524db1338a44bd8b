"""Where weights come from, and all that is known of them without opening the file again.  Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.errors import InvalidValue
from runtime.data.preprocessing import Preprocessing

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Origin:
    """Weights in a file.

    Args:
        text: what they are called on the command line: ``torchvision:resnet18:IMAGENET1K_V1``, a file, a run.
        title: what people read.
        file: where they lie.
        shapes: of each tensor in the file, by its key.
        preprocessing: what they have learned to be done to images, if that is known.
        classes: what they tell apart, if that is known.
        sha256: the checksum of the file.
    """

    text: str
    title: str
    file: str
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    preprocessing: Preprocessing | None = None
    classes: tuple[str, ...] = ()
    sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "text": self.text,
            "title": self.title,
            "file": self.file,
            "shapes": {key: list(shape) for key, shape in self.shapes.items()},
            "preprocessing": self.preprocessing.to_dict() if self.preprocessing else None,
            "classes": list(self.classes),
            "sha256": self.sha256,
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Origin:
        """What :meth:`to_dict` gave.

        Raises:
            InvalidValue: it is something else.
        """
        try:
            told = raw["preprocessing"]
            return cls(
                str(raw["text"]),
                str(raw["title"]),
                str(raw["file"]),
                {str(key): tuple(map(int, shape)) for key, shape in raw["shapes"].items()},
                Preprocessing.from_dict(told) if told else None,
                tuple(map(str, raw["classes"])),
                str(raw.get("sha256", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InvalidValue("This does not say where weights come from.") from None
