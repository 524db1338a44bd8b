"""The words of the command line, as one table: each command, what it does, and what it takes."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import NamedTuple

from graph.text import tr
from runtime.data.description import FORMATS
from runtime.formats import FORMATS as EXPORTS
from runtime.recipe import DEVICES

PRECISIONS = ("float32", "bfloat16", "float16")
"""Those of :mod:`graph.costs`, which takes too long to import for words alone."""


class Command(NamedTuple):
    """A command: its name, what it does in a line, what it takes, and the function that does it (module:name)."""

    name: str
    help: str
    takes: Callable[[ArgumentParser], None]
    does: str


def source(parser: ArgumentParser) -> None:
    """A network: SOURCE, --set, --input."""
    parser.add_argument(
        "source", metavar="SOURCE", help=tr("a network file, preset:NAME, torchvision:NAME, or an exported model")
    )
    _numbers(parser)


def _numbers(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        type=assignment,
        action="append",
        default=[],
        help=tr("set a variable of the network; may be said again"),
    )
    parser.add_argument(
        "--input", metavar="C,H,W", type=shape, help=tr("size of the images: channels, height and width")
    )


def _data(parser: ArgumentParser, required: bool = False, positional: bool = False) -> None:
    named = {"dest": "data", "required": required} if not positional else {}
    about = tr("a built-in set (digits, digit-scenes), torchvision:NAME[:ROOT], or a folder or a file of data")
    parser.add_argument("data" if positional else "--data", metavar="DATA", help=about, **named)  # type: ignore[arg-type]
    about = tr("the format of the data, if it is not recognized: {known}", known=", ".join(FORMATS))
    parser.add_argument("--format", choices=FORMATS, metavar=tr("FORMAT"), help=about)
    parser.add_argument("--download", action="store_true", help=tr("fetch a set of torchvision that is not here yet"))


def _output(parser: ArgumentParser, what: str, required: bool = True) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", required=required, help=what)


def _new(parser: ArgumentParser) -> None:
    source(parser)
    _output(parser, tr("the network file to write"))


def _diff(parser: ArgumentParser) -> None:
    about = tr("a network file, preset:NAME, torchvision:NAME, or an exported model")
    parser.add_argument("a", metavar="A", help=about)
    parser.add_argument("b", metavar="B", help=about)


def _info(parser: ArgumentParser) -> None:
    source(parser)
    parser.add_argument("--batch", type=count, default=1, metavar="N", help=tr("images at a time, for the memory"))
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help=tr("of numbers, for the memory"))
    parser.add_argument("--weights", action="store_true", help=tr("each weight by its name in the state_dict, too"))
    parser.add_argument("--sizes", action="store_true", help=tr("try which sizes of images fit (a moment, if large)"))


def _check(parser: ArgumentParser) -> None:
    source(parser)
    _data(parser)
    parser.add_argument("--fix", action="store_true", help=tr("mend what can be mended safely; needs -o"))
    _output(parser, tr("where the mended network goes"), required=False)


def _source(parser: ArgumentParser) -> None:
    source(parser)
    _output(parser, tr("the file to write; printed if not said"), required=False)


def _train(parser: ArgumentParser) -> None:
    source(parser)
    _data(parser, required=True)
    about = tr("the folder of the run; if not said, a new one where runs are kept")
    parser.add_argument("--run", metavar="DIR", help=about)
    _recipe(parser)


def _try(parser: ArgumentParser) -> None:
    source(parser)
    _data(parser, required=True)
    _recipe(parser)


def _recipe(parser: ArgumentParser) -> None:
    parser.add_argument("--recipe", metavar="FILE", help=tr("a recipe (JSON); what is said here counts more"))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=int, metavar="N", help=tr("how often each image is seen"))
    length.add_argument("--steps", type=int, metavar="N", help=tr("how many corrections of the weights"))
    parser.add_argument("--batch", type=int, metavar="N", help=tr("images per correction"))
    parser.add_argument("--lr", type=float, metavar="X", help=tr("learning rate"))
    parser.add_argument("--device", choices=DEVICES, help=tr("where to compute"))
    parser.add_argument("--threads", type=int, metavar="N", help=tr("cores to use; 0 is all of them"))
    parser.add_argument("--seed", type=int, metavar="N", help=tr("where chance begins"))
    _weights(parser)
    about = tr(
        "a layer or block whose weights stay as they are, or all-but-N for all but the last N; may be said again"
    )
    parser.add_argument("--freeze", metavar="WHAT", action="append", default=[], help=about)


def _weights(parser: ArgumentParser) -> None:
    about = tr("the weights: a file, a run, torchvision:NAME[:WEIGHTS], package:NAME, published, or none")
    parser.add_argument("--weights", metavar="WEIGHTS", help=about)


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=tr("the folder of a run, or its name where runs are kept"))


def _model(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="RUN_OR_PT", help=tr("a run, or an exported model (.pt, .safetensors)"))


def _test(parser: ArgumentParser) -> None:
    _model(parser)
    _data(parser)
    parser.add_argument("--part", choices=("train", "validation", "test"), help=tr("another part than the last one"))


def _predict(parser: ArgumentParser) -> None:
    _model(parser)
    parser.add_argument("images", nargs="+", metavar="IMAGE", help=tr("files of images"))
    parser.add_argument("--top", type=count, default=5, metavar="N", help=tr("how many classes to name"))
    parser.add_argument("-o", "--output", metavar="DIR", help=tr("the folder for pictures of masks; here if not said"))


def _export(parser: ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="RUN_OR_SOURCE", help=tr("a run, a network file, preset:NAME, or an exported model")
    )
    _numbers(parser)
    _weights(parser)
    _output(parser, tr("the file to write; its ending says the format: {known}", known=", ".join(EXPORTS)))


def _nothing(parser: ArgumentParser) -> None:
    """No arguments of its own."""


def commands() -> tuple[Command, ...]:
    """Every command, in the order of a day's work."""
    return (
        Command("presets", tr("list the networks worth starting from"), _nothing, "networks:presets"),
        Command("new", tr("write a network file"), _new, "networks:new"),
        Command("diff", tr("what differs between two networks"), _diff, "diff:diff"),
        Command("info", tr("shapes, weights, costs and receptive fields of each layer"), _info, "info:info"),
        Command("check", tr("what is wrong with a network, and mend it"), _check, "networks:check"),
        Command("source", tr("the network as readable PyTorch"), _source, "networks:write_source"),
        Command("data", tr("what a data set is"), lambda p: _data(p, positional=True), "data:data"),
        Command("train", tr("train a network"), _train, "training:train"),
        Command("overfit", tr("see whether a network can learn one batch by heart"), _try, "trials:overfit"),
        Command("find-rate", tr("try learning rates, and suggest one"), _try, "trials:find_rate"),
        Command("resume", tr("go on with a run"), _run, "training:resume"),
        Command("stop", tr("stop a run, with a checkpoint"), _run, "training:stop"),
        Command("runs", tr("list the runs"), _nothing, "training:list_runs"),
        Command("test", tr("measure a trained network"), _test, "answers:test"),
        Command("predict", tr("what a trained network says about images"), _predict, "answers:predict"),
        Command("export", tr("take a network away, with the proof that it works"), _export, "answers:write_export"),
    )


