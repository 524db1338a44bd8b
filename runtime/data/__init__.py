"""Images with their right answers: what a data set is, its parts, and batches made from them.

:mod:`runtime.data.description` and :mod:`runtime.data.preprocessing` are free of torch; the rest is not and is loaded
when it is asked for.
"""

from importlib import import_module
from typing import Any

from runtime.data.description import Description, Problem, builtin
from runtime.data.preprocessing import Preprocessing

__all__ = ["DataSet", "Description", "Part", "Preprocessing", "Problem", "builtin", "open"]

_LATER = {"open": "runtime.data.dataset", "DataSet": "runtime.data.dataset", "Part": "runtime.data.dataset"}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(name)
