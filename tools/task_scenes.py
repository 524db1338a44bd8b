"""What is photographed of each task: the four rooms, and what only this task has."""

from __future__ import annotations

from functools import partial

from tools.scenes import scene
from tools.studio import Studio

TASKS = {
    "boxes": ("yolo_small", "loss"),
    "proposals": ("faster_rcnn_small", "proposals"),
    "masks": ("unet_padded", "up2"),
    "numbers": ("numbers", "dense"),
    "signals": ("signals", "conv2"),
}
"""Tasks (classes of images stand in tools.scenes): the run, and the node of its network that is looked at."""


def at_design(studio: Studio, node: str = "") -> None:
    """The network of the run, and one of its nodes."""
    studio.open_run()
    studio.select(node)


def at_data(studio: Studio) -> None:
    """The data of the run, beside its network."""
    studio.open_run()
    studio.window.show_room("data")
    studio.use_data()


def at_train(studio: Studio) -> None:
    """The curves and the answers of the run."""
    studio.open_run()
    studio.use_data()
    studio.window.show_room("train")


def at_test(studio: Studio, way: str = ""):
    """The first image of the run, looked at in some way; returns the middle of the room."""
    studio.open_run()
    studio.use_data()
    studio.window.show_room("test")
    room = studio.window.page("test")
    studio.wait(lambda: room.tester.result is not None, "testing")
    studio.quiet()
    if way:
        room.look.layers.choose(dict(room.look.ways.offered())[way])
        studio.quiet()
    return room.look


for _task, (_run, _node) in TASKS.items():
    scene("en", "fr", run=_run, name=f"design-{_task}")(partial(at_design, node=_node))
    for _room, _show in {"data": at_data, "train": at_train, "test": at_test}.items():
        scene("en", "fr", run=_run, name=f"{_room}-{_task}")(_show)


@scene("en", "fr", run="lecture")
def test_cam(studio: Studio) -> None:
    """Grad-CAM of the likeliest class over a digit."""
    at_test(studio, "cam")


@scene("en", "fr", run="lecture")
def test_field(studio: Studio) -> None:
    """What one value of a map sees."""
    look = at_test(studio, "field")
    look.maps.choice.setCurrentText("conv5")
    look.maps.choice.activated.emit(look.maps.choice.currentIndex())
    studio.quiet()
    look.maps.view.pointed.emit((3, 4))


@scene("en", "fr", run="lecture")
def test_weights(studio: Studio) -> None:
    """The filters of a convolution, and how their numbers are spread."""
    look = at_test(studio)
    look.maps.weigh(True)
    look.maps.choice.setCurrentText("conv3")
    look.maps.choice.activated.emit(look.maps.choice.currentIndex())


@scene("en", "fr", run="lecture")
def test_export(studio: Studio) -> None:
    """A file that was written, its proof, and the example beside it."""
    at_test(studio)
    card = studio.window.page("test").measures.export
    card.file.setText(str(studio.run.parent.parent / "digits.pt2"))
    card.choose_format(".pt2")
    card.chips.buttons()[1].setChecked(True)
    card.go.click()
    studio.wait(lambda: not card.card.isHidden(), "exporting")
    studio.quiet()
    room = studio.window.page("test").measures
    room.verticalScrollBar().setValue(room.verticalScrollBar().maximum())


# boxes


@scene("en", "fr", run="yolo_small")
def test_grid(studio: Studio) -> None:
    """Whose cell an object is, and which box is responsible for it."""
    at_test(studio, "stages")


@scene("en", "fr", run="yolo_small")
def test_stages(studio: Studio) -> None:
    """All boxes of all cells, the surest drawn strongest."""
    bar = at_test(studio, "stages").ways.stages
    bar.choose(bar.found.stages[2].name)


@scene("en", "fr", run="faster_rcnn_small")
def test_first_stage(studio: Studio) -> None:
    """The proposals of the first of two stages."""
    bar = at_test(studio, "stages").ways.stages
    bar.choose(bar.found.stages[1].name)


@scene("en", "fr", run="faster_rcnn_small")
def test_anchors(studio: Studio) -> None:
    """Where the first stage looks."""
    at_test(studio, "stages")


@scene("en", "fr")
def design_pyramid(studio: Studio) -> None:
    """The same on a pyramid of maps."""
    studio.open("faster_rcnn_resnet50_fpn")


@scene("en", "fr")
def palette_boxes(studio: Studio) -> None:
    """The kinds that detectors are made of."""
    studio.open("faster_rcnn_small")
    studio.window.design.palette.tree.collapseAll()
    studio.window.design.palette.search.setText("box")


@scene("en", "fr")
def preset_boxes(studio: Studio) -> None:
    """The longest sheet of a preset."""
    about(studio, "faster_rcnn_small")


def about(studio: Studio, preset: str) -> None:
    """The sheet of a preset beside its card."""
    from gui.preset_card import PresetCard

    studio.window.show_room("welcome")
    studio.quiet()
    card = studio.window.page("welcome").findChild(PresetCard, f"preset-{preset}")
    sheet = card.show_sheet()
    at = card.mapTo(studio.window, card.rect().topLeft())
    sheet.move(studio.window.mapToGlobal(at))


# masks


@scene("en", "fr")
def design_fcn(studio: Studio) -> None:
    """Three streams that are added and brought to the size of the image."""
    studio.open("fcn_8s")