def parser() -> ArgumentParser:
    """The parser of all commands."""
    made = ArgumentParser(
        prog="canevas",
        usage=tr("canevas [SOURCE]\n       canevas COMMAND ... [--json]"),
        description=tr("Draw convolutional networks and see them learn. Without a command, the window opens."),
        epilog=tr("canevas COMMAND --help says more. --json prints one JSON document. Exit status: 0 done, 1 failed, "
                  "2 wrong usage."),
    )  # fmt: skip
    words = tr("COMMAND ...")  # longer than every command: argparse leaves room for it, but not for their indent
    inner = made.add_subparsers(dest="command", metavar=words, title=tr("commands"), prog="canevas")
    for command in commands():
        one = inner.add_parser(command.name, help=command.help, description=command.help)
        one.add_argument("--json", action="store_true", help=tr("print the answer as one JSON document"))
        command.takes(one)
        one.set_defaults(does=command.does)
    return made


def parsed(words: list[str]) -> argparse.Namespace:
    """The arguments of a command.

    Raises:
        SystemExit: wrong usage (2), or help was asked for (0).
    """
    made = parser()
    args = made.parse_args(words)
    if args.command is None:
        made.error(tr("say a command"))
    if args.command == "check" and args.fix != bool(args.output):
        made.error(tr("--fix and -o FILE go together"))
    return args


def assignment(text: str) -> tuple[str, int]:
    """``NAME=VALUE`` as a name and a whole number."""
    name, equals, number = text.partition("=")
    try:
        return name, int(number if equals and name and len(number) <= 12 else "")
    except ValueError:
        raise ArgumentTypeError(tr("{text} is not NAME=VALUE with a whole number", text=repr(text)[:60])) from None


def shape(text: str) -> tuple[int, ...]:
    """``C,H,W`` as numbers."""
    try:
        found = tuple(int(part) for part in text.split(",") if len(part) <= 12)
    except ValueError:
        found = ()
    if len(found) != text.count(",") + 1 or not 1 <= len(found) <= 4 or min(found) < 1:
        raise ArgumentTypeError(tr("{text} is not C,H,W with whole numbers from 1 on", text=repr(text)[:60]))
    return found


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise ArgumentTypeError(tr("{text} is no whole number from 1 on", text=repr(text)[:60]))
    return int(text)
