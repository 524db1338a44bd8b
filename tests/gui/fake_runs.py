"""Run directories as a worker would have left them, written line by line."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import psutil

import presets
from runtime.data.description import Description
from runtime.learning_rate import learning_rate
from runtime.recipe import Recipe
from runtime.records import append_line, write_json
from runtime.run import Run, create

PER_EPOCH = 40
LIVE = ("starting", "running", "paused")


class FakeRun:
    """A run whose files a test writes as training would."""

    def __init__(
        self, root: Path, name: str = "SGD 0.02", recipe: Recipe | None = None, preset: str = "lecture"
    ) -> None:
        self.recipe = recipe or Recipe(optimizer="SGD", learning_rate=0.02, epochs=5)
        self.run: Run = create(root, presets.build(preset), {}, self.recipe, Description("digits"), name=name)
        self.step = 0
        self.total = PER_EPOCH * self.recipe.epochs
        self.event("hello", device="cpu", threads=1)
        self.tell()

    @property
    def folder(self) -> Path:
        return self.run.folder

    def state(self, state: str, *, alive: bool = True) -> None:
        """Say a state; a live one belongs to this very process, or to one that is no more."""
        me = psutil.Process()
        pid, began = (os.getpid(), me.create_time()) if alive else (2**22 + 1, 0.0)
        said = {"pid": pid, "started": began, "host": platform.node(), "time": time.time(), "state": state}
        write_json(self.folder / "worker.json", said)
        self.event("state", state=state)

    def event(self, event: str, **values: object) -> None:
        append_line(self.folder / "events.jsonl", {"event": event, "time": 100.0 + self.step * 0.1, **values})

    def train(self, steps: int) -> None:
        """Write *steps* more steps: the loss falls from 2 toward 0.1, the accuracy rises toward 1."""
        for _ in range(steps):
            self.step += 1
            self._metrics("train", learning_rate=learning_rate(self.recipe, self.step - 1, self.total))
            if self.step % PER_EPOCH == 0:
                self._metrics("validation")
        self.tell(images_per_second=2400.0, left=(self.total - self.step) * 0.1)

    def tell(self, **speed: float) -> None:
        """Write how far it is."""
        epochs = self.recipe.epochs
        counts = {"step": self.step, "steps": self.total, "epochs": epochs, "epoch_steps": PER_EPOCH}
        epoch = min(self.step // PER_EPOCH + 1, epochs)
        self.event("progress", **counts, epoch=epoch, elapsed=self.step * 0.1, **speed)

    def _metrics(self, part: str, **more: object) -> None:
        falls = float(np.exp(-self.step / 60))
        record = {"step": self.step, "epoch": round(self.step / PER_EPOCH, 4), "part": part, "loss": 0.1 + 1.9 * falls}
        record |= {"losses": {"loss": record["loss"]}, "accuracy": 1 - 0.9 * falls, **more}
        append_line(self.folder / "metrics.jsonl", record)

    def preview(self, epoch: int, wrong: int = 2, n: int = 9) -> None:
        """Write the answers after *epoch*; the first *wrong* of them are mistakes."""
        folder = self.folder / "previews"
        np.save(folder / "images.npy", np.zeros((n, 1, 28, 28), np.uint8))
        answers = [
            {"index": i, "label": str(i % 10), "answer": str((i + (i < wrong)) % 10), "score": 0.5 + i / 20}
            for i in range(n)
        ]
        told = {"epoch": epoch, "step": self.step, "part": "validation", "images": "images.npy", "answers": answers}
        write_json(folder / f"epoch-{epoch:05d}.json", told)
        self.event("preview", file=f"epoch-{epoch:05d}.json", epoch=epoch, step=self.step)

    def commands(self) -> list[dict]:
        """What was asked of the worker."""
        file = self.folder / "control.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
