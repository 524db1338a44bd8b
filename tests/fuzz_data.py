"""Damaged data sets: each is read or refused in a sentence, what is wrong is named, and nothing runs.

``python -m tests.fuzz_data --count 3000 --seed 1`` tries as many; a share runs with the tests.  Every case follows from
the seed and its number, so that ``--only 1234`` tries one again.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from tests.damage import HOSTILE
from tests.fuzz import sentence
from tests.small_sets import OTHERS, WRITERS

CHUNK = 150
"""Sets per process: one that crashes takes no more with it."""
SECONDS = 5.0
"""What one set may cost of the processor."""
TEXTS = (".xml", ".json", ".txt", ".csv", ".yaml")
NUMBERS = ("-1", "0", "1e9", "1e400", "nan", "inf", "-0", "", "9" * 400, "0x10", "1,5", "١٢", "None", "true", "\0")
WORDS = ("<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "&a &a", "*x", "!!python/object/apply:os.system [touch CANARY]", '"')
WORDS += ("../../../../etc/passwd", "/dev/zero", "/dev/null", "a" * 5000, "é\u202e", "CON", "\\\\server\\x", "|", ";")


class Outcome(NamedTuple):
    """What became of a set: "read", "named" (read, with a word about it), "refused" with a sentence, or "failed"."""

    number: int
    what: str
    said: str
    story: str
    seconds: float


def damaged(rng: random.Random, root: Path) -> str:
    """Damage one file of a set; says what was done."""
    files = sorted(f for f in root.rglob("*") if f.is_file())
    if not files:
        return "nothing is left"
    told = [f for f in files if f.suffix in TEXTS]
    file = rng.choice(told if told and rng.random() < 0.7 else files)
    ways = [_bytes, _bytes, _strange]
    if file.suffix in TEXTS:
        ways += [_words, _words, _words]
    if file.suffix == ".json":
        ways += [_values] * 4
    if file.suffix == ".png":
        ways += [_picture] * 3
    if file.suffix in (".npz", ".h5"):
        ways += [_arrays] * 2
    way = rng.choice(ways)
    try:
        done = way(rng, file)
    except Exception:  # damaged before, so that this way finds nothing to damage
        done = _bytes(rng, file) if file.is_file() else "gone"
    return f"{file.relative_to(root)}: {done}"


def _bytes(rng: random.Random, file: Path) -> str:
    data = bytearray(file.read_bytes())
    what = rng.choice(("cut", "flip", "zero", "insert", "swap", "double"))
    at, n = rng.randrange(len(data) + 1), rng.choice((1, 2, 8, 100))
    if what == "cut":
        del data[at:]
    elif what == "flip":
        for _ in range(n):
            if data:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif what == "zero":
        data[at : at + n] = bytes(len(data[at : at + n]))
    elif what == "insert":
        data[at:at] = rng.randbytes(n)
    elif what == "swap":
        data = data[at:] + data[:at]
    else:
        data = data + data
    file.write_bytes(bytes(data))
    return f"{what} {n} at {at}"


def _strange(rng: random.Random, file: Path) -> str:
    what = rng.choice(("empty", "gone", "folder", "noise", "dangling", "other"))
    data = rng.randbytes(200) if what == "noise" else b""
    file.unlink()
    if what == "folder":
        file.mkdir()
    elif what == "dangling":
        file.symlink_to("nowhere")
    elif what == "other":
        file.write_bytes(b'{"a": [1, 2]}')
    elif what != "gone":
        file.write_bytes(data)
    return what


def _words(rng: random.Random, file: Path) -> str:
    text = file.read_text(errors="replace")
    spots = list(re.finditer(r"-?\d+\.?\d*" if rng.random() < 0.6 else r"[A-Za-z_]+|[<>,:\[\]{}\n]", text))
    given = rng.choice(NUMBERS if rng.random() < 0.6 else WORDS)
    for spot in sorted(rng.sample(spots, min(len(spots), rng.choice((1, 1, 3)))), key=lambda s: -s.start()):
        text = text[: spot.start()] + given + text[spot.end() :]
    file.write_text(text, errors="replace")
    return f"words {given[:40]!r}"


def _values(rng: random.Random, file: Path) -> str:
    raw = json.loads(file.read_text())
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            places.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    walk(raw)
    holder, key = rng.choice(places)
    if rng.random() < 0.3:
        del holder[key]
        given: Any = "gone"
    else:
        given = holder[key] = rng.choice(HOSTILE)
    file.write_text(json.dumps(raw), errors="surrogatepass")
    return f"value {key} = {given!r}"[:100]


def _picture(rng: random.Random, file: Path) -> str:
    mode = rng.choice(("1", "L", "P", "RGBA", "CMYK", "I;16", "F", "LA", "YCbCr", "GIF", "huge", "line", "turned"))
    size = {"huge": (30_000, 30_000), "line": (3000, 1)}.get(mode, (60, 40))
    if mode == "huge":
        held = io.BytesIO()
        Image.new("1", (8, 8)).save(held, "PNG")
        data = bytearray(held.getvalue())
        data[16:24] = np.array(size, ">u4").tobytes()
        file.write_bytes(bytes(data))
    elif mode in ("F", "CMYK", "YCbCr"):
        Image.new(mode, size).save(file, "TIFF")
    elif mode == "turned":
        exif = Image.Exif()
        exif[0x0112] = rng.randrange(0, 300)
        Image.new("RGB", size).save(file, "PNG", exif=exif)
    else:
        Image.new("L" if mode in ("GIF", "line") else mode, size).save(file, "GIF" if mode == "GIF" else "PNG")
    return f"picture {mode}"


def _arrays(rng: random.Random, file: Path) -> str:
    n = rng.choice((0, 1, 3, 6))
    shape = rng.choice(
        ((n,), (n, 8, 8), (n, 8, 8, 3), (n, 3, 8, 8), (n, 64), (n, 7), (n, 8, 8, 2), (2, 2, 2, 2, 2), ())
    )
    kind = rng.choice(("u1", "i8", "f4", "f8", "?", "S3", "U2", "u2", "c8", "M8[s]"))
    made = np.zeros(shape, kind)
    if kind in ("f4", "f8") and rng.random() < 0.5:
        made[...] = rng.choice((np.nan, np.inf, 0.5, 1e30, -1.0))
    name = rng.choice(("x_train", "y_train", "x_test", "class_names"))
    if file.suffix == ".npz":
        with np.load(file) as held:
            arrays = dict(held)
        np.savez(file, **{**arrays, name: made})
    else:
        import h5py

        with h5py.File(file, "a") as f:
            role, _, part = name.partition("_")
            if f"{part}/{role}" in f:
                del f[f"{part}/{role}"]
            how = rng.randrange(4)
            if how == 0:
                f[f"{part}/{role}"] = h5py.ExternalLink("/etc/passwd", "/x")
            elif how == 1:
                f[f"{part}/{role}"] = h5py.SoftLink("/" + part)
            elif kind[0] not in "UM":
                f.create_dataset(f"{part}/{role}", data=made)
    return f"array {name} {shape} {kind}"


def look(root: Path, task: str) -> tuple[str, str]:
    """Read a set with all that is said of it; what became of it, and what was said."""
    from graph import CanevasError
    from runtime.data.dataset import open
    from runtime.data.description import Description

    try:
        data = open(Description(str(root)), None, task=task)
    except CanevasError as error:
        return "refused", sentence(error)
    _sound(data)
    _asked_alone(root, data.preprocessing)
    told = [str(p) for p in data.problems if p.file]
    return ("named", told[0]) if told else ("read", "")


def _asked_alone(root: Path, told: Any) -> None:
    """Read each file as a signal of its own, as when an answer is asked for it."""
    from graph import FileError
    from runtime.data import signals

    if len(told.size) != 1:
        return
    for file in sorted(root.rglob("*.*")):
        try:
            found = signals.one(file, told)
        except FileError as error:
            sentence(error)
            continue
        assert found.shape == (told.channels, told.size[0])


def _sound(data: Any) -> None:
    """See to it that training could begin."""
    import torch

    classes = len(data.classes)
    assert all(isinstance(name, str) for name in data.classes)
    assert data.counts.keys() == data.images.keys() == data.parts.keys()
    for part in data.parts.values():
        targets = part.targets
        n = len(part.images)
        assert n == len(targets) > 0
        if len(data.preprocessing.size) == 1:
            assert part.images.dtype == torch.float32
            assert part.images.isfinite().all()
            height = width = 0
        else:
            assert part.images.dtype == torch.uint8
            channels, height, width = part.images.shape[1:]
            assert channels in (1, 3)
        if data.task == "classification":
            assert targets.dtype == torch.int64
            assert 0 <= targets.min() <= targets.max() < classes
        elif data.task == "regression":
            assert targets.shape == (n, len(data.numbers))
            assert targets.isfinite().all()
        elif data.task == "segmentation":
            assert targets.shape == (n, height, width)
            assert (targets[targets != 255] < classes).all()
        else:
            rows = targets[targets[..., 4] != -1]
            assert (torch.where(rows[:, 4] < 0, -2 - rows[:, 4], rows[:, 4]) < classes).all()  # what is difficult too
            assert (rows[:, :2] >= 0).all()
            assert (rows[:, 2] <= width).all()
            assert (rows[:, 3] <= height).all()
            assert (rows[:, 2:4] - rows[:, :2] > 0).all()


def tried(seed: int, number: int, folder: Path) -> Outcome:
    """Damage a set and read it."""
    rng = random.Random(f"{seed} {number}")
    writers = WRITERS | OTHERS
    name = rng.choice(sorted(writers))
    root, task = folder / f"set{number}", rng.choice(("", "", "detection", "segmentation", "regression"))
    writers[name](root)
    story = f"{name}, for {task or 'anything'}: " + "; ".join(damaged(rng, root) for _ in range(rng.choice((1, 1, 2))))
    begun = time.process_time()
    try:
        what, said = look(root, task)
    except BaseException:
        what, said = "failed", traceback.format_exc(limit=-8)
    shutil.rmtree(root)
    return Outcome(number, what, said, story, time.process_time() - begun)


def chunk(seed: int, numbers: list[int], folder: Path) -> None:
    """Try sets in a process of their own, which writes what became of each as a line."""
    import torch

    torch.set_num_threads(1)
    os.chdir(folder)
    with open(folder / "outcomes", "a") as stream:
        for number in numbers:
            stream.write(json.dumps({"begun": number}) + "\n")
            stream.flush()
            outcome = tried(seed, number, folder)
            if (folder / "CANARY").exists():
                outcome = outcome._replace(what="failed", said="the canary is there: something was executed")
            stream.write(json.dumps(outcome._asdict()) + "\n")
            stream.flush()


def run(count: int, seed: int, only: int | None = None) -> list[Outcome]:
    """What became of *count* sets."""
    import torch  # noqa: F401  so that the processes below need not

    numbers = list(range(count)) if only is None else [only]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "outcomes").touch()
        for start in range(0, len(numbers), CHUNK):
            child = os.fork()
            if not child:
                try:
                    chunk(seed, numbers[start : start + CHUNK], folder)
                    os._exit(0)
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
            os.waitpid(child, 0)
        return outcomes((folder / "outcomes").read_text().splitlines())


def outcomes(lines: list[str]) -> list[Outcome]:
    """The outcomes in *lines*; a set that was begun and not ended has taken the process with it."""
    records = [json.loads(line) for line in lines]
    ended = [Outcome(**record) for record in records if "begun" not in record]
    lost = {record["begun"] for record in records if "begun" in record} - {one.number for one in ended}
    return ended + [Outcome(number, "failed", "the process died", "", 0.0) for number in lost]


def bad(outcome: Outcome) -> bool:
    """Whether a set did what no set may do."""
    return outcome.what == "failed" or outcome.seconds > SECONDS


def main() -> int:
    """Try sets and say what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one case")
    parser.add_argument("--all", action="store_true", help="print what became of each")
    given = parser.parse_args()
    found = run(given.count, given.seed, given.only)
    wrong = [o for o in found if bad(o)]
    for one in found if given.all else wrong[:40]:
        print(f"--- case {one.number} ({one.story}): {one.what}, {one.seconds:.2f} s\n{one.said}")
    tally = Counter(o.what for o in found)
    print(
        f"{len(found)} sets: {tally['read']} read, {tally['named']} read with what was wrong named, "
        f"{tally['refused']} refused, {tally['failed']} failed; slowest {max(o.seconds for o in found):.2f} s"
    )
    return 1 if wrong or len(found) < (given.count if given.only is None else 1) else 0


if __name__ == "__main__":
    sys.exit(main())
