"""A run is a directory: made, found, read while it grows, renamed, deleted; damaged ones say so."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graph import FileError, Network
from runtime.client import announce
from runtime.data.description import Description
from runtime.recipe import Recipe
from runtime.records import Place, append_line, read_lines, replacing, write_json
from runtime.run import Run, RunError, create, runs

Makes = Callable[..., Run]


def test_what_a_run_was_made_of_can_be_read_back(make_run: Makes, small: Network):
    run = make_run(learning_rate=0.5, weights={"conv": ("w.pt", "features.0")})

    assert (run.network, run.data, run.state) == (small, Description("digits"), "created")
    assert run.recipe.learning_rate == 0.5
    assert run.spec["weights"] == {"conv": [str(Path("w.pt").resolve()), "features.0"]}
    assert run.checkpoint() is None
    assert run.result is None
    assert run.metrics().records == run.events().records == run.previews() == []


def test_runs_are_listed_newest_first_and_strangers_passed_over(make_run: Makes, tmp_path: Path):
    made = [make_run() for _ in range(3)]
    (tmp_path / "runs" / "a folder").mkdir()
    (tmp_path / "runs" / "a file").write_text("x")
    for name, text in {
        "broken": "{",
        "deep": "[" * 100_000,
        "other": "{}",
        "later": '{"format": "canevas-run"}',
    }.items():
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "spec.json").write_text(text)

    assert runs(tmp_path / "runs") == made[::-1]
    assert len({run.folder for run in made}) == 3
    assert runs(tmp_path / "nowhere") == []


def test_a_run_is_renamed_and_deleted(make_run: Makes):
    run = make_run()
    run.rename("  My \n best run ")

    assert run.name == Run(run.folder).name == "My best run"
    with pytest.raises(RunError):
        run.rename(" ")
    assert run.size() > 500
    run.delete()
    assert not run.folder.exists()


def test_a_folder_that_is_no_run_is_never_deleted(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("three years of work")

    with pytest.raises(FileError, match="no run"):
        Run(tmp_path).delete()
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda spec: spec.update(version=2), "version 2"),
        (lambda spec: spec.pop("recipe"), "lacks recipe"),
        (lambda spec: spec.update(format="x"), "does not describe a run"),
        (lambda spec: spec.update(created="now"), "when it was created"),
    ],
)
def test_damaged_specs_say_what_is_wrong(make_run: Makes, damage: Callable[[dict], None], why: str):
    run = make_run()
    spec = json.loads((run.folder / "spec.json").read_text())
    damage(spec)
    (run.folder / "spec.json").write_text(json.dumps(spec))

    with pytest.raises(FileError, match=why):
        _ = Run(run.folder).name


def test_a_folder_in_use_is_not_taken(make_run: Makes, small: Network, tmp_path: Path):
    run = make_run()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for folder, why in ((run.folder, "holds a run already"), (tmp_path / "full", "not empty")):
        with pytest.raises(RunError, match=why):
            create(tmp_path, small, None, Recipe(), Description(), folder=folder)
    made = create(tmp_path, small, None, Recipe(), Description(), folder=tmp_path / "new" / "deep", name="Mine")
    assert (made.folder, made.name) == (tmp_path / "new" / "deep", "Mine")


def test_a_place_that_cannot_be_written_is_refused_in_a_sentence(small: Network, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="no run can be made there"):
        create(tmp_path / "file" / "runs", small, None, Recipe(), Description())


# who trains it


def test_a_run_is_alive_as_long_as_its_very_process_is(make_run: Makes):
    run = make_run()
    announce(run, os.getpid(), "running")
    assert (run.alive(), run.state) == (True, "running")

    said = json.loads((run.folder / "worker.json").read_text())
    write_json(run.folder / "worker.json", {**said, "started": said["started"] - 3600})  # the number was given again
    assert (run.alive(), run.state) == (False, "crashed")


def test_a_run_of_another_machine_lives_by_its_heartbeat(make_run: Makes):
    run = make_run()
    announce(run, os.getpid(), "running")
    said = json.loads((run.folder / "worker.json").read_text())
    assert said["host"] == platform.node()
    for ago, alive in ((5, True), (60, False)):
        write_json(run.folder / "worker.json", {**said, "host": "elsewhere", "time": time.time() - ago})
        assert run.alive() == alive


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x"}', "\xff"])
def test_a_damaged_worker_file_means_nobody(make_run: Makes, text: str):
    run = make_run()
    (run.folder / "worker.json").write_text(text)

    assert not run.alive()
    assert run.state == "created"


# files


def test_only_what_is_new_is_read_and_only_whole_lines(tmp_path: Path):
    file = tmp_path / "x.jsonl"
    assert read_lines(file, Place()).records == []
    append_line(file, {"n": 1})
    first = read_lines(file, Place())
    with file.open("a") as f:
        f.write('{"n": 2}\n{"n": 3')
    second = read_lines(file, first.place)
    with file.open("a") as f:
        f.write("}\nnonsense\n[4]\n")
    third = read_lines(file, second.place)

    assert [lines.records for lines in (first, second, third)] == [[{"n": 1}], [{"n": 2}], [{"n": 3}]]
    assert [lines.again for lines in (first, second, third)] == [False] * 3


def test_a_file_that_was_cut_is_read_again(tmp_path: Path):
    from runtime.journal import _cut

    file = tmp_path / "x.jsonl"
    for n in range(4):
        append_line(file, {"n": n})
    place = read_lines(file, Place()).place
    _cut(file, 16)
    append_line(file, {"n": "new"})
    append_line(file, {"n": "newer"})
    append_line(file, {"n": "longer than before, longer than before, longer than before"})
    again = read_lines(file, place)

    assert again.again
    assert [r["n"] for r in again.records][:3] == [0, 1, "new"]


def test_a_line_that_a_full_disk_left_half_written_takes_no_other_along(make_run: Makes):
    from runtime.journal import Journal

    run = make_run()
    (run.folder / "events.jsonl").write_text('{"event": "hello"}\n{"event": "prog')
    journal = Journal(run)
    journal.open(0)
    journal.event("done")
    journal.close("done")

    assert [e["event"] for e in run.events().records] == ["hello", "done", "state"]


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path):
    file = tmp_path / "x"
    file.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(file):
        pass  # nothing was written
    with pytest.raises(ZeroDivisionError), replacing(file) as temporary:
        temporary.write_text(f"half of the {1 / 0}")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert file.read_text() == "old"
    with replacing(file) as temporary:
        temporary.write_text("new")
    assert file.read_text() == "new"


def test_there_are_no_other_commands(make_run: Makes):
    with pytest.raises(RunError, match="no command explode"):
        make_run().send("explode")
