"""The line to the process that knows torch: answers, progress, giving up, crashes, the end of the window."""

from __future__ import annotations

import sys

import pytest

from gui.service import CRASHES, Service, crashed, decoded

ECHO = r"""
import json, os, sys
for line in sys.stdin:
    m = json.loads(line)
    if "cancel" in m:
        print(json.dumps({"id": -1, "result": {}}), flush=True)
        continue
    say = lambda **k: print(json.dumps({"id": m["id"], **k}), flush=True)
    if m["do"] == "die":
        os.kill(os.getpid(), 9)
    if m["do"] == "leave":
        sys.exit(3)
    if m["do"] == "hang":
        continue
    print("a library prints something", flush=True)
    say(progress=0.5, text="half")
    say(error="no") if m["do"] == "fail" else say(result={"args": m["n"], "language": m["language"]})
"""

pytestmark = pytest.mark.qt


@pytest.fixture
def service(qtbot):
    made = Service(command=("-c", ECHO))
    yield made
    made.close()


def asked(service, qtbot, do, **args):
    """Ask and wait; what was heard, in order."""
    heard = []
    service.ask(
        do,
        lambda result: heard.append(("done", result)),
        lambda sentence: heard.append(("failed", sentence)),
        lambda share, text: heard.append(("progress", share, text)),
        **args,
    )
    qtbot.waitUntil(lambda: bool(heard) and heard[-1][0] != "progress", timeout=20_000)
    return heard


def test_an_answer_comes_after_its_progress(service, qtbot):
    assert asked(service, qtbot, "echo", n=7) == [
        ("progress", 0.5, "half"),
        ("done", {"args": 7, "language": "en"}),
    ]


def test_a_refusal_is_a_sentence(service, qtbot):
    assert asked(service, qtbot, "fail", n=1)[-1] == ("failed", "no")


def test_answers_find_whoever_asked(service, qtbot):
    heard = []
    for n in range(20):
        service.ask("echo", lambda result, n=n: heard.append((n, result["args"])), n=n)
    qtbot.waitUntil(lambda: len(heard) == 20, timeout=20_000)

    assert heard == [(n, n) for n in range(20)]


def test_who_gives_up_hears_nothing_more(service, qtbot):
    heard = []
    request = service.ask("echo", heard.append, heard.append, n=1)
    request.cancel()
    assert not request.waiting
    asked(service, qtbot, "echo", n=2)

    assert heard == []


@pytest.mark.parametrize(("do", "words"), [("die", "ended by the system"), ("leave", "code 3")])
def test_a_crash_is_one_sentence_and_the_next_question_is_answered(service, qtbot, do, words):
    said = []
    service.said.connect(said.append)
    heard = asked(service, qtbot, do, n=0)

    assert len(said) == 1
    assert words in said[0]
    assert heard == [("failed", said[0])]
    assert asked(service, qtbot, "echo", n=3)[-1][1]["args"] == 3


def test_a_service_that_only_crashes_is_not_started_for_ever(qtbot):
    service = Service(command=("-c", "import sys; sys.exit(1)"))
    said = []
    service.said.connect(said.append)
    service.start()
    qtbot.waitUntil(lambda: len(said) == CRASHES, timeout=20_000)

    assert service.pid == 0
    service.close()


def test_a_program_that_cannot_be_started_is_said_so(qtbot, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    service = Service()
    said = []
    service.said.connect(said.append)
    service.start()
    qtbot.waitUntil(lambda: len(said) == 1, timeout=20_000)

    assert service.pid == 0


def test_it_ends_with_the_window(service, qtbot):
    import psutil

    asked(service, qtbot, "echo", n=1)
    process = psutil.Process(service.pid)
    heard = []
    service.ask("hang", heard.append, heard.append)
    service.close()

    assert not process.is_running()
    assert heard == []


def test_what_is_no_message_is_passed_over():
    assert decoded(b'{"id": 1}') == {"id": 1}
    assert decoded(b"hello") is decoded(b"[1]") is decoded(b"\xff") is None


def test_signals_are_told_apart():
    assert "memory" in str(crashed(True, 9))
    assert "signal 11" in str(crashed(True, 11))


@pytest.mark.torch
@pytest.mark.slow
def test_the_real_service_answers(qtbot):
    service = Service()
    heard = asked(service, qtbot, "data", data={"source": "digits", "format": "", "download": False}, samples=10)
    service.close()

    assert heard[-1][0] == "done"
    assert heard[-1][1]["shape"] == [1, 28, 28]
    assert len(heard[-1][1]["samples"]["labels"]) == 10
