"""What is taken away works without Canevas, is proved in a fresh process, and comes back without running anything."""

import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from graph import FileError, files
from runtime.data.preprocessing import Preprocessing
from runtime.export import About, export, format_of
from tests.runtime.networks import KINDS, lecture, network, residual

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import runtime  # noqa: E402
from runtime import infer  # noqa: E402
from runtime.export import making, proof  # noqa: E402
from runtime.import_ import pt  # noqa: E402

ABOUT = About("classification", ("zero", "one"), Preprocessing(mean=(0.3,), std=(0.2,)), {"accuracy": 0.98})


@pytest.fixture(scope="module")
def exported() -> bytes:
    """A model that was exported once for all tests that damage it."""
    from runtime.export.pt import content

    stream = io.BytesIO()
    torch.save(content(lecture(), runtime.compile(lecture()).state_dict(), ABOUT), stream)
    return stream.getvalue()


def test_a_pt_holds_plain_values_and_runs_with_torch_alone(tmp_path):
    model = runtime.compile(lecture()).eval()
    file = tmp_path / "lecture.pt"

    made = export(lecture(), model.state_dict(), file, ABOUT)

    told = made.to_dict()
    assert {key: told[key] for key in ("file", "format", "verified", "max_difference")} == {
        "file": str(file),
        "format": "pt",
        "verified": True,
        "max_difference": 0.0,
    }
    content = torch.load(file, weights_only=True)
    assert set(content) == {"format", "version", "state_dict", "source", "network", "meta"}
    assert content["source"] == runtime.source(lecture())
    assert content["meta"]["classes"] == ["zero", "one"]
    space: dict = {}
    exec(content["source"], space)
    net = space["Net"]().eval()
    net.load_state_dict(content["state_dict"])
    images = torch.randn(4, 1, 28, 28)
    assert torch.equal(net(images), model(images))


@pytest.mark.parametrize("made", [lecture(), residual()], ids=["lecture", "blocks"])
def test_a_py_is_the_source_and_computes_the_same(made, tmp_path):
    file = tmp_path / "model.py"

    assert export(made, None, file).max_difference == 0.0
    assert file.read_text() == runtime.source(made)


def test_a_network_of_losses_alone_is_proved_by_its_losses(tmp_path):
    made = network(
        {
            "image": KINDS["Input"]((1, 4, 4)),
            "flat": KINDS["Flatten"](),
            "target": KINDS["Target"](),
            "loss": KINDS["CrossEntropyLoss"](),
        },
        "image flat loss:input, target loss:target",
    )

    assert export(made, None, tmp_path / "model.pt").verified


def test_what_was_read_back_is_what_was_exported(tmp_path):
    model = runtime.compile(residual())
    export(residual(), model.state_dict(), tmp_path / "a.pt", ABOUT)

    back = pt.read(tmp_path / "a.pt")

    assert back.network == residual()
    assert back.about == ABOUT
    assert back.source == runtime.source(residual())
    again = runtime.compile(back.network, back.weights).eval()
    images = torch.randn(2, 3, 8, 8)
    assert torch.equal(again(images), model.eval()(images))


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_names_of_numbers_and_the_scale_of_what_was_seen_come_back(ending, tmp_path):
    """By the one a network that foretells is read, by the other large images are cut into pieces."""
    about = About("regression", numbers=("age", "height|cm"), scale=0.25)
    made = export(lecture(), None, tmp_path / f"a{ending}", about)

    assert pt.read(made.file).about == About("regression", (), None, {}, ("age", "height|cm"), 0.25)
    model = infer.trained(made.file)
    assert (model.numbers, model.scale) == (("age", "height|cm"), 0.25)
    assert model.about().numbers == about.numbers
    assert model.about().scale == about.scale
    card = Path(made.card).read_text(encoding="utf-8")
    assert "## Numbers\n\n0. age\n1. height\\|cm\n" in card
    assert "## Classes" not in card


def test_older_files_say_neither(exported, tmp_path):
    content = torch.load(io.BytesIO(exported), weights_only=True)
    content["meta"] = {k: v for k, v in content["meta"].items() if k not in ("numbers", "scale")}
    torch.save(content, tmp_path / "a.pt")

    assert pt.read(tmp_path / "a.pt").about == ABOUT


def test_a_card_says_at_what_scale_a_network_of_masks_saw(tmp_path):
    made = export(residual(), None, tmp_path / "a.py", About("segmentation", scale=0.3333))

    assert "0.333 px seen for each px of an image" in Path(made.card).read_text(encoding="utf-8")


def test_a_difference_is_measured_not_assumed(tmp_path, monkeypatch):
    """The file is made wrong on purpose behind the back of the proof."""
    monkeypatch.setitem(making.OPENING, "pt", making.OPENING["pt"] + "\nmodel.dense.bias.data += 0.25\n")
    made = network(
        {"image": KINDS["Input"]((1, 4, 4)), "flat": KINDS["Flatten"](), "dense": KINDS["Linear"](2)},
        "image flat dense",
    )
    found = export(made, None, tmp_path / "model.pt")

    assert not found.verified
    assert found.max_difference == pytest.approx(0.25, abs=1e-6)
    weights, numbers = found.wrong
    assert weights == "Its weights are not those of the model, first of all dense.bias."
    assert numbers.startswith("On the same random numbers it answers something else: by 0.25, where its answers")
    assert numbers in Path(found.card).read_text(encoding="utf-8")


