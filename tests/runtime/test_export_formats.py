"""What leaves as a graph or as bare weights: the same numbers, honest cards, nothing half written, nothing executed."""

import json
import os
import pickle
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import presets
from graph import FileError, analyze, edit
from graph.errors import CanevasError, NetworkError
from graph.text import number
from runtime.command_line.sources import load
from runtime.data.preprocessing import Preprocessing
from runtime.export import About, export
from runtime.export.card import MARK, place
from runtime.export.free import Free, hoped
from runtime.export.split import leaves, split
from runtime.formats import FORMATS
from tests.runtime.networks import KINDS, lecture, network, residual

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import runtime  # noqa: E402
from runtime import checkpoint, infer  # noqa: E402
from runtime.export import apart, making, proof, running  # noqa: E402
from runtime.export.capture import capture  # noqa: E402
from runtime.export.questions import cases  # noqa: E402
from runtime.import_ import pt  # noqa: E402

ABOUT = About("classification", ("zero", "one|two"), Preprocessing((28, 28), 1, (0.3,), (0.2,)), {"accuracy": 0.98})
FITTING = About(
    "classification", ("a",), Preprocessing((8, 8), 3, (0.4, 0.5, 0.6), (0.2, 0.3, 0.4), "bicubic", "stretch")
)


HERE = str(Path(__file__).parents[2]).encode()
"""A folder of this machine, which no file may name."""


def tiny():
    """One layer with weights, for 4 × 4 pixels."""
    nodes = {"image": KINDS["Input"]((1, 4, 4)), "flat": KINDS["Flatten"](), "dense": KINDS["Linear"](2)}
    return network(nodes, "image flat dense")


class TestSplit:
    def test_a_network_of_plain_tensors_is_dense_as_a_whole(self):
        parts = split(lecture())

        assert parts.dense.network == lecture()
        assert parts.rest is None

    @pytest.mark.parametrize("wrapped", [(), ("scores", "decode"), ("cells", "scores", "decode")], ids=str)
    def test_both_parts_together_are_the_whole(self, wrapped):
        """Also where a block holds the end of the dense part and what follows: it is dissolved, its weights follow."""
        made = presets.build("yolo_small")
        made = edit.wrap(made, wrapped, "ends").network if wrapped else made
        parts = split(made)
        whole = runtime.compile(made).eval()
        state = whole.state_dict()
        dense, rest = (
            runtime.compile(p.network, p.weights(state, list(leaves(analyze(p.network))))).eval()
            for p in (parts.dense, parts.rest)
        )
        for model in (whole, rest):
            for module in model.modules():
                if hasattr(module, "threshold"):
                    module.threshold = 0.0
        images = torch.randn(2, 1, 96, 96)

        expected, found = whole(images), rest(dense(images), images)

        assert parts.between == {"scores": "scores_out", "input": ""}
        assert sum(len(one["boxes"]) for one in expected) > 20
        for one, other in zip(expected, found, strict=True):
            assert all(torch.equal(one[key], other[key]) for key in one)

    def test_a_detector_is_dense_as_far_as_its_proposals(self):
        """What makes images ready gives their sizes, too: it stands in both parts, and nothing of the training does."""
        made = presets.build("faster_rcnn_small")
        made = edit.set_values(made, "transform", min_size=(120,), max_size=200, mean=(0.4,), std=(0.3,))
        parts = split(made)
        whole = runtime.compile(made).eval()
        state = whole.state_dict()
        dense, rest = (
            runtime.compile(p.network, p.weights(state, list(leaves(analyze(p.network))))).eval()
            for p in (parts.dense, parts.rest)
        )
        images = torch.rand(2, 1, 96, 96)
        with torch.no_grad():
            found = dense(images)
            expected, answer = whole(images), rest(*found.values(), images)

        heads = ("backbone", "rpn_cls_score", "rpn_bbox_pred")
        assert parts.between == {**{name: f"{name}_out" for name in heads}, "input": ""}
        assert list(found) == [f"{name}_out" for name in heads]
        assert {"transform", "anchors", "fc6", "postprocess"} <= set(parts.rest.network.nodes)
        assert not {"sampler", "target", "rpn_loss", "backbone_out"} & set(parts.rest.network.nodes)
        assert sum(len(one["boxes"]) for one in expected) > 20
        for one, other in zip(expected, answer, strict=True):
            assert all(torch.equal(one[key], other[key]) for key in one)

    def test_maps_of_a_pyramid_leave_under_the_names_of_their_ports(self):
        parts = split(presets.build("faster_rcnn_resnet50_fpn"))

        assert list(parts.between)[:6] == [*(f"backbone_p{i}" for i in range(2, 7)), "rpn_p2_objectness"]
        assert list(parts.between)[-1] == "input"
        assert list(analyze(parts.dense.network).outputs) == list(parts.between.values())[:-1]

    def test_a_network_of_losses_alone_has_no_place_in_a_graph(self, tmp_path):
        nodes = {"image": KINDS["Input"]((1, 4, 4)), "flat": KINDS["Flatten"](), "target": KINDS["Target"]()}
        made = network(nodes | {"loss": KINDS["CrossEntropyLoss"]()}, "image flat loss:input, target loss:target")

        with pytest.raises(NetworkError, match=r"losses only: add an Output, or take \.pt"):
            export(made, None, tmp_path / "a.pt2")
        assert not list(tmp_path.iterdir())


