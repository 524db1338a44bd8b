"""What can be put on the drawing is found by its name, by other words, in both languages."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from graph import Block, Edge, Network, Node, kinds, layers
from graph.layer import CATEGORIES, help_of
from graph.text import everywhere
from gui.palette import Palette, families
from gui.palette_rows import BLOCK, HELP, KIND, NAME, WHAT
from gui.search import best, score

pytestmark = pytest.mark.qt


@pytest.fixture
def palette(qtbot) -> Palette:
    made = Palette()
    qtbot.addWidget(made)
    made.resize(256, 800)
    made.show()
    return made


def rows(palette: Palette) -> list[str]:
    """Names of the rows that are no families, in their order."""
    model, found = palette.tree.model(), []
    for i in range(model.rowCount()):
        head = model.item(i)
        found += [head.child(j).data(NAME) for j in range(head.rowCount())] or [head.data(NAME)]
    return found


def test_every_kind_stands_in_its_family(palette):
    groups = families()
    offered = sorted(name for name, cls in kinds().items() if cls.offered)

    assert sorted(cls.__name__ for group in groups.values() for cls in group) == offered
    assert list(groups) == [category for category in CATEGORIES if category in groups]
    assert sorted(rows(palette)) == offered


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("conv2", "Conv2d"),
        ("cv2d", "Conv2d"),
        ("filtre", "Conv2d"),
        ("noyau", "Conv2d"),
        ("ENTRÉE", "Input"),
        ("entree", "Input"),
        ("étiquette", "Target"),
        ("dense", "Linear"),
        ("complètement", "Linear"),
        ("entropie", "CrossEntropyLoss"),
        ("convolution transposée", "ConvTranspose2d"),
        ("mise en commun", "MaxPool2d"),
        ("perte", "DiceLoss"),
        ("normalisation", "GroupNorm"),
        ("Normalization", "RMSNorm"),
        ("activation", "Mish"),
        ("suréchantillonnage", "Upsample"),
    ],
)
def test_a_kind_is_found_by_words_of_both_languages(palette, query, kind):
    palette.search.setText(query)  # QTest cannot type an accent

    assert kind in rows(palette)


@pytest.mark.parametrize("name", sorted(name for name, cls in kinds().items() if cls.offered))
def test_every_kind_is_found_by_its_name_its_family_and_its_words_in_any_language(name):
    cls = kinds()[name]
    family, help = everywhere(CATEGORIES[cls.category].template), everywhere(help_of(cls))
    french = max(help[-1].split(), key=len).strip(".,;:()«»\u00a0")
    asked = [name, name.lower(), *cls.words.split(), *family, french]

    for query in asked:
        assert cls in families(query).get(cls.category, ()), query
    assert families(name)[cls.category][0] is cls
    assert cls.words, "no other word finds it"


def test_what_is_found_best_comes_first():
    assert best("add", ["Padding", "Add", "AddMany"], lambda name: (name, "")) == ["Add", "AddMany", "Padding"]
    assert score("zzz", "Conv2d", "filter") == 0


def test_what_is_not_found_says_so(palette, qtbot):
    qtbot.keyClicks(palette.search, "xyzzy")

    assert rows(palette) == []
    assert palette.help.text() == "Nothing is called xyzzy."


def test_enter_in_the_search_adds_the_first_kind(palette, qtbot):
    qtbot.keyClicks(palette.search, "maxpool2")

    with qtbot.waitSignal(palette.kind_wanted) as heard:
        qtbot.keyClick(palette.search, Qt.Key.Key_Return)

    assert heard.args == ["MaxPool2d"]


def test_arrow_down_leads_from_the_search_into_the_list(palette, qtbot):
    qtbot.keyClicks(palette.search, "relu")
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)

    with qtbot.waitSignal(palette.kind_wanted) as heard:
        qtbot.keyClick(palette.tree, Qt.Key.Key_Return)

    assert heard.args == ["ReLU"]


def row(palette: Palette, name: str):
    """The index of a row in the tree."""
    model = palette.tree.model()
    found = model.match(model.index(0, 0), NAME, name, 1, Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchExactly)
    return found[0]


def test_a_double_click_adds_a_kind(palette, qtbot):
    index = row(palette, "Conv2d")
    place = palette.tree.visualRect(index).center()

    with qtbot.waitSignal(palette.kind_wanted) as heard:
        qtbot.mouseClick(palette.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(palette.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)

    assert heard.args == ["Conv2d"]


def test_a_row_in_hand_says_which_kind_it_is(palette):
    carried = palette.tree.model().mimeData([row(palette, "Conv2d")])

    assert carried.hasFormat(KIND)
    assert bytes(carried.data(KIND).data()) == b"Conv2d"


def test_a_family_stays_closed_through_a_search(palette, qtbot):
    index = row(palette, "conv")
    place = palette.tree.visualRect(index).center()
    qtbot.mouseClick(palette.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not palette.tree.isExpanded(index)

    qtbot.keyClicks(palette.search, "conv2d")
    assert palette.tree.isExpanded(row(palette, "conv"))

    palette.search.clear()
    assert not palette.tree.isExpanded(row(palette, "conv"))


def test_the_blocks_of_the_network_can_be_taken(palette):
    inside = Network(
        "pair",
        {
            "x": Node("x", layers.source.Input((8,))),
            "relu": Node("relu", layers.activation.ReLU()),
            "y": Node("y", layers.source.Output()),
        },
        (Edge("x", "out", "relu", "x"), Edge("relu", "out", "y", "x")),
    )
    network = Network("n", {"a": Node("a", Block("pair")), "b": Node("b", Block("pair"))}, blocks={"pair": inside})
    palette.tabs.setCurrentIndex(1)
    assert "Ctrl+G" in palette.help.text()

    palette.show_network(network)

    item = palette.tree.model().item(0).child(0)
    assert (item.data(WHAT), item.data(NAME)) == ("block", "pair")
    assert palette.tree.model().mimeData([item.index()]).hasFormat(BLOCK)


def test_presets_are_listed_with_what_they_are(palette):
    palette.tabs.setCurrentIndex(2)

    lecture = row(palette, "lecture")

    assert lecture.data() == "Lecture network"
    assert "LeCun" in lecture.data(HELP)


def test_networks_of_torchvision_are_found_among_the_presets(palette, qtbot):
    palette.tabs.setCurrentIndex(2)
    qtbot.keyClicks(palette.search, "efficientnetv2")

    with qtbot.waitSignal(palette.torchvision_wanted) as wanted:
        qtbot.keyClick(palette.search, Qt.Key.Key_Down)
        qtbot.keyClick(palette.tree, Qt.Key.Key_Down)
        qtbot.keyClick(palette.tree, Qt.Key.Key_Return)

    assert wanted.args[0].startswith("efficientnet_v2")


def test_networks_are_listed_as_people_count():
    from runtime.import_.builders import BUILDERS, listed

    names = [b.name for b in listed()]
    assert sorted(names) == sorted(BUILDERS)
    assert names.index("resnet18") < names.index("resnet34") < names.index("resnet101")
    assert names.index("efficientnet_b7") < names.index("efficientnet_v2_s")
