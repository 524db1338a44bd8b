"""What the pages say is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_and_pictures_lead_somewhere(page: Path):
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_goals_of_make_exist(page: Path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    goals = set(re.findall(r"\bmake ([a-z]+)`", page.read_text(encoding="utf-8")))
    goals |= set(re.findall(r"^make ([a-z]+)$", page.read_text(encoding="utf-8"), re.MULTILINE))

    assert {goal for goal in goals if not re.search(rf"^{goal}:", makefile, re.MULTILINE)} == set()


def test_python_on_the_front_page_compiles():
    blocks = CODE.findall((ROOT / "README.md").read_text(encoding="utf-8"))

    for language, text in blocks:
        if language == "python":
            compile(text, "README.md", "exec")


def test_commands_on_the_front_page_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`canevas ([a-z-]+)", text)) | set(re.findall(r"^canevas ([a-z-]+)", text, re.M))
    result = subprocess.run([sys.executable, "main.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    known = set(re.findall(r"^    ([a-z-]+)(?: |$)", result.stdout, re.MULTILINE))

    assert told - known == set()
    assert len(told) >= 13


@pytest.mark.torch
def test_the_front_page_s_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    blocks = [text for language, text in CODE.findall((ROOT / "README.md").read_text(encoding="utf-8")) if language]
    export = [sys.executable, str(ROOT / "main.py"), "export", "preset:lecture", "-o", "lecture.pt"]
    subprocess.run(export, check=True, capture_output=True)

    for text in blocks:
        exec(text, {})
