"""The source reads as if written by hand, is stable and formatted, and lets nothing else in."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

import runtime
from graph import Block, CanevasError, Network, Node
from graph.layer import _KINDS, Layer, kind
from runtime.folding import WIDTH
from tests.runtime.networks import (
    Add,
    Concat,
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Input,
    Linear,
    Output,
    ReLU,
    Softmax,
    Target,
    lecture,
    network,
    networks,
    residual,
)

LECTURE = '''\
"""lecture: 33,730 parameters.

Takes input (N, 1, 28, 28); gives output (N, 10).
Without targets the model answers; with targets it gives the losses by name.
"""

from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, padding="same")
'''


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(WIDTH), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_the_lecture_reads_as_written_by_hand():
    text = runtime.source(lecture())

    assert text.startswith(LECTURE)
    assert "        x = self.pool1(x)  # (N, 8, 14, 14)\n" in text
    assert text.endswith(
        "        x = self.dense(x)  # (N, 10)\n"
        "        if targets is None:\n"
        "            return self.softmax(x)  # (N, 10)\n"
        '        return {"loss": self.loss(x, targets)}\n'
    )


def test_the_package_needs_no_torch():
    code = "import sys, runtime, runtime.source; assert 'torch' not in sys.modules and callable(runtime.source)"

    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_a_block_is_one_class_whose_parameters_are_what_differs():
    text = runtime.source(residual())

    assert text.count("class ") == 2
    assert "def __init__(self, in_channels, width):" in text
    assert 'self.add_module("1", Residual(4, width=6))' in text
    assert '"""Shapes as in 0."""' in text


def test_blocks_that_compute_differently_are_two_classes():
    """Equal but for an expression, which no constructor could take."""

    def made(first: int, second: int) -> Network:
        return network(
            {"image": Input((1, 4, 4)), "a": Block("join", {"axis": first}), "b": Block("join", {"axis": second})},
            "image a:image, a:answer b:image",
            blocks={
                "join": network(
                    {"image": Input(), "cat": Node("cat", Concat(), bind={"dim": "axis"}), "answer": Output()},
                    "image cat answer, image cat",
                    variables={"axis": 1},
                )
            },
        )

    assert runtime.source(made(1, 2)).count("class Join") == 2
    assert runtime.source(made(1, 1)).count("class Join") == 1


def test_frozen_nodes_stay_in_evaluation_mode():
    text = runtime.source(residual())

    assert 'getattr(self, "1").requires_grad_(False).eval()  # frozen\n' in text
    assert 'super().train(mode)\n        getattr(self, "1").eval()  # frozen\n        return self' in text


def test_many_frozen_nodes_are_named_in_a_loop():
    names = [f"conv{i}" for i in range(20)]
    nodes = {"image": Input((1, 4, 4)), **{n: Node(n, Conv2d(1, 1), frozen=True) for n in names}}
    text = runtime.source(network(nodes, f"image {' '.join(names)}"))

    assert text.count("        for frozen in (\n            self.conv0,\n") == 2
    assert text.count("            frozen.requires_grad_(False).eval()\n") == 1
    assert formatted(text) == text


def test_a_side_head_is_computed_in_training_only():
    text = runtime.source(
        network(
            {
                "image": Input((1, 4, 4)),
                "conv": Conv2d(2),
                "target": Target(),
                "flat1": Flatten(),
                "side": Linear(3),
                "side_loss": CrossEntropyLoss(share=0.3),
                "relu": ReLU(),
                "flat": Flatten(),
                "dense": Linear(3),
                "loss": CrossEntropyLoss(),
                "answer": Output(),
            },
            "image conv relu flat dense answer, conv flat1 side side_loss:input, target side_loss:target,"
            "dense loss:input, target loss:target",
        )
    )

    assert text.endswith(
        "        conv = self.conv(image)  # (N, 2, 2, 2)\n"
        "        if targets is not None:\n"
        "            x = self.flat1(conv)  # (N, 8)\n"
        "            x = self.side(x)  # (N, 3)\n"
        "            side_loss = 0.3 * self.side_loss(x, targets)\n"
        "        x = self.relu(conv)  # (N, 2, 2, 2)\n"
        "        x = self.flat(x)  # (N, 8)\n"
        "        x = self.dense(x)  # (N, 3)\n"
        "        if targets is None:\n"
        "            return x\n"
        '        return {"side_loss": side_loss, "loss": self.loss(x, targets)}\n'
    )


def test_what_is_needed_no_more_is_deleted_while_much_is_to_come():
    names = [f"relu{i}" for i in range(1, 9)]
    chain = " ".join(names)
    made = {
        "image": Input((1, 4, 4)),
        "early": Conv2d(1),
        "relu1": ReLU(),
        "add": Add(),
        **dict.fromkeys(names, ReLU()),
    }
    text = runtime.source(network(made, f"image early {chain}, early add, relu1 add"))

    assert "        add = early + relu1  # (N, 1, 2, 2)\n        del early\n" in text


@pytest.mark.slow
@given(networks())
@settings(max_examples=25, deadline=None)
def test_random_sources_are_formatted_and_stable(made):
    try:
        text = runtime.source(made)
    except CanevasError:
        return

    assert formatted(text) == text
    assert runtime.source(made) == text


@pytest.mark.parametrize("length", [1, 15, 20, 28, 36, 45, 52, 60, 70, 80])
def test_long_names_and_wide_merges_are_folded_as_ruff_does(length):
    def long(name: str) -> str:
        return name + "_" * (length - len(name) - 1) + "z" if length > len(name) else name

    names = [long(f"c{i}") for i in range(12)]
    nodes = {long("image"): Input((1, 4, 4)), **{n: Conv2d(3, (1, 2), bias=False, dilation=(1, 3)) for n in names}}
    nodes |= {long("cat"): Concat(), long("sum"): Add(), long("flat"): Flatten(), long("dense"): Linear(4)}
    nodes |= {long("t"): Target(), long("loss1"): CrossEntropyLoss(label_smoothing=0.1, share=0.25)}
    nodes |= {long("loss2"): CrossEntropyLoss(), long("o"): Output(), long("p"): Output()}
    edges = [f"{long('image')} {n} {long('cat')}, {n} {long('sum')}" for n in names]
    edges += [f"{long('sum')} {long('flat')} {long('dense')} {long('o')}, {long('cat')} {long('p')}"]
    for loss in ("loss1", "loss2"):
        edges.append(f"{long('dense')} {long(loss)}:input, {long('t')} {long(loss)}:target")
    text = runtime.source(network(nodes, ", ".join(edges)))

    assert formatted(text) == text
    if length <= 50:  # longer ones fit no line twice
        assert max(map(len, text.splitlines())) <= WIDTH


def test_networks_with_errors_are_refused_with_the_sentence():
    broken = network({"image": Input((1, 4, 4)), "dense": Linear()}, "image dense")

    with pytest.raises(CanevasError, match=r"At dense: Linear needs a vector"):
        runtime.source(broken)


@pytest.mark.parametrize("name", ['x"""\nimport os\n', "\\", '"' * 4, "é\x00\u2028\n", "", "a" * 500])
def test_the_name_of_a_network_cannot_leave_the_docstring(name):
    made = network({"image": Input((1, 4, 4)), "relu": ReLU()}, "image relu", name)
    tree = ast.parse(runtime.source(made))

    assert [type(part) for part in tree.body] == [ast.Expr, ast.ImportFrom, ast.ClassDef]


