"""The loop: batches in, corrections of the weights out, everything worth knowing written down.

One process or many run the same loop: Lightning Fabric carries tensors and gradients, and whatever changes the course
(pause, stop, another learning rate) is decided by the first process and followed by all at the same step.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from graph import files
from graph.checks import task
from graph.errors import CanevasError
from runtime import checkpoint, devices
from runtime.control import Control, Wish
from runtime.data.batches import in_order
from runtime.journal import Journal
from runtime.learning_rate import learning_rate
from runtime.metrics import Meter
from runtime.pace import LOOK, Pace
from runtime.prepared import prepare
from runtime.preview import Preview, preview
from runtime.records import write_json
from runtime.run import Run
from runtime.together import Together


@dataclass
class Place:
    """How far training is: *step* corrections made in all, *batch* batches of epoch number *epoch* (from 0) seen."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    best: dict[str, Any] = field(default_factory=dict)
    rate: float = 0.0
    """Learning rate that a person has set on the way; 0 follows the recipe."""


class Engine:
    """Trains one run from where it stands to its end."""

    def __init__(self, run: Run, journal: Journal, fabric: Any, threads: int) -> None:
        self.run, self.journal, self.fabric, self.threads = run, journal, fabric, threads
        self.recipe, self.network = run.recipe, run.network
        self.together = Together(fabric)
        self.control = Control(run)
        self.place = Place()

    def prepare(self) -> None:
        """Have everything stand as at the last checkpoint, or at the beginning if there is none."""
        ready = prepare(self.run, self.recipe, self.network, self.together, self.journal)
        self.data, self.net, self.forward, self.optimizer = ready.data, ready.net, ready.forward, ready.optimizer
        self.batches, self.task, self.total, self.epochs = ready.batches, ready.task, ready.total, ready.epochs
        self.meter = Meter(self.task.losses, self.total, self.task.counts)
        self.preview: Preview | None = None
        if self.together.rank == 0:
            self.preview = preview(self.task)(self.run, self.data, self.batches, self.fabric.device)
        torch.manual_seed(self.recipe.seed + 1 + self.together.rank)
        file = self.run.folder / "checkpoints" / "last.pt"
        saved = checkpoint.load(file) if file.is_file() else None
        self.journal.open(saved["metrics_bytes"] if saved else 0)
        if saved:
            self._restore(saved)
        self.pace = Pace(self.together, self.place.step, saved["elapsed"] if saved else 0.0)
        self.last_checkpoint = time.monotonic()
        if not saved:
            self.save()

    # the loop

    def train(self) -> str:
        """Make the steps that are left; returns the state in which the run is then."""
        self.journal.state("running")
        self.tell()
        while self.place.step < self.total:
            for batch in self.batches.epoch(self.place.epoch, self.place.batch):
                self.step(*batch)
                if (self.pace.due(self.place.step) or self.meter.full) and self.look():
                    self.save()
                    return "stopped"
                if self.place.step == self.total:
                    break
            self.close_epoch()
        self.tell()
        self.finish()
        return "done"

    def step(self, images: Tensor, targets: Tensor, weight: float) -> None:
        """One correction of the weights."""
        place = self.place
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(place.step)
        losses = self.forward(images, targets)
        objective = sum(losses.values())
        self.fabric.backward(objective if weight == 1.0 else objective * weight)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.meter.add(losses, self.task.right(), len(images) if weight else 0)
        place.step += 1
        place.batch += 1

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.place.rate or learning_rate(self.recipe, step, self.total)

    def close_epoch(self) -> None:
        """Measure on the validation part, keep the best weights, show answers, make a checkpoint."""
        self.write_metrics(last=self.place.step == self.total)
        if self.place.batch == len(self.batches):
            self.place.epoch, self.place.batch = self.place.epoch + 1, 0
        better = self.validate()
        if self.recipe.preview_every and self.place.epoch % self.recipe.preview_every == 0:
            self.show()
        self.save(best=better)

    def validate(self) -> bool:
        """Measure on the validation part; whether these are the best weights so far."""
        if "validation" not in self.data.parts:
            return True
        shown = self.measured("validation")
        shown = {name: shown[name] for name in ("loss", "losses", *self.task.measures)}
        self.journal.metrics(step=self.place.step, epoch=self._epoch(self.place.step), part="validation", **shown)
        self.journal.flush()
        best, judge = self.place.best, self.task.judge
        worth = (shown[judge], -(shown["loss"] or 0.0))
        if best and worth <= (best[judge], -(best["loss"] or 0.0)):
            return False
        self.place.best = {judge: shown[judge], "loss": shown["loss"], "step": self.place.step}
        return True

    def measured(self, part: str) -> dict[str, Any]:
        """Loss, measures and confusion on a part, together with the other processes."""
        together, batches = self.together, self.batches
        share = in_order(
            self.data.parts[part],
            batches.normalized,
            self.fabric.device,
            together.rank,
            together.world,
            ready=batches.ready,
        )
        sums = self.task.measured(share, self.fabric.autocast())
        sums.totals, sums.confusion = together.summed(sums.totals), together.summed(sums.confusion)
        if hasattr(sums, "found"):
            sums.found = [pair for some in together.gathered(sums.found) for pair in some]
        return self.task.shown(sums)

    def finish(self) -> None:
        """Measure every part with the best weights and write the result."""
        best = self.run.folder / "checkpoints" / "best.pt"
        if best.is_file():
            self.net.load_state_dict(checkpoint.load(best)["model"])
        parts = {name: self.measured(name) for name in self.data.parts}
        result = {
            "step": self.place.step,
            "best": self.place.best,
            "classes": list(self.data.classes),
            "judged_by": self.data.testing,
            "parts": parts,
        }
        if self.together.rank == 0:
            write_json(self.run.folder / "result.json", result)
        measures = {name: parts[self.data.testing][name] for name in ("loss", *self.task.measures)}
        self.journal.event("done", step=self.place.step, part=self.data.testing, **measures)

    # now and then

    def look(self) -> bool:
        """Write what was measured, do what was asked; whether to stop."""
        self.write_metrics()
        wish = self.asked()
        if self.pace.talkative():
            self.tell()
        if wish.pause and not wish.stop:
            wish = self.paused()
        self.follow(wish)
        self.pace.looked(self.place.step)
        return wish.stop

    def asked(self) -> Wish:
        """What the first process was asked."""
        return self.together.agreed(self.control.wish() if self.together.rank == 0 else Wish())

    def follow(self, wish: Wish) -> None:
        """Do what was asked, in every process at the same step."""
        if wish.rate is not None:
            self.place.rate = wish.rate
        if wish.preview:
            self.show()
        every = self.recipe.checkpoint_seconds
        late = bool(every) and time.monotonic() - self.last_checkpoint > every
        if self.together.agreed(wish.checkpoint or late):
            self.save()

    def paused(self) -> Wish:
        """Wait until training shall go on or stop; the checkpoint is made first, so that nothing is lost meanwhile."""
        self.save()
        self.journal.state("paused")
        since = time.monotonic()
        wish = self.asked()
        while not (wish.go or wish.stop):
            self.follow(wish)
            time.sleep(LOOK / 2)
            self.last_checkpoint = time.monotonic()  # nothing changes meanwhile
            wish = self.asked()
        self.pace.rested(time.monotonic() - since)
        if not wish.stop:
            self.journal.state("running")
        return wish

    def show(self) -> None:
        """The network's answers for the fixed images."""
        if self.preview is None:
            return
        with self.fabric.autocast():
            file = self.preview.write(self.task, self.place.epoch, self.place.step)
        self.journal.event("preview", file=file.name, epoch=self.place.epoch, step=self.place.step)

    def tell(self) -> None:
        """Say how far training is and how fast it goes."""
        step, per_epoch = self.place.step, len(self.batches)
        self.journal.event(
            "progress",
            step=step,
            steps=self.total,
            epoch=min(step // per_epoch + 1, self.epochs),
            epochs=self.epochs,
            epoch_steps=per_epoch,
            **self.pace.told(step, self.total, self.recipe.batch),
        )

    def write_metrics(self, *, last: bool = False) -> None:
        """Carry finished records from the device into the file."""
        rows = self.meter.read(self.together.summed)
        if last:
            rows += self.meter.rest()
        for step, sums in rows:
            shown = self.meter.shown(sums)
            rate = self.rate(step - 1)
            self.journal.metrics(step=step, epoch=self._epoch(step), part="train", **shown, learning_rate=rate)
            if shown["loss"] is None:
                self.journal.flush()
                raise CanevasError(
                    "The loss is no number any more at step {step}: the corrections are too large. "
                    "Lower the learning rate ({rate}).",
                    step=step,
                    rate=f"{rate:g}",
                )
        self.journal.flush()

    def _epoch(self, step: int) -> float:
        return round(step / len(self.batches), 4)

    # checkpoints

    def save(self, *, best: bool = False) -> None:
        """Write the last checkpoint, and before it the best one if it is; every process gives its random state."""
        mine = {"cpu": torch.get_rng_state()}
        if self.fabric.device.type == "cuda":
            mine["cuda"] = torch.cuda.get_rng_state()
        random = self.together.gathered(mine)
        self.write_metrics()
        if self.together.rank == 0:
            content = {
                "model": self.net.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "precision": self.fabric.strategy.precision.state_dict(),
                "random": random,
                "place": asdict(self.place),
                "meter": self.meter.sums,
                "metrics_bytes": self.journal.settled(),
                "threads": self.threads,
                "elapsed": self.pace.elapsed,
                "network": files.dumps(self.network),
                "classes": list(self.data.classes),
                "numbers": list(self.data.numbers),
                "scale": self.data.scale,
                "preprocessing": self.data.preprocessing.to_dict(),
            }
            self._write(content, best=best)
            self.journal.event("checkpoint", step=self.place.step, best=best)
        self.last_checkpoint = time.monotonic()

    def _write(self, content: dict[str, Any], *, best: bool) -> None:
        folder = self.run.folder / "checkpoints"
        if not best:
            checkpoint.save(content, folder / "last.pt")
            return
        checkpoint.save(content, folder / "best.pt")  # first: the last one says that the best one is there
        checkpoint.same(folder / "best.pt", folder / "last.pt")

    def _restore(self, saved: dict[str, Any]) -> None:
        self.net.load_state_dict(saved["model"])
        self.optimizer.optimizer.load_state_dict(saved["optimizer"])
        self.fabric.strategy.precision.load_state_dict(saved["precision"])
        self.place = Place(**saved["place"])
        self.meter.restore(self.place.step, saved["meter"])
        if len(saved["random"]) == self.together.world:
            mine = saved["random"][self.together.rank]
            torch.set_rng_state(mine["cpu"])
            if self.fabric.device.type == "cuda" and "cuda" in mine:
                torch.cuda.set_rng_state(mine["cuda"])


def train(run: Run, journal: Journal) -> str:
    """Train *run* on the device and in the processes that it and its environment ask for."""
    recipe = run.recipe
    file = run.folder / "checkpoints" / "last.pt"
    before = checkpoint.load(file)["threads"] if file.is_file() else 0
    chosen = devices.device(recipe, exact=task(run.network) == "regression")
    threads = devices.prepare(recipe, chosen, before)
    fabric = devices.fabric(chosen)
    fabric.launch()
    engine = Engine(run, journal, fabric, threads)
    hello = {"device": chosen.type, "name": chosen.name, "precision": chosen.precision, "threads": threads}
    journal.event("hello", torch=torch.__version__, **hello, processes=fabric.world_size)
    engine.prepare()
    state = engine.train()
    if fabric.world_size > 1:
        torch.distributed.destroy_process_group()  # or its threads abort the process that ends first
    return state
