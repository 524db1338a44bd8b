"""The library of blocks: what is kept can be used in any network."""

from __future__ import annotations

import subprocess
import sys

import pytest

import presets
from graph import CanevasError, Network, analyze, edit
from graph.definitions import block_name
from runtime import library

LECTURE = presets.build("lecture")
WRAPPED = edit.wrap(LECTURE, ["conv1", "relu1", "conv2", "relu2"], "stage").network
NESTED = edit.wrap(WRAPPED, ["stage", "pool1"], "part").network


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CANEVAS_HOME", str(tmp_path))
    return tmp_path / "blocks"


def test_nothing_is_kept_at_first(own_folder):
    assert library.kept() == ()
    assert not own_folder.exists()


def test_a_block_is_kept_with_the_blocks_inside_it():
    made = library.keep(NESTED, "part")

    assert made.title == "part"
    assert made.ports == (("input",), ("output",))
    assert set(made.definition.blocks) == {"stage"}
    assert made.definition.variables == {"width": 8}
    assert library.kept() == (made,)


def test_the_same_is_kept_once_another_gets_a_number():
    first = library.keep(WRAPPED, "stage")
    assert library.keep(WRAPPED, "stage") == first

    wider = edit.put_inside(WRAPPED, ("stage",), edit.set_values(WRAPPED.within(("stage",)), "conv1", kernel_size=5))
    second = library.keep(wider, "stage")
    assert second.title == "stage 2"
    assert [k.title for k in library.kept()] == ["stage", "stage 2"]


def test_a_kept_block_stands_in_another_network():
    definition = library.keep(NESTED, "part").definition
    network, block = edit.bring(Network("new"), definition)
    network, name = edit.add(network, block)
    network = edit.paste(LECTURE, edit.take(network, [name]))[0]

    assert set(network.blocks) == {"part", "stage"}
    assert network.blocks["stage"] == NESTED.blocks["stage"]
    again, same = edit.bring(network, definition)
    assert again is network
    assert same.name == "part"


def test_another_block_of_the_name_gets_a_free_one():
    definition = library.keep(NESTED, "part").definition
    other = edit.put_inside(
        NESTED, ("part", "stage"), edit.set_values(NESTED.within(("part", "stage")), "conv1", bias=False)
    )
    network, block = edit.bring(other, definition)

    assert block.name not in other.blocks
    inner = next(n.kind for n in network.blocks[block.name].nodes.values() if n.name == "stage")
    assert network.blocks[inner] == NESTED.blocks["stage"].change(name=inner)
    assert network.blocks["stage"] is other.blocks["stage"]
    assert analyze(network).parameters == analyze(other).parameters


def test_titles_change_and_are_no_names():
    made = library.keep(WRAPPED, "stage")
    named = library.rename(made.file, "  Two   convolutions ")

    assert named.title == "Two convolutions"
    assert edit.bring(Network(), named.definition)[1].name == "two_convolutions"
    library.keep(WRAPPED, "stage")
    with pytest.raises(CanevasError, match="There is a block called stage already"):
        library.rename(named.file, "stage")
    with pytest.raises(CanevasError, match="needs a title"):
        library.rename(named.file, "   ")


def test_what_is_let_go_is_gone_and_nothing_else(tmp_path):
    made = library.keep(WRAPPED, "stage")
    library.remove(made.file)
    assert library.kept() == ()

    other = tmp_path / "mine.canevas"
    other.write_text("x")
    with pytest.raises(CanevasError, match="no block of the library"):
        library.remove(other)
    assert other.exists()


def test_a_broken_file_is_listed_with_its_reason(own_folder):
    own_folder.mkdir()
    (own_folder / "broken.canevas").write_text("{")
    (only,) = library.kept()

    assert only.title == "broken"
    assert only.definition is None
    assert only.refusal.startswith("it is no JSON")


def test_a_file_that_changes_on_the_disk_is_read_again(own_folder):
    made = library.keep(WRAPPED, "stage")
    text = made.file.read_text().replace('"name": "stage"', '"name": "something else"')
    made.file.write_text(text)

    assert [k.title for k in library.kept()] == ["something else"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("stage", "stage"),
        ("Été à la mer", "ete_a_la_mer"),
        ("3 convs", "block_3_convs"),
        ("日本", "block"),
        ("for", "block_for"),
        ("MBConv", "MBConv"),
    ],
)
def test_a_block_is_called_after_its_title(title, name):
    assert block_name(title) == name


def test_the_library_needs_no_torch():
    code = "import sys, runtime.library; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