def test_a_file_that_a_fresh_process_cannot_run_is_reported_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(making.OPENING, "pt", "raise ValueError('no such luck')")

    with pytest.raises(FileError, match="a fresh process cannot run it: ValueError: no such luck") as caught:
        export(lecture(), None, tmp_path / "model.pt")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_fresh_process_takes_no_module_from_where_it_stands(tmp_path, monkeypatch):
    """A torch.py in the working folder is not torch."""
    (tmp_path / "torch.py").write_text("raise SystemExit('the wrong torch')")
    monkeypatch.chdir(tmp_path)

    assert export(lecture(), None, "lecture.pt").verified


def test_differences_count_shapes_names_and_numbers_that_are_none():
    one = torch.tensor([1.0, float("nan"), float("inf")])

    assert proof.largest(one, one.clone()) == 0.0
    assert proof.largest(one, torch.tensor([1.5, float("nan"), float("inf")])) == 0.5
    assert proof.largest(one, torch.zeros(3)) == float("inf")
    assert proof.largest({"a": one}, {"b": one}) == float("inf")
    assert proof.largest(torch.zeros(2), torch.zeros(3)) == float("inf")


@pytest.mark.parametrize("file", ["model", "model.onnxx", "model.txt"])
def test_an_unknown_ending_is_refused_before_anything_is_computed(file):
    with pytest.raises(FileError, match=r"choose \.pt, \.pt2, \.onnx, \.safetensors or \.py"):
        format_of(file)


@pytest.mark.parametrize("ending", [".pt", ".py"])
def test_a_file_that_cannot_be_written_leaves_the_old_one(ending, tmp_path):
    with pytest.raises(FileError):
        export(lecture(), None, tmp_path / "absent" / f"a{ending}")
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(FileError):
        export(lecture(), None, tmp_path / f"folder{ending}")

    assert [p.name for p in tmp_path.iterdir()] == [f"folder{ending}"]


class Canary:
    """Unpickling it creates a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return (os.mknod, (str(self.file),))


def test_a_malicious_pickle_is_refused_and_never_runs(tmp_path):
    canary = tmp_path / "canary"
    content = {"format": "canevas-model", "version": 1, "state_dict": Canary(canary)}
    torch.save(content, tmp_path / "evil.pt")
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(content))

    for name in ("evil.pt", "bare.pt"):
        with pytest.raises(FileError) as caught:
            pt.read(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not canary.exists()
    pickle.loads(pickle.dumps(Canary(canary)))
    assert canary.exists()  # the trap itself works


def test_the_embedded_source_is_never_executed(exported, tmp_path):
    canary = tmp_path / "canary"
    content = torch.load(io.BytesIO(exported), weights_only=True)
    content["source"] = f"open({str(canary)!r}, 'w')\n"
    torch.save(content, tmp_path / "a.pt")

    back = pt.read(tmp_path / "a.pt")
    runtime.compile(back.network, back.weights)(torch.zeros(1, 1, 28, 28))

    assert back.source == content["source"]
    assert not canary.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": None}, "it holds no network"),
        ({"version": 99}, "later version"),
        ({"network": 5}, "it is damaged"),
        ({"network": "{}"}, "no Canevas network"),
        ({"network": files.dumps(lecture()).replace("Conv2d", "Conv9d")}, "Conv9d"),
        ({"state_dict": {"a": 1}}, "'a' is no tensor"),
        ({"meta": 1}, "does not say what it was trained for"),
        ({"meta": {"task": "", "classes": [1], "preprocessing": None, "metrics": {}}}, "about its classes"),
        ({"meta": {"task": "", "classes": [], "preprocessing": {"size": "x"}, "metrics": {}}}, "Preprocessing"),
        ({"meta": {"task": "", "classes": [], "metrics": {}, "numbers": [1]}}, "about its numbers"),
        ({"meta": {"task": "", "classes": [], "metrics": {}, "numbers": "age"}}, "about its numbers"),
        ({"meta": {"task": "", "classes": [], "metrics": {}, "scale": "1"}}, "about its numbers"),
        ({"meta": {"task": "", "classes": [], "metrics": {}, "scale": -1.0}}, "about its numbers"),
        ({"meta": {"task": "", "classes": [], "metrics": {}, "scale": float("nan")}}, "about its numbers"),
    ],
    ids=str,
)
def test_damaged_models_are_refused_in_one_sentence(change, sentence, exported, tmp_path):
    content = torch.load(io.BytesIO(exported), weights_only=True)
    torch.save({**content, **change}, tmp_path / "b.pt")

    with pytest.raises(FileError, match=sentence) as caught:
        pt.read(tmp_path / "b.pt")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"hello", bytes(range(256)) * 10])
def test_files_that_are_no_models_are_refused_in_one_sentence(content, tmp_path):
    (tmp_path / "a.pt").write_bytes(content)

    with pytest.raises(FileError) as caught:
        pt.read(tmp_path / "a.pt")
    assert "\n" not in str(caught.value)


def test_truncated_models_are_refused_in_one_sentence(exported, tmp_path):
    for share in (0.1, 0.5, 0.9, 0.999):
        (tmp_path / "b.pt").write_bytes(exported[: int(len(exported) * share)])
        with pytest.raises(FileError):
            pt.read(tmp_path / "b.pt")


def test_the_package_of_exports_needs_no_torch():
    code = "import sys, runtime.export as e; e.format_of('a.pt'); assert 'torch' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
