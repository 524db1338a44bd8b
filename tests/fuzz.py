"""Damaged and hostile files: each opens or is refused in a sentence, quickly, in little memory, and nothing runs.

``python -m tests.fuzz --count 10000 --seed 1`` tries as many; a share runs with the tests.  Every case follows from the
seed and its number, so that ``--only 1234`` tries one again.  A fifth of the files are exported models (``.pt`` and
``.safetensors``), unless ``--no-models`` leaves them out.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from runtime.formats import ENDINGS
from tests import damage, damaged_models
from tests.damage import Case

SECONDS, MEGABYTES = 1.0, 500
"""What one file may cost: seconds of the processor, and memory beside that of the program."""

PATIENCE = 20
"""Seconds of the processor after which a file is given up, with a traceback of where it was."""

CHUNK = 250
"""Files per process: one that crashes takes no more with it."""

FORBIDDEN = ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "exec")
FORBIDDEN += ("webbrowser.open", "ctypes.dlopen", "pty.spawn", "os.remove", "os.rename", "os.mkdir", "shutil.rmtree")


class Outcome(NamedTuple):
    """What became of a file: "opened", "refused" with a sentence, or "failed" with a traceback; and what it cost."""

    number: int
    what: str
    said: str
    story: str
    seconds: float
    megabytes: float


class Executed(BaseException):
    """Something was run that no file may run; no handler of errors may hide it."""


class Stuck(BaseException):
    """A file did not end."""


def case(seed: int, number: int, texts: list[str], models: list[bytes], kinds: str = "all") -> Case:
    """The file of this *number*."""
    rng = random.Random(f"{seed} {number}")
    if models and (kinds == "models" or number % 5 == 4):
        return damaged_models.damaged_model(rng, rng.choice(models), rng.choice(texts))
    return damage.damaged_text(rng, rng.choice(texts))


def look(file: Path) -> str:
    """Open *file* and do with it all that the program does before anything runs; what was refused, if it was."""
    from graph import CanevasError, analyze, dumps, files, layout, loads
    from runtime.source import source

    try:
        if file.suffix in ENDINGS:
            from runtime.import_ import pt

            network = pt.read(file).network
        else:
            network = files.load(file)
    except CanevasError as error:
        return sentence(error)
    report = analyze(network)
    told(report)
    assert loads(dumps(network)) == network
    layout.arrange(network)
    try:
        ast.parse(source(network))
    except CanevasError as error:
        sentence(error)
    return ""


EXPLAINED, MENDED = 6, 5
"""So many nodes are explained, and so many fixes tried; the others are like them."""


def told(report: Any) -> None:
    """All that is said of a network: facts, problems, their fixes, explanations, what positions see."""
    from graph import CanevasError, Tensor, analyze
    from graph.explain import QUANTITIES, explain
    from graph.receptive import sees

    for problem in report.problems:
        assert str(problem.message)
        for fix in problem.fixes[:MENDED]:
            assert str(fix.text)
    fixes = [fix for problem in report.problems for fix in problem.fixes]
    for fix in fixes[:MENDED]:
        try:
            analyze(fix.apply(report.network))
        except CanevasError as error:
            sentence(error)
    assert report.parameters + report.macs >= 0
    assert report.bytes(1)
    leaves = list(report.leaves())
    for path, fact in leaves[:: max(1, len(leaves) // EXPLAINED)]:
        for quantity in QUANTITIES:
            explained = explain(report, path, quantity)
            assert explained is None or explained.formula is not None
        if isinstance(fact.output, Tensor) and fact.output.size < 10**7:
            sees(report, path, tuple(n // 2 for n in fact.output.spatial))


def sentence(error: Exception) -> str:
    """What an error says: one sentence that a person can read."""
    said = str(error)
    assert 5 < len(said) < 1000, said
    assert "Traceback" not in said
    assert "object at 0x" not in said
    return said


def tried(number: int, one: Case, folder: Path) -> Outcome:
    """Try a file, and measure."""
    file = folder / f"drawing{one.ending}"
    file.write_bytes(one.data)
    before, memory = time.process_time(), _memory()
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        said = look(file)
        what = "refused" if said else "opened"
    except BaseException:
        what, said = "failed", traceback.format_exc(limit=-12)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return Outcome(number, what, said, one.story, time.process_time() - before, _memory() - memory)


def _memory() -> float:
    """The most memory that this process has ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def watch() -> None:
    """From here on, nothing may be executed, nor any file but those looked at be touched."""

    ours = {str(Path(json.__file__).parents[1]), str(Path(damage.__file__).parents[1]), "<frozen"}  # imported late

    def audit(event: str, given: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(given[1], str) and given[1][:1] in "wax" and "w" in given[1]
        late = event == "exec" and getattr(given[0], "co_filename", "").startswith(tuple(ours))
        if (event in FORBIDDEN and not late) or (writes and "CANARY" in str(given[0])):
            raise Executed(f"{event} {given!r}"[:300])

    def stuck(*_: Any) -> None:
        raise Stuck(f"after {PATIENCE} s")

    signal.signal(signal.SIGVTALRM, stuck)
    sys.addaudithook(audit)


def chunk(seed: int, numbers: list[int], texts: list[str], models: list[bytes], kinds: str, folder: Path) -> None:
    """Try files in a process of their own, which writes what became of each as a line."""
    os.chdir(folder)
    ready = [(number, case(seed, number, texts, models, kinds)) for number in numbers]
    for text in texts:  # what is imported late is imported now
        (folder / "good.canevas").write_text(text)
        assert not look(folder / "good.canevas")
    for model in models:
        for ending, data in ((".pt", model), (".safetensors", damaged_models.as_safetensors(model))):
            (folder / f"good{ending}").write_bytes(data)
            assert not look(folder / f"good{ending}")
    watch()
    with open(folder / "outcomes", "a") as stream:
        for number, one in ready:
            stream.write(json.dumps({"begun": number, "story": one.story}) + "\n")
            stream.flush()
            outcome = tried(number, one, folder)
            if (folder / "CANARY").exists():
                outcome = outcome._replace(what="failed", said="the canary is there: something was executed")
            stream.write(json.dumps(outcome._asdict()) + "\n")
            stream.flush()
    os._exit(0)


def run(count: int, seed: int, kinds: str = "all", only: int | None = None) -> list[Outcome]:
    """What became of *count* files; *kinds* is "drawings", "models" or "all"."""
    texts = damage.originals()
    whole = [] if kinds == "drawings" else damaged_models.originals()
    numbers = list(range(count)) if only is None else [only]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "outcomes").touch()
        for start in range(0, len(numbers), CHUNK):
            child = os.fork()
            if not child:
                try:
                    chunk(seed, numbers[start : start + CHUNK], texts, whole, kinds, folder)
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
            os.waitpid(child, 0)
        return outcomes((folder / "outcomes").read_text().splitlines())


