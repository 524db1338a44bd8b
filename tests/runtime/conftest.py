"""Runs to test with: a small network with chance inside, a recipe that uses everything, quick workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph import Network
from runtime.data.description import Description
from runtime.recipe import Recipe
from runtime.run import Run, create
from tests.runtime.networks import (
    Conv2d,
    CrossEntropyLoss,
    Dropout,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    Output,
    ReLU,
    Softmax,
    Target,
    network,
)
from tests.runtime.nursery import Nursery


@pytest.fixture(scope="session")
def small() -> Network:
    """One convolution, a dropout (so that chance takes part in training) and a dense layer, for digits."""
    layers: dict[str, Any] = {
        "input": Input((1, 28, 28)),
        "conv": Conv2d(4, padding="same"),
        "relu": ReLU(),
        "pool": MaxPool2d(4),
        "dropout": Dropout(0.2),
        "flatten": Flatten(),
        "dense": Linear(10),
        "softmax": Softmax(),
        "output": Output(),
        "target": Target(),
        "loss": CrossEntropyLoss(),
    }
    chain = "input conv relu pool dropout flatten dense softmax output, dense loss:input, target loss:target"
    return network(layers, chain, name="small")


@pytest.fixture
def make_run(small: Network, tmp_path: Path) -> Callable[..., Run]:
    """``make_run(epochs=2, shift=0.1, data="digits")``: a run of the small network that nobody trains yet."""

    def make(data: str = "digits", net: Network | None = None, weights: Any = None, **recipe: Any) -> Run:
        chosen = Recipe(**{"threads": 1, "epochs": 2, "device": "cpu", **recipe})
        return create(tmp_path / "runs", net or small, weights, chosen, Description(data))

    return make


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Where workers come from without delay."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def worker(nursery: Nursery) -> Iterator[Callable[[Run], int]]:
    """``worker(run)`` trains *run* in a process of its own and returns its id; none survives the test."""
    pids: list[int] = []

    def start(run: Run) -> int:
        pids.append(nursery.worker(run.folder))
        return pids[-1]

    yield start
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
