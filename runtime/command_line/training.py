"""Commands about runs: train, resume, stop, runs."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import replace
from typing import Any

from graph.analysis import analyze
from graph.checks import task
from graph.errors import CanevasError
from graph.problems import misfits
from graph.text import memory, number, say, tr
from runtime import client, fit
from runtime.command_line import weights
from runtime.command_line.data import description, look
from runtime.command_line.output import answer, table, tell
from runtime.command_line.sources import Loaded, load, measures, run_named
from runtime.command_line.watch import Watch
from runtime.folders import runs_home
from runtime.measures import judge
from runtime.measures import told as measured
from runtime.offered import offered, unusual
from runtime.recipe import Recipe
from runtime.run import Run, RunError, create, runs
from runtime.weights.match import Match
from runtime.weights.origin import Origin

LOOK = 0.1
"""Seconds between two looks at a run's files."""

PATIENCE = 60.0
"""Seconds that a worker may take to stop."""


def train(args: Namespace) -> int:
    """Train a network from the beginning, and follow it to its end."""
    loaded = load(args)
    recipe = recipe_of(args, loaded)
    description(args).recognized()  # what is cheap to refuse is refused before anything slow begins
    client.preload()  # the worker imports torch while this process reads the data
    try:
        origin = weights.origin_of(args, loaded)
        loaded = fitted(loaded, args, origin)
        found = weights.matched(origin, args, loaded) if origin is not None else None
        anew = [one.path for one in found.left] if found is not None else []
        loaded = replace(loaded, network=weights.frozen(loaded.network, args.freeze, anew))
        run = begin(loaded, recipe, args, origin, found)
        client.launch(run)
    finally:
        client.dismiss()
    tell(tr("Training in {folder}", folder=str(run.folder)))
    return follow(run, args.json)


def recipe_of(args: Namespace, loaded: Loaded) -> Recipe:
    """The recipe of the file that was named, else the one that is offered, with what else was said.

    Raises:
        CanevasError: a value is out of its range.
    """
    recipe = Recipe.load(args.recipe) if args.recipe else offered(task(loaded.network), loaded.tried)
    said = {name: getattr(args, name) for name in ("epochs", "steps", "batch", "device", "threads", "seed")}
    said["learning_rate"] = args.lr
    if args.epochs is not None:
        said["steps"] = 0
    known = [name for name, value in said.items() if value is not None]
    if not args.recipe and (values := unusual(recipe, known)):
        tell(tr("Usual for this network and these data: {values}", values=values))
    return Recipe.from_dict({**recipe.to_dict(), **{k: v for k, v in said.items() if v is not None}})


def begin(loaded: Loaded, recipe: Recipe, args: Namespace, origin: Origin | None, found: Match | None) -> Run:
    """A new run for what the command line said, with the weights of *origin* that were *found* to fit."""
    if origin is None or found is None:
        return create(runs_home(), loaded.network, None, recipe, description(args), folder=args.run)
    return create(
        runs_home(),
        loaded.network,
        found.weights,
        recipe,
        description(args),
        folder=args.run,
        preprocessing=origin.preprocessing,
        begun=found.told(origin),
    )


def fitted(loaded: Loaded, args: Namespace, origin: Origin | None = None) -> Loaded:
    """The network of the command line: made to fit its data if it is a preset, refused with the fix if it is not.

    Images keep the size that it was drawn for if its weights have learned with that size.

    Raises:
        CanevasError: a file that does not fit.
    """
    _, around = look(args, task(loaded.network))
    if loaded.is_preset:
        sized = bool(args.input) or (origin is not None and origin.preprocessing is not None)
        network, solved = fit.fitted(loaded.network, around, keep=("image_size",) if sized else ())
        for problem in solved:
            tell(tr("{problem} Fitted: {fix}.", problem=problem.message, fix=problem.fixes[0].text))
        if left := [p for p in misfits(analyze(network), around) if p.severity == "error"]:
            raise CanevasError(left[0].message)
        return replace(loaded, network=network)
    for problem in misfits(analyze(loaded.network), around):
        if problem.severity != "error":
            tell(problem.message)
            continue
        if not problem.fixes:
            raise CanevasError(problem.message)
        raise CanevasError(
            "{problem} {fix}: canevas check {name} --data {data} --fix -o FITTED.canevas",
            problem=problem.message,
            fix=problem.fixes[0].text,
            name=loaded.name,
            data=args.data,
        )
    return loaded


def resume(args: Namespace) -> int:
    """Go on with a run from its last checkpoint, and follow it to its end."""
    run = run_named(args.run)
    client.resume(run)
    return follow(run, args.json)


def stop(args: Namespace) -> int:
    """Have a run stop, with a checkpoint, and wait until it has."""
    run = run_named(args.run)
    if not run.alive():
        raise RunError("{name} is not being trained ({state}).", name=run.name, state=run.state)
    run.send("stop")
    deadline = time.monotonic() + PATIENCE
    while run.alive():
        if time.monotonic() > deadline:
            raise RunError("{name} does not answer; it may be stopped at its next look.", name=run.name)
        time.sleep(LOOK)
    answer(summary(run), args.json, _sentence(run))
    return 0


def list_runs(args: Namespace) -> int:
    """All runs where runs are kept, newest first."""
    found = []
    rows = [(tr("run"), tr("state"), tr("step"), tr("measure"), tr("size"), tr("folder"))]
    for run in runs(runs_home()):
        one = {**summary(run), "name": run.name, "created": run.created, "size": run.size()}
        found.append(one)
        measure = judge(one["metrics"]) or "-"
        rows.append((one["name"], one["state"], number(one["step"]), measure, memory(one["size"]), one["run"]))
    text = table(rows, left=2) if found else tr("No runs in {home}.", home=str(runs_home()))
    answer(found, args.json, text)
    return 0


def follow(run: Run, as_json: bool) -> int:
    """Show how a run goes until nobody trains it any more; Ctrl+C stops it with a checkpoint."""
    watch = Watch(run)
    asked = False
    while True:
        try:
            while watch.look():
                time.sleep(LOOK)
            break
        except KeyboardInterrupt:
            if asked:
                watch.close()
                tell(tr("Training goes on without this terminal: canevas stop {run}", run=str(run.folder)))
                return 130
            asked = True
            watch.say(tr("Stopping, with a checkpoint…"))
            run.send("stop")
    watch.close()
    if run.state in ("failed", "crashed"):
        raise RunError(_why(run))
    answer(summary(run), as_json, _sentence(run))
    return 0


def _why(run: Run) -> Any:
    if (error := run.error) is not None:
        return say("{text}", text=error["text"])
    return client.death(run) or say("The worker is gone; stderr.log in {folder} may say why.", folder=str(run.folder))


def summary(run: Run) -> dict[str, Any]:
    """What became of a run, ready for JSON."""
    file = run.checkpoint("best")
    return {
        "run": str(run.folder),
        "state": run.state,
        "step": _step(run),
        "metrics": measures(run),
        "checkpoint": str(file) if file else None,
        **({"weights": begun} if (begun := run.spec.get("begun")) else {}),
    }


def _step(run: Run) -> int:
    steps = [event["step"] for event in run.events().records if "step" in event]
    return int(steps[-1]) if steps else 0


def _sentence(run: Run) -> str:
    found = summary(run)
    state = {"done": tr("done"), "stopped": tr("stopped")}.get(found["state"], found["state"])
    measures = measured(found["metrics"])
    return tr(
        "{state} at step {step}: {measures}; {run}",
        state=state,
        step=found["step"],
        measures=measures,
        run=found["run"],
    )
