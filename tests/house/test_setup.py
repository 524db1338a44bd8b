"""What ``make`` does on machines that lack something, played with stand-ins for the system's commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the set-up script is for Linux")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the set-up script beside an environment that is already filled."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", tmp_path / "tools")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".venv" / ".installed-dev").touch()
    return tmp_path


def machine(folder: Path, *, installed: str, user: int, apt: str = "exit 0") -> dict[str, str]:
    """Environment of a machine with these system packages, this user, and no sudo without a password."""
    commands = folder / "commands"
    commands.mkdir()
    scripts = {
        "dpkg-query": "\n".join(f"echo 'ii {name}'" for name in installed.split()) or "true",
        "id": f"echo {user}",
        "sudo": "exit 1",
        "apt-get": f'echo "apt-get $*" >> {folder}/asked; {apt}',
        "uname": "echo Linux",
    }
    for name, script in scripts.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    return {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}"}


def set_up(clone: Path, purpose: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "tools/setup.sh", purpose], cwd=clone, env=env, capture_output=True, text=True)


ALL = (
    "libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0t64 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 "
    "fonts-inter xvfb xauth xdotool"
)


def test_nothing_is_done_where_nothing_lacks(clone: Path):
    result = set_up(clone, "test", machine(clone, installed=ALL, user=1000))

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not (clone / "asked").exists()


def test_a_user_who_may_not_install_reads_the_exact_command(clone: Path):
    result = set_up(clone, "test", machine(clone, installed=ALL.replace("libegl1 ", ""), user=1000))

    assert result.returncode != 0
    assert "sudo apt-get update && sudo apt-get install --no-install-recommends -y libegl1\n" in result.stderr


def test_the_program_still_starts_where_libraries_of_the_window_lack(clone: Path):
    """A machine without a screen needs none of them."""
    result = set_up(clone, "run", machine(clone, installed="", user=1000))

    assert result.returncode == 0
    assert "apt-get install --no-install-recommends -y libegl1 libgl1" in result.stderr


def test_root_gets_what_lacks_installed(clone: Path):
    result = set_up(clone, "test", machine(clone, installed=ALL.replace(" xdotool", ""), user=0))

    assert result.returncode == 0, result.stderr
    assert (clone / "asked").read_text() == (
        "apt-get update -qq\napt-get install --no-install-recommends -y -qq xdotool\n"
    )


def test_the_program_alone_needs_no_screen_of_tests(clone: Path):
    set_up(clone, "run", machine(clone, installed=ALL.replace("xvfb xauth xdotool", ""), user=0))

    assert not (clone / "asked").exists()


def test_a_failing_installation_is_said(clone: Path):
    result = set_up(clone, "test", machine(clone, installed="", user=0, apt="exit 100"))

    assert result.returncode != 0
    assert "They could not be installed." in result.stderr


def test_an_old_python_is_refused(clone: Path):
    (clone / ".venv" / ".installed-dev").unlink()
    env = machine(clone, installed=ALL, user=0)
    old = clone / "commands" / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)

    result = set_up(clone, "run", {**env, "PYTHON": str(old)})

    assert result.returncode != 0
    assert "Canevas needs Python 3.11 or newer" in result.stderr
    assert "Python 3.9.2" in result.stderr
