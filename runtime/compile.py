"""The running model: the source of a network, executed exactly as it is written.

A traceback shows the lines of the source, and a failing line is told by the node it belongs to.
"""

from __future__ import annotations

import builtins
import hashlib
import linecache
import traceback
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from graph.analysis import Report, analyze
from graph.errors import CanevasError
from graph.network import Network
from graph.text import Message, number, say, tr
from runtime.literals import title
from runtime.source import Source, write


class ModelError(CanevasError):
    """A line of the source failed; *path* is that of its node, empty if the line belongs to none."""

    def __init__(self, message: Message, path: str = "") -> None:
        super().__init__(message)
        self.path = path


def compile(network: Network, weights: Mapping[str, Tensor] | None = None) -> nn.Module:
    """The model of *network*: ``model(*inputs)`` answers, ``model(*inputs, targets)`` gives the losses by name.

    Args:
        network: what to run.
        weights: its state_dict; as torch draws them by default if None.

    Raises:
        CanevasError: the network has an error, or *weights* are those of another network.
    """
    report = analyze(network)
    written = write(network, report)
    file = _remember(written.text, network.name)
    namespace: dict[str, Any] = {"__name__": file}
    exec(builtins.compile(written.text, file, "exec"), namespace)  # the text holds checked names and plain values only
    net = _teaching(namespace["Net"], written, file, report)
    try:
        model = net()
    except Exception as error:
        raise _explained(error, written, file) from error
    return load(model, weights) if weights is not None else model


def load(model: nn.Module, weights: Mapping[str, Tensor]) -> nn.Module:
    """*model* with *weights*, which must be its own: the same keys, the same shapes.

    Raises:
        CanevasError: they are not; the sentence names the first difference.
    """
    own = model.state_dict()
    missing = [key for key in own if key not in weights]
    foreign = [key for key in weights if key not in own]
    if missing or foreign:
        raise CanevasError(_differing(missing, foreign))
    for key, tensor in own.items():
        given = weights[key]
        if not isinstance(given, Tensor) or given.shape != tensor.shape:
            raise CanevasError(
                "The weights are of another network: {key} is {given} there, but {own} here.",
                key=key,
                given=_shape(given.shape) if isinstance(given, Tensor) else type(given).__name__,
                own=_shape(tensor.shape),
            )
    model.load_state_dict(dict(weights))
    return model


def _differing(missing: list[str], foreign: list[str]) -> Message:
    if missing and foreign:
        return say(
            "The weights are of another network: they lack {missing} and hold {foreign}, which it does not have.",
            missing=missing[0],
            foreign=foreign[0],
        )
    if missing:
        return say(
            "The weights lack {n} tensors of this network, the first of them {key}.", n=len(missing), key=missing[0]
        )
    return say(
        "The weights hold {n} tensors that this network does not have, the first of them {key}.",
        n=len(foreign),
        key=foreign[0],
    )


def _shape(size: torch.Size) -> str:
    return " × ".join(map(number, size)) or tr("a number")


def _remember(text: str, name: str) -> str:
    """A file name under which tracebacks and ``inspect`` find the text; equal texts share it.

    It is also the name of the module: ``torch.export`` separates these by commas and semicolons, and cannot read back a
    file in which one of them has such a sign.
    """
    plain = title(name).replace(",", " ").replace(";", " ")
    file = f"<canevas {plain} {hashlib.sha256(text.encode()).hexdigest()[:12]}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return file


def _teaching(net: type[nn.Module], written: Source, file: str, report: Report) -> type[nn.Module]:
    """*net*, telling the node of a line that fails, and of one that is being run (``node_at``)."""

    class Net(net):  # type: ignore[misc, valid-type]
        @staticmethod
        def node_at(frame: FrameType | None) -> str:
            """The path of the node whose line is run in *frame* or called it; empty if there is none."""
            return _path(written, file, traceback.walk_stack(frame))

        def __call__(self, *given: Any, **named: Any) -> Any:
            if torch.compiler.is_compiling():
                return super().__call__(*given, **named)
            try:
                return super().__call__(*given, **named)
            except CanevasError:
                raise
            except Exception as error:
                raise _explained(error, written, file, _unfit(report, given)) from error

    Net.__qualname__, Net.__module__ = net.__qualname__, net.__module__
    return Net


def _unfit(report: Report, given: tuple[Any, ...]) -> Message | None:
    """What is wrong with what the model was called with, if that explains a failure."""
    flows = list(report.inputs.items())
    if len(given) < len(flows):
        return say("The network takes {n} inputs; it was given {given}.", n=len(flows), given=len(given))
    for (name, flow), tensor in zip(flows, given, strict=False):
        if isinstance(tensor, Tensor) and tuple(tensor.shape[1:]) != tuple(flow.dims[1:]):
            return say(
                "{name} takes images of {wanted}; it was given {given}.",
                name=name,
                wanted=str(flow),
                given=" × ".join(map(str, tensor.shape[1:])),
            )
    return None


def _explained(error: Exception, written: Source, file: str, cause: Message | None = None) -> ModelError:
    path = _path(written, file, reversed(list(traceback.walk_tb(error.__traceback__))))
    reason = str(cause) if cause is not None else " ".join(str(error).split())[:500] or type(error).__name__
    if not path:
        return ModelError(say("The model failed: {reason}", reason=reason))
    return ModelError(say("The model failed at {path}: {reason}", path=path, reason=reason), path)


def _node(frame: FrameType, line: int, written: Source, file: str) -> str:
    """The node that a frame of a traceback was busy with: that of its line, or the layer of a row; empty if none."""
    if frame.f_code.co_filename == file:
        return written.nodes.get(line, "")
    if frame.f_code is not nn.Sequential.forward.__code__:
        return ""
    busy = frame.f_locals.get("module")
    return next((name for name, layer in frame.f_locals["self"].named_children() if layer is busy), "")


def _path(written: Source, file: str, frames: Iterable[tuple[FrameType, int]]) -> str:
    """The path of the node that frames with their lines, the innermost first, are busy with; empty if none."""
    names = [_node(frame, line, written, file) for frame, line in frames]
    return ".".join(name for name in reversed(names) if name)
