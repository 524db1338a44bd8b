"""What a network is: nodes that hold layers, edges between their ports, named numbers, and blocks.

Everything is frozen: an edit (:mod:`graph.edit`) makes a new network that shares what did not change, so that "what
changed" is a question of identity and undo is a reference.
"""

from __future__ import annotations

import heapq
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from graph.errors import NetworkError
from graph.layer import Layer, Port

TAKEN = frozenset(
    """
    F T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward functional get_buffer get_extra_state get_parameter get_submodule
    half ipu load_state_dict losses modules mtia named_buffers named_children named_modules named_parameters nn
    parameters register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ self set_extra_state set_submodule share_memory state_dict
    targets to to_empty torch train training type xpu zero_grad
    """.split()  # noqa: SIM905 - a list of a hundred quoted words would fill two pages
)
"""Names that ``torch.nn.Module`` or the generated source already uses; no node may bear them."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:-[0-9]{1,4})?|0|[1-9][0-9]{0,5}")


def check_name(name: object) -> str:
    """*name* if a node may bear it: an identifier or a decimal number, since it is also an attribute in torch.

    An identifier may be followed by a hyphen and a number, as RegNet counts its blocks (``block1-0``).

    Raises:
        NetworkError: it is none, a word of Python, or an attribute that every module has.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        shown = repr(name) if len(repr(name)) <= 40 else repr(name)[:37] + "..."
        raise NetworkError(
            "{name} cannot be a name: use letters, digits and _, beginning with a letter (or a number alone).",
            name=shown,
        )
    if keyword.iskeyword(name) or name in TAKEN or name.startswith("_"):
        raise NetworkError("{name} is a word that Python or torch uses already: choose another name.", name=name)
    return name


@dataclass(frozen=True)
class Block:
    """A layer that is itself a network: the name of its definition in ``Network.blocks``, and its variables' values."""

    name: str
    values: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Node:
    """A layer in a network: with a name, a place, and what is done to it.

    Args:
        name: also the prefix of its weights in the state_dict.
        layer: a kind with its values, or a :class:`Block`.
        at: place of its upper left corner, pixels of the scene at zoom 1.
        bind: values that follow an expression of the network's variables, by name.
        frozen: its weights get no gradient and it stays in evaluation mode.
        bypass: what arrives at its first input leaves it unchanged.
        repeat: how many times a block stands here, one after the other, each with weights of its own.
        shares: name of the node beside it whose weights it uses, having none of its own; empty where it has.
    """

    name: str
    layer: Layer | Block
    at: tuple[float, float] = (0.0, 0.0)
    bind: Mapping[str, str] = field(default_factory=dict, hash=False)
    frozen: bool = False
    bypass: bool = False
    repeat: int = 1
    shares: str = ""

    @property
    def kind(self) -> str:
        """Name of the kind, or of the block."""
        return self.layer.name if isinstance(self.layer, Block) else self.layer.kind


class Edge(NamedTuple):
    """From an output port of a node to an input port of another; ports by name."""

    source: str
    out: str
    target: str
    into: str

    def __str__(self) -> str:
        return f"{self.source}:{self.out} → {self.target}:{self.into}"


