"""The worker as a process: commands, death, one at a time, and life after whoever started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from graph import Network, edit
from runtime import client
from runtime.processes import ROOT, environment
from runtime.records import append_line
from runtime.run import Run, RunError

pytestmark = pytest.mark.torch

Starts = Callable[[Run], int]
Waits = Callable[..., None]


@pytest.fixture
def launched() -> Iterator[list[int]]:
    """Process ids of real workers, to be ended after the test."""
    pids: list[int] = []
    yield pids
    client.dismiss()
    for pid in pids:
        if psutil.pid_exists(pid):
            psutil.Process(pid).kill()
            psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)


def answered(run: Run, id: str) -> bool:
    return any(e["event"] == "answer" and e["id"] == id and e["ok"] for e in run.events().records)


def test_a_run_ends_with_everything_that_was_promised(make_run: Callable[..., Run], worker: Starts, wait_until: Waits):
    run = make_run(epochs=2)
    assert run.state == "created"

    worker(run)
    wait_until(lambda: run.state == "done", 60, "the end")

    assert not run.alive()
    assert {e["event"] for e in run.events().records} >= {"hello", "state", "progress", "checkpoint", "preview", "done"}
    metrics = run.metrics().records
    assert [m["step"] for m in metrics if m["part"] == "train"] == list(range(1, 81))
    assert [m["step"] for m in metrics if m["part"] == "validation"] == [40, 80]
    assert not any("time" in m for m in metrics)
    assert metrics[0]["losses"]["loss"] == metrics[0]["loss"]
    result = run.result
    assert result is not None
    assert set(result["parts"]) == {"train", "validation", "test"}
    assert sum(map(sum, result["parts"]["test"]["confusion"])) == result["parts"]["test"]["images"] == 269
    assert len(run.previews()) == 2
    assert (run.folder / "previews" / "images.npy").is_file()
    assert (run.folder / "stderr.log").read_text() == ""
    with pytest.raises(RunError, match="is over"):
        client.launch(run)


def test_commands_are_followed_and_answered(make_run: Callable[..., Run], worker: Starts, wait_until: Waits):
    run = make_run(epochs=10_000, preview_every=0)
    worker(run)
    wait_until(lambda: run.metrics().records, 60, "the first step")

    asked = run.send("pause")
    wait_until(lambda: run.state == "paused", 20, "the pause")
    assert answered(run, asked)
    assert run.checkpoint("last") is not None
    paused_at = len(run.metrics().records)

    rate = run.send("set", learning_rate=0.0123)
    preview, bad = run.send("preview"), run.send("set", learning_rate=-1.0)
    wait_until(lambda: answered(run, rate) and answered(run, preview), 20, "the answers")
    wait_until(lambda: run.previews(), 20, "a preview that was asked for")
    refused = next(e for e in run.events().records if e.get("id") == bad)
    assert not refused["ok"]
    assert "from 0 to 100" in refused["text"]
    assert len(run.metrics().records) == paused_at

    run.send("resume")
    wait_until(lambda: run.state == "running", 20, "going on")
    wait_until(lambda: any(m.get("learning_rate") == 0.0123 for m in run.metrics().records), 20, "the new rate")

    run.send("stop")
    wait_until(lambda: run.state == "stopped", 20, "the stop")
    assert not run.alive()
    assert run.resumable


def test_a_signal_to_end_stops_with_a_checkpoint(make_run: Callable[..., Run], worker: Starts, wait_until: Waits):
    run = make_run(epochs=10_000, preview_every=0)
    pid = worker(run)
    wait_until(lambda: run.metrics().records, 60, "the first step")
    os.kill(pid, signal.SIGTERM)

    wait_until(lambda: run.state == "stopped", 20, "the stop")


def test_a_killed_worker_is_seen_at_once(make_run: Callable[..., Run], worker: Starts, wait_until: Waits):
    run = make_run(epochs=10_000)
    pid = worker(run)
    wait_until(lambda: run.state == "running", 60, "the first step")
    assert run.alive()
    with pytest.raises(RunError, match="being trained"):
        run.delete()
    os.kill(pid, signal.SIGKILL)

    wait_until(lambda: run.state == "crashed", 5, "the death being seen")
    assert run.resumable
    run.delete()
    assert not run.folder.exists()


def test_a_second_worker_is_refused_and_disturbs_nothing(
    make_run: Callable[..., Run], worker: Starts, wait_until: Waits
):
    run = make_run(epochs=10_000, preview_every=0)
    first = worker(run)
    wait_until(lambda: run.state == "running", 60, "the first worker")

    second = worker(run)
    wait_until(lambda: not psutil.pid_exists(second), 20, "the second worker giving up")

    assert "by another process already" in (run.folder / "stderr.log").read_text()
    assert run.worker is not None
    assert run.worker.pid == first
    assert run.state == "running"


def test_a_network_that_does_not_fit_fails_with_one_sentence(
    make_run: Callable[..., Run], small: Network, worker: Starts, wait_until: Waits
):
    run = make_run(net=edit.set_values(small, "dense", out_features=7))
    worker(run)
    wait_until(lambda: run.state == "failed", 60, "the failure")

    assert run.error is not None
    assert run.error["kind"] == "run"
    assert run.error["text"] == ("The network scores 7 classes, but digits has 10: set the last layer's size to 10.")
    assert "Traceback" in (run.folder / "stderr.log").read_text()


def test_absurd_learning_rates_end_with_advice(make_run: Callable[..., Run], worker: Starts, wait_until: Waits):
    run = make_run(optimizer="SGD", learning_rate=100.0, schedule="constant", warm_up=0.0, epochs=50)
    worker(run)
    wait_until(lambda: run.state in ("failed", "done"), 60, "the failure")

    assert run.error is not None
    assert "Lower the learning rate" in run.error["text"]
    assert all(isinstance(m["accuracy"], float) for m in run.metrics().records)


def test_weights_of_another_run_are_where_training_begins(
    make_run: Callable[..., Run], worker: Starts, wait_until: Waits
):
    torch = pytest.importorskip("torch")
    from runtime import checkpoint

    first = make_run(epochs=1)
    worker(first)
    wait_until(lambda: first.state == "done", 60, "the first run")
    file = str(first.checkpoint("last"))

    second = make_run(epochs=1, weights={"conv": (file, "conv"), "dense.bias": (file, "dense.bias")}, steps=1)
    worker(second)
    wait_until(lambda: second.state == "done", 60, "the second run")

    before, after = checkpoint.weights(first, "last"), checkpoint.weights(second, "last")
    assert torch.allclose(before["conv.weight"], after["conv.weight"], atol=0.01)
    assert torch.allclose(before["dense.bias"], after["dense.bias"], atol=0.01)
    assert not torch.allclose(before["dense.weight"], after["dense.weight"], atol=0.01)


def test_nonsense_among_the_commands_is_passed_over(make_run: Callable[..., Run], worker: Starts, wait_until: Waits):
    run = make_run(epochs=10_000, preview_every=0)
    with (run.folder / "control.jsonl").open("ab") as f:
        f.write(b'\x00\xff{"half\n[1, 2]\n"text"\n{"do": ["pause"]}\n')
    worker(run)
    wait_until(lambda: run.metrics().records, 60, "the first step")
    append_line(run.folder / "control.jsonl", {"id": "x", "do": "explode"})
    run.send("stop")

    wait_until(lambda: run.state == "stopped", 20, "the stop")


@pytest.mark.slow
def test_a_preloaded_worker_outlives_whoever_started_it(
    make_run: Callable[..., Run], wait_until: Waits, launched: list[int]
):
    """The window is killed while it trains: training goes on, and another window finds it."""
    run = make_run(epochs=10_000, preview_every=0)
    window = (
        "import sys; from runtime import client; from runtime.run import Run\n"
        "client.preload(); print(client.launch(Run(sys.argv[1])), flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-P", "-c", window, str(run.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    assert parent.stdout is not None
    launched.append(int(parent.stdout.readline()))
    wait_until(lambda: run.metrics().records, 120, "the first step")
    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()
    steps = len(run.metrics().records)

    wait_until(lambda: len(run.metrics().records) > steps + 50, 60, "training going on")

    assert run.worker is not None
    assert run.worker.pid == launched[0]
    run.send("stop")
    wait_until(lambda: run.state == "stopped", 20, "the stop")
    assert "Error" not in (run.folder / "stderr.log").read_text()


@pytest.mark.slow
def test_the_client_starts_a_worker_and_says_how_it_died(
    make_run: Callable[..., Run], wait_until: Waits, launched: list[int]
):
    run = make_run(epochs=10_000, preview_every=0)
    launched.append(client.launch(run))
    assert run.state == "starting"
    with pytest.raises(RunError, match="already"):
        client.launch(run)
    wait_until(lambda: run.metrics().records, 120, "the first step")
    os.kill(launched[0], signal.SIGKILL)
    wait_until(lambda: run.state == "crashed", 5, "the death being seen")

    assert str(client.death(run)).startswith("The worker was killed")


@pytest.mark.slow
def test_a_preloaded_worker_that_is_not_needed_goes_with_its_input():
    client.preload()
    client.preload()
    assert len(client._waiting) == 1
    process = client._waiting.pop()
    process.stdin.close()

    assert process.wait(60) == 0


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    process = subprocess.run(
        [sys.executable, "-P", "-c", "import sys; from runtime.worker import work; from runtime.run import Run;"
         "sys.exit(work(Run(sys.argv[1])))", str(tmp_path)],
        env=environment(), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert process.returncode == 1
    assert "this is no run" in process.stderr
    assert "Traceback" not in process.stderr
    assert list(tmp_path.iterdir()) == []


def test_lines_of_json_only(make_run: Callable[..., Run], worker: Starts, wait_until: Waits):
    """Whatever reads the files finds strict JSON in each line: no NaN, no half lines."""
    run = make_run(epochs=1)
    worker(run)
    wait_until(lambda: run.state == "done", 60, "the end")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    for name in ("metrics.jsonl", "events.jsonl"):
        text = (run.folder / name).read_text()
        assert text.endswith("\n")
        for line in text.splitlines():
            json.loads(line, parse_constant=refuse)