class TestFree:
    def test_sizes_go_in_steps_of_the_total_stride(self):
        assert hoped(analyze(presets.build("resnet18")))[0] == Free(True, ("height", "width"), 32, 32)
        # 572 = 188 + 24 · 16, and below 188 no pixel is left
        assert hoped(analyze(presets.build("unet")))[0] == Free(True, ("height", "width"), 16, 188)

    def test_what_ends_in_a_dense_layer_keeps_its_size(self):
        assert hoped(analyze(lecture())) == [Free(batch=True), Free()]

    def test_what_brings_images_to_its_own_size_keeps_theirs(self):
        dense = split(presets.build("faster_rcnn_small")).dense.network
        assert hoped(analyze(dense)) == [Free(batch=True), Free()]

    def test_a_graph_that_cannot_be_run_is_tried_again_with_less_freedom(self, tmp_path, monkeypatch):
        right, tried = making.check, []

        def check(*given):
            tried.append(given[5])
            if given[5].sides:
                raise proof.Unrunnable("a.pt2", "a guard failed")
            return right(*given)

        monkeypatch.setattr(making, "check", check)
        made = export(presets.build("sheet_skip"), None, tmp_path / "a.pt2")
        assert made.verified
        assert [one.sides for one in tried] == [("height", "width"), ()]

    def test_the_smallest_size_that_is_promised_is_taken(self):
        """A map of one pixel was a special case for torch: of 32 px the graph said nothing, and refused them."""
        made = edit.set_values(presets.build("squeezenet"), "input", shape=(3, 64, 64))
        report, model = analyze(made), runtime.compile(made).eval()
        (hope, *_) = hoped(report)
        captured = capture(model, report, hope)
        graph = captured.program.module()

        assert (hope.low, captured.free.low) == (32, 48)
        graph(torch.zeros(1, 3, 48, 48))
        with pytest.raises(AssertionError, match="Guard failed"):
            graph(torch.zeros(1, 3, 32, 32))
        assert cases(report, captured.free)[-1][0].shape == (1, 3, 48, 48)  # the proof tries it, too

    def test_each_freedom_has_a_sentence(self):
        said = {str(one.message) for one in (Free(), Free(True), Free(True, ("height", "width"), 32, 64))}
        said |= {str(Free(True, ("length",), step, 4).message) for step in (1, 4)}

        assert len(said) == 5
        assert "64 px in steps of 32" in " ".join(said)


