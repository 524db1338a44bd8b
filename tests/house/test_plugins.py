"""Installed packages bring kinds and presets by entry point; one that is broken is said, and passed over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from graph.plugins import load_plugins

ROOT = Path(__file__).resolve().parents[2]

KINDS = '''
"""A kind from elsewhere."""
from graph import Layer, kind
from graph.values import value

@kind
class Cube(Layer):
    """Takes every value to its third power."""

    category = "act"
    words = "cubique"
    module = ""
    power: int = value(3, low=1, high=9)

    def expression(self, x):
        return f"{x} ** {self.power}"

@kind
class Twice(Layer):
    """Doubles every value, by a module that torch lacks."""

    category = "act"
    words = "double"
    module = "cube_modules"
'''

MODULES = '''
"""What torch lacks."""
from torch import nn

class Twice(nn.Module):
    def forward(self, x):
        return 2 * x
'''

PRESETS = '''
"""A network from elsewhere."""
from graph import Edge, Network, Node
from graph.layers.source import Input, Output
from graph.text import say
from presets import preset
from cube_kinds import Cube

@preset(title=say("Cubes"), task="", parameters=0, reference="none")
def cubes():
    nodes = {"x": Node("x", Input((4,))), "cube": Node("cube", Cube()), "y": Node("y", Output())}
    return Network("cubes", nodes, (Edge("x", "out", "cube", "x"), Edge("cube", "out", "y", "x")))
'''

BROKEN = '''
"""A kind, and then a mistake."""
from graph import Layer, kind

@kind
class Half(Layer):
    """Is there already when the rest fails."""

1 / 0
'''


def installed(folder: Path, name: str, entry_points: str, **modules: str) -> None:
    """A package as pip leaves it: its modules, and its dist-info."""
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(dedent(entry_points))


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    """A folder with an installed plug-in that brings a kind and a preset."""
    entry_points = """
        [canevas.layers]
        cube = cube_kinds

        [canevas.presets]
        cube = cube_presets
        """
    installed(tmp_path, "canevas_cube", entry_points, cube_kinds=KINDS, cube_presets=PRESETS, cube_modules=MODULES)
    return tmp_path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder with an installed plug-in that fails halfway."""
    entry_points = """
        [canevas.layers]
        half = half_kinds

        [canevas.presets]
        gone = no_such_module
        """
    installed(tmp_path, "canevas_half", entry_points, half_kinds=BROKEN)
    return tmp_path


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {"PYTHONPATH": str(folder), "CANEVAS_HOME": str(folder), "LANGUAGE": "en", "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True)


def test_the_terminal_knows_what_a_plug_in_brings(cube):
    listed = python(cube, "main.py", "presets", "--json")
    assert "cubes" in [preset["name"] for preset in json.loads(listed.stdout)]
    assert listed.stderr == ""

    assert "x ** 3" in python(cube, "main.py", "source", "preset:cubes").stdout

    file = str(cube / "cubes.canevas")
    assert python(cube, "main.py", "new", "preset:cubes", "-o", file).returncode == 0
    layers = json.loads(python(cube, "main.py", "info", file, "--json").stdout)["layers"]
    assert [layer["kind"] for layer in layers] == ["Input", "Cube", "Output"]


@pytest.mark.torch
def test_a_module_of_a_plug_in_runs_where_the_plug_in_is_installed(cube):
    code = """
import presets, runtime, torch
from graph import edit
from graph.layer import kinds
network, name = edit.add(presets.build("cubes"), kinds()["Twice"]())
network = edit.insert(network, name, network.outgoing["cube"][0])
print("from cube_modules import Twice" in runtime.source(network))
print(runtime.compile(network)(torch.tensor([[1.0, 2.0, 3.0, 4.0]])).tolist())
"""

    assert python(cube, "-c", code).stdout.splitlines() == ["True", "[[2.0, 16.0, 54.0, 128.0]]"]


@pytest.mark.qt
def test_the_palette_shows_what_a_plug_in_brings(cube):
    code = "from gui.palette import families; print(*(c.__name__ for g in families('cubique').values() for c in g))"

    assert python(cube, "-c", code).stdout.split() == ["Cube"]


def test_a_file_of_a_plug_in_that_is_gone_is_refused_by_name(cube, tmp_path_factory):
    file = str(cube / "cubes.canevas")
    python(cube, "main.py", "new", "preset:cubes", "-o", file)

    said = python(tmp_path_factory.mktemp("empty"), "main.py", "info", file)

    assert said.returncode == 1
    assert "Cube" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_broken_plug_in_is_said_in_a_sentence_and_passed_over(broken):
    said = python(broken, "main.py", "info", "preset:lecture", "--json")

    assert said.returncode == 0
    assert json.loads(said.stdout)["parameters"] == 33_730
    assert said.stderr.splitlines() == [
        "The plug-in half is passed over: division by zero",
        "The plug-in gone is passed over: No module named 'no_such_module'",
    ]


def test_a_broken_plug_in_leaves_nothing_behind(broken):
    code = "from graph import kinds; print('Half' in kinds(), 'Conv2d' in kinds())"

    assert python(broken, "-c", code).stdout.split() == ["False", "True"]


@pytest.mark.qt
def test_the_window_says_which_plug_in_is_broken(broken):
    code = """
from gui import app
application, window = app.application(), app.open_window()
app.say_refused_plugins(window)
print(window.notice.text)
"""

    assert "The plug-in half is passed over" in python(broken, "-c", code).stdout


def test_no_plug_in_says_nothing():
    registry = {"Mine": 1}

    assert load_plugins("canevas.nothing", registry) == []
    assert registry == {"Mine": 1}
