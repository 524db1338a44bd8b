"""The service answers every request with one message, and nothing else stands on its line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import presets
from graph import files
from runtime.processes import command, environment
from tests.runtime.networks import lecture

pytestmark = [pytest.mark.torch, pytest.mark.slow]

DIGITS = {"source": "digits"}


class Talk:
    """A service, asked as the window asks it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            command("runtime.service"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment(), "OMP_NUM_THREADS": "1"},
            cwd="/",
        )
        self.number = 0

    def send(self, **message: Any) -> None:
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next message that is no progress."""
        while True:
            message = json.loads(self.process.stdout.readline())
            if "progress" not in message:
                return message
            assert 0.0 <= message["progress"] <= 1.0

    def ask(self, do: str, **asked: Any) -> dict[str, Any]:
        self.number += 1
        self.send(id=self.number, do=do, **asked)
        answer = self.answer()
        assert answer["id"] == self.number
        return answer

    def close(self) -> int:
        self.process.stdin.close()
        code = self.process.wait(20)
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    made = Talk()
    yield made
    if made.process.poll() is None:
        made.close()


def test_data_are_described_with_samples(talk: Talk):
    told = talk.ask("data", data=DIGITS, samples=20)["result"]

    assert (told["name"], told["format"], told["task"], told["shape"]) == (
        "digits",
        "digits",
        "classification",
        [1, 28, 28],
    )
    assert sum(sum(counts) for counts in told["counts"].values()) == 1797
    assert told["sizes"] == [{"size": [8, 8], "count": 1797}]
    images = np.load(told["samples"]["images"])
    assert (images.shape, images.dtype) == ((20, 1, 28, 28), np.uint8)
    assert sorted(told["samples"]["labels"]) == sorted([*range(10)] * 2)


def test_augmentation_is_shown_on_real_samples(talk: Talk):
    told = talk.ask("augment", data=DIGITS, recipe={"rotation": 30.0}, samples=3, times=4)["result"]
    before, after = np.load(told["before"]), np.load(told["after"])

    assert (before.shape, after.shape) == ((3, 1, 28, 28), (3, 4, 1, 28, 28))
    assert (after != before[:, None]).any(axis=(2, 3, 4)).all()


def test_a_network_goes_out_and_comes_back(talk: Talk, tmp_path: Path):
    network = lecture(width=2)
    proof = talk.ask("export", network=files.dumps(network), file=str(tmp_path / "net.pt"))["result"]
    assert (proof["verified"], proof["max_difference"]) == (True, 0.0)

    back = talk.ask("import", file=str(tmp_path / "net.pt"))["result"]
    assert files.loads(back["network"]) == network
    assert back["weights"]["conv1.bias"] == [str(tmp_path / "net.pt"), "conv1.bias"]
    again = talk.ask("export", network=back["network"], weights=back["weights"], file=str(tmp_path / "b.pt"))
    assert again["result"]["verified"]

    told = talk.ask("test", model=str(tmp_path / "net.pt"), data=DIGITS, mistakes=3)["result"]
    assert told["metrics"]["images"] == 269
    assert np.load(told["images"]).shape == (len(told["mistakes"]), 1, 28, 28) == (3, 1, 28, 28)
    some = talk.ask("predict", model=str(tmp_path / "net.pt"), data=DIGITS, indices=[0, 5], top=2)["result"]
    assert [len(a["classes"]) for a in some["answers"]] == [2, 2]
    maps = talk.ask("maps", model=str(tmp_path / "net.pt"), data=DIGITS, index=0, path="conv1")["result"]
    assert np.load(maps["maps"]).shape == (2, 28, 28)
    cam = talk.ask("cam", model=str(tmp_path / "net.pt"), data=DIGITS, index=0, path="conv1", **{"class": 3})["result"]
    assert (np.load(cam["map"]).shape, cam["size"], cam["index"]) == ((28, 28), [28, 28], 3)
    assert [one["index"] for one in told["curves"]] == list(range(10))
    assert sum(one["objects"] for one in told["curves"]) == 269
    assert len(np.load(told["points"])) == sum(one["points"] for one in told["curves"])


def test_a_detector_tells_its_stages_and_its_weights(talk: Talk, tmp_path: Path):
    network = presets.build("yolo_small", width=2)
    file = str(tmp_path / "net.pt")
    assert talk.ask("export", network=files.dumps(network), file=file)["result"]["file"] == file
    picture = tmp_path / "scene.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (96, 96), np.uint8)).save(picture)

    told = talk.ask("stages", model=file, image=str(picture))["result"]
    assert [stage["name"] for stage in told["stages"]] == ["Every box", "Sure enough", "Final boxes"]
    assert np.load(told["stages"][0]["boxes"]).shape == (6 * 6 * 2, 8)
    assert (told["grid"], told["size"], told["objects"]) == ([6, 6], [96, 96], [])
    weights = talk.ask("weights", model=file, path="conv1.conv")["result"]
    assert np.load(weights["values"]).shape == tuple(weights["shape"]) == (2, 1, 3, 3)
    refused = talk.ask("stages", model=file, image=str(tmp_path / "none.png"))
    assert "no such file" in refused["error"]


@pytest.mark.parametrize(
    ("do", "asked", "why"),
    [
        ("explode", {}, "no request explode"),
        ("data", {}, "lacks 'data'"),
        ("data", {"data": {"source": "/nowhere"}}, "no data called"),
        ("data", {"data": 3}, "described by"),
        ("augment", {"data": DIGITS, "recipe": {"rotation": 1e9}}, "rotation must be"),
        ("predict", {"model": "/nowhere.pt", "images": []}, "cannot be read"),
        ("test", {"model": "/"}, "no run"),
        ("export", {"network": "{", "file": "x.pt"}, ""),
        ("import", {"file": "/etc/hostname"}, ""),
    ],
)
def test_what_cannot_be_done_is_one_sentence(talk: Talk, do: str, asked: dict[str, Any], why: str):
    answer = talk.ask(do, **asked)

    assert why in answer["error"]
    assert "Traceback" not in answer["error"]
    assert "\n" not in answer["error"]


def test_nonsense_on_the_line_is_refused_and_the_service_goes_on(talk: Talk):
    for text in ("nonsense", "[]", '{"id": []}', "[" * 5000):
        talk.process.stdin.write(text + "\n")
        talk.process.stdin.flush()
        assert "JSON object" in talk.answer()["error"]

    assert "result" in talk.ask("data", data=DIGITS, samples=1)


def test_a_request_that_was_given_up_is_not_served(talk: Talk):
    talk.send(cancel=77)
    talk.send(id=77, do="data", data=DIGITS)

    assert talk.answer() == {"id": 77, "error": "This was given up."}
    talk.send(id=77, do="data", data=DIGITS, samples=1)
    assert "result" in talk.answer()


def test_it_ends_with_its_input_and_leaves_no_file():
    talk = Talk()
    told = talk.ask("data", data=DIGITS)["result"]
    array = Path(told["samples"]["images"])
    assert array.exists()

    assert talk.close() == 0
    assert not array.parent.exists()