class TestFiles:
    def test_a_safetensors_opens_again_and_computes_the_same(self, tmp_path):
        model = runtime.compile(residual()).eval()
        file = tmp_path / "a.safetensors"
        assert export(residual(), model.state_dict(), file, ABOUT).max_difference == 0.0

        back = pt.read(file)

        assert (back.network, back.about, back.source) == (residual(), ABOUT, runtime.source(residual()))
        images = torch.randn(2, 3, 8, 8)
        assert torch.equal(infer.trained(file).model(images), model(images))
        state = checkpoint.gathered({key: (str(file), key) for key in back.weights})
        assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())

    @pytest.mark.parametrize("ending", [".pt2", ".onnx", ".py"])
    def test_a_format_that_does_not_come_back_says_so(self, ending, tmp_path):
        (tmp_path / f"a{ending}").write_bytes(b"anything")

        with pytest.raises(FileError, match=r"cannot come back: open the \.pt or \.safetensors of it"):
            load(Namespace(source=str(tmp_path / f"a{ending}"), set=(), input=None))

    def test_weights_of_others_are_weights_alone(self, tmp_path):
        from safetensors.torch import save_file

        save_file({"dense.bias": torch.ones(2)}, tmp_path / "a.safetensors")

        assert torch.equal(
            checkpoint.state_of(checkpoint.load_plain(tmp_path / "a.safetensors"), tmp_path)["dense.bias"],
            torch.ones(2),
        )
        with pytest.raises(FileError, match="it holds no network"):
            pt.read(tmp_path / "a.safetensors")

    def test_an_onnx_names_its_axes_and_carries_its_card(self, tmp_path):
        import onnxruntime

        made = export(presets.build("sheet_skip"), None, tmp_path / "a.onnx")

        session = onnxruntime.InferenceSession(made.file)
        assert made.free == {"batch": True, "sides": ["height", "width"], "step": 2, "low": 4}
        assert session.get_inputs()[0].shape[2:] == ["height", "width"]
        assert session.get_inputs()[0].shape[0] == "batch"
        texts = session.get_modelmeta().custom_metadata_map
        assert MARK in texts["card"]
        assert HERE not in Path(made.file).read_bytes()
        assert json.loads(texts["meta"])["versions"]["torch"] == str(torch.__version__)

    def test_a_pt2_carries_its_card(self, tmp_path):
        made = export(tiny(), None, tmp_path / "a.pt2")

        texts = {"card": ""}
        torch.export.load(made.file, extra_files=texts)
        assert MARK in texts["card"]
        assert HERE not in Path(made.file).read_bytes()


class TestDetector:
    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("ending", "sized"), [(".pt2", {"divisor": 64}), (".onnx", {"min_size": (120,), "divisor": 64})]
    )
    def test_it_leaves_as_a_graph_and_a_program_with_weights(self, ending, sized, tmp_path):
        """Also where the images are normalized, enlarged or bordered; of any number, but of one size."""
        made = edit.set_values(presets.build("faster_rcnn_small"), "transform", mean=(0.4,), std=(0.3,), **sized)

        found = export(made, None, tmp_path / f"a{ending}")

        assert found.verified
        assert found.free == {"batch": True, "sides": [], "step": 1, "low": 1}
        assert [Path(name).name for name in found.beside] == ["a_after.py", "a_after.pt"]
        assert 'boxes.load_state_dict(torch.load("a_after.pt", weights_only=True))' in found.example
        assert any(key.startswith("fc6") for key in torch.load(tmp_path / "a_after.pt", weights_only=True))

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("old", "new"), [("= model(torch", "= 1.001 * model(torch"), ("boxes(found", "boxes(1.001 * found")]
    )
    def test_what_its_example_gives_to_the_program_is_compared(self, old, new, tmp_path, monkeypatch):
        right = making.example
        monkeypatch.setattr(making, "example", lambda *given: right(*given).replace(old, new))

        assert not export(presets.build("yolo_small"), None, tmp_path / "a.pt2").verified


