"""Draw every screen to pictures, offscreen: ``make screenshots``, or ``python -m tools.screenshots [SCREEN ...]``.

All pictures go to build/screenshots (screen-theme.png, screen-theme-fr.png, screen-theme@2x.png); those of the front
page to docs/pictures.  The networks are really trained first, so that curves, answers and confusion are those of runs;
with ``--runs FOLDER`` they stay there, and are not trained again.
Each picture is taken by a process of its own, as many at once as there are cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import tools.task_scenes  # noqa: F401 (its scenes are registered)
from tools.scenes import SCENES
from tools.trainings import ROOT, trained

ALL, FRONT = ROOT / "build" / "screenshots", ROOT / "docs" / "pictures"
FRONT_PAGE = {
    ("design", "dark"): "design.png",
    ("train", "dark"): "train.png",
    ("test", "light"): "test.png",
    ("data", "light"): "data.png",
    ("welcome", "dark"): "welcome.png",
    ("train-boxes", "dark"): "detection.png",
    ("train-masks", "light"): "segmentation.png",
}
"""Which screens stand on the front page, by their names there."""


class Shot(NamedTuple):
    """One picture: of which screen, in which theme and language, how large a pixel is."""

    screen: str
    theme: str
    language: str
    scale: int

    @property
    def name(self) -> str:
        """What its file is called, but for the ending."""
        return f"{self.screen}-{self.theme}{'' if self.language == 'en' else f'-{self.language}'}"


def shots(asked: argparse.Namespace) -> list[Shot]:
    """The pictures that are asked for; those of two pixels per point in one language only."""
    every = [
        Shot(screen, theme, language, scale)
        for screen in asked.screens or SCENES
        for theme in ("dark", "light")
        for language in SCENES[screen].languages
        for scale in ((1, 2) if language == SCENES[screen].languages[0] else (1,))
    ]
    said = {name: getattr(asked, name) for name in ("theme", "language", "scale")}
    return [one for one in every if all(value in (None, getattr(one, name)) for name, value in said.items())]


def draw(shot: Shot, run: Path | None) -> None:
    """Take one picture in this process."""
    from gui.settings import Settings
    from tools.studio import Studio

    chosen = Settings()
    chosen.set("theme", shot.theme)
    chosen.set("language", shot.language)
    studio = Studio(run)
    SCENES[shot.screen].build(studio)
    studio.save(ALL / shot.name)
    studio.close()


def taken(shot: Shot, folder: Path, run: Path | None) -> bool:
    """Take one picture in a process of its own, with settings of its own; whether that went well."""
    home = folder / f"{shot.name}-{shot.scale}"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": str(shot.scale),
        "OMP_NUM_THREADS": "1",
        "CANEVAS_HOME": str(home),
        "CANEVAS_RUNS": str(run.parent if run else home / "runs"),
        "CANEVAS_CACHE": str(folder / "cache"),
        "HOME": "/home/ada",
    }
    words = [sys.executable, "-m", "tools.screenshots", shot.screen, "--theme", shot.theme]
    words += ["--language", shot.language, "--draw", str(run or "")]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    sys.stderr.write(f"{shot.name} {shot.scale}x\n{done.stderr if done.returncode else ''}")
    return done.returncode == 0


def small(picture: Path, to: Path) -> None:
    """A copy without transparency, packed as tightly as it goes."""
    from PIL import Image

    to.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as image:
        image.convert("RGB").save(to, optimize=True)


def parsed() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description="Draw the screens of Canevas.")
    parser.add_argument("screens", nargs="*", metavar="SCREEN", help=f"any of: {', '.join(SCENES)}")
    parser.add_argument("--theme", choices=("dark", "light"), help="only this theme")
    parser.add_argument("--language", choices=("en", "fr"), help="only this language")
    parser.add_argument("--scale", type=int, choices=(1, 2), help="only this scale")
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="where trained runs are kept, and found again")
    parser.add_argument("--draw", metavar="RUN", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := set(asked.screens) - set(SCENES):
        parser.error(f"no screen is called {', '.join(sorted(unknown))}; there are: {', '.join(SCENES)}")
    return asked


def main() -> int:
    """Take the pictures; 1 if one of them could not be."""
    asked = parsed()
    if asked.draw is not None:
        draw(Shot(asked.screens[0], asked.theme, asked.language, 1), Path(asked.draw) if asked.draw else None)
        return 0
    wanted = shots(asked)
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as hands:
        folder = Path(name)
        home = asked.runs.resolve() if asked.runs else folder
        runs = {name: trained(home / name, name) for name in {SCENES[one.screen].run for one in wanted} if name}
        results = hands.map(lambda one: taken(one, folder, runs.get(SCENES[one.screen].run)), wanted)
        failed = [f"{one.name}@{one.scale}x" for one, well in zip(wanted, results, strict=True) if not well]
    for (screen, theme), name in FRONT_PAGE.items():
        if Shot(screen, theme, "en", 1) in wanted and (picture := ALL / f"{screen}-{theme}.png").exists():
            small(picture, FRONT / name)
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
