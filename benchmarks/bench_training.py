"""Training the lecture's network on the digits, augmented: against the floor, and against a torchvision-style script.

The floor is the same steps on batches that lie prepared in memory, and the same measuring of the validation part after
each epoch and of all parts at the end: what is left when nothing is augmented, written, watched or kept.  All take the
same number of steps at the same rates, and measure the validation part after each epoch.
"""

from __future__ import annotations

import statistics
import tempfile

import torch
from torch import nn

import presets
from benchmarks import torchvision_style
from benchmarks.harness import Figure, cpu, report
from runtime import devices, run
from runtime.compile import compile
from runtime.data.batches import Batch, Batches, in_order
from runtime.data.dataset import open as open_data
from runtime.data.description import Description
from runtime.engine import Engine
from runtime.journal import Journal
from runtime.learning_rate import learning_rate
from runtime.optimizer import optimizer
from runtime.recipe import Recipe

RECIPE = Recipe(epochs=10, batch=32, shift=0.08, rotation=10.0, zoom=0.1, device="cpu", threads=1)
ROUNDS = 3
NETWORK = presets.build("lecture")
DATA = open_data(Description("digits"), (1, 28, 28))
CPU = torch.device("cpu")


def canevas(seed: int) -> tuple[float, float]:
    """CPU seconds of the engine from its first step to its result, and the accuracy on the test part."""
    recipe = Recipe(**{**RECIPE.to_dict(), "seed": seed})
    with tempfile.TemporaryDirectory() as folder:
        made = run.create(folder, NETWORK, None, recipe, Description("digits"))
        journal = Journal(made)
        chosen = devices.device(recipe)
        engine = Engine(made, journal, devices.fabric(chosen), devices.prepare(recipe, chosen))
        engine.prepare()
        start = cpu()
        engine.train()
        used = cpu() - start
        journal.close("done")
        return used, engine.measured("test")["accuracy"]


def floor(batches: list[list[Batch]], parts: dict[str, list[Batch]]) -> float:
    """CPU seconds of the steps and the measuring alone."""
    model = fresh().to(memory_format=torch.channels_last)
    rule = optimizer(model, RECIPE, CPU)
    total, step = sum(map(len, batches)), 0
    start = cpu()
    for epoch in batches:
        for images, labels, _ in epoch:
            for group in rule.param_groups:
                group["lr"] = learning_rate(RECIPE, step, total)
            sum(model(images, labels).values()).backward()
            rule.step()
            rule.zero_grad()
            step += 1
        losses(model, parts["validation"])
    for part in parts.values():
        losses(model, part)
    return cpu() - start


def losses(model: nn.Module, batches: list[Batch]) -> None:
    """The losses on a part, in evaluation."""
    model.eval()
    with torch.inference_mode():
        for images, labels, _ in batches:
            model(images, labels)
    model.train()


def peer(seed: int) -> tuple[float, float]:
    """CPU seconds of the torchvision-style script, and its accuracy on the test part."""
    torch.manual_seed(seed)
    part, pre = DATA.parts["train"], DATA.preprocessing
    model = Scores(fresh())
    rule = torch.optim.AdamW(model.parameters(), RECIPE.learning_rate, weight_decay=RECIPE.weight_decay)
    normal = {"batch": RECIPE.batch, "mean": pre.mean[0], "std": pre.std[0]}
    moves = (RECIPE.rotation, RECIPE.shift, RECIPE.zoom)
    batches = torchvision_style.loader(part.images, part.targets, moves=moves, **normal)
    part = DATA.parts["validation"]
    validation = torchvision_style.loader(part.images, part.targets, **normal)
    total = RECIPE.epochs * len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        rule, lambda step: learning_rate(RECIPE, min(step, total - 1), total) / RECIPE.learning_rate
    )
    start = cpu()
    torchvision_style.train(model, batches, validation, rule, schedule, RECIPE.epochs)
    return cpu() - start, accuracy(model)


class Scores(nn.Module):
    """The model as a script has it: scores out, the loss outside."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.net.dense(self.net.flatten(self.maps(images)))

    def maps(self, x: torch.Tensor) -> torch.Tensor:
        for name, layer in self.net.named_children():
            if name == "flatten":
                break
            x = layer(x)
        return x


def accuracy(model: nn.Module) -> float:
    part = DATA.parts["test"]
    normalized = Batches(part, DATA.preprocessing, RECIPE, CPU).normalized
    model.eval()
    with torch.inference_mode():
        right = sum(int((model(x).argmax(1) == y).sum()) for x, y, _ in in_order(part, normalized, CPU))
    return right / len(part)


def fresh() -> nn.Module:
    torch.manual_seed(RECIPE.seed)
    return compile(NETWORK)


def main() -> None:
    torch.set_num_threads(1)
    source = Batches(DATA.parts["train"], DATA.preprocessing, RECIPE, CPU)
    prepared = [list(source.epoch(epoch)) for epoch in range(RECIPE.epochs)]
    parts = {name: list(in_order(part, source.normalized, CPU)) for name, part in DATA.parts.items()}
    floor(prepared[:1], parts)
    rounds = [(canevas(seed), floor(prepared, parts), peer(seed)) for seed in range(ROUNDS)]
    ours, theirs = (statistics.mean(r[i][1] for r in rounds) for i in (0, 2))
    times = [statistics.median(t) for t in zip(*((a[0], b, c[0]) for a, b, c in rounds), strict=True)]
    report(
        [
            Figure("training, CPU time", times[0], "s", note=f"test accuracy {ours:.2%}, mean of {ROUNDS} seeds"),
            Figure("training / floor", times[0] / times[1], "×", most=1.15, note=f"floor {times[1]:.2f} s"),
            Figure(
                "torchvision-style script / training",
                times[2] / times[0],
                "×",
                least=1.8,
                note=f"script {times[2]:.2f} s, test accuracy {theirs:.2%}",
            ),
            Figure("accuracy, training − script", ours - theirs, "", least=-0.01),
        ]
    )


if __name__ == "__main__":
    main()
