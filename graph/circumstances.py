"""What surrounds a network when it is judged: the data it is to learn from, and the machine it is to run on.

Both are optional: 0, empty or "" stands for what is not known, and rules about it then keep silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Circumstances:
    """What is known of data and machine.

    Args:
        data: name of the data set; empty where none is chosen.
        task: what its targets are for: ``"classification"``, ``"segmentation"``, ...
        shape: channels, height and width of its images as they are.
        classes: how many classes it tells apart.
        samples: how many images there are to learn from.
        objects: height and width of some objects in its images, in pixels of these images.
        memory: bytes of the machine's memory.
        gpu: bytes of its graphics card's memory.
        batch: images that are taken at once.
        numbers: how many numbers are to be foretold of each image.
    """

    data: str = ""
    task: str = ""
    shape: tuple[int, ...] = ()
    classes: int = 0
    samples: int = 0
    objects: tuple[tuple[int, int], ...] = ()
    memory: int = 0
    gpu: int = 0
    batch: int = 1
    numbers: int = 0

    @property
    def usual_object(self) -> int:
        """The longer side of an object of middle size, in pixels of the image; 0 where no objects are known."""
        return round(median(max(size) for size in self.objects)) if self.objects else 0


UNKNOWN = Circumstances()
"""Nothing is known but the network."""