def outcomes(lines: list[str]) -> list[Outcome]:
    """The outcomes in *lines*; a file that was begun and not ended has taken the process with it."""
    found: list[Outcome] = []
    begun: dict[int, str] = {}
    for line in lines:
        record = json.loads(line)
        if "begun" in record:
            begun[record["begun"]] = record["story"]
        else:
            found.append(Outcome(**record))
            del begun[record["number"]]
    return found + [Outcome(n, "failed", "the process died", story, 0.0, 0.0) for n, story in begun.items()]


def bad(outcome: Outcome) -> bool:
    """Whether a file did what no file may do."""
    return outcome.what == "failed" or outcome.seconds > SECONDS or outcome.megabytes > MEGABYTES


def main() -> int:
    """Try files and say what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one case")
    parser.add_argument("--no-models", dest="kinds", action="store_const", const="drawings", default="all")
    parser.add_argument(
        "--only-models", dest="kinds", action="store_const", const="models", help="only exported models"
    )
    given = parser.parse_args()
    found = run(given.count, given.seed, given.kinds, given.only)
    wrong = [o for o in found if bad(o)]
    for one in wrong[:40]:
        print(
            f"--- case {one.number} ({one.story}): {one.what}, {one.seconds:.2f} s, {one.megabytes:.0f} MB\n{one.said}"
        )
    tally = Counter(o.what for o in found)
    print(
        f"{len(found)} files: {tally['opened']} opened, {tally['refused']} refused, {tally['failed']} failed; "
        f"slowest {max(o.seconds for o in found):.2f} s, most memory {max(o.megabytes for o in found):.0f} MB"
    )
    return 1 if wrong or len(found) < (given.count if given.only is None else 1) else 0


if __name__ == "__main__":
    sys.exit(main())
