"""What Canevas learns on one thread, as a table: ``python -m tools.results [--window | --both] [NAME ...]``.

Every line of :data:`RESULTS` is trained by the command that stands in it, or by hand in the window, or in both ways,
whose weights are then compared; the table (Markdown, for the README) tells the data, the CPU time, the result, what is
promised, and the command.  Exit status 1 if a promise is missed or weights differ.  The data that are not built in are
looked for in the folder CANEVAS_SHARED.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
LOOK = 0.25
"""Seconds between two looks at the time that the processes of a command have used."""

Way = Callable[["Result", int, Path], tuple[dict[str, Any], float]]
Measured = Callable[[Mapping[str, Any]], float]


def of_test(name: str) -> Measured:
    """A measure of the part that judges."""
    return lambda result: float(result["parts"][result["judged_by"]][name])


def membrane(result: Mapping[str, Any]) -> float:
    """The index of the first class, which in the masks of EM is 0: membrane."""
    return float(result["parts"][result["judged_by"]]["iou"][0])


@dataclass(frozen=True)
class Result:
    """One line: what is learned, from which data (a folder of CANEVAS_SHARED, or a built-in name), by which command.

    *minutes* is about the CPU time it takes; *limit* what it may take at most, where that is promised.
    """

    name: str
    title: str
    data: str
    words: str
    measure: str
    least: float
    found: Measured
    minutes: float
    seeds: int = 1
    limit: float = 0.0
    below: str = ""
    """Below the folder in CANEVAS_SHARED; ``-`` for what is built in."""


RESULTS = (
    Result(
        "lenet",
        "LeNet-1989, mean of three seeds",
        "USPS digits",
        "preset:lenet_1989 --epochs 20",
        "accuracy",
        0.94,
        of_test("accuracy"),
        0.3,
        3,
        below="usps_digits/usps.npz",
    ),
    Result(
        "fashion",
        "the lecture's network",
        "Fashion-MNIST, 2,000 images",
        "preset:lecture --epochs 5",
        "accuracy",
        0.73,
        of_test("accuracy"),
        0.2,
        below="fashion_mnist_small",
    ),
    Result(
        "resnet",
        "ResNet-18",
        "digits",
        "preset:resnet18 --epochs 3",
        "accuracy",
        0.93,
        of_test("accuracy"),
        0.5,
        below="-",
    ),
    Result(
        "unet",
        "small U-Net, 120 steps",
        "EM slices (ISBI 2012)",
        "preset:unet_padded --set width=8 --input 1,256,256 --batch 4 --steps 120",
        "membrane IoU",
        0.53,
        membrane,
        0.5,
        below="isbi_em",
    ),
    Result(
        "unet-long",
        "the same, 480 steps",
        "EM slices (ISBI 2012)",
        "preset:unet_padded --set width=8 --input 1,256,256 --batch 4 --steps 480",
        "membrane IoU",
        0.53,
        membrane,
        1.8,
        below="isbi_em",
    ),
    Result(
        "yolo",
        "small YOLO",
        "digit-scenes",
        "preset:yolo_small",
        "mAP@.5",
        0.97,
        of_test("map50"),
        1.3,
        limit=5.0,
        below="-",
    ),
    Result(
        "faster-rcnn",
        "small Faster R-CNN",
        "digit-scenes",
        "preset:faster_rcnn_small",
        "mAP@.5",
        0.97,
        of_test("map50"),
        3.0,
        limit=4.0,
        below="-",
    ),
    Result(
        "cells",
        "small YOLO",
        "BCCD, 30 photos of blood",
        "preset:yolo_small --input 3,160,160 --set grid=10 --batch 6 --epochs 60",
        "mAP@.5",
        0.5,
        of_test("map50"),
        0.5,
        below="bccd_voc",
    ),
)


def command(result: Result, seed: int) -> list[str]:
    """The words after ``canevas train``."""
    shared = Path(os.environ.get("CANEVAS_SHARED", "shared"), "data")
    data = result.data if result.below == "-" else str(shared / result.below)
    source, *rest = shlex.split(result.words)
    return [source, "--data", data, *rest, "--threads", "1", *(["--seed", str(seed)] if seed else [])]


def shown(result: Result) -> str:
    """The command as it stands in the table, its data without where they lie here."""
    data = result.data if result.below == "-" else Path(result.below).name
    source, _, rest = result.words.partition(" ")
    seeds = f" --seed 0 ... {result.seeds - 1}" if result.seeds > 1 else ""
    words = ("canevas train", source, "--data", data, *([rest] if rest else []), "--threads 1")
    return " ".join(words) + seeds


def trained(result: Result, seed: int, folder: Path) -> tuple[dict[str, Any], float]:
    """What a training found, and the CPU seconds that it and what it started have used."""
    seconds = _run(["main.py", "train", *command(result, seed), "--run", str(folder)], os.environ)
    return _result(folder), seconds


def by_hand(result: Result, seed: int, folder: Path) -> tuple[dict[str, Any], float]:
    """The same in the window, by a person's hands; the run lies in *folder* too, and the CPU seconds are its own.

    Raises:
        SystemExit: something could not be done, or testing in the window says something else than the run.
    """
    home = folder.with_name(f"{folder.name}-home")
    places = {"CANEVAS_HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "LANGUAGE": "en"}
    with tempfile.NamedTemporaryFile("r") as said:
        words = ["-m", "tools.in_window", said.name, *command(result, seed)]
        _run(words, {**os.environ, **places})
        told = json.loads(Path(said.name).read_text(encoding="utf-8"))
    shutil.move(told["run"], folder)
    found, tested = _result(folder), told["tested"]
    judged = found["parts"][found["judged_by"]]
    both = judged.keys() & tested["measures"].keys()
    differ = {
        name: (tested["measures"][name], judged[name]) for name in both if tested["measures"][name] != judged[name]
    }
    if tested["part"] != found["judged_by"] or differ:
        raise SystemExit(f"{result.name}: testing says otherwise: {tested['part']}, {differ}")
    return found, told["seconds"]


def _run(words: list[str], environment: Mapping[str, str]) -> float:
    """Run Python with *words* and wait; the CPU seconds of all that it started.  What went wrong ends this program."""
    with tempfile.TemporaryFile() as errors:
        given = {**environment, "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=given, stdout=subprocess.DEVNULL, stderr=errors
        )
        seconds = _watched(process)
        errors.seek(0)
        if process.returncode:
            raise SystemExit(errors.read().decode())
    return seconds


def _result(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return found


def same_weights(one: Path, other: Path) -> bool:
    """Whether two runs end with the same weights, bit by bit, the last and the best."""
    import torch

    from runtime import checkpoint

    for name in ("last", "best"):
        a, b = (checkpoint.load(run / "checkpoints" / f"{name}.pt")["model"] for run in (one, other))
        if a.keys() != b.keys() or not all(torch.equal(a[key], b[key]) for key in a):
            return False
    return True


def _watched(process: subprocess.Popen[bytes]) -> float:
    """The CPU seconds that a process and all that it started have used when it ends."""
    used: dict[int, float] = {}
    me = psutil.Process(process.pid)
    while process.poll() is None:
        for one in (me, *_below(me)):
            try:
                used[one.pid] = sum(one.cpu_times()[:2])
            except psutil.Error:
                continue
        time.sleep(LOOK)
    return sum(used.values())


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def line(result: Result, home: Path, ways: Mapping[str, Way]) -> tuple[str, bool]:
    """A row of the table, from the first of the *ways*, and whether what it promises was kept (and they are equal)."""
    values, times, same = [], [], True
    for seed in range(result.seeds):
        folders = []
        for name, way in ways.items():
            folders.append(home / f"{result.name}-{seed}-{name}")
            found, seconds = way(result, seed, folders[-1])
            sys.stderr.write(f"{result.name} {seed}, {name}: {result.found(found):.6f}, {seconds:.0f} s\n")
            if len(folders) == 1:
                values.append(result.found(found))
                times.append(seconds)
        same &= all(same_weights(folders[0], other) for other in folders[1:])
    if len(ways) > 1:
        sys.stderr.write(f"{result.name}: the weights {'are the same' if same else 'DIFFER'}\n")
    value, seconds = statistics.fmean(values), max(times)
    kept = value >= result.least and not (result.limit and seconds > 60 * result.limit)
    within = f", in {result.limit:g} min" if result.limit else ""
    cells = (
        result.data,
        result.title,
        f"{seconds / 60:.1f} min",
        f"{result.measure} {100 * value:.1f} %",
        f"≥ {100 * result.least:g} %{within}{'' if kept else ', **missed**'}",
        f"`{shown(result)}`",
    )
    return f"| {' | '.join(cells)} |", kept and same


def main() -> int:
    """Train what is named, or all, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.results", description="Train on one thread; print a table.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(r.name for r in RESULTS)}")
    parser.add_argument("--list", action="store_true", help="only say what there is and how long it takes")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--window", action="store_true", help="train in the window, by a person's hands")
    where.add_argument("--both", action="store_true", help="train in both ways, and compare the weights")
    asked = parser.parse_args()
    ways = {"terminal": trained} if not asked.window else {"window": by_hand}
    ways |= {"window": by_hand} if asked.both else {}
    chosen = [result for result in RESULTS if not asked.names or result.name in asked.names]
    if asked.list:
        for result in chosen:
            print(f"{result.name:10} {result.minutes * result.seeds:4.1f} min  {shown(result)}")
        return 0
    print("| data | network | CPU time | result | promised | command |")
    print("|---|---|---|---|---|---|")
    good = True
    with tempfile.TemporaryDirectory(prefix="canevas-results-") as home:
        for result in chosen:
            row, kept = line(result, Path(home), ways)
            print(row, flush=True)
            good &= kept
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
