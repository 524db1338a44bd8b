"""What stands for a network on the command line: a file, ``preset:``, ``torchvision:``, an exported model, or a run."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph import edit, files
from graph.errors import CanevasError, FileError
from graph.network import Network
from graph.reference import Reference
from runtime.export import About
from runtime.formats import ENDINGS, refuse_one_way
from runtime.measures import among
from runtime.weights.recall import portable, text_of

if TYPE_CHECKING:
    from torch import Tensor

    from runtime.run import Run

PRESET, TORCHVISION = "preset:", "torchvision:"


@dataclass(frozen=True)
class Loaded:
    """A network from the command line.

    Args:
        network: what was named, with the variables and the input that were asked for.
        name: as it was named.
        file: where its weights lie, if it has any.
        weights: the weights, if it has any.
        about: what is known of its training.
        tried: values of the recipe that it was tried with on the data that ``args.data`` names.
        reference: where the weights lie that the file of a drawing names, if it names any.
    """

    network: Network
    name: str
    file: Path | None = None
    weights: Mapping[str, Tensor] | None = None
    about: About = About()  # noqa: RUF009 (frozen)
    tried: Mapping[str, Any] = field(default_factory=dict)
    reference: Reference | None = None

    @property
    def is_preset(self) -> bool:
        """Whether it may be fitted to data without asking."""
        return self.name.startswith((PRESET, TORCHVISION))


def load(args: Namespace) -> Loaded:
    """The network that ``args.source`` names, with ``args.set`` and ``args.input`` done to it.

    Raises:
        CanevasError: there is none, or it has no such variable.
    """
    name, numbers = args.source, dict(args.set)
    if name.startswith(PRESET):
        known = args.presets()
        built = known.build(name.removeprefix(PRESET), **numbers)
        tried = known.presets()[name.removeprefix(PRESET)].tried_on(getattr(args, "data", ""))
        found = Loaded(built, name, tried=tried)
    else:
        found = _from_torchvision(name) if name.startswith(TORCHVISION) else _from_file(name)
        for variable, number in numbers.items():
            found = replace(found, network=_with_variable(found.network, variable, number))
    return replace(found, network=with_input(found.network, args.input)) if args.input else found


def _from_torchvision(name: str) -> Loaded:
    from runtime.import_.remembered import remembered

    builder = name.removeprefix(TORCHVISION)
    network = remembered(builder)
    if network is None:
        from runtime.import_.torchvision import opened

        network = opened(builder)
    return Loaded(network, name)


def _from_file(name: str) -> Loaded:
    if Path(name).suffix.lower() not in ENDINGS:
        refuse_one_way(name)
        network, reference = files.opened(name)
        return Loaded(network, name, reference=reference)
    from runtime.import_ import pt

    made = pt.read(name)
    return Loaded(made.network, name, Path(name), made.weights, made.about)


def _with_variable(network: Network, name: str, number: int) -> Network:
    if name not in network.variables:
        raise CanevasError(
            "The network has no variable {name}; it has {known}.",
            name=name,
            known=", ".join(network.variables) or "-",
        )
    return edit.set_variable(network, name, number)


def with_input(network: Network, shape: tuple[int, ...]) -> Network:
    """*network* taking images of *shape*.

    Raises:
        CanevasError: it has no Input, or more than one.
    """
    names = [node.name for node in network.nodes.values() if node.kind == "Input"]
    if len(names) != 1:
        raise CanevasError("The network has {n} inputs: --input sets the size of the only one.", n=len(names))
    return edit.set_values(network, names[0], shape=tuple(shape))


def carried(loaded: Loaded, file: str) -> Reference | None:
    """Where the weights of *loaded* lie, as a drawing in *file* says it."""
    if loaded.reference is None:
        return None
    text = text_of(loaded.reference.source, Path(loaded.name).parent)
    return replace(loaded.reference, source=portable(text, Path(file).parent))


def run_named(name: str) -> Run:
    """The run in the folder *name*, or of that folder's name where runs are kept.

    Raises:
        FileError: there is none.
    """
    from runtime.folders import runs_home
    from runtime.run import Run

    for folder in (Path(name), runs_home() / name):
        if (folder / "spec.json").is_file():
            run = Run(folder)
            _ = run.spec
            return run
    raise FileError(
        name, "this is no run: neither a folder of one, nor the name of one in {home}.", home=str(runs_home())
    )


def is_run(name: str) -> bool:
    """Whether *name* stands for a run rather than for a file."""
    from runtime.folders import runs_home

    return not name.startswith((PRESET, TORCHVISION)) and any(
        (f / "spec.json").is_file() for f in (Path(name), runs_home() / name)
    )


def measures(run: Run) -> dict[str, Any]:
    """How good a run is: on the part that judges when it is over, else on the validation part so far."""
    if (result := run.result) is not None:
        found = result["parts"][result["judged_by"]]
    else:
        found = next((r for r in reversed(run.metrics().records) if r.get("part") == "validation"), {})
    return among(found)
