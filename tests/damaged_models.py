"""Exported models (.pt, .safetensors) damaged, and pickles that would run something: refused, and we say so."""

from __future__ import annotations

import io
import json
import pickle
import random
import zipfile
from functools import lru_cache
from typing import Any

from tests.damage import HOSTILE, Case, damaged_bytes, damaged_text

CANARY = "CANARY"
"""The file that appears where something was executed."""


SAFE = ("safe_bytes", "safe_header", "safe_texts", "safe_evil")
"""What is done to files of safetensors."""


class Runs:
    """A pickle that calls something when it is opened."""

    def __init__(self, call: Any, *given: Any) -> None:
        self.call, self.given = call, given

    def __reduce__(self) -> Any:
        return self.call, self.given


def evil(rng: random.Random) -> Runs:
    """Something that leaves a trace when it is run."""
    import os
    import subprocess

    return rng.choice(
        [
            Runs(os.system, f"touch {CANARY}"),
            Runs(exec, f"open({CANARY!r}, 'w')"),
            Runs(eval, f"open({CANARY!r}, 'w')"),
            Runs(open, CANARY, "w"),
            Runs(subprocess.call, ["touch", CANARY]),
            Runs(__import__, "antigravity"),
            Runs(getattr, Runs(__import__, "os"), "system"),
        ]
    )


def originals() -> list[bytes]:
    """Good models, small."""
    import torch

    import presets
    import runtime
    from runtime.export import About, pt

    found = []
    for name in ("lecture", "lenet5"):
        network = presets.build(name)
        state = runtime.compile(network).state_dict()
        stream = io.BytesIO()
        torch.save(pt.content(network, state, About("classification", tuple("0123456789"))), stream)
        found.append(stream.getvalue())
    return found


def damaged_model(rng: random.Random, model: bytes, text: str) -> Case:
    """An exported model with something wrong inside or outside."""
    how = rng.choice(["bytes", "bytes", "pickle", "network", "content", "evil", "evil", "old", "compressed", *SAFE])
    ending = ".safetensors" if how in SAFE else ".pt"
    return Case(ending, globals()[f"_{how}"](rng, model, text), f"model: {how}")


def _bytes(rng: random.Random, model: bytes, text: str) -> bytes:
    for _ in range(rng.choice([1, 3, 30])):
        model = damaged_bytes(rng, model)
    return model


def _members(model: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(model)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _pickle(rng: random.Random, model: bytes, text: str) -> bytes:
    """A member is damaged, and the sums of the archive are right."""
    members = _members(model)
    name = rng.choice([n for n in members if n.endswith("data.pkl")] * 3 + list(members))
    for _ in range(rng.choice([1, 2, 10])):
        members[name] = damaged_bytes(rng, members[name]) if members[name] else b"x"
    if rng.random() < 0.2:
        del members[rng.choice(list(members))]
    return _zipped(members)


def _saved(content: Any) -> bytes:
    import torch

    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def _loaded(model: bytes) -> dict[str, Any]:
    import torch

    found: dict[str, Any] = torch.load(io.BytesIO(model), weights_only=True)
    return found


def _network(rng: random.Random, model: bytes, text: str) -> bytes:
    """A good archive around a damaged network."""
    case = damaged_text(rng, text)
    return _saved(_loaded(model) | {"network": case.data.decode("utf-8", "replace")})


def _content(rng: random.Random, model: bytes, text: str) -> bytes:
    """Fields of the wrong type."""
    content: Any = _loaded(model)
    for _ in range(rng.choice([1, 2])):
        inner = rng.choice([content, content, content.get("meta"), content.get("state_dict")])
        if isinstance(inner, dict) and inner:
            inner[rng.choice(list(inner))] = rng.choice([v for v in HOSTILE if v != "\ud800"])
    return _saved(rng.choice([content, content, content, [content], None, 3]))


def _evil(rng: random.Random, model: bytes, text: str) -> bytes:
    content = _loaded(model)
    place = rng.choice([content, content["state_dict"], content["meta"]])
    place[rng.choice([*place, "more"])] = evil(rng)
    return _saved(content)


def _old(rng: random.Random, model: bytes, text: str) -> bytes:
    """A plain pickle, as torch wrote before 1.6, or none of torch's at all."""
    content = {"format": "canevas-model", "state_dict": {}, "network": text, "more": rng.choice([evil(rng), 3])}
    return rng.choice([b"", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."]) + pickle.dumps(content, rng.choice([0, 2, 4]))


def _compressed(rng: random.Random, model: bytes, text: str) -> bytes:
    """An archive that unpacks to far more than it is."""
    return _packed(model, rng.choice([10**6, 6 * 10**8]))


@lru_cache
def as_safetensors(model: bytes) -> bytes:
    """The same model as a file of safetensors."""
    return _safe(_loaded(model), {})


def _safe(content: dict[str, Any], other: dict[str, str]) -> bytes:
    from safetensors.torch import save

    texts = {"model_format": content["format"], "version": str(content["version"]), "source": content["source"]}
    texts |= {"network": content["network"], "meta": json.dumps(content["meta"])}
    data: bytes = save(content["state_dict"], {**texts, **other})
    return data


def _safe_bytes(rng: random.Random, model: bytes, text: str) -> bytes:
    found = as_safetensors(model)
    for _ in range(rng.choice([1, 3, 30])):
        found = damaged_bytes(rng, found)
    return found


def _safe_header(rng: random.Random, model: bytes, text: str) -> bytes:
    """Places, shapes and types in the header that are wrong, around data that are right."""
    whole = as_safetensors(model)
    end = 8 + int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:end])
    entry = header[rng.choice([name for name in header if name != "__metadata__"])]
    big = rng.choice([-1, 2**40, 2**63, 10**30, 0])
    for _ in range(rng.choice([1, 2])):
        wrong = [big, [big], [0, big], [big, big], "F99", "F64", None, [], [[1]], {}]
        entry[rng.choice(["shape", "dtype", "data_offsets", "more"])] = rng.choice(wrong)
    if rng.random() < 0.2:
        header["__metadata__"] = rng.choice([3, [], None, {"model_format": 3}, {}])
    made = json.dumps(header).encode()
    length = rng.choice([len(made), len(made), len(made), 2**62, 0, len(made) + 9])
    return length.to_bytes(8, "little") + made + whole[end:]


def _safe_texts(rng: random.Random, model: bytes, text: str) -> bytes:
    """Texts that are damaged, deep, or code."""
    code = f"open({CANARY!r}, 'w')"
    network = damaged_text(rng, text).data.decode("utf-8", "replace")
    other = {"network": network} if rng.random() < 0.5 else {}
    wrong = [code, "", "[" * 10**5, "9" * 5000, "null", network]
    return _safe(_loaded(model), other | {rng.choice(["source", "meta", "version", "model_format"]): rng.choice(wrong)})


def _safe_evil(rng: random.Random, model: bytes, text: str) -> bytes:
    """Pickles that would run something, under the name of a file that cannot."""
    return rng.choice([_evil, _old])(rng, model, text)


@lru_cache
def _packed(model: bytes, more: int) -> bytes:
    members = _members(model)
    last = list(members)[-1]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members.items():
            with archive.open(name, "w") as member:
                member.write(data)
                for _ in range(more // 10**6 if name == last else 0):
                    member.write(bytes(10**6))
    return stream.getvalue()
