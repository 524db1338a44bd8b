"""Where data, runs and caches belong on this system.

The environment variable CANEVAS_HOME puts all in one folder, CANEVAS_DATA and CANEVAS_RUNS each of these elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def data_home() -> Path:
    """Data sets that were downloaded."""
    return _home("data", platformdirs.user_data_path)


def runs_home() -> Path:
    """Runs, one folder each."""
    return _home("runs", platformdirs.user_data_path)


def blocks_home() -> Path:
    """The blocks that somebody keeps, to use them in any network."""
    return _home("blocks", platformdirs.user_data_path)


def cache_home() -> Path:
    """What can be made again."""
    return _home("cache", platformdirs.user_cache_path)


def state_home() -> Path:
    """What the program remembers about itself: logs of its own mistakes."""
    return _home("state", platformdirs.user_state_path)


def _home(name: str, system: object) -> Path:
    if chosen := os.environ.get(f"CANEVAS_{name.upper()}"):
        return Path(chosen).expanduser()
    if own := os.environ.get("CANEVAS_HOME"):
        return Path(own).expanduser() / name
    return system("canevas", appauthor=False) / name
