"""From data to a trained network and away with it, as a script does it."""

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import graph
import presets
from runtime.command_line.watch import Watch
from runtime.run import Run
from tests.cli.conftest import PYTHON

pytestmark = [pytest.mark.torch, pytest.mark.slow]
torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of a few steps on the digits, shared by tests that only read it."""
    folder = tmp_path_factory.mktemp("shared") / "run"
    words = ["--data", "digits", "--run", str(folder), "--steps", "45", "--threads", "1", "--seed", "1", "--json"]
    done = subprocess.run([*PYTHON, "train", "preset:lecture", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said == {
        "run": str(folder),
        "state": "done",
        "step": 45,
        "metrics": said["metrics"],
        "checkpoint": str(folder / "checkpoints" / "best.pt"),
    }
    assert said["metrics"].keys() == {"loss", "accuracy", "top5"}
    assert "Training in " in done.stderr
    assert "validation accuracy" in done.stderr
    return folder


def test_a_run_is_tested_asked_and_taken_away(canevas, run_folder, tmp_path):
    tested = canevas("test", run_folder, "--json")
    assert tested.status == 0
    assert {"accuracy", "top5", "cross_entropy"} <= tested.json["metrics"].keys()
    assert tested.json["part"] == "test"

    taken = canevas("export", run_folder, "-o", tmp_path / "a.pt", "--json")
    assert (taken.status, taken.json) == (
        0,
        {"file": str(tmp_path / "a.pt"), "format": "pt", "verified": True, "max_difference": 0.0},
    )
    again = canevas("test", tmp_path / "a.pt", "--data", "digits", "--json")
    assert again.json["metrics"] == tested.json["metrics"]

    image = tmp_path / "digit.png"
    Image.fromarray(np.full((40, 30), 200, np.uint8)).save(image)
    for model in (run_folder, tmp_path / "a.pt"):
        predicted = canevas("predict", model, image, "--json")
        assert predicted.status == 0
        (one,) = predicted.json
        assert one["image"] == str(image)
        assert len(one["classes"]) == 5
        assert one["classes"][0].keys() == {"index", "label", "score"}

    assert canevas("export", run_folder, "-o", tmp_path / "a.py").status == 0
    graph = canevas("export", run_folder, "-o", tmp_path / "a.onnx", "--json").json
    assert (graph["verified"], graph["free"]["batch"], graph["free"]["sides"]) == (True, True, [])
    assert "accuracy" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert canevas("info", tmp_path / "a.pt", "--json").json["parameters"] == 33730
    said = canevas("resume", run_folder)
    assert said.status == 1
    assert "is over" in said.sentence


def test_predict_goes_on_past_an_image_that_cannot_be_read(canevas, run_folder, tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(good)
    bad.write_bytes(b"no image")
    said = canevas("predict", run_folder, bad, good, "--json")

    assert said.status == 1
    assert "error" in said.json[0]
    assert "classes" in said.json[1]
    assert "bad.png" in said.sentence


@pytest.fixture
def colors(tmp_path):
    """Three classes of colored images of 12 × 20 pixels."""
    chance = np.random.default_rng(0)
    for name in ("red", "green", "blue"):
        (tmp_path / "colors" / name).mkdir(parents=True)
        for i in range(12):
            pixels = chance.integers(0, 255, (12, 20, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "colors" / name / f"{i}.png")
    return tmp_path / "colors"


def test_a_preset_is_fitted_to_the_data_and_says_so(canevas, colors, tmp_path):
    more = ("--run", tmp_path / "run", "--steps", 2, "--threads", 1, "--json")
    said = canevas("train", "preset:lecture", "--data", colors, *more)

    assert said.status == 0, said.err
    assert "Fitted: Set classes to 3." in said.err
    assert "Fitted: Set the input to 3 × 12 × 20." in said.err
    network = Run(tmp_path / "run").network
    assert network.variables["classes"] == 3
    assert network["input"].layer.shape == (3, 12, 20)


def test_data_that_tell_several_things_are_read_for_what_the_network_learns(canevas, tmp_path):
    more = ("--run", tmp_path / "run", "--steps", 1, "--batch", 2, "--threads", 1, "--json")
    said = canevas("train", "preset:unet_padded", "--set", "width=1", "--data", "digit-scenes", *more)

    assert said.status == 0, said.err
    assert Run(tmp_path / "run").network.variables["classes"] == 11  # the ground, and ten digits
    assert 0 <= said.json["metrics"]["miou"] <= 1


def test_a_file_that_does_not_fit_is_refused_with_the_fix_which_works(canevas, colors, tmp_path):
    graph.files.save(presets.build("lecture"), tmp_path / "a.canevas")
    said = canevas("train", tmp_path / "a.canevas", "--data", colors, "--run", tmp_path / "run")

    assert said.status == 1
    assert "The network scores 10 classes, but colors has 3. Set classes to 3: canevas check" in said.err
    assert not (tmp_path / "run").exists()

    checked = canevas("check", tmp_path / "a.canevas", "--data", colors, "--json")
    assert checked.status == 1
    assert [p["code"] for p in checked.json] == ["class_count", "image_size"]
    fixed = tmp_path / "b.canevas"
    assert canevas("check", tmp_path / "a.canevas", "--data", colors, "--fix", "-o", fixed).status == 0
    assert canevas("check", fixed, "--data", colors, "--json").json == []


def test_data_tells_what_a_set_is(canevas, colors):
    found = canevas("data", colors, "--json").json

    assert (found["format"], found["task"], found["classes"]) == (
        "imagefolder",
        "classification",
        ["blue", "green", "red"],
    )
    assert sum(map(sum, found["counts"].values())) == 36
    assert found["sizes"] == [{"size": [12, 20], "count": 36}]


def test_training_goes_on_from_the_weights_of_a_file(canevas, run_folder, colors, tmp_path):
    """Other classes, so another last layer: the rest is taken over."""
    graph.files.save(presets.build("lecture", classes=3), tmp_path / "a.canevas")
    best = run_folder / "checkpoints" / "best.pt"
    more = ("--data", colors, "--steps", 1, "--threads", 1, "--lr", 1e-8, "--weights", best, "--json")
    said = canevas("train", tmp_path / "a.canevas", "--run", tmp_path / "again", *more)

    assert said.status == 0, said.err
    assert "best.pt: 6 of 7 layers begin with its weights." in said.err
    assert "dense begins anew: dense.weight is 10 × 1568 in the file, 3 × 1568 here." in said.err
    before, after = (
        torch.load(file, weights_only=True)["model"]["conv6.weight"]
        for file in (best, tmp_path / "again" / "checkpoints" / "last.pt")
    )
    assert torch.allclose(before, after, atol=1e-5)


def test_ctrl_c_stops_with_a_checkpoint_and_the_run_can_go_on(tmp_path, canevas, wait_until):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background ignore it, and so would this
    run = Run(tmp_path / "run")
    words = ["train", "preset:lecture", "--data", "digits", "--run", str(run.folder), "--epochs", "500"]
    process = subprocess.Popen(
        [*PYTHON, *words, "--threads", "1", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: run.metrics().records, seconds=120, what="training to begin")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert '"state": "stopped"' in out
    assert "Stopping, with a checkpoint" in err
    assert run.checkpoint("last")
    assert not run.alive()
    listed = canevas("runs", "--json")
    assert listed.json == []  # it lies elsewhere

    for end in ("killed", "stopped"):
        with subprocess.Popen(
            [*PYTHON, "resume", str(run.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as resumed:
            wait_until(lambda: run.state == "running", seconds=120, what="training to go on")
            if end == "killed":
                os.kill(run.worker.pid, signal.SIGKILL)
            else:
                stopped = canevas("stop", run.folder, "--json")
                assert stopped.status == 0, stopped.err
                assert stopped.json["state"] == "stopped"
            _, err = resumed.communicate(timeout=120)
        assert resumed.returncode == (1 if end == "killed" else 0)
        assert ("The worker was killed" in err.splitlines()[-1]) == (end == "killed")
        assert "Traceback" not in err


def test_a_terminal_shows_a_bar(run_folder, tmp_path, capsys, monkeypatch):
    (tmp_path / "run").mkdir()
    shutil.copy(run_folder / "spec.json", tmp_path / "run")
    watch = Watch(Run(tmp_path / "run"))
    shutil.copytree(run_folder, tmp_path / "run", dirs_exist_ok=True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    assert not watch.look()
    watch.close()
    shown = capsys.readouterr().err
    assert "| 45/45 [" in shown
    assert "epoch 1: validation accuracy" in shown


def test_runs_are_listed_newest_first(canevas, run_folder, own_folders):
    for name in ("one", "two"):
        where = own_folders / "canevas" / "runs" / name
        shutil.copytree(run_folder, where)
        spec = json.loads((where / "spec.json").read_text())
        (where / "spec.json").write_text(
            json.dumps({**spec, "created": spec["created"] + len(list(where.parent.iterdir()))})
        )
    listed = canevas("runs", "--json").json

    assert [os.path.basename(one["run"]) for one in listed] == ["two", "one"]
    assert listed[0].keys() >= {"run", "name", "state", "step", "metrics", "checkpoint", "created", "size"}
    assert canevas("test", "one", "--json").status == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--data", "/nowhere"], "There is no data called"),
        (["--data", "digits", "--epochs", "0"], "epochs must be from 1"),
        (["--data", "digits", "--lr", "nan"], "learning_rate must be a finite number"),
        (["--data", "digits", "--recipe", "absent.json"], "absent.json"),
        (["--data", "digits", "--weights", "absent.pt"], "absent.pt"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(canevas, words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = canevas("train", "preset:lecture", *words, "--run", tmp_path / "run")

    assert (said.status, said.out) == (1, "")
    assert sentence in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


def test_a_network_is_tried_before_it_is_trained(canevas, tmp_path, monkeypatch):
    """Both commands end with a sentence and a curve, and make no run."""
    monkeypatch.setenv("CANEVAS_HOME", str(tmp_path))
    words = ("preset:lecture", "--data", "digits", "--threads", 1)
    learned = canevas("overfit", *words, "--json")
    assert (learned.status, learned.json["learned"], learned.json["images"]) == (0, True, 32)

    said = canevas("overfit", *words, "--lr", 1e-8)
    assert said.status == 1
    assert "fell only from" in said.out

    found = canevas("find-rate", *words, "--batch", 64)
    assert found.status == 0
    curve, ends, sentence = found.out.splitlines()
    assert len(curve) == 60
    assert ends.startswith("1e-06")
    assert sentence.startswith("The loss is least at a rate of")
    assert not (tmp_path / "runs").exists()
