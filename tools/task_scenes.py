"""What is photographed of each task: its data, its training, its test, and the drawings that only it has."""

from __future__ import annotations

from tools.scenes import scene
from tools.studio import Studio


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
def data_boxes(studio: Studio) -> None:
    """Scenes with the boxes of their digits."""
    at_data(studio)


@scene("en", "fr", run="yolo_small")
def train_boxes(studio: Studio) -> None:
    """Five losses, and what is found in the same scenes every epoch."""
    at_train(studio)


@scene("en", "fr", run="yolo_small")
def test_boxes(studio: Studio) -> None:
    """What a detector finds, with its sliders."""
    at_test(studio)


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
def train_proposals(studio: Studio) -> None:
    """Four losses of two stages."""
    at_train(studio)


@scene("en", "fr", run="faster_rcnn_small")
def test_proposals(studio: Studio) -> None:
    """The proposals of the first of two stages."""
    bar = at_test(studio, "stages").ways.stages
    bar.choose(bar.found.stages[1].name)


@scene("en", "fr", run="faster_rcnn_small")
def test_anchors(studio: Studio) -> None:
    """Where the first stage looks."""
    at_test(studio, "stages")


@scene("en", "fr")
def design_proposals(studio: Studio) -> None:
    """A detector of two stages, wide, with flows that are no tensors."""
    studio.open("faster_rcnn_small")
    studio.select("proposals")


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


@scene("en", "fr", run="unet_padded")
def data_masks(studio: Studio) -> None:
    """The same scenes, a class for each pixel."""
    at_data(studio)


@scene("en", "fr", run="unet_padded")
def train_masks(studio: Studio) -> None:
    """What is right and what is answered, side by side."""
    at_train(studio)


@scene("en", "fr", run="unet_padded")
def test_masks(studio: Studio) -> None:
    """Pixels that were classed."""
    at_test(studio)


@scene("en", "fr")
def design_fcn(studio: Studio) -> None:
    """Three streams that are added and brought to the size of the image."""
    studio.open("fcn_8s")


# numbers


@scene("en", "fr", run="numbers")
def data_numbers(studio: Studio) -> None:
    """Images with two numbers each."""
    at_data(studio)


@scene("en", "fr", run="numbers")
def train_numbers(studio: Studio) -> None:
    """How far numbers are missed."""
    at_train(studio)


@scene("en", "fr", run="numbers")
def test_numbers(studio: Studio) -> None:
    """What was foretold over what is right."""
    at_test(studio)


# signals


@scene("en", "fr", run="signals")
def data_signals(studio: Studio) -> None:
    """Signals as curves."""
    at_data(studio)


@scene("en", "fr", run="signals")
def train_signals(studio: Studio) -> None:
    """Signals and their classes."""
    at_train(studio)


@scene("en", "fr", run="signals")
def test_signals(studio: Studio) -> None:
    """A signal that was classed."""
    at_test(studio)
