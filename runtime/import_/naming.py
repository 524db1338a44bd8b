"""Readable names for blocks: the class of the module, and where there are several of a class, what differs."""

from __future__ import annotations

from collections.abc import Mapping

from graph.errors import NetworkError
from graph.names import free_name
from graph.network import Block, Network, check_name
from runtime.import_.nest import Level
from runtime.import_.steps import Plan

_PLAIN = ("", "Sequential", "ModuleList", "ModuleDict")
"""Modules whose class says nothing: blocks made of them are called after their node."""


def label_of(plan: Plan, level: Level) -> str:
    """What a level is: the class of its module, or the name it bears without its number."""
    kind = plan.classes.get(".".join(level.path), "")
    if kind not in _PLAIN:
        return kind.lstrip("_")
    return level.path[-1].rstrip("0123456789_") or ("stage" if level.levels else "part")


def names_for(plan: Plan, groups: Mapping[str, list[Level]], blocks: Mapping[str, Network]) -> dict[str, str]:
    """A name for each block, by its key: *groups* are the levels where it stands."""
    labels = {key: label_of(plan, levels[0]) for key, levels in groups.items()}
    alike: dict[str, list[str]] = {}
    for key, label in labels.items():
        alike.setdefault(label, []).append(key)
    found: dict[str, str] = {}
    for key in sorted(groups, key=lambda key: -len(groups[key])):
        label = labels[key]
        name = groups[key][0].path[-1]
        if len(groups[key]) == 1 and label[0].islower() and not name.isdigit():
            wanted = name
        elif len(groups[key]) == 1 and label == "stage":
            wanted = label + name
        else:
            wanted = _differing(key, max(alike[label], key=lambda k: len(groups[k])), labels, blocks)
        found[key] = _free(wanted, set(found.values()))
    return found


def _differing(key: str, first: str, labels: Mapping[str, str], blocks: Mapping[str, Network]) -> str:
    """The commonest block of a label bears the label; another one says what it has more or less."""
    label = labels[key]
    if key == first or label[0].islower():
        return label
    mine, its = (set(_parts(blocks[k], labels)) for k in (key, first))
    more, less = sorted(mine - its), sorted(its - mine)
    if 1 <= len(more) <= 2:
        return f"{label}With{'And'.join(more)}"
    if 1 <= len(less) <= 2 and not more:
        return f"{label}Without{'And'.join(less)}"
    return label


def _parts(network: Network, labels: Mapping[str, str]) -> list[str]:
    """What stands inside, ports left out; blocks by their label, capitalized."""
    found = []
    for node in network.nodes.values():
        part = labels[node.layer.name] if isinstance(node.layer, Block) else node.kind
        found += [part[:1].upper() + part[1:]] if part not in ("Input", "Output") else []
    return found


def _free(wanted: str, taken: set[str]) -> str:
    wanted = wanted.replace("-", "_")[:70]
    try:
        check_name(wanted)
    except NetworkError:
        wanted = f"block_{wanted}"
    return wanted if wanted not in taken else free_name(wanted, taken)