@dataclass(frozen=True)
class Note:
    """A text on the drawing: ``at`` and ``size`` in pixels of the scene; a frame if it names nodes to stand around."""

    text: str
    at: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (180.0, 64.0)
    frames: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Network:
    """A frozen value: nodes in stored order, edges in stored order, variables, blocks, notes.

    Two networks are equal when all of these are, order included: ready nodes run in stored order, and a port that
    takes many edges receives them in stored order.
    """

    name: str = "network"
    nodes: Mapping[str, Node] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    variables: Mapping[str, int] = field(default_factory=dict)
    blocks: Mapping[str, Network] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self is other or (
            self.name == other.name
            and self.edges == other.edges
            and list(self.nodes.items()) == list(other.nodes.items())
            and dict(self.variables) == dict(other.variables)
            and dict(self.blocks) == dict(other.blocks)
            and self.notes == other.notes
        )

    def __hash__(self) -> int:
        return hash((self.name, self.edges, tuple(self.nodes)))

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __len__(self) -> int:
        return len(self.nodes)

    def change(self, **parts: object) -> Network:
        """A network with other parts; what is not named is shared."""
        made = replace(self, **parts)  # type: ignore[arg-type]
        if "edges" not in parts:  # what follows from the edges alone need not be found again
            for name in ("incoming", "outgoing", "_leading"):
                if name in self.__dict__:
                    made.__dict__[name] = self.__dict__[name]
            if "order" in self.__dict__ and list(made.nodes) == list(self.nodes):
                made.__dict__["order"] = self.__dict__["order"]
        if "blocks" not in parts and "_insides" in self.__dict__:
            made.__dict__["_insides"] = self.__dict__["_insides"]
        return made

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges that end at each node, in stored order; nodes without any are absent."""
        return _grouped(self.edges, itemgetter(2))

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges that begin at each node, in stored order; nodes without any are absent."""
        return _grouped(self.edges, itemgetter(0))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Names so that every edge goes forward; of the nodes that are ready, the one stored first comes first.

        Raises:
            NetworkError: edges form a cycle.
        """
        place = {name: i for i, name in enumerate(self.nodes)}
        if all(place[edge.source] < place[edge.target] for edge in self.edges):
            return tuple(self.nodes)  # each is ready when those stored before it are done
        waits = dict.fromkeys(self.nodes, 0)
        for edge in self.edges:
            waits[edge.target] += 1
        ready = [place[name] for name, n in waits.items() if n == 0]
        names, found = list(self.nodes), []
        heapq.heapify(ready)
        while ready:
            name = names[heapq.heappop(ready)]
            found.append(name)
            for edge in self.outgoing.get(name, ()):
                waits[edge.target] -= 1
                if waits[edge.target] == 0:
                    heapq.heappush(ready, place[edge.target])
        if len(found) < len(names):
            raise NetworkError(
                "The edges go round in a circle through {name}: a network has a beginning and an end.",
                name=next(n for n in names if waits[n]),
            )
        return tuple(found)

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Place of each name in the order."""
        return {name: i for i, name in enumerate(self.order)}

    @cached_property
    def entries(self) -> tuple[Port, ...]:
        """Input ports of the block that this network defines: its ``Input`` nodes, in stored order."""
        return tuple([Port(n.name) for n in self.nodes.values() if n.kind == "Input"])

    @cached_property
    def exits(self) -> tuple[Port, ...]:
        """Output ports of the block that this network defines: its ``Output`` nodes, in stored order."""
        return tuple([Port(n.name) for n in self.nodes.values() if n.kind == "Output"])

    @cached_property
    def _insides(self) -> dict[str, Network]:
        return {}

    def inside(self, block: str) -> Network:
        """The definition of a block, able to find the blocks that stand inside it in turn.

        Raises:
            NetworkError: there is no such block.
        """
        if block not in self.blocks:
            raise NetworkError("There is no block called {name}.", name=block)
        if block not in self._insides:
            self._insides[block] = self.blocks[block].change(blocks=self.blocks)
        return self._insides[block]

    def unrolled(self, nodes: Mapping[str, Node], edges: tuple[Edge, ...]) -> Network:
        """Other nodes and edges that find the same blocks, and the same object for each."""
        _ = self._insides
        return self.change(nodes=nodes, edges=edges, variables={}, notes=())

    def within(self, trail: tuple[str, ...]) -> Network:
        """The network seen after entering the block nodes named by *trail*, from the outside in."""
        found = self
        for name in trail:
            found = found.inside(found.nodes[name].kind)
        return found

    def inputs(self, node: Node) -> tuple[Port, ...]:
        """Input ports of a node; those of a block are its ``Input`` nodes, in stored order."""
        if isinstance(node.layer, Layer):
            return node.layer.inputs
        return self.blocks[node.layer.name].entries

    def outputs(self, node: Node) -> tuple[Port, ...]:
        """Output ports of a node; those of a block are its ``Output`` nodes, in stored order."""
        if isinstance(node.layer, Layer):
            return node.layer.outputs
        return self.blocks[node.layer.name].exits

    def node(self, name: str) -> Node:
        """The node called *name*.

        Raises:
            NetworkError: there is none.
        """
        if name not in self.nodes:
            raise NetworkError("There is no node called {name}.", name=name)
        return self.nodes[name]

    def with_edges(self, edges: Iterable[Edge]) -> Network:
        """A network with these edges; itself where they are the same."""
        found = tuple(edges)
        return self if found == self.edges else self.change(edges=found)

    def port(self, name: str, port: str, *, out: bool) -> Port:
        """The port called *port* of the node called *name*.

        Raises:
            NetworkError: there is no such node or port.
        """
        node = self.node(name)
        ports = self.outputs(node) if out else self.inputs(node)
        for found in ports:
            if found.name == port:
                return found
        if ports:
            known = ", ".join(p.name for p in ports)
            raise NetworkError("{name} has no port {port}; it has {known}.", name=name, port=port, known=known)
        if out:
            raise NetworkError("{name} is an end: nothing leaves it.", name=name)
        raise NetworkError("{name} is a beginning: nothing goes into it.", name=name)


def _grouped(edges: Iterable[Edge], key: object) -> dict[str, tuple[Edge, ...]]:
    groups: dict[str, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(key(edge), []).append(edge)  # type: ignore[operator]
    return {name: tuple(found) for name, found in groups.items()}
