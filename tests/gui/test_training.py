"""The Train room: what it says in which state, and how it follows runs by their files."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt

import presets
from graph import edit, files
from graph.analysis import analyze
from graph.network import Network
from gui.data.facts import Facts
from gui.document import Document
from gui.runs import Course, Progress, Runs
from gui.session import Session
from gui.training.begin import first, gone, run_name
from gui.training.drawn import Ticked, still_to_come
from gui.training.readiness import obstacles
from gui.training.samples import Sample, selected
from gui.training.words import actions, answer, clock, smoothing, strip
from runtime.data.description import Description
from runtime.data.preprocessing import Preprocessing
from runtime.learning_rate import learning_rate
from runtime.recipe import Recipe
from runtime.records import append_line
from runtime.run import STATES
from runtime.weights.origin import Origin
from tests.gui.fake_runs import PER_EPOCH, FakeRun
from tests.gui.fake_service import FakeService

DIGITS = Facts("digits", "digits", tuple("0123456789"), (1, 28, 28), {"train": (126,) * 10})


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "expected"),
        [(0, "0:00"), (29.9, "0:29"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (90061, "1 d 1 h"), (-1, "–")],
    )
    def test_durations(self, seconds, expected):
        assert clock(seconds) == expected

    def test_every_state_has_its_buttons(self):
        expected = {
            "created": ["continue", "start"],
            "starting": ["stop"],
            "running": ["pause", "stop"],
            "paused": ["resume", "stop"],
            "stopped": ["continue", "start"],
            "done": ["start"],
            "failed": ["continue", "start"],
            "crashed": ["continue", "start"],
        }
        assert set(expected) == set(STATES)
        assert {state: [a.do for a in actions(state)] for state in STATES} == expected
        assert [a.do for a in actions("")] == ["start"]

    def test_at_most_one_button_is_filled(self):
        assert all(sum(a.main for a in actions(state)) <= 1 for state in ("", *STATES))

    def test_the_strip_tells_epoch_step_and_time_left(self):
        said = strip("running", Progress(880, 1420, 71, 20, 29.2, 18.4), 20)

        assert (said.head, said.detail) == ("Epoch 13 of 20", "step 880 of 1\u2009420")
        assert (said.elapsed, said.left) == ("0:29 elapsed", "0:18 left")
        assert said.share == pytest.approx(880 / 1420)

    def test_the_last_epoch_is_the_last(self):
        assert strip("running", Progress(200, 200, 40, 5), 5).head == "Epoch 5 of 5"

    def test_before_the_first_step_it_gets_ready(self):
        assert strip("starting", Progress(), 5).head == strip("running", Progress(), 5).head == "Getting ready"

    def test_slider_positions_are_weights(self):
        assert (smoothing(0), smoothing(50), smoothing(100)) == (0.0, 0.9, 0.99)
        weights = [smoothing(i) for i in range(101)]
        assert weights == sorted(weights)

    def test_a_mistake_is_said_in_words(self):
        assert answer("9", "4", right=False) == "4 not 9"
        assert answer("9", "9", right=True) == "9"

    def test_runs_are_named_after_what_distinguishes_them(self):
        recipe = Recipe(optimizer="SGD", learning_rate=0.02)
        assert run_name(recipe, set()) == "SGD 0.02"
        assert run_name(recipe, {"SGD 0.02", "SGD 0.02 (2)"}) == "SGD 0.02 (3)"


class TestReadiness:
    def found(self, network, facts=DIGITS, chosen=True, refused=""):
        return obstacles(analyze(network), facts, chosen, refused)

    def test_the_lecture_network_can_learn_the_digits(self):
        assert self.found(presets.build("lecture")) == ()

    def test_without_a_document_there_is_nothing_to_train(self):
        assert obstacles(None, DIGITS, True)[0].room == "design"
        assert self.found(Network())[0].room == "design"

    def test_without_data_there_is_nothing_to_learn(self):
        assert self.found(presets.build("lecture"), None, chosen=False)[0].room == "data"

    @pytest.mark.parametrize(
        ("preset", "data"), [("lecture", "digits"), ("yolo_small", "digit-scenes"), ("unet_padded", "digit-scenes")]
    )
    def test_included_data_of_the_same_task_are_offered(self, preset, data):
        assert self.found(presets.build(preset), None, chosen=False)[0].data == data

    def test_no_images_are_offered_to_a_network_for_signals(self):
        assert self.found(presets.build("conv1d_signal"), None, chosen=False)[0].data == ""

    def test_data_of_another_task_name_those_that_would_do(self):
        found = self.found(presets.build("yolo_small"))[0]
        assert (found.data, found.room) == ("digit-scenes", "design")

    def test_data_that_cannot_be_read_are_said_so(self):
        assert (
            str(self.found(presets.build("lecture"), None, refused="No {such} folder.")[0].message)
            == "No {such} folder."
        )

    def test_a_missing_loss_is_added_by_its_fix(self):
        lecture = presets.build("lecture")
        losses = [n.name for n in lecture.nodes.values() if n.kind in ("CrossEntropyLoss", "Target")]
        bare = edit.remove(lecture, losses)
        found = self.found(bare)[0]

        assert found.blocker
        assert self.found(found.fixes[0].apply(bare)) == ()

    def test_too_few_classes_are_mended_by_the_variable(self):
        two = Facts("ants_bees", "ants_bees", ("ants", "bees"), (1, 28, 28), {})
        found = self.found(presets.build("lecture"), two)[0]
        mended = found.fixes[0].apply(presets.build("lecture"))

        assert "10" in str(found.message)
        assert mended.variables["classes"] == 2
        assert self.found(mended, two) == ()

    def test_errors_of_the_drawing_come_first(self):
        lecture = presets.build("lecture")
        broken = edit.bridge(lecture, ["flatten"])

        assert "Flatten" in str(self.found(broken)[0].message)


class TestCourse:
    def test_it_reads_what_is_new(self, tmp_path):
        fake = FakeRun(tmp_path)
        fake.state("running")
        fake.train(PER_EPOCH)
        course = Course(fake.run)
        assert course.read()
        assert not course.read()
        fake.train(10)
        assert course.read()

        assert course.state == "running"
        assert len(course.series["train.loss"]) == PER_EPOCH + 10
        assert len(course.series["validation.loss"]) == 1
        assert course.progress.step == PER_EPOCH + 10
        assert course.progress.per_epoch == PER_EPOCH
        assert course.series["speed"].y.tolist() == [2400.0, 2400.0]

    def test_half_a_line_waits_for_its_other_half(self, tmp_path):
        fake = FakeRun(tmp_path)
        fake.train(3)
        course = Course(fake.run)
        with (fake.folder / "metrics.jsonl").open("a") as f:
            f.write('{"step": 4, "epoch": 0.1, "part": "train", "loss"')
            f.flush()
            course.read()
            assert len(course.series["train.loss"]) == 3
            f.write(": 0.5}\n")
        course.read()

        assert course.last["train.loss"] == 0.5

    def test_a_resumed_run_is_read_from_its_beginning(self, tmp_path):
        """The worker cuts the file back to its last checkpoint and writes on."""
        fake = FakeRun(tmp_path)
        fake.train(50)
        course = Course(fake.run)
        course.read()
        file = fake.folder / "metrics.jsonl"
        lines = file.read_bytes().splitlines(keepends=True)[:20]
        (fake.folder / "cut").write_bytes(b"".join(lines))
        (fake.folder / "cut").replace(file)
        course.read()

        assert len(course.series["train.loss"]) == 20

    def test_a_loss_that_is_no_number_leaves_a_gap(self, tmp_path):
        fake = FakeRun(tmp_path)
        fake.train(1)
        append_line(fake.folder / "metrics.jsonl", {"step": 2, "epoch": 0.1, "part": "train", "loss": None})
        course = Course(fake.run)
        course.read()

        assert len(course.series["train.loss"]) == 1

    def test_a_process_that_is_no_more_means_crashed(self, tmp_path):
        fake = FakeRun(tmp_path)
        fake.state("running", alive=False)
        course = Course(fake.run)
        course.read()

        assert course.state == "crashed"
        assert not course.live
        assert gone(course)

    def test_a_failed_run_says_why(self, tmp_path):
        fake = FakeRun(tmp_path)
        fake.event("error", kind="memory", text="There is not enough memory.")
        fake.state("failed")
        course = Course(fake.run)
        course.read()

        assert gone(course) == "There is not enough memory."

    def test_done_is_the_end(self, tmp_path):
        fake = FakeRun(tmp_path)
        fake.train(fake.total - 3)
        fake.event("done", step=fake.total)
        fake.state("done")
        course = Course(fake.run)
        course.read()

        assert course.progress.step == course.progress.steps == fake.total
        assert gone(course) == ""


def test_the_rest_of_the_learning_rate_follows_the_recipe():
    recipe = Recipe(epochs=5)
    at, rates = still_to_come(recipe, 100, 200)

    assert (at[0], at[-1]) == (100, 199)
    assert rates == [learning_rate(recipe, int(i), 200) for i in at]


def test_a_color_stays_with_its_run(tmp_path):
    runs = [FakeRun(tmp_path, name).run for name in "abc"]
    ticked = Ticked()
    for run in runs:
        ticked.add(run)
    ticked.remove(runs[0])
    ticked.add(runs[0])

    assert [ticked.places[run.folder] for run in runs] == [0, 1, 2]


def test_samples_can_be_looked_at_in_three_ways():
    samples = [Sample(None, "1", "1", 0.9), Sample(None, "2", "3", 0.8), Sample(None, "4", "4", 0.4)]

    assert selected(samples, "mixed") == samples
    assert selected(samples, "wrong") == [samples[1]]
    assert [s.score for s in selected(samples, "unsure")] == [0.4, 0.8, 0.9]


@pytest.mark.qt
class TestRuns:
    @pytest.fixture
    def session(self, qtbot):
        made = Session()
        yield made
        made.close()
        Runs.of(made).stop()

    def test_rows_are_listed_newest_first_and_renewed(self, session, qtbot):
        runs = Runs.of(session)
        old, new = FakeRun(runs.root, "old"), FakeRun(runs.root, "new")
        new.train(PER_EPOCH)
        runs.start()
        qtbot.waitUntil(lambda: len(runs.rows) == 2)
        assert [row.name for row in runs.rows] == ["new", "old"]
        row = runs.rows[0]
        assert (row.epoch, row.epochs, row.network) == (1, 5, "Lecture network")
        assert row.size > 1000
        with qtbot.waitSignal(runs.listed):
            runs.rename(old.run, "older")
        qtbot.waitUntil(lambda: runs.rows[1].name == "older")
        runs.delete(old.run)
        qtbot.waitUntil(lambda: len(runs.rows) == 1)
        assert not old.folder.exists()

    def test_a_damaged_run_hides_no_other(self, session, qtbot):
        runs = Runs.of(session)
        FakeRun(runs.root, "good")
        bad = FakeRun(runs.root, "bad")
        (bad.folder / "spec.json").write_text("{")
        runs.start()
        qtbot.waitUntil(lambda: [row.name for row in runs.rows] == ["good"])

    def test_a_run_that_trains_cannot_be_deleted(self, session, qtbot):
        runs = Runs.of(session)
        fake = FakeRun(runs.root)
        fake.state("running")
        with qtbot.waitSignal(runs.failed) as said:
            runs.delete(fake.run)
        assert "stop it" in said.args[0]
        assert fake.folder.exists()

    def test_the_first_to_look_at_is_the_one_that_trains(self, session, qtbot):
        runs = Runs.of(session)
        trains = FakeRun(runs.root, "trains")
        trains.state("running")
        FakeRun(runs.root, "newest").state("done")
        runs.start()
        qtbot.waitUntil(lambda: len(runs.rows) == 2)
        assert first(runs.rows) == trains.run
        assert first(()) is None


@pytest.mark.qt
class TestRoom:
    @pytest.fixture
    def room(self, qtbot):
        from gui.training import TrainingRoom

        session = Session()
        session.add(Document(presets.build("lecture")))
        session.choose_data(Description("digits"))
        made = TrainingRoom(session)
        made.watch.want = lambda: None  # no service in these tests
        qtbot.addWidget(made)
        made.resize(1280, 800)
        made.show()
        qtbot.waitUntil(lambda: made.curves is not None)
        yield made
        made.runs.stop()
        session.close()
        session.deleteLater()

    @pytest.fixture
    def fake(self, room):
        made = FakeRun(room.runs.root)
        made.state("running")
        made.train(PER_EPOCH)
        return made

    def test_it_finds_a_run_that_trains_and_attaches(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: room.course is not None and room.course.state == "running")
        qtbot.waitUntil(lambda: room.strip.head.text() == "Epoch 2 of 5")
        assert room.strip.detail.text() == "step 40 of 200"
        assert list(room.strip.buttons) == ["pause", "stop"]

    def test_curves_grow_with_the_files(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: room.course is not None)
        fake.train(25)
        drawn = lambda: [line for line in room.curves.loss.lines if len(line.series) == PER_EPOCH + 25]  # noqa: E731
        qtbot.waitUntil(lambda: len(drawn()) == 2)  # smoothed, and as measured
        qtbot.waitUntil(
            lambda: room.curves.loss._items[-1].getData()[0][-1] == pytest.approx((PER_EPOCH + 25) / PER_EPOCH)
        )
        assert room.curves.accuracy.value.text().endswith("%")

    def test_buttons_ask_the_worker(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: "pause" in room.strip.buttons)
        room.strip.buttons["pause"].click()
        assert [c["do"] for c in fake.commands()] == ["pause"]
        assert not room.strip.buttons["pause"].isEnabled()  # until the files say what came of it
        fake.state("paused")
        qtbot.waitUntil(lambda: "resume" in room.strip.buttons)
        assert room.strip.left.text() == "paused"
        room.strip.buttons["resume"].click()
        fake.state("running")
        qtbot.waitUntil(lambda: "pause" in room.strip.buttons)
        room.strip.buttons["stop"].click()
        fake.state("stopped")
        qtbot.waitUntil(lambda: list(room.strip.buttons) == ["continue", "start"])
        assert [c["do"] for c in fake.commands()] == ["pause", "resume", "stop"]

    def test_a_worker_that_says_nothing_leaves_the_buttons_usable(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: "pause" in room.strip.buttons)
        room.strip.buttons["pause"].click()
        assert room.controls._patience.isActive()
        room.controls._patience.timeout.emit()
        assert room.strip.buttons["pause"].isEnabled()

    def test_the_learning_rate_is_set_while_it_trains(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: room.course is not None and room.course.live)
        field = room.curves.rate_field
        qtbot.waitUntil(field.isVisible)
        field.open.click()
        qtbot.keyClicks(field.box, "abc")
        assert field.box.property("invalid") == "true"
        field.box.clear()
        qtbot.keyClicks(field.box, "0.001\r")
        assert [(c["do"], c["learning_rate"]) for c in fake.commands()] == [("set", 0.001)]
        fake.state("stopped")
        qtbot.waitUntil(lambda: not field.isVisible())

    def test_a_crash_is_one_sentence_and_offers_to_resume(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: room.course is not None)
        fake.state("running", alive=False)
        qtbot.waitUntil(lambda: list(room.strip.buttons) == ["continue", "start"])
        assert room.strip.head.text() == "Crashed"
        qtbot.waitUntil(lambda: len(room.notice.shown) == 1)
        assert "Resume" in str(room.notice.shown[0].message)

    def test_samples_show_answers_and_word_mistakes(self, room, fake, qtbot):
        fake.preview(1, wrong=2)
        qtbot.waitUntil(lambda: len(room.samples.samples) == 9)
        assert room.samples.state.text() == "epoch 1, 2 of 9 wrong"
        assert (room.samples.tiles.tiles[0].strong, room.samples.tiles.tiles[0].rest) == ("1", "not 0")
        room.samples.choose("wrong")
        assert len(room.samples.tiles.tiles) == 2
        fake.preview(2, wrong=0)
        qtbot.waitUntil(lambda: room.samples.state.text().startswith("epoch 2"))
        assert room.samples.empty.text() == "No mistake among these."

    def test_a_tick_draws_a_run_in_its_own_color(self, room, fake, qtbot):
        other = FakeRun(room.runs.root, "AdamW 0.002")
        other.train(PER_EPOCH)
        other.state("done")
        qtbot.waitUntil(lambda: len(room.table.model.rows) == 2 and room.course is not None)
        room.table.ticked.emit(other.run)
        qtbot.waitUntil(lambda: len(room.curves.drawn) == 2)
        assert room.curves.drawn[0].course.run == room.session.run
        assert len({d.color for d in room.curves.drawn}) == 2
        assert len(room.curves.legend.entries) == 2
        room.table.ticked.emit(other.run)
        assert len(room.curves.drawn) == 1

    def test_a_run_is_renamed_in_its_cell_and_deleted_after_a_question(self, room, fake, qtbot):
        fake.state("stopped")
        qtbot.waitUntil(lambda: bool(room.table.model.rows) and room.table.model.rows[0].state == "stopped")
        model = room.table.model
        assert model.setData(model.index(0, 1), "  my  run ")
        qtbot.waitUntil(lambda: model.rows[0].name == "my run")
        room.table.delete.click()
        assert re.match(r"Delete my run and its .*\?", room.table.question.text())
        room.table.no.click()
        assert fake.folder.exists()
        room.table.delete.click()
        room.table.yes.click()
        qtbot.waitUntil(lambda: not fake.folder.exists())
        qtbot.waitUntil(lambda: room.strip.head.text() == "Ready to train")

    def test_the_recipe_of_a_run_can_be_taken_over(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: room.recipe.take.isVisible())
        room.recipe.take.click()
        assert room.session.recipe == fake.recipe
        assert not room.recipe.take.isVisible()

    def test_what_is_typed_is_the_recipe_of_the_next_run(self, room, qtbot):
        field = room.recipe.form.fields["epochs"].editor
        room.recipe.form.changed.emit("epochs", 3)
        assert room.session.recipe.epochs == 3
        room.session.set_recipe(Recipe(epochs=7))
        assert field is room.recipe.form.fields["epochs"].editor
        assert room.recipe.form._values["epochs"] == 7

    def test_what_is_in_the_way_is_said_with_its_fix(self, room, qtbot):
        document = room.session.document
        losses = [n.name for n in document.network.nodes.values() if n.kind in ("CrossEntropyLoss", "Target")]
        document.edit(edit.remove(document.network, losses), "remove the loss")
        qtbot.waitUntil(lambda: len(room.notice.shown) == 1)
        room.start()
        assert room.session.run is None  # nothing was begun
        fix = room.notice.findChild(object, "fix-add_loss")
        fix.click()
        qtbot.waitUntil(lambda: not room.notice.shown)
        document.stack.undo()
        qtbot.waitUntil(lambda: len(room.notice.shown) == 1)

    def test_before_a_run_the_plot_names_the_measure_of_the_task(self, room, qtbot):
        qtbot.waitUntil(lambda: room.curves is not None)
        room.session.show_run(None)
        room.session.add(Document(presets.build("yolo_small")))
        assert room.curves.accuracy.title.text() == "mAP@.5"
        room.session.add(Document(presets.build("lecture")))
        assert room.curves.accuracy.title.text() == "Accuracy"

    def test_included_data_are_taken_by_the_button_that_offers_them(self, room, qtbot):
        room.session.choose_data(None)
        qtbot.waitUntil(lambda: bool(room.notice.shown))
        room.notice.findChild(object, "data-digits").click()
        qtbot.waitUntil(lambda: not room.notice.shown)
        assert room.session.data.source == "digits"

    def test_the_network_may_be_edited_while_it_trains(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: room.course is not None and room.course.live)
        document = room.session.document
        with qtbot.waitSignal(document.analyzed):
            document.edit(edit.remove(document.network, ["flatten"]), "break it")
        room._check()
        assert not room.notice.isVisible()
        fake.state("stopped")
        qtbot.waitUntil(room.notice.isVisible)

    def test_attaching_costs_next_to_nothing(self, room, fake, qtbot):
        """No more than two percent of a processor are spent on drawing: the dearer a repaint, the rarer it is."""
        from gui.plots.plot import SHARE, SLOWEST, pause

        qtbot.waitUntil(lambda: room.course is not None)
        room.curves.plots.redraw()
        for cost in (0.001, 0.004, 0.01, 0.019):
            assert cost / (pause(cost) / 1000) <= SHARE * 1.01 or pause(cost) == SLOWEST

    def test_memory_that_was_short_is_said_while_it_trains(self, room, fake, qtbot):
        qtbot.waitUntil(lambda: room.course is not None and room.course.live)
        fake.event("log", text="data problem")
        fake.event("log", kind="memory", text="There is not enough memory: 8 at a time.")
        qtbot.waitUntil(lambda: len(room.notice.shown) == 1)
        assert "8 at a time" in str(room.notice.shown[0].message)
        assert not room.notice.shown[0].blocker
        fake.state("stopped")
        qtbot.waitUntil(lambda: not room.notice.shown)

    def test_a_training_that_ended_early_says_so(self, room, fake, qtbot):
        fake.train(20)
        fake.event("done", early=True, step=60)
        fake.state("done")
        qtbot.waitUntil(lambda: room.strip.head.text() == "Finished early")
        assert room.strip.detail.text() == "Epoch 1 of 5, nothing had got better for a while"

    def test_only_what_counts_can_be_set(self, room, qtbot):
        """Milestones belong to one schedule, patience to another; a closed fold says nothing of what is hidden."""
        shown = lambda name: not room.recipe.form.fields[name].isHidden()  # noqa: E731
        names = ("milestones", "step_every", "patience", "factor")
        for schedule, expected in (
            ("one-cycle", []),
            ("step", ["milestones", "step_every", "factor"]),
            ("plateau", ["patience", "factor"]),
        ):
            room.recipe.form.changed.emit("schedule", schedule)
            assert [name for name in names if shown(name)] == expected
        room.recipe.form.changed.emit("patience", 9)
        assert "9" in room.recipe.form._folds["Schedule"][0]._head.state
        room.recipe.form.changed.emit("schedule", "constant")
        assert room.recipe.form._folds["Schedule"][0]._head.state == ""

    def test_a_rate_for_a_block_that_is_not_there_stands_in_the_way(self, room, qtbot):
        room.recipe.form.changed.emit("rates", "backbone=0.1")
        qtbot.waitUntil(lambda: len(room.notice.shown) == 1)
        assert "there are conv1, conv2" in str(room.notice.shown[0].message)
        room.start()
        assert room.session.run is None
        room.recipe.form.changed.emit("rates", "conv1=0.1")
        qtbot.waitUntil(lambda: not room.notice.shown)


@pytest.mark.qt
class TestTrials:
    @pytest.fixture
    def room(self, qtbot):
        from gui.training import TrainingRoom

        session = Session()
        session._service = FakeService()
        session.add(Document(presets.build("lecture")))
        session.choose_data(Description("digits"))
        made = TrainingRoom(session)
        made.watch.want = lambda: None
        qtbot.addWidget(made)
        made.resize(1280, 800)
        made.show()
        qtbot.waitUntil(lambda: made.curves is not None)
        yield made
        made.runs.stop()
        session.close()
        session.deleteLater()

    def test_a_trial_begins_as_the_training_would(self, room, qtbot):
        """With the weights that still fit, and images as these have learned them."""
        document, told = room.session.document, Preprocessing((28, 28), 1, (0.25,), (0.5,))
        leaves = document.report.leaves()
        shapes = {f"{p}.{k}": tuple(w.shape) for p, fact in leaves for k, w in fact.weights.items()}
        origin = Origin("/w.pt", "w.pt", "/w.pt", {**shapes, "conv1.weight": (1,)}, told)
        document.begin_with({key: ("/w.pt", key) for key in shapes}, origin, "weights")
        qtbot.mouseClick(room.recipe.tries["overfit"], Qt.MouseButton.LeftButton)
        asked = room.session.service.last("overfit").args

        assert asked["preprocessing"] == told.to_dict()
        assert set(shapes) - set(asked["weights"]) == {"conv1.weight", "conv1.bias"}
        room.trial.close_trial()

    def test_one_batch_is_tried_and_its_curve_shown(self, room, qtbot):
        network, recipe = room.session.document.network, room.session.recipe
        qtbot.mouseClick(room.recipe.tries["overfit"], Qt.MouseButton.LeftButton)
        asked = room.session.service.last("overfit")
        assert files.loads(asked.args["network"]) == network
        assert asked.args["recipe"] == recipe.to_dict()
        assert asked.args["data"] == Description("digits").to_dict()
        assert not room.recipe.tries["find_rate"].isEnabled()  # one thing at a time
        asked.progress(0.25, "Step 50 of 200, loss 1.2")
        assert room.trial.bar.value() == 250
        assert room.trial.state.text() == "Step 50 of 200, loss 1.2"

        asked.answer(losses=[2.3, 1.0, 0.1, 0.01], images=32, learned=True, text="It has learned 32 images.")
        assert room.trial.sentence.text() == "It has learned 32 images."
        assert list(room.trial.curve.drawing.losses) == [2.3, 1.0, 0.1, 0.01]
        assert room.recipe.tries["find_rate"].isEnabled()
        assert room.trial.use.isHidden()
        assert (room.session.document.network, room.session.recipe, room.session.run) == (network, recipe, None)
        qtbot.mouseClick(room.trial.shut, Qt.MouseButton.LeftButton)
        assert room.trial.isHidden()

    def test_the_rate_that_is_found_can_be_taken(self, room, qtbot):
        qtbot.mouseClick(room.recipe.tries["find_rate"], Qt.MouseButton.LeftButton)
        curve = {"rates": [0.001, 0.01, 0.1], "losses": [2.0, 1.0, 4.0], "smoothed": [2.0, 1.5, 2.5]}
        room.session.service.last("find_rate").answer(**curve, suggestion=0.0039, text="A tenth: 0.0039.")
        assert room.trial.use.text() == "Use 0.0039"
        qtbot.mouseClick(room.trial.use, Qt.MouseButton.LeftButton)
        assert room.session.recipe.learning_rate == 0.0039
        assert room.recipe.form.fields["learning_rate"].editor._box.text() == "0.0039"
        room.grab()  # paints the curve with its mark

    def test_a_trial_can_be_given_up_or_fail(self, room, qtbot):
        qtbot.mouseClick(room.recipe.tries["find_rate"], Qt.MouseButton.LeftButton)
        asked = room.session.service.last("find_rate")
        qtbot.mouseClick(room.trial.cancel, Qt.MouseButton.LeftButton)
        assert not asked.waiting
        assert room.trial.isHidden()
        assert room.recipe.tries["find_rate"].isEnabled()

        qtbot.mouseClick(room.recipe.tries["overfit"], Qt.MouseButton.LeftButton)
        room.session.service.last("overfit").refuse("There is not enough memory.")
        assert room.trial.sentence.text() == "There is not enough memory."
        assert room.trial.curve.isHidden()
        assert room.recipe.tries["overfit"].isEnabled()

    def test_nothing_is_tried_while_something_stands_in_the_way(self, room, qtbot):
        document = room.session.document
        losses = [n.name for n in document.network.nodes.values() if n.kind in ("CrossEntropyLoss", "Target")]
        document.edit(edit.remove(document.network, losses), "remove the loss")
        qtbot.waitUntil(lambda: len(room.notice.shown) == 1)
        qtbot.mouseClick(room.recipe.tries["overfit"], Qt.MouseButton.LeftButton)
        assert [a.do for a in room.session.service.asked] == []


def test_after_a_fall_the_rate_is_drawn_where_it_is():
    recipe = Recipe(schedule="plateau", learning_rate=0.1, warm_up=0.1)
    assert set(still_to_come(recipe, 50, 100, 10, 0.01)[1]) == {0.01}
    steps = Recipe(schedule="step", step_every=2, factor=0.5, learning_rate=0.1, warm_up=0.0)
    assert still_to_come(steps, 0, 60, 10)[1][::20] == [0.1, 0.05, 0.025]
