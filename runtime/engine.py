"""The loop: batches in, corrections of the weights out, everything worth knowing written down.

One process or many run the same loop: Lightning Fabric carries tensors and gradients, and whatever changes the course
(pause, stop, another learning rate) is decided by the first process and followed by all at the same step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from graph import files
from graph.analysis import analyze
from graph.errors import CanevasError
from graph.text import say
from runtime import checkpoint, devices
from runtime.compile import compile
from runtime.control import Control, Wish
from runtime.data.batches import Batches, in_order
from runtime.data.dataset import DataSet
from runtime.data.dataset import open as open_data
from runtime.journal import Journal
from runtime.learning_rate import learning_rate
from runtime.metrics import Meter
from runtime.optimizer import optimizer
from runtime.preview import Preview
from runtime.records import write_json
from runtime.run import Run
from runtime.tasks import classification

LOOK = 0.1
"""Seconds between two looks at what is asked, and between two readings of what was measured."""
TOLD = 0.5
"""Seconds between two progress events."""


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
        self.control = Control(run)
        self.place = Place()
        self.last_checkpoint = self.told = self.looked = time.monotonic()
        self.elapsed = 0.0
        self.told_step = self.looked_step = 0
        self.look_step = 1

    @property
    def rank(self) -> int:
        return self.fabric.global_rank

    @property
    def world(self) -> int:
        return self.fabric.world_size

    # before the first step

    def prepare(self) -> None:
        """Data, model and optimizer, as they were at the last checkpoint if there is one."""
        report = analyze(self.network)
        shape = classification.image_shape(report)
        self.data: DataSet = open_data(self.run.data, shape)
        classification.check(report, self.data)
        for problem in self.data.problems:
            self.journal.event("log", text=str(problem))

        torch.manual_seed(self.recipe.seed)
        self.net = compile(self.network)
        saved = self._saved()
        if saved is None and (given := checkpoint.gathered(self.run.spec["weights"])):
            self.net.load_state_dict({**self.net.state_dict(), **_fitting(given, self.net)})
        if any(p.ndim == 4 for p in self.net.parameters()):
            self.net.to(memory_format=torch.channels_last)
        device = self.fabric.device
        self.net.to(device)
        self._normalize_together()
        model, self.optimizer = self.fabric.setup(self.net, optimizer(self.net, self.recipe, device))
        # what Fabric wraps around a model costs 3 % of a small one, and does nothing for one process in 32 bits
        plain = self.world == 1 and self.fabric.strategy.precision.precision == "32-true"
        self.forward: Callable[[Tensor, Tensor], dict[str, Tensor]] = self.net if plain else model

        world = {"rank": self.rank, "world": self.world}
        self.batches = Batches(self.data.parts["train"], self.data.preprocessing, self.recipe, device, **world)
        self.total = self.recipe.steps or self.recipe.epochs * len(self.batches)
        self.task = classification.Classification(self.net, self._losses(), self.data.classes)
        self.meter = Meter(self.task.losses, self.total)
        self.preview = Preview(self.run, self.data, self.batches.normalized, device) if self.rank == 0 else None
        torch.manual_seed(self.recipe.seed + 1 + self.rank)
        self.journal.open(saved["metrics_bytes"] if saved else 0)
        if saved:
            self._restore(saved)
        else:
            self.save()

    @property
    def epochs(self) -> int:
        """Epochs in all, the last one perhaps not whole."""
        return -(-self.total // len(self.batches))

    def _normalize_together(self) -> None:
        """Have batch normalization see the whole batch, where several processes share one and the device can do it."""
        if self.world == 1 or not any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in self.net.modules()):
            return
        if self.fabric.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(self.net)
        else:
            text = say(
                "On the CPU each process normalizes its own share of the batch; results differ from one process."
            )
            self.journal.event("log", text=str(text))

    def _losses(self) -> tuple[str, ...]:
        """The names of the losses, found by asking once; in evaluation, so that no chance is used up."""
        images, labels, _ = self.batches.batch(torch.zeros(1, dtype=torch.int64).numpy(), 0)
        self.net.eval()
        with torch.inference_mode(), self.fabric.autocast():
            losses = tuple(self.net(images, labels))
        self.net.train()
        return losses

    # the loop

    def train(self) -> str:
        """Make the steps that are left; returns the state in which the run is then."""
        self.journal.state("running")
        self.tell(0.0)
        while self.place.step < self.total:
            for batch in self.batches.epoch(self.place.epoch, self.place.batch):
                self.step(*batch)
                if self.due() and self.look():
                    self.save()
                    return "stopped"
                if self.place.step == self.total:
                    break
            self.close_epoch()
        self.tell((self.place.step - self.told_step) / max(time.monotonic() - self.told, 1e-3))
        self.finish()
        return "done"

    def step(self, images: Tensor, labels: Tensor, weight: float) -> None:
        """One correction of the weights."""
        place = self.place
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(place.step)
        losses = self.forward(images, labels)
        objective = sum(losses.values())
        self.fabric.backward(objective if weight == 1.0 else objective * weight)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.meter.add(losses, self.task.right(), len(labels) if weight else 0)
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
        if self.preview and self.recipe.preview_every and self.place.epoch % self.recipe.preview_every == 0:
            self.show()
        self.save(best=better)

    def validate(self) -> bool:
        """Measure on the validation part; whether these are the best weights so far."""
        if "validation" not in self.data.parts:
            return True
        shown = self.measured("validation")
        shown = {name: shown[name] for name in ("loss", "losses", "accuracy", "top5")}
        self.journal.metrics(step=self.place.step, epoch=self._epoch(self.place.step), part="validation", **shown)
        self.journal.flush()
        best = self.place.best
        worth = (shown["accuracy"], -(shown["loss"] or 0.0))
        if best and worth <= (best["accuracy"], -(best["loss"] or 0.0)):
            return False
        self.place.best = {"accuracy": shown["accuracy"], "loss": shown["loss"], "step": self.place.step}
        return True

    def measured(self, part: str) -> dict[str, Any]:
        """Loss, accuracy and confusion on a part, together with the other processes."""
        images = in_order(self.data.parts[part], self.batches.normalized, self.fabric.device, self.rank, self.world)
        sums = self.task.measured(images, self.fabric.autocast())
        sums.totals, sums.confusion = self.summed(sums.totals), self.summed(sums.confusion)
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
        if self.rank == 0:
            write_json(self.run.folder / "result.json", result)
        measures = {name: parts[self.data.testing][name] for name in ("loss", "accuracy", "top5")}
        self.journal.event("done", step=self.place.step, part=self.data.testing, **measures)

    # now and then

    def due(self) -> bool:
        """Whether it is time to look up; many processes count steps, for their clocks differ."""
        if self.meter.full:
            return True
        return time.monotonic() - self.looked >= LOOK if self.world == 1 else self.place.step >= self.look_step

    def look(self) -> bool:
        """Write what was measured, do what was asked; whether to stop."""
        self.write_metrics()
        wish = self.agreed(self.control.wish())
        now = time.monotonic()
        if now - self.told >= TOLD:
            self.tell((self.place.step - self.told_step) / (now - self.told))
        if wish.pause and not wish.stop:
            wish = self.paused()
        self.follow(wish)
        self.next_look()
        return wish.stop

    def next_look(self) -> None:
        now, step = time.monotonic(), self.place.step
        pace = (step - self.looked_step) / max(now - self.looked, 1e-6)
        self.looked, self.looked_step = now, step
        if self.world > 1:
            self.look_step = step + self.agreed(max(1, min(round(pace * LOOK), 1000)))

    def follow(self, wish: Wish) -> None:
        """Do what was asked, in every process at the same step."""
        if wish.rate is not None:
            self.place.rate = wish.rate
        if wish.preview and self.preview:
            self.show()
        every = self.recipe.checkpoint_seconds
        late = every and time.monotonic() - self.last_checkpoint > every
        if wish.checkpoint or self.agreed(bool(late)):
            self.save()

    def paused(self) -> Wish:
        """Wait until training shall go on or stop; the checkpoint is made first, so that nothing is lost meanwhile."""
        self.save()
        self.journal.state("paused")
        since = time.monotonic()
        while True:
            wish = self.agreed(self.control.wish())
            self.follow(wish)
            if wish.go or wish.stop:
                break
            time.sleep(LOOK / 2)
        self.told += time.monotonic() - since
        self.looked += time.monotonic() - since
        if not wish.stop:
            self.journal.state("running")
        return wish

    def show(self) -> None:
        """The network's answers for the fixed images."""
        assert self.preview is not None
        with self.fabric.autocast():
            file = self.preview.write(self.task, self.place.epoch, self.place.step)
        self.journal.event("preview", file=file.name, epoch=self.place.epoch, step=self.place.step)

    def tell(self, pace: float) -> None:
        """Say how far training is, and how long the rest takes at *pace* (steps a second)."""
        now, step = time.monotonic(), self.place.step
        if pace:
            self.elapsed += now - self.told
        self.told, self.told_step = now, step
        speed = {}
        if pace:
            speed["images_per_second"] = round(pace * self.recipe.batch, 1)
            speed["left"] = round((self.total - step) / pace, 1)
        self.journal.event(
            "progress",
            step=step,
            steps=self.total,
            epoch=min(step // len(self.batches) + 1, self.epochs),
            epochs=self.epochs,
            epoch_steps=len(self.batches),
            elapsed=round(self.elapsed, 1),
            **speed,
        )

    def write_metrics(self, *, last: bool = False) -> None:
        """Carry finished records from the device into the file."""
        rows = self.meter.read(self.summed)
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
        place = self.place
        mine = {"cpu": torch.get_rng_state()}
        if self.fabric.device.type == "cuda":
            mine["cuda"] = torch.cuda.get_rng_state()
        random = self._gathered(mine)
        self.write_metrics()
        if self.rank == 0:
            content = {
                "model": self.net.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "precision": self.fabric.strategy.precision.state_dict(),
                "random": random,
                "place": asdict(place),
                "meter": self.meter.sums,
                "metrics_bytes": self.journal.settled(),
                "threads": self.threads,
                "elapsed": self.elapsed,
                "network": files.dumps(self.network),
                "classes": list(self.data.classes),
                "preprocessing": self.data.preprocessing.to_dict(),
            }
            folder = self.run.folder / "checkpoints"
            if best:
                checkpoint.save(content, folder / "best.pt")
                checkpoint.same(folder / "best.pt", folder / "last.pt")
            else:
                checkpoint.save(content, folder / "last.pt")
            self.journal.event("checkpoint", step=place.step, best=best)
        self.last_checkpoint = time.monotonic()

    def _saved(self) -> dict[str, Any] | None:
        file = self.run.folder / "checkpoints" / "last.pt"
        return checkpoint.load(file) if file.is_file() else None

    def _restore(self, saved: dict[str, Any]) -> None:
        self.net.load_state_dict(saved["model"])
        self.optimizer.optimizer.load_state_dict(saved["optimizer"])
        self.fabric.strategy.precision.load_state_dict(saved["precision"])
        self.place, self.elapsed = Place(**saved["place"]), saved["elapsed"]
        self.meter.restore(self.place.step, saved["meter"])
        self.told_step = self.looked_step = self.place.step
        if len(saved["random"]) == self.world:
            torch.set_rng_state(saved["random"][self.rank]["cpu"])
            if self.fabric.device.type == "cuda" and "cuda" in saved["random"][self.rank]:
                torch.cuda.set_rng_state(saved["random"][self.rank]["cuda"])

    # many processes

    def summed(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        return self.fabric.all_reduce(values, reduce_op="sum") if self.world > 1 else values

    def agreed(self, value: Any) -> Any:
        """What the first process says."""
        return self.fabric.broadcast(value) if self.world > 1 else value

    def _gathered(self, value: dict[str, Tensor]) -> list[dict[str, Tensor]]:
        if self.world == 1:
            return [value]
        found: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(found, value)
        return found


def _fitting(given: dict[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    own = net.state_dict()
    for key, tensor in given.items():
        if key in own and own[key].shape != tensor.shape:
            raise CanevasError(
                "The weights given for {key} are {given}, but the network needs {own}.",
                key=key,
                given=" × ".join(map(str, tensor.shape)),
                own=" × ".join(map(str, own[key].shape)),
            )
    return {key: tensor for key, tensor in given.items() if key in own}


def train(run: Run, journal: Journal) -> str:
    """Train *run* on the device and in the processes that it and its environment ask for."""
    recipe = run.recipe
    file = run.folder / "checkpoints" / "last.pt"
    before = checkpoint.load(file)["threads"] if file.is_file() else 0
    chosen = devices.device(recipe)
    threads = devices.prepare(recipe, chosen, before)
    fabric = devices.fabric(chosen)
    fabric.launch()
    engine = Engine(run, journal, fabric, threads)
    hello = {"device": chosen.type, "name": chosen.name, "precision": chosen.precision, "threads": threads}
    journal.event("hello", torch=torch.__version__, **hello, processes=fabric.world_size)
    engine.prepare()
    return engine.train()
