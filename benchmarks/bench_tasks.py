"""Training of every task on files of the usual layouts, from the second epoch on: against the floor and a plain script.

The floor is the same steps on batches that lie prepared in memory, and the same measuring of the validation part: what
is left when nothing is augmented, written, watched or kept.  The script is what torchvision's references do, but for
their measuring: it takes only the losses on the validation part.  All compute in 32 bits, with the same model, the same
number of steps and the same batch, an epoch of each in turn, so that a busy machine disturbs all of them alike.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

import presets
from benchmarks import plain_script
from benchmarks.harness import Figure, cpu, report
from benchmarks.written_sets import WRITTEN
from graph import Network
from graph.circumstances import Circumstances
from runtime import devices, fit, run
from runtime.compile import compile
from runtime.data.batches import in_order
from runtime.data.description import Description
from runtime.engine import Engine
from runtime.import_.torchvision import from_torchvision
from runtime.journal import Journal
from runtime.optimizer import optimizer
from runtime.recipe import Recipe


@dataclass(frozen=True)
class Work:
    """What is trained: its title, task and network, the batch, and how often slower the script must at least be.

    The first of the *epochs* reads and warms up, and does not count; of the others the median does.
    """

    title: str
    task: str
    network: Network
    batch: int
    least: float = 1.0
    epochs: int = 6

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            epochs=self.epochs,
            batch=self.batch,
            learning_rate=0.001,
            schedule="constant",
            shift=0.05,
            rotation=0.0 if self.task == "detection" else 8.0,
            preview_every=1,
            device="cpu",
            threads=1,
            precision="float32",
        )


class Timed(Engine):
    """An engine that takes turns with others: after each of its epochs they make theirs, and the CPU time is noted."""

    others: tuple[Callable[[], None], ...] = ()

    def train(self) -> str:
        self.times: list[list[float]] = [[] for _ in range(1 + len(self.others))]
        self._began = cpu()
        return super().train()

    def close_epoch(self) -> None:
        super().close_epoch()
        self.times[0].append(cpu() - self._began)
        for other, times in zip(self.others, self.times[1:], strict=True):
            start = cpu()
            other()
            times.append(cpu() - start)
        self._began = cpu()


def works() -> list[Work]:
    """Every task once; with photos the network for which the promise was made."""
    return [
        Work(
            "MobileNetV3-Small, photos",
            "classification",
            from_torchvision("mobilenet_v3_small", num_classes=2),
            16,
            least=1.3,
        ),
        Work("U-Net, scenes", "segmentation", presets.build("unet_padded", width=8), 8),
        Work("YOLO, small, scenes", "detection", presets.build("yolo_small"), 16, epochs=12),
        Work("Faster R-CNN, small, scenes", "detection", presets.build("faster_rcnn_small"), 16),
    ]


def measured(work: Work, folder: Path) -> list[list[float]]:
    """CPU seconds of each epoch that counts: ours, the floor's, the script's."""
    data = Description(str(WRITTEN[work.task](folder / "data")))
    network = _fitted(work, data)
    made = run.create(folder / "runs", network, None, work.recipe, data)
    journal = Journal(made)
    chosen = devices.device(work.recipe)
    engine = Timed(made, journal, devices.fabric(chosen), devices.prepare(work.recipe, chosen))
    engine.prepare()
    engine.others = (_floor(engine, work), _script(engine, work))
    engine.train()
    return [times[1:] for times in engine.times]


def _fitted(work: Work, data: Description) -> Network:
    from runtime.data.dataset import open as open_data

    found = open_data(data, task=work.task)
    around = Circumstances(data.name, work.task, found.shape, len(found.classes))
    return fit.fitted(work.network, around)[0]


def _floor(engine: Engine, work: Work) -> Callable[[], None]:
    """An epoch on prepared tensors."""
    model = _fresh(engine).to(memory_format=torch.channels_last)
    rule = optimizer(model, work.recipe, torch.device("cpu"))
    task = type(engine.task)(model, engine.task.losses, engine.data.classes)
    source = engine.batches
    batches = list(source.epoch(1))
    validation = list(in_order(engine.data.parts["validation"], source.normalized, source.device, ready=source.ready))

    def epoch() -> None:
        for images, targets, _ in batches:
            sum(model(images, targets).values()).backward()
            rule.step()
            rule.zero_grad()
        task.shown(task.measured(validation))

    return epoch


def _script(engine: Engine, work: Work) -> Callable[[], None]:
    """An epoch of the script."""
    model = _fresh(engine)
    rule = torch.optim.AdamW(model.parameters(), work.recipe.learning_rate)
    root, data = Path(engine.data.description.source), engine.data
    batches, validation = (
        plain_script.loader(
            [root / name for name in data.parts[part].files],
            data.parts[part],
            data,
            work.recipe,
            train=part == "train",
        )
        for part in ("train", "validation")
    )
    return lambda: plain_script.epoch(model, batches, validation, rule, engine.batches.ready)


def _fresh(engine: Engine) -> nn.Module:
    torch.manual_seed(0)
    return compile(engine.network)


def figures(work: Work) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        ours, floor, script = measured(work, Path(folder))
    over = statistics.median(a / b for a, b in zip(ours, floor, strict=True))
    under = statistics.median(b / a for a, b in zip(ours, script, strict=True))
    seconds = [f"{statistics.median(times):.2f} s" for times in (ours, floor, script)]
    return [
        Figure(f"{work.title}, epoch / floor", over, "×", most=1.1, note=f"{seconds[0]} and {seconds[1]}"),
        Figure(f"{work.title}, script / epoch", under, "×", least=work.least, note=f"script {seconds[2]}"),
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)
    report([figure for work in works() for figure in figures(work)])
