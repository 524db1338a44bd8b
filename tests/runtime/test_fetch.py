"""Weights that torchvision has published, from a server here that stands for theirs: with all that can fail."""

import errno
import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import main
import presets
from graph.errors import CanevasError

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

import runtime  # noqa: E402
from runtime.requests import Desk  # noqa: E402
from runtime.service import Cancelled  # noqa: E402
from runtime.weights import fetch  # noqa: E402
from runtime.weights.find import found  # noqa: E402
from runtime.weights.read import state  # noqa: E402

WHOLE = 300_000
"""Bytes that the server promises where it breaks off."""


@pytest.fixture(scope="module")
def lecture() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return runtime.compile(presets.build("lecture")).state_dict()


class _Served(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, and what goes wrong, by the beginning of a name."""

    def do_GET(self) -> None:
        name = self.path.strip("/").partition("-")[0]
        if name.isdigit():
            self.send_error(int(name))
        elif name == "half":  # the server dies after half of it
            self.send_response(200)
            self.send_header("Content-Length", str(WHOLE))
            self.end_headers()
            self.wfile.write(b"x" * (WHOLE // 2))
        elif name == "silent":  # promises, and then says nothing until the other side gives up
            self.send_response(200)
            self.send_header("Content-Length", str(WHOLE))
            self.end_headers()
            self.wfile.flush()
            self.connection.recv(1)
        elif name == "dead":  # hangs up at once
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    served = tmp_path / "served"
    served.mkdir()
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a, **k: _Served(*a, directory=str(served), **k))
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torch's."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


def served(tmp_path: Path, state: dict) -> str:
    """A file on the server; its name ends in the beginning of its checksum."""
    file = tmp_path / "served" / "x.pth"
    torch.save(state, file)
    name = f"net-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.pth"
    file.rename(file.with_name(name))
    return name


def at(server: str, name: str) -> SimpleNamespace:
    """Torchvision's entry of the weights called *name*."""
    return SimpleNamespace(url=f"{server}/{name}", name="IMAGENET1K_V1", meta={})


def test_weights_are_fetched_once_with_progress(lecture, tmp_path, server, hub):
    name, heard = served(tmp_path, lecture), []
    weights = at(server, name)

    first = fetch.fetched(weights, "Net", heard.append)
    (tmp_path / "served" / name).unlink()
    again = fetch.fetched(weights, "Net")

    assert first == again == hub / name
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert state(first).keys() == lecture.keys()


def test_a_file_in_the_cache_that_is_damaged_is_fetched_again(lecture, tmp_path, server, hub):
    name = served(tmp_path, lecture)
    hub.mkdir(parents=True)
    (hub / name).write_bytes(b"half of it")

    assert state(fetch.fetched(at(server, name), "Net")).keys() == lecture.keys()


def test_another_file_than_promised_is_refused(tmp_path, server, hub):
    (tmp_path / "served" / "net-00000000.pth").write_bytes(b"something else")

    with pytest.raises(CanevasError, match="checksum"):
        fetch.fetched(at(server, "net-00000000.pth"), "Net")
    assert list(hub.iterdir()) == []


def test_without_a_connection_one_sentence_says_what_to_do(hub, monkeypatch):
    url = "http://127.0.0.1:9/resnet18-f37072fd.pth"  # the port of "discard": nobody listens
    monkeypatch.setattr(fetch, "entry", lambda *_: SimpleNamespace(url=url, name="IMAGENET1K_V1", meta={}))

    with pytest.raises(CanevasError) as error:
        found("torchvision:resnet18")

    said = str(error.value)
    assert said.startswith("The weights of ResNet-18 IMAGENET1K_V1 are not on this machine, and cannot be fetched (")
    assert f"put resnet18-f37072fd.pth into {hub}" in said


def test_a_fetch_can_be_given_up(lecture, tmp_path, server, hub):
    name = served(tmp_path, lecture)

    def stop(share: float) -> None:
        raise CanevasError("enough")

    with pytest.raises(CanevasError, match="enough"):
        fetch.fetched(at(server, name), "Net", stop)
    assert list(hub.iterdir()) == []


BROKEN = {
    "404-00000000.pth": "The server refused the weights of Net: 404 Not Found. Try again later, or put 404-",
    "503-00000000.pth": "The server refused the weights of Net: 503 Service Unavailable.",
    "half-00000000.pth": "The connection broke off: 146.5 KiB of 293 KiB of half-00000000.pth came. Try again, or put",
    "silent-00000000.pth": "The connection broke off: 0 B of 293 KiB of silent-00000000.pth came.",
    "dead-00000000.pth": "The weights of Net are not on this machine, and cannot be fetched (",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_is_said_with_what_to_do_and_leaves_nothing(server, hub, monkeypatch, name):
    monkeypatch.setattr(fetch, "PATIENCE", 0.2)

    with pytest.raises(fetch.NotFetched) as error:
        fetch.fetched(at(server, name), "Net")

    assert str(error.value).startswith(BROKEN[name])
    assert str(hub) in str(error.value)
    assert list(hub.iterdir()) == []


def test_after_a_break_another_try_brings_it(lecture, tmp_path, server, hub):
    with pytest.raises(fetch.NotFetched):
        fetch.fetched(at(server, "half-00000000.pth"), "Net")

    assert state(fetch.fetched(at(server, served(tmp_path, lecture)), "Net")).keys() == lecture.keys()


def test_a_full_disk_is_no_matter_of_the_internet(lecture, tmp_path, server, hub, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch.hub, "download_url_to_file", full)
    with pytest.raises(fetch.NotFetched, match=r"cannot be stored in .* \(No space left on device\)\. Make room there"):
        fetch.fetched(at(server, served(tmp_path, lecture)), "Net")


def test_only_what_is_here_is_looked_for_where_nobody_asked_to_fetch(lecture, tmp_path, server, hub, monkeypatch):
    name = served(tmp_path, lecture)
    monkeypatch.setattr(fetch, "entry", lambda *_: at(server, name))
    monkeypatch.setattr(fetch, "preprocessing", lambda *_: None)
    with pytest.raises(
        CanevasError, match="ResNet-18 IMAGENET1K_V1 are not on this machine: they are to be fetched first"
    ):
        found("torchvision:resnet18", fetch=False)
    assert not hub.exists()

    fetched = found("torchvision:resnet18")
    (tmp_path / "served" / name).unlink()

    assert found("torchvision:resnet18", fetch=False) == fetched
    assert fetched.sha256.startswith(name[4:12])


def test_the_window_hears_how_far_it_is_and_can_give_it_up(lecture, tmp_path, server, hub, monkeypatch):
    name, heard = served(tmp_path, lecture), []
    monkeypatch.setattr(fetch, "entry", lambda *_: at(server, name))
    monkeypatch.setattr(fetch, "preprocessing", lambda *_: None)
    desk = Desk()

    def stop(share: float, words: str) -> None:
        heard.append((share, words))
        raise Cancelled

    try:
        with pytest.raises(Cancelled):
            desk.answer("find_weights", {"text": "torchvision:resnet18"}, stop)
        assert list(hub.iterdir()) == []
        told = desk.answer("find_weights", {"text": "torchvision:resnet18"}, lambda *said: heard.append(said))
    finally:
        desk.close()

    assert told["origin"]["title"] == "ResNet-18 IMAGENET1K_V1"
    assert heard[0][1] == "Fetching the weights"
    assert heard[-1][0] == 1.0


TRAIN = ["train", "preset:resnet18", "--data", "digits", "--weights", "published", "--run"]


@pytest.mark.parametrize("name", ["404-00000000.pth", "half-00000000.pth", "net-00000000.pth"])
def test_the_terminal_says_it_in_a_line(tmp_path, server, hub, monkeypatch, capsys, name):
    (tmp_path / "served" / "net-00000000.pth").write_bytes(b"something else")
    monkeypatch.setattr(fetch, "entry", lambda *_: at(server, name))

    assert main.main([*TRAIN, str(tmp_path / "run")]) == 1

    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if name in line]) == 1
    assert "Traceback" not in "".join(said)
    assert not (tmp_path / "run").exists()


def test_a_fetch_is_interrupted_from_the_keyboard(lecture, tmp_path, server, hub, monkeypatch, capsys):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    name = served(tmp_path, lecture)
    monkeypatch.setattr(fetch, "entry", lambda *_: at(server, name))
    monkeypatch.setattr(fetch.Bar, "update", interrupt)

    assert main.main([*TRAIN, str(tmp_path / "run")]) == 130

    assert "Interrupted." in capsys.readouterr().err
    assert list(hub.iterdir()) == []
