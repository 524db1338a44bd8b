"""Draw every screen to pictures, offscreen: ``make screenshots``, or ``python -m tools.screenshots [SCREEN ...]``.

All pictures go to build/screenshots (screen-theme.png, screen-theme@2x.png); those of the front page to docs/pictures.
The network is really trained first, so that curves, answers and confusion are those of a run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALL, FRONT = ROOT / "build" / "screenshots", ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1600, 1000
FRONT_PAGE = {
    ("design", "dark"): "design.png",
    ("train", "dark"): "train.png",
    ("test", "light"): "test.png",
    ("data", "light"): "data.png",
    ("welcome", "dark"): "welcome.png",
}
"""Which screens stand on the front page, by their names there."""


class Studio:
    """A window with a trained run at hand, and what is needed to bring it into any state."""

    def __init__(self, run: Path | None) -> None:
        from gui import app

        self.app = app.application()
        self.window = app.open_window()
        self.session = self.window.session
        self.run = run
        self.window.resize(WIDTH, HEIGHT)
        self.window.show()
        self.settle()

    def settle(self, seconds: float = 0.4) -> None:
        """Let everything happen that happens by itself."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.app.processEvents()
            time.sleep(0.01)

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 120.0) -> None:
        """Wait for something to come true."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(f"{what} did not happen within {seconds:g} s")
            self.app.processEvents()
            time.sleep(0.01)
        self.settle()

    def open(self, preset: str) -> None:
        """A drawing of a preset, in the Design room."""
        self.window.files.preset(preset)
        self.window.show_room("design")
        self.settle()
        self.window.canvas.show_everything()
        self.settle()

    def use_data(self) -> None:
        """The digits, looked at by the service."""
        from gui.data.watch import DataWatch
        from runtime.data.description import Description

        self.session.choose_data(Description("digits"))
        watch = DataWatch.of(self.session)
        watch.want()
        self.wait(lambda: watch.facts is not None, "reading the data")

    def look_at_run(self) -> None:
        """The trained run is the one that is looked at."""
        from runtime.run import Run

        self.session.show_run(Run(self.run))

    def close(self) -> None:
        """Leave nothing behind."""
        for document in self.session.documents:
            document.stack.setClean()
        self.window.close()
        self.settle()


def welcome(studio: Studio) -> None:
    studio.window.show_room("welcome")


def design(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.canvas.scene.select(["conv3"])


def design_empty(studio: Studio) -> None:
    studio.window.files.new()
    studio.window.show_room("design")


def design_error(studio: Studio) -> None:
    from graph import edit

    studio.open("lecture")
    document = studio.session.document
    document.edit(edit.bridge(document.network, ["flatten"]), "Remove")
    studio.settle()
    studio.window.canvas.scene.select(["dense"])
    studio.window.do("next_problem")


def design_block(studio: Studio) -> None:
    studio.open("resnet18")


def design_long(studio: Studio) -> None:
    """Names as long as they may get, in the language with the longer words."""
    from graph import edit

    studio.session.settings.set("language", "fr")
    studio.settle()
    studio.open("lecture")
    document = studio.session.document
    long = "convolution_of_the_first_stage_with_a_name_that_never_ends_and_goes_on"
    document.edit(edit.rename(document.network, "conv1", long).network, "Rename")
    studio.settle()
    studio.window.canvas.scene.select([long])


def data(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("data")
    studio.use_data()


def data_empty(studio: Studio) -> None:
    studio.window.files.new()
    studio.window.show_room("data")


def data_error(studio: Studio) -> None:
    from runtime.data.description import Description

    studio.open("lecture")
    studio.session.choose_data(Description(str(ROOT / "docs")))
    studio.window.show_room("data")
    studio.settle(6)


def train(studio: Studio) -> None:
    studio.open("lecture")
    studio.use_data()
    studio.look_at_run()
    studio.window.show_room("train")
    studio.settle(10)


def train_long(studio: Studio) -> None:
    """In the language with the longer words."""
    studio.session.settings.set("language", "fr")
    train(studio)


def test_long(studio: Studio) -> None:
    studio.session.settings.set("language", "fr")
    test(studio)


def train_empty(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("train")
    studio.settle(2)


def train_refused(studio: Studio) -> None:
    design_error(studio)
    studio.use_data()
    studio.window.show_room("train")
    studio.settle(2)


def test(studio: Studio) -> None:
    studio.open("lecture")
    studio.use_data()
    studio.look_at_run()
    studio.window.show_room("test")
    room = studio.window.page("test")
    studio.wait(lambda: room.tester.result is not None, "testing")
    studio.settle(4)


def test_empty(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("test")
    studio.settle(2)


def settings(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("settings")


def shortcuts(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("shortcuts")


def commands(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.search_commands()


WITH_RUN: dict[str, Callable[[Studio], None]] = {
    "welcome": welcome,
    "design": design,
    "design-empty": design_empty,
    "design-error": design_error,
    "design-block": design_block,
    "design-long": design_long,
    "data": data,
    "data-empty": data_empty,
    "data-error": data_error,
    "train": train,
    "train-refused": train_refused,
    "train-long": train_long,
    "test": test,
    "test-long": test_long,
    "settings": settings,
    "shortcuts": shortcuts,
    "commands": commands,
}
WITHOUT_RUN: dict[str, Callable[[Studio], None]] = {"train-empty": train_empty, "test-empty": test_empty}
SCREENS = {**WITH_RUN, **WITHOUT_RUN}


def trained(home: Path) -> Path:
    """A run of the lecture's network, trained in *home*."""
    folder = home / "runs" / "lecture"
    environment = {**os.environ, "CANEVAS_HOME": str(home), "OMP_NUM_THREADS": "1"}
    words = ["train", "preset:lecture", "--data", "digits", "--run", str(folder), "--threads", "1"]
    subprocess.run(
        [sys.executable, "main.py", *words], cwd=ROOT, check=True, env=environment, stdout=subprocess.DEVNULL
    )
    return folder


