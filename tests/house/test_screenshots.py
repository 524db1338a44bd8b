"""The pictures of the front page can be drawn anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.scenes import SCENES
from tools.screenshots import FRONT, FRONT_PAGE

ROOT = Path(__file__).resolve().parents[2]


def test_each_picture_of_the_front_page_has_its_scene():
    page = (ROOT / "README.md").read_text(encoding="utf-8")

    for (screen, _), name in FRONT_PAGE.items():
        assert "en" in SCENES[screen].languages
        assert (FRONT / name).exists()
        assert name == "welcome.png" or f"docs/pictures/{name}" in page


@pytest.mark.qt
def test_a_scene_is_drawn(tmp_path):
    code = """
import sys
from pathlib import Path
from tools import screenshots
screenshots.ALL = Path(sys.argv[1])
screenshots.draw(screenshots.Shot("quick-add", "light", "fr", 1), None)
"""
    own = {"CANEVAS_HOME": str(tmp_path / "home"), "QT_QPA_PLATFORM": "offscreen"}

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "quick-add-light-fr.png").stat().st_size > 20_000
