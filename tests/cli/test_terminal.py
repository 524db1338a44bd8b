"""Behavior of the program as a process: what it imports, how it ends, what it never shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.command_line import demonstration, guard, networks
from tests.cli.conftest import PYTHON, ROOT


def run(*words, **more):
    return subprocess.run([*PYTHON, *words], capture_output=True, text=True, check=False, **more)


def without_screen(**more):
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {**{k: v for k, v in os.environ.items() if k not in hidden}, **more}


@pytest.mark.parametrize(
    "words", [["presets"], ["info", "preset:lecture"], ["source", "preset:lecture"], ["check", "preset:lecture"]]
)
def test_commands_about_networks_import_neither_torch_nor_qt(words):
    code = (
        f"import sys, main; status = main.main({words!r}); "
        "sys.stderr.write(str([m for m in ('torch', 'PySide6', 'numpy.random') if m in sys.modules])); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "[]")


def test_it_runs_from_any_folder(tmp_path):
    (tmp_path / "graph.py").write_text("raise SystemExit('the wrong graph')")

    assert run("presets", cwd=tmp_path).returncode == 0


def test_a_reader_that_has_enough_ends_it_quietly(tmp_path):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*PYTHON, "info", "preset:lecture"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)

    assert done.stderr == b""


def test_a_mistake_of_ours_is_one_sentence_and_a_log(canevas, monkeypatch, own_folders):
    def wrong(args):
        raise ZeroDivisionError("nobody\nforesaw this")

    monkeypatch.setattr(networks, "presets", wrong)
    said = canevas("presets")

    assert said.status == 1
    assert "Canevas made a mistake (ZeroDivisionError: nobody foresaw this); the details are in " in said.sentence
    log = Path(said.sentence.rsplit(" in ", 1)[1].rstrip("."))
    assert log.is_relative_to(own_folders)
    assert "ZeroDivisionError" in log.read_text()


def test_an_interruption_is_no_traceback(canevas, monkeypatch):
    def interrupted(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(networks, "presets", interrupted)

    assert canevas("presets") == (guard.INTERRUPTED, "", "Interrupted.\n")


def test_a_network_cannot_be_opened_without_a_screen(tmp_path):
    done = run("preset:lecture", env=without_screen(), cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("There is no screen here")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("display", ["", "nonsense", ":64999", "localhost:99", "unix:64999"])
def test_a_display_that_does_not_answer_is_none(display, monkeypatch):
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", display)

    assert not demonstration.screen()


def test_a_platform_chosen_for_qt_counts_as_a_screen(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")

    assert demonstration.screen()


def test_words_follow_the_language_of_the_terminal_if_it_ships():
    done = run("stop", "nope", env={**os.environ, "LANGUAGE": "xx_XX", "LC_ALL": "C"})

    assert "this is no run" in done.stderr


@pytest.mark.torch
@pytest.mark.slow
def test_without_arguments_and_screen_the_main_job_is_done_in_the_terminal(tmp_path):
    torch = pytest.importorskip("torch")
    done = run(cwd=tmp_path, env=without_screen(), timeout=500)

    assert done.returncode == 0, done.stderr
    assert "There is no screen here" in done.stderr
    assert "digits, test: accuracy" in done.stdout
    assert "largest difference 0\n" in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["lecture.md", "lecture.pt"]
    content = torch.load(tmp_path / "lecture.pt", weights_only=True)
    assert content["meta"]["metrics"]["accuracy"] > 0.95
