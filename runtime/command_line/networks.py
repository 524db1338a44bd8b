"""Commands about networks as such: presets, new, check, source."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from graph import files
from graph.analysis import analyze
from graph.checks import task
from graph.circumstances import Circumstances
from graph.network import Network
from graph.problems import Problem, mend, problems_of
from graph.text import number, tr, tr_count
from runtime import machine
from runtime.command_line.output import answer, table, tell
from runtime.command_line.sources import Loaded, carried, load


def presets(args: Namespace) -> int:
    """List the presets."""
    found = [
        {
            "name": preset.name,
            "title": str(preset.title),
            "task": preset.task,
            "variables": preset.defaults,
            "parameters": preset.parameters,
            "reference": str(preset.reference),
        }
        for preset in args.presets().presets().values()
    ]
    rows = [(tr("name"), tr("title"), tr("task"), tr("parameters"), tr("variables"))]
    for p in found:
        variables = " ".join(f"{name}={n}" for name, n in p["variables"].items())
        rows.append((p["name"], p["title"], p["task"], number(p["parameters"]), variables))
    answer(found, args.json, table(rows, left=3))
    return 0


def new(args: Namespace) -> int:
    """Write a network file."""
    loaded = load(args)
    network = loaded.network
    files.save(network, args.output, carried(loaded, args.output))
    parameters = analyze(network).parameters
    text = tr("{file}: {name}, {n} parameters", file=args.output, name=network.name, n=parameters)
    answer({"file": args.output, "name": network.name, "parameters": parameters}, args.json, text)
    return 0


def write_source(args: Namespace) -> int:
    """Print or write the source."""
    from runtime.source import source

    text = source(load(args).network)
    if args.output:
        files.write(args.output, text.encode())
        answer({"file": args.output}, args.json, tr("{file}: written", file=args.output))
    else:
        answer({"source": text}, args.json, text.rstrip("\n"))
    return 0


def check(args: Namespace) -> int:
    """What is wrong; with --fix, mend what can be mended safely."""
    loaded = load(args)
    network = loaded.network
    around = circumstances(args, network)
    if args.fix:
        return _fix(args, loaded, around)
    found = problems_of(analyze(network), around)
    lines = [sentence(p) + _fixes(p) for p in found] or [tr("No problems.")]
    answer([told(problem) for problem in found], args.json, "\n".join(lines))
    return int(_errors(found))


def _fix(args: Namespace, loaded: Loaded, around: Circumstances) -> int:
    network, mended = mend(loaded.network, around)
    files.save(network, args.output, carried(loaded, args.output))
    left = problems_of(analyze(network), around)
    for problem in mended:
        fix = next(f for f in problem.fixes if f.safe)
        tell(tr("mended: {problem} → {fix}", problem=sentence(problem), fix=fix.text))
    for problem in left:
        tell(sentence(problem))
    text = tr_count("{file}: {n} problem mended", "{file}: {n} problems mended", len(mended), file=args.output)
    found = {"file": args.output, "mended": [told(p) for p in mended], "problems": [told(p) for p in left]}
    answer(found, args.json, text)
    return int(_errors(left))


def circumstances(args: Namespace, network: Network) -> Circumstances:
    """The data that the command line names, read for what *network* learns, and this machine."""
    if not args.data:
        return Circumstances(memory=machine.memory())
    from runtime.command_line.data import look

    return look(args, task(network))[1]


def _errors(found: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in found)


def told(problem: Problem) -> dict[str, Any]:
    """A problem, ready for JSON."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "path": problem.path,
        "message": str(problem.message),
        "fixes": [{"id": fix.id, "text": str(fix.text)} for fix in problem.fixes],
    }


def sentence(problem: Problem) -> str:
    word = {"error": tr("error"), "warning": tr("warning"), "hint": tr("hint")}[problem.severity]
    return f"{word}: {problem.path}: {problem.message}" if problem.path else f"{word}: {problem.message}"


def _fixes(problem: Problem) -> str:
    return f" [{'; '.join(str(fix.text) for fix in problem.fixes)}]" if problem.fixes else ""