class Evil(str):
    def __repr__(self) -> str:
        return "__import__('os').system('touch canary')"

    __str__ = __format__ = __repr__  # type: ignore[assignment]


def forced(layer: Layer, **values: object) -> Layer:
    for name, bad in values.items():
        object.__setattr__(layer, name, bad)
    return layer


@pytest.mark.parametrize(
    "hostile",
    [
        forced(Conv2d(), padding=Evil("same")),
        forced(Conv2d(), kernel_size=Evil("3")),
        forced(Softmax(), dim="1) or print("),
        forced(Softmax(), dim=float("inf")),
        forced(Concat(), dim="1), __import__('os').system('true'"),
        forced(Concat(), dim=10**12),
        forced(Linear(), out_features=True),
    ],
    ids=repr,
)
def test_hostile_values_never_reach_the_source(hostile):
    made = network({"image": Input((1, 4, 4)), "bad": hostile}, "image bad")

    with pytest.raises(CanevasError):
        runtime.source(made)


@pytest.mark.parametrize(
    "name", ["a b", "x = 1", "import", "__class__", "forward", "é", Evil("conv1"), "a\n", "1.5", "x" * 81]
)
def test_hostile_names_never_reach_the_source(name):
    with pytest.raises(CanevasError):
        runtime.source(network({"image": Input((1, 4, 4))}, "").change(nodes={name: Node(name, ReLU())}))


def test_hostile_blocks_and_variables_are_refused():
    inside = network({"image": Input(), "relu": ReLU(), "answer": Output()}, "image relu answer")
    for block, values in (("a b", {}), ("fine", {"x y": 1}), ("fine", {"x": "1"}), ("absent", {})):
        blocks = {} if block == "absent" else {block: inside}
        top = network({"image": Input((1, 4, 4)), "b": Block(block, values)}, "", blocks=blocks)
        with pytest.raises(CanevasError):
            runtime.source(top)


def test_a_block_inside_itself_is_refused():
    inside = network({"image": Input(), "again": Block("loop"), "answer": Output()}, "")
    top = network({"image": Input((1, 4, 4)), "b": Block("loop")}, "", blocks={"loop": inside})

    with pytest.raises(CanevasError, match="inside itself"):
        runtime.source(top)


def test_a_loss_inside_a_block_is_refused():
    inside = network({"image": Input(), "t": Target(), "loss": CrossEntropyLoss()}, "image loss:input, t loss:target")
    top = network({"image": Input((4,)), "b": Block("judge")}, "image b:image", blocks={"judge": inside})

    with pytest.raises(CanevasError, match="t stands in the block judge"):
        runtime.source(top)


def test_a_kind_that_is_not_registered_is_refused():
    class Strange(ReLU):
        """Nobody registered it."""

    with pytest.raises(CanevasError, match="no registered kind"):
        runtime.source(network({"image": Input((1, 4, 4)), "s": Strange()}, "image s"))


def test_a_module_of_our_own_is_copied_into_the_source(tmp_path, monkeypatch):
    @kind
    class Half(Layer):
        """Halves."""

        category = "act"
        module = "runtime.modules"

    try:
        (tmp_path / "half.py").write_text(
            "import torch\nfrom torch import nn\n\n\nclass Half(nn.Module):\n"
            "    def forward(self, x):\n        return torch.mul(x, 0.5)\n"
        )
        monkeypatch.setattr(sys.modules["runtime.source"], "MODULES", tmp_path)
        text = runtime.source(network({"image": Input((1, 4, 4)), "h": Half()}, "image h"))
    finally:
        del _KINDS["Half"]

    assert "import torch\nfrom torch import nn\n\n\nclass Half(nn.Module):" in text
    assert "self.h = Half()" in text
    assert formatted(text) == text