class TestCard:
    def test_it_says_what_the_network_is_for_and_how_it_is_used(self, tmp_path):
        made = export(lecture(), None, tmp_path / "a.pt", ABOUT)

        card = Path(made.card).read_text(encoding="utf-8")
        assert made.card == str(tmp_path / "a.md")
        assert "0. zero" in card
        assert "1. one\\|two" in card
        assert "accuracy 98.0" in card
        assert f"| Parameters | {number(analyze(lecture()).parameters)} |" in card
        assert "less 0.300, divided by 0.200" in card
        assert f"```python\n{made.example}```" in card
        assert "largest difference 0" in card
        within = torch.load(made.file, weights_only=True)["meta"]["card"]
        assert card.startswith(within)  # all but the proof, which comes after the file

    def test_a_page_of_somebody_else_is_not_written_over(self, tmp_path):
        (tmp_path / "a.md").write_text("my notes")

        made = export(tiny(), None, tmp_path / "a.py")

        assert (tmp_path / "a.md").read_text() == "my notes"
        assert made.card == str(tmp_path / "a.py.md")
        (tmp_path / "a.md").write_text(Path(made.card).read_text())
        assert place(tmp_path / "a.py") == tmp_path / "a.md"  # one of ours is

    @pytest.mark.parametrize("ending", FORMATS)
    def test_its_example_has_about_ten_lines(self, ending):
        from runtime.export.example import example

        text = example(Path(f"a{ending}"), analyze(lecture()), ABOUT.preprocessing, "classification", {})

        lines = [line for line in text.splitlines() if line and not line.startswith(("import", "from"))]
        assert len(lines) <= 11
        compile(text, "example", "exec")

    def test_its_example_prepares_pictures_as_canevas_does(self, tmp_path, monkeypatch):
        """In color, stretched, bicubic, normalized; then a mistake in it is found out."""
        assert export(residual(), None, tmp_path / "a.pt", FITTING).verified

        right = making.example
        monkeypatch.setattr(making, "example", lambda *given: right(*given).replace("/ 255", "/ 254"))
        made = export(residual(), None, tmp_path / "a.pt", FITTING)
        assert (made.verified, made.max_difference) == (False, 0.0)
        (said,) = made.wrong
        assert said.startswith("Its loading example prepares the picture otherwise than Canevas does: by 0.01")

    def test_its_example_turns_photos_upright(self, tmp_path, monkeypatch):
        """A camera held upright stores its picture lying, and says so; Canevas learned from upright ones."""
        right = making.example
        monkeypatch.setattr(making, "example", lambda *given: right(*given).replace("ImageOps.exif_transpose", ""))

        assert not export(residual(), None, tmp_path / "a.pt", FITTING).verified

    def test_its_example_must_answer_what_the_model_answers(self, tmp_path, monkeypatch):
        right = making.example
        monkeypatch.setattr(making, "example", lambda *given: right(*given).replace("model(", "0.5 * model("))

        assert not export(tiny(), None, tmp_path / "a.pt").verified


class TestProof:
    def test_a_graph_that_computes_something_else_is_found_out(self, tmp_path, monkeypatch):
        wrong = running.ONNX.replace("return found[0] if", "return 1.001 * found[0] if")
        monkeypatch.setitem(making.OPENING, "onnx", wrong)

        assert not export(tiny(), None, tmp_path / "a.onnx").verified

    @pytest.mark.parametrize("share", [0.0, 0.05, 0.5])
    def test_what_is_given_up_leaves_nothing(self, share, tmp_path):
        def stop(done: float, text: str = "") -> None:
            if done > share:
                raise KeyboardInterrupt

        (tmp_path / "a.pt").write_bytes(b"the old one")
        with pytest.raises(KeyboardInterrupt):
            export(tiny(), None, tmp_path / "a.pt", progress=stop)
        assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]
        assert (tmp_path / "a.pt").read_bytes() == b"the old one"

    @pytest.mark.slow
    def test_a_process_that_is_given_up_leaves_nothing(self, tmp_path):
        heard = []

        def stop(done: float, text: str = "") -> None:
            heard.append(text)
            if done >= 0.1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            apart.export(tiny(), None, tmp_path / "a.pt2", About(), stop)
        assert "Following the network" in heard
        assert not list(tmp_path.iterdir())

    @pytest.mark.slow
    def test_a_process_does_the_same_and_says_the_same(self, tmp_path):
        import onnxruntime

        state = runtime.compile(tiny()).state_dict()

        about = replace(ABOUT, numbers=("age",), scale=0.5)
        made = apart.export(tiny(), state, tmp_path / "a.onnx", about, lambda done, text="": None)
        texts = onnxruntime.InferenceSession(made.file).get_modelmeta().custom_metadata_map

        assert json.loads(texts["meta"])["numbers"] == ["age"]
        assert json.loads(texts["meta"])["scale"] == 0.5
        assert made.to_dict() == export(tiny(), state, tmp_path / "a.onnx", about).to_dict()
        with pytest.raises(CanevasError, match="there is no folder"):
            apart.export(tiny(), state, tmp_path / "no" / "a.pt2", ABOUT, lambda done, text="": None)


