"""Makes the picture of the welcome page: a real digit, and what the trained lecture network makes of it.

    python -m tools.welcome_picture

Trains the network on the handwritten digits, takes a digit that it has never seen, and writes its maps and scores to
``gui/assets``: each map with its own brightness, tiles side by side, first the digit, then 5, 6 and 8 maps.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch.nn import functional as F

import presets
from runtime.compile import compile as compile_network
from runtime.data.scenes import scenes

ASSETS = Path(__file__).parents[1] / "gui" / "assets"
STAGES = (("relu2", 28, 5), ("relu4", 14, 6), ("relu6", 7, 8))


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    found = load_digits()
    small = torch.tensor(found.images, dtype=torch.float32)[:, None] / 16
    images = F.interpolate(small, (28, 28), mode="bilinear")
    labels = torch.tensor(found.target)
    model = compile_network(presets.build("lecture"))
    optimizer = torch.optim.AdamW(model.parameters(), 0.004)
    rounds, batch, seen = 10, 32, 1400
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.004, total_steps=rounds * (seen // batch))
    for _ in range(rounds):
        for at in torch.randperm(seen)[: seen // batch * batch].split(batch):
            optimizer.zero_grad()
            sum(model(images[at], labels[at]).values()).backward()
            optimizer.step()
            schedule.step()
    model.eval()
    kept: dict[str, torch.Tensor] = {}
    for name, _, _ in STAGES:
        model.get_submodule(name).register_forward_hook(lambda _m, _x, y, name=name: kept.update({name: y[0]}))
    with torch.no_grad():
        answers = model(images[seen:])
        right = (answers.argmax(1) == labels[seen:]).float().mean()
        pick = next(i for i in range(seen, len(labels)) if labels[i] == 3 and answers[i - seen].argmax() == 3)
        scores = model(images[pick : pick + 1])[0]
    tiles = [images[pick, 0].numpy()]
    for name, _, count in STAGES:
        maps = kept[name]
        ink = F.interpolate(images[pick][None], maps.shape[1:])[0, 0]
        shown = maps / maps.amax((1, 2), keepdim=True).clamp(min=1e-6)  # maps that answer to the ink, not to the paper
        answer = (shown * (ink > 0.5)).sum((1, 2)) / (ink > 0.5).sum() - (shown * (ink < 0.1)).sum((1, 2)) / (
            ink < 0.1
        ).sum()
        strongest = answer.argsort(descending=True)[:count]
        tiles += [shown[i].numpy() for i in strongest.tolist()]
    strip = np.zeros((28, sum(t.shape[1] for t in tiles)), dtype=np.uint8)
    x = 0
    for tile in tiles:
        strip[: tile.shape[0], x : x + tile.shape[1]] = (tile * 255).round().astype(np.uint8)
        x += tile.shape[1]
    Image.fromarray(strip).save(ASSETS / "welcome.png", optimize=True)
    about = {"accuracy": round(float(right), 4), "scores": [round(float(s), 4) for s in scores]}
    (ASSETS / "welcome.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    Image.fromarray((images[pick, 0].numpy() * 255).astype(np.uint8)).save(ASSETS / "digits.png", optimize=True)
    Image.fromarray(scenes("test")[0][0, 0]).save(ASSETS / "digit-scenes.png", optimize=True)


if __name__ == "__main__":
    main()