def draw(screen: str, theme: str, run: Path | None) -> None:
    """Draw one screen in this process, at the scale that QT_SCALE_FACTOR asks for."""
    from gui.settings import Settings

    chosen = Settings()
    chosen.set("theme", theme)
    chosen.set("language", "en")
    studio = Studio(run)
    SCREENS[screen](studio)
    studio.settle()
    double = os.environ.get("QT_SCALE_FACTOR") == "2"
    picture = studio.window.grab()
    ALL.mkdir(parents=True, exist_ok=True)
    picture.save(str(ALL / f"{screen}-{theme}{'@2x' if double else ''}.png"))
    studio.close()


def small(picture: Path, to: Path) -> None:
    """A copy without transparency, packed as tightly as it goes."""
    from PIL import Image

    to.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as image:
        image.convert("RGB").save(to, optimize=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description="Draw the screens of Canevas.")
    parser.add_argument("screens", nargs="*", metavar="SCREEN", help=f"any of: {', '.join(SCREENS)}")
    parser.add_argument("--theme", choices=("dark", "light"), help="only this theme")
    parser.add_argument("--scale", type=int, choices=(1, 2), help="only this scale")
    parser.add_argument("--draw", metavar="RUN", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := set(asked.screens) - set(SCREENS):
        parser.error(f"no screen is called {', '.join(sorted(unknown))}; there are: {', '.join(SCREENS)}")
    if asked.draw is not None:
        draw(asked.screens[0], asked.theme, Path(asked.draw) if asked.draw else None)
        return 0
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        names = asked.screens or list(SCREENS)
        run = str(trained(home / "full")) if set(names) & set(WITH_RUN) else ""
        for screen in names:
            full = screen in WITH_RUN
            for theme in [asked.theme] if asked.theme else ["dark", "light"]:
                for scale in [asked.scale] if asked.scale else [1, 2]:
                    if not shot(screen, theme, scale, home / ("full" if full else "bare"), run if full else ""):
                        failed.append(f"{screen}-{theme}@{scale}x")
    for (screen, theme), name in FRONT_PAGE.items():
        picture = ALL / f"{screen}-{theme}.png"
        if screen in names and picture.exists() and asked.scale != 2 and asked.theme in (None, theme):
            small(picture, FRONT / name)
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return 1 if failed else 0


def shot(screen: str, theme: str, scale: int, home: Path, run: str) -> bool:
    """Draw one screen in a process of its own."""
    settings = home.parent / f"settings-{screen}-{theme}-{scale}"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": str(scale),
        "CANEVAS_HOME": str(home),
        "XDG_CONFIG_HOME": str(settings),
        "HOME": "/home/ada",
        "LANGUAGE": "en",
    }
    words = [sys.executable, "-m", "tools.screenshots", screen, "--theme", theme, "--draw", run]
    sys.stderr.write(f"{screen} {theme} {scale}x\n")
    return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