class Canary:
    """Unpickling it creates a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return (os.mknod, (str(self.file),))


class TestHostile:
    @pytest.mark.parametrize("name", ["a.safetensors", "a.pt", "a.pth", "a.ckpt"])
    def test_a_pickle_under_any_name_never_runs(self, name, tmp_path):
        """As a network, as weights by path, and as a state_dict."""
        canary = tmp_path / "canary"
        for write in (
            lambda file: torch.save({"dense.weight": Canary(canary)}, file),
            lambda file: Path(file).write_bytes(pickle.dumps({"dense.weight": Canary(canary)})),
        ):
            write(tmp_path / name)
            for read in (
                lambda: pt.read(tmp_path / name),
                lambda: checkpoint.load_plain(tmp_path / name),
                lambda: checkpoint.gathered({"dense": (str(tmp_path / name), "dense")}),
                lambda: infer.trained(tmp_path / name),
            ):
                with pytest.raises(FileError) as caught:
                    read()
                assert "\n" not in str(caught.value)
        assert not canary.exists()
        pickle.loads(pickle.dumps(Canary(canary)))
        assert canary.exists()  # the trap itself works

    def test_source_and_pickles_among_the_texts_are_texts(self, tmp_path):
        from safetensors.torch import save_file

        canary = tmp_path / "canary"
        export(tiny(), None, tmp_path / "a.safetensors")
        content = checkpoint.load_plain(tmp_path / "a.safetensors")
        texts = {"model_format": content["format"], "version": "1", "network": content["network"]}
        texts |= {"source": f"open({str(canary)!r}, 'w')", "meta": json.dumps(content["meta"])}
        save_file(content["state_dict"], tmp_path / "a.safetensors", texts)

        infer.trained(tmp_path / "a.safetensors").model(torch.zeros(1, 1, 4, 4))
        assert not canary.exists()

        for name, wrong in {"meta": "[" * 10_000, "version": "9", "network": "{}", "source": None}.items():
            changed = {key: value for key, value in (texts | {name: wrong}).items() if value is not None}
            save_file(content["state_dict"], tmp_path / "b.safetensors", changed)
            with pytest.raises(FileError) as caught:
                pt.read(tmp_path / "b.safetensors")
            assert "\n" not in str(caught.value)

    def test_damaged_files_are_refused_in_one_sentence(self, tmp_path):
        export(tiny(), None, tmp_path / "a.safetensors")
        whole = (tmp_path / "a.safetensors").read_bytes()
        chance = np.random.default_rng(0)
        cases = [b"", b"{}", b"\xff" * 8 + whole[8:], whole[:7], whole[: len(whole) // 2], whole[:-1], whole + b"x"]
        for _ in range(200):
            wrong = bytearray(whole)
            wrong[int(chance.integers(0, 400))] ^= int(chance.integers(1, 256))
            cases.append(bytes(wrong))
        said = []
        for one in cases:
            (tmp_path / "b.safetensors").write_bytes(one)
            try:
                pt.read(tmp_path / "b.safetensors")
            except CanevasError as error:
                said.append(str(error))
        assert len(said) > 100
        assert not [one for one in said if "\n" in one]
