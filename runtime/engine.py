"""The loop: batches in, corrections of the weights out, everything worth knowing written down.

One process or many run the same loop: Lightning Fabric carries tensors and gradients, and whatever changes the course
(pause, stop, another learning rate) is decided by the first process and followed by all at the same step.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from itertools import islice
from typing import Any

import torch

from graph import files
from graph.checks import task
from graph.text import say
from runtime import average, checkpoint, devices, not_finite
from runtime.control import Control, Wish
from runtime.correction import Correction, shares
from runtime.data.batches import Batch
from runtime.journal import Journal
from runtime.learning_rate import learning_rate
from runtime.measuring import measured
from runtime.metrics import Meter
from runtime.pace import LOOK, Pace
from runtime.place import Place
from runtime.prepared import prepare
from runtime.preview import Preview, due, preview
from runtime.records import write_json
from runtime.run import Run
from runtime.together import Together


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
        self.data, self.net, self.optimizer, self.batches = ready.data, ready.net, ready.optimizer, ready.batches
        self.task, self.total, self.epochs, self.per_epoch = ready.task, ready.total, ready.epochs, ready.per_epoch
        self.correction = Correction(ready, self.recipe, self.together, self._scarce)
        self.meter = Meter(self.task.losses, self.total, self.task.counts)
        self.preview: Preview | None = None
        if self.together.rank == 0:
            self.preview = preview(self.task)(self.run, self.data, self.batches, self.fabric.device)
        torch.manual_seed(self.recipe.seed + 1 + self.together.rank)
        file = self.run.folder / "checkpoints" / "last.pt"
        saved = checkpoint.load(file) if file.is_file() else None
        self.journal.open(saved["metrics_bytes"] if saved else 0)
        if saved:
            self.restore(saved)
        self.pace = Pace(self.together, self.place.step, saved["elapsed"] if saved else 0.0)
        self.last_checkpoint = time.monotonic()
        if not saved:
            self.save()

    # the loop

    def train(self) -> str:
        """Make the steps that are left; returns the state in which the run is then."""
        self.journal.state("running")
        self.tell()
        while self.place.step < self.total and not self.place.enough(self.recipe):
            for batches in self.steps():
                self.step(batches)
                if (self.pace.due(self.place.step) or self.meter.full) and self.look():
                    self.save()
                    return "stopped"
                if self.place.step == self.total:
                    break
            with self.pace.beside():
                self.close_epoch()
        if self.place.step < self.total:  # it has ended early, perhaps in the middle of a record
            self.write_metrics(last=True)
        self.tell()
        self.finish()
        return "done"

    def steps(self) -> Iterator[list[Batch]]:
        """The batches of each correction that is left in this epoch."""
        waiting = self.batches.epoch(self.place.epoch, self.place.batch)
        return iter(lambda: list(islice(waiting, self.recipe.accumulation)), [])

    def step(self, batches: list[Batch]) -> None:
        """One correction of the weights."""
        place = self.place
        made = self.correction.make(batches, shares(self.batches, place.batch, len(batches)), self.rate(place.step))
        place.pieces = self.correction.pieces
        for number, one in enumerate(made, 1):
            self.meter.add(*one, more=number < len(made))
        place.step += 1
        place.batch += len(batches)

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        falls = self.place.falls
        return self.place.rate or learning_rate(self.recipe, step, self.total, self.per_epoch, falls)

    def close_epoch(self) -> None:
        """Measure on the validation part, keep the best weights, show answers, make a checkpoint."""
        self.write_metrics(last=self.place.step == self.total)
        if self.place.batch == len(self.batches):
            self.place.epoch, self.place.batch = self.place.epoch + 1, 0
        with self.tested():
            better = self.validate()
        if self.shows():
            self.show()
        self.save(best=better)

    def shows(self) -> bool:
        """Whether answers are shown after this epoch: every so many, seldomer where epochs are short, and the last."""
        every, step = self.recipe.preview_every, self.place.step
        if self.preview is None or not every:
            return False
        if step == self.total or self.place.enough(self.recipe):
            return True
        images = self.recipe.batch * self.recipe.accumulation
        before = max(step - every * self.per_epoch, 0)
        return self.place.epoch % every == 0 and due(before * images, step * images, len(self.preview.indices))

    def tested(self) -> AbstractContextManager[None]:
        """The network with the weights that are tested and kept: their average, if the recipe wants one."""
        own = self.correction.average
        return nullcontext() if own is None else own.in_use()

    def validate(self) -> bool:
        """Measure on the validation part; whether these are the best weights so far."""
        if "validation" not in self.data.parts:
            return True
        shown = self.measured("validation")
        shown = {name: shown[name] for name in ("loss", "losses", *self.task.measures)}
        self.journal.metrics(step=self.place.step, epoch=self._epoch(self.place.step), part="validation", **shown)
        self.journal.flush()
        rising = self.place.step < self.recipe.warm_up * self.total
        return self.place.judged(self.recipe, self.task.judge, shown, rising)

    def measured(self, part: str, *, exact: bool = False) -> dict[str, Any]:
        """Loss, measures and confusion on a part, together with the other processes; *exact*: in 32 bits."""
        return measured(self.task, self.data.parts[part], self.batches, self.together, exact=exact)

    def finish(self) -> None:
        """Measure every part with the best weights and write the result, in 32 bits: as testing and exports compute."""
        best = self.run.folder / "checkpoints" / "best.pt"
        if best.is_file():
            self.net.load_state_dict(checkpoint.load(best)["model"])
        parts = {name: self.measured(name, exact=True) for name in self.data.parts}
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
        early = {"early": True} if self.place.step < self.total else {}
        self.journal.event("done", step=self.place.step, part=self.data.testing, **measures, **early)

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
        if self.together.agreed(wish.checkpoint or wish.rate is not None or late):  # what is repeated has that rate too
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

    def _scarce(self, images: int, pieces: int) -> None:
        """Say that memory was short, and that the step stays what it was."""
        text = say(
            "There is not enough memory for a batch of {batch} images: {images} at a time from now on, in {pieces} "
            "pieces whose gradients are added up. Each step is the same as before, but takes a little longer.",
            batch=self.recipe.batch,
            images=images,
            pieces=pieces,
        )
        self.journal.event("log", text=str(text), kind="memory")

    def show(self) -> None:
        """The network's answers for the fixed images."""
        if self.preview is None:
            return
        with self.tested(), self.fabric.autocast():
            file = self.preview.write(self.task, self.place.epoch, self.place.step)
        self.journal.event("preview", file=file.name, epoch=self.place.epoch, step=self.place.step)

    def tell(self) -> None:
        """Say how far training is and how fast it goes."""
        step, per_epoch = self.place.step, self.per_epoch
        self.journal.event(
            "progress",
            step=step,
            steps=self.total,
            epoch=min(step // per_epoch + 1, self.epochs),
            epochs=self.epochs,
            epoch_steps=per_epoch,
            **self.pace.told(step, self.total, self.recipe.batch * self.recipe.accumulation),
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
                raise not_finite.found(self, step, rate)
        self.journal.flush()

    def _epoch(self, step: int) -> float:
        return round(step / self.per_epoch, 4)

    # checkpoints

    def save(self, *, best: bool = False) -> None:
        """Write the last checkpoint, and before it the best one if it is; every process gives its random state."""
        mine = {"cpu": torch.get_rng_state()}
        if self.fabric.device.type == "cuda":
            mine["cuda"] = torch.cuda.get_rng_state()
        random = self.together.gathered(mine)
        self.write_metrics()
        if self.place.step and not not_finite.sound(self.net):  # the last checkpoint that is sound stays
            raise not_finite.found(self, self.place.step, self.rate(self.place.step - 1))
        if self.together.rank == 0:
            content = {
                **average.kept(self.net, self.correction.average),
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
            checkpoint.keep(content, self.run.folder / "checkpoints", best=best)
            self.journal.event("checkpoint", step=self.place.step, best=best)
        self.last_checkpoint = time.monotonic()

    def restore(self, saved: dict[str, Any]) -> None:
        average.restore(self.net, self.correction.average, saved)
        self.optimizer.optimizer.load_state_dict(saved["optimizer"])
        self.fabric.strategy.precision.load_state_dict(saved["precision"])
        self.place = Place(**saved["place"])
        self.correction.pieces = self.place.pieces
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
        torch.distributed.barrier()  # who leaves while another still writes takes the connections along
        torch.distributed.destroy_process_group()  # or its threads abort the process that ends first
    return state
