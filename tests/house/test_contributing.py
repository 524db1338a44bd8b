"""What CONTRIBUTING shows is all there is to do: its code, put where it says, is found everywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"(At the end of|In a new file) `([\w/.]+)`:\n\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STEPS = {path: (how, code) for how, path, code in STEP.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program in which somebody has done what CONTRIBUTING says, and nothing else."""
    folder = tmp_path_factory.mktemp("house")
    kept = shutil.ignore_patterns("__pycache__")
    for room in ("graph", "presets"):
        shutil.copytree(ROOT / room, folder / room, ignore=kept)
    for room in ("gui", "runtime"):
        (folder / room).symlink_to(ROOT / room)
    for file in ("main.py", "pyproject.toml"):
        shutil.copy(ROOT / file, folder)
    for path, (how, code) in STEPS.items():
        file = folder / path
        assert file.exists() == (how == "At the end of"), path
        with file.open("a", encoding="utf-8") as end:
            end.write(f"\n\n{code}" if file.stat().st_size else code)
    return folder


def python(house: Path, *words: str) -> str:
    """What Python says in the copy."""
    own = {"CANEVAS_HOME": str(house / "home"), "LANGUAGE": "en", "QT_QPA_PLATFORM": "offscreen"}
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | own
    done = subprocess.run([sys.executable, *words], cwd=house, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def network(threshold: float) -> str:
    """Code that makes a network with the new kind."""
    return f"""
from graph import Edge, Network, Node, analyze, kinds, dumps, loads, mend
from graph.explain import explain
from graph.layers.source import Input, Output
nodes = [("x", Input((4,))), ("shrink", kinds()["Softshrink"]({threshold})), ("y", Output())]
edges = (Edge("x", "out", "shrink", "x"), Edge("shrink", "out", "y", "x"))
network = Network("n", {{name: Node(name, layer) for name, layer in nodes}}, edges)
report = analyze(network)
"""


def test_the_page_shows_a_kind_a_problem_a_number_and_a_preset():
    assert list(STEPS) == [
        "graph/layers/activation.py",
        "graph/rules/learning.py",
        "graph/explained/costs.py",
        "presets/perceptron.py",
    ]


def test_its_code_is_as_ours_has_to_be(house):
    ruff = Path(sys.executable).with_name("ruff")

    for words in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        done = subprocess.run([ruff, *words, "--no-cache", *STEPS], cwd=house, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.qt
def test_the_new_kind_is_in_the_palette_and_its_form_checks_it(house):
    code = """
from gui import app
from gui.form import Form
from gui.palette import families
from graph import CanevasError, kinds
application = app.application()
kind = kinds()["Softshrink"]
print([c.__name__ for c in families("softshrink")["act"]])
print(kind in families("débruitage")["act"])
form = Form(kind.specs, kind().values)
print(list(form.fields))
try:
    kind(lambd=-1.0)
except CanevasError as error:
    print(error)
"""

    assert python(house, "-c", code).splitlines() == [
        "['Softshrink']",
        "True",
        "['lambd']",
        "lambd must be from 0 to 1000, not -1.",
    ]


def test_the_new_kind_is_analyzed_explained_and_kept_in_files(house):
    code = """
print(report["shrink"].outputs[0], report.parameters)
print(loads(dumps(network)) == network)
told = explain(report, "shrink", "output")
print(told.formula, "|", told.worked, "|", told.why)
"""

    assert python(house, "-c", network(0.25) + code).splitlines() == [
        "4 0",
        "True",
        "sign(x) · max(|x| − λ, 0) | sign(x) · max(|x| − 0.25, 0) | "
        "Values between −0.25 and 0.25 become zero: noise goes, and many zeros are cheap.",
    ]


@pytest.mark.torch
def test_the_new_kind_computes_what_torch_computes(house):
    code = """
import torch, runtime
text = runtime.source(network)
x = torch.linspace(-2, 2, 8).reshape(2, 4)
print("nn.Softshrink(lambd=0.25)" in text, torch.equal(runtime.compile(network)(x), torch.nn.Softshrink(0.25)(x)))
"""

    assert python(house, "-c", network(0.25) + code).split() == ["True", "True"]


def test_the_new_problem_is_found_said_and_mended(house):
    code = """
print(*(f"{p.code}: {p.message}" for p in report.problems))
mended, problems = mend(network)
print(list(mended.nodes), analyze(mended).problems)
"""

    assert python(house, "-c", network(0.0) + code).splitlines() == [
        "shrinks_nothing: shrink has a threshold of 0 and changes nothing.",
        "['x', 'y'] ()",
    ]
    assert "shrinks_nothing" not in python(house, "-c", network(0.25) + code)


def test_the_new_number_is_explained_for_a_node_and_for_the_whole(house):
    code = """
import presets
from graph import analyze
from graph.explain import explain, title
report = analyze(presets.build("lecture"))
print(title("reuse"))
for path in ("conv2", "dense", ""):
    print(explain(report, path, "reuse").worked.replace(chr(0x2009), ","))
print(explain(report, "relu1", "reuse"))
"""

    assert python(house, "-c", code).splitlines() == [
        "Uses of a weight",
        "451,584 / 584 = 773.3",
        "15,680 / 15,690 = 1.0",
        "1,878,464 / 33,730 = 55.7",
        "None",
    ]


def test_the_new_preset_is_listed_and_built(house):
    listed = json.loads(python(house, "main.py", "presets", "--json"))
    assert {"name": "perceptron", "parameters": 114_088}.items() <= listed[
        [p["name"] for p in listed].index("perceptron")
    ].items()

    found = json.loads(python(house, "main.py", "info", "preset:perceptron", "--set", "hidden=2", "--json"))
    assert found["parameters"] == 785 * 2 + 3 * 1000
    assert found["problems"] == []


def test_another_package_is_named_as_the_entry_points_are():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    groups = set(re.findall(r'^\[project\.entry-points\."([\w.]+)"\]', page, re.MULTILINE))
    asked = {
        group
        for file in ("graph/layer.py", "presets/registry.py")
        for group in re.findall(r'load_plugins\("([\w.]+)"', (ROOT / file).read_text(encoding="utf-8"))
    }

    assert groups == asked == {"canevas.layers", "canevas.presets"}
