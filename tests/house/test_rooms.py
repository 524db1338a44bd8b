"""Who may import whom, and how large things may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("graph", "presets", "runtime", "gui")
SOURCES = [ROOT / "main.py", *(file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))]
HEAVY = ("torch", "torchvision", "torchmetrics", "lightning_fabric", "sklearn", "scipy")
QT = ("PySide6", "shiboken6", "pyqtgraph")


def test_imports_go_one_way():
    linter = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 0, result.stdout + result.stderr


def loaded(code: str) -> set[str]:
    """Top-level packages in memory after a fresh interpreter has run *code*."""
    listing = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def modules(room: str) -> list[str]:
    """Dotted names of all modules of a room."""
    files = (file.relative_to(ROOT).with_suffix("") for file in (ROOT / room).rglob("*.py"))
    return sorted({".".join(file.parts).removesuffix(".__init__") for file in files if file.stem != "__main__"})


def test_the_words_of_the_command_line_need_no_kinds():
    """The window is painted before a hundred kinds are made; what stands before it must not make them."""
    listing = "import sys; print('graph.layers' in sys.modules)"
    code = f"from runtime.command_line import guard, run, demonstration; {listing}"

    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout.split() == ["False"]


@pytest.mark.parametrize("room", ["graph", "presets"])
def test_networks_need_neither_torch_nor_qt(room: str):
    assert not loaded(f"import {', '.join(modules(room))}") & {*HEAVY, *QT}


def test_no_module_of_the_window_brings_torch_along():
    assert not loaded(f"import {', '.join(modules('gui'))}") & set(HEAVY)


def test_runtime_is_loaded_lazily():
    assert not loaded("import runtime") & {*HEAVY, *QT}


@pytest.mark.torch
@pytest.mark.slow
def test_no_module_of_runtime_brings_qt_along():
    assert not loaded(f"import {', '.join(modules('runtime'))}") & set(QT)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_class_has_more_than_25_methods(file: Path):
    large = {
        node.name: count
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and (count := methods(node)) > 25
    }

    assert not large


def methods(node: ast.ClassDef) -> int:
    """Functions defined in a class body; a property with its setter counts once."""
    return len({item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))})


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(file: Path):
    text = file.read_text(encoding="utf-8")

    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_words_for_translation_are_templates(file: Path):
    """``tr(f"...")`` never matches a catalog."""
    wrong = [
        node.lineno
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in {"tr", "say", "Message"}
        and node.args
        and isinstance(node.args[0], ast.JoinedStr)
    ]

    assert not wrong


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("graph", {"Network", "FileError", "load", "save", "analyze"}),
        ("presets", {"build"}),
        ("runtime", {"source", "compile"}),
    ],
)
def test_scripts_find_the_names_they_rely_on(package: str, names: set[str]):
    code = f"import {package}; print(*(name for name in {sorted(names)} if not hasattr({package}, name)))"

    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert (result.returncode, result.stdout.split()) == (0, []), result.stderr
