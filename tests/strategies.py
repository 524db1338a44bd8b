"""Random layers, networks and edits, for laws that hold for all of them.

A value type of a kind has one entry in :data:`VALUES`; a way to edit a network one function in :data:`EDITS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from graph import Block, CanevasError, Edge, InvalidValue, Layer, Network, NetworkError, Note, Tensor, edit, kinds
from graph.checks import refusal
from graph.layers.source import Input, Output
from graph.repeats import laid_out
from graph.values import Spec

if "CANEVAS_EXPLORE" not in os.environ:  # the same draws in every run; to look for new ones, set it
    settings.register_profile("same", derandomize=True, database=None)
    settings.load_profile("same")

Draw = Callable[[st.SearchStrategy[Any]], Any]
LARGE = 400
"""Nodes, with the insides of blocks as often as they stand: no random network comes to more by repetition."""
SPAN = 6
"""Numbers are drawn from the lowest allowed to this much above it: small networks show the same mistakes."""


def _low(spec: Spec) -> int:
    return int(spec.low) if spec.low is not None else -3


def _whole(spec: Spec) -> st.SearchStrategy[int]:
    high = _low(spec) + SPAN + (4 if _low(spec) < 0 else 0)
    return st.integers(_low(spec), high if spec.high is None else min(int(spec.high), high))


def _span(spec: Spec) -> tuple[float, float]:
    """The fractions that are tried: from the lowest allowed on, or around zero where that is far below it."""
    low = max(spec.low if spec.low is not None else -4.0, -4.0)
    return low, min(low + 8.0, spec.high if spec.high is not None else 4.0)


def _decimal(spec: Spec) -> st.SearchStrategy[float]:
    return st.floats(*_span(spec), allow_subnormal=False)


TABLE = st.lists(st.lists(st.integers(0, 3), min_size=1, unique=True), min_size=1, max_size=4).map(
    lambda rows: "; ".join(",".join(map(str, row)) for row in rows)
)
"""Connections of a few filters with a few maps, as :class:`TableConv2d` takes them."""

TEXTS = {"table": TABLE}
"""Texts that are no free ones, by the name of the value."""

VALUES: dict[str, Callable[[Spec], st.SearchStrategy[Any]]] = {
    "int": _whole,
    "float": _decimal,
    "bool": lambda spec: st.booleans(),
    "choice": lambda spec: st.sampled_from(spec.choices),
    "text": lambda spec: TEXTS.get(spec.name, st.text(st.characters(exclude_categories=["Cs"]), max_size=12)),
    "size": lambda spec: st.tuples(*[_whole(spec)] * spec.length),
    "shape": lambda spec: st.lists(_whole(spec), min_size=1, max_size=5).map(tuple),
    "numbers": lambda spec: st.lists(_decimal(spec), min_size=1, max_size=4).map(tuple),
}


def values_of(spec: Spec) -> st.SearchStrategy[Any]:
    """Any value that *spec* allows, small ones; often its default, so that others are seen to matter alone."""
    found = [st.just(spec.default), VALUES[spec.type](spec)]
    found += [st.sampled_from(spec.words)] if spec.words else []
    found += [st.none()] if spec.optional else []
    return st.one_of(found)


def sampled(cls: type[Layer], random: Random) -> Layer:
    """Any layer of a kind, fast: for the thousands of draws where what fails need not be made smaller."""
    while True:
        try:
            return cls(**{spec.name: _sample(spec, random) for spec in cls.specs})
        except InvalidValue:
            continue


def _sample(spec: Spec, random: Random) -> Any:
    low, high = _low(spec), _low(spec) + SPAN + (4 if _low(spec) < 0 else 0)
    high = high if spec.high is None else min(int(spec.high), high)
    special = [spec.default, *spec.words, *([None] if spec.optional else [])]
    if spec.name in TEXTS:
        return "; ".join(",".join(map(str, random.sample(range(4), random.randint(1, 4)))) for _ in range(3))
    if spec.type == "text" or random.random() < 0.4:
        return random.choice(special)
    if spec.type in ("int", "size", "shape"):
        count = {"int": 1, "size": spec.length, "shape": random.randint(1, 5)}[spec.type]
        numbers = tuple(random.randint(low, high) for _ in range(count))
        return numbers[0] if spec.type == "int" else numbers
    if spec.type in ("float", "numbers"):
        one = random.uniform(*_span(spec))
        return one if spec.type == "float" else (one,) * random.randint(1, 4)
    return random.choice([True, False] if spec.type == "bool" else spec.choices)


@st.composite
def layers(draw: Draw, cls: type[Layer]) -> Layer:
    """Any layer of a kind; its defaults where the values drawn do not go together."""
    try:
        return cls(**{spec.name: draw(values_of(spec)) for spec in cls.specs})
    except InvalidValue:  # values that are fine alone and not together
        return cls()


def tensors(ranks: tuple[int, ...] = (4,), most: int = 9) -> st.SearchStrategy[Tensor]:
    """A tensor with the batch, channels and up to three axes of space, by number of dimensions."""

    def of(rank: int) -> st.SearchStrategy[Tensor]:
        sizes = st.lists(st.integers(1, most), min_size=rank - 2, max_size=rank - 2)
        channels = st.sampled_from([1, 2, 3, 4, 6, 8])
        return st.builds(lambda c, s: Tensor(("N", c, *s)), channels, sizes)

    return st.sampled_from(ranks).flatmap(of)


NAMES = st.from_regex(r"[a-z]{1,6}_?[a-z]{0,3}[0-9]{0,2}", fullmatch=True).filter(
    lambda name: not _refused(name)
) | st.integers(0, 30).map(str)
"""Names that nodes may bear."""

PLACES = st.tuples(st.integers(-200, 200).map(lambda v: v * 4.0), st.floats(-1e4, 1e4).map(lambda v: round(v, 3)))
EXPRESSIONS = ("width", "2 * width", "width + depth", "(width - 1) // 2 + 1", "4")


def _refused(name: str) -> bool:
    from graph.network import check_name

    try:
        check_name(name)
    except NetworkError:
        return True
    return False


INNER = (
    *("Conv2d", "BatchNorm2d", "ReLU", "LeakyReLU", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "Dropout"),
    *("Add", "Concat", "Flatten", "Linear", "Softmax"),
)
"""Kinds that random networks are made of."""


@st.composite
def networks(draw: Draw, most: int = 10, blocks: bool = True, variables: bool = True) -> Network:
    """A network that works: branches, merges, perhaps blocks, bound values, notes, an Output at the end."""
    network = Network("random", variables={"width": 2, "depth": 3} if variables else {})
    shape = draw(st.sampled_from([(1, 12, 12), (3, 9, 9), (2, 10, 7)]))
    network, _ = edit.add(network, Input(shape))
    flows: dict[str, Tensor] = {"input": Tensor(("N", *shape))}
    for _ in range(draw(st.integers(1, most))):
        network = _grown(draw, network, flows)
    if variables:
        network = bind_value(draw, network)
    last = list(flows)[-1]
    network, answer = edit.add(network, Output(), at=draw(PLACES))
    network = edit.connect(network, Edge(last, "out", answer, "x"))
    if blocks and draw(st.booleans()):
        network = wrap(draw, network)
        if draw(st.booleans()):
            network = wrap(draw, network)
    return note(draw, network) if draw(st.booleans()) else network


def _grown(draw: Draw, network: Network, flows: dict[str, Tensor]) -> Network:
    """One node more, on what one or two of the others give; a ReLU where the layer drawn does not fit."""
    cls = kinds()[draw(st.sampled_from(INNER))]
    layer = draw(layers(cls))
    many = cls.inputs[0].many
    sources = draw(st.lists(st.sampled_from(list(flows)), min_size=1, max_size=3 if many else 1, unique=True))
    x: Any = tuple(flows[s] for s in sources) if many else flows[sources[0]]
    try:
        out = layer.output(x)
        layer.weights(x)
    except CanevasError:
        layer, sources = kinds()["ReLU"](), sources[:1]
        out = flows[sources[0]]
    if out.size > 4000:
        layer, sources = kinds()["ReLU"](), sources[:1]
        out = flows[sources[0]]
    network, name = edit.add(network, layer, at=draw(PLACES))
    for source in sources:
        network = edit.connect(network, Edge(source, "out", name, "x"))
    flows[name] = out
    return network


def _need(condition: object) -> None:
    """Refuse an edit for which the network has nothing."""
    if not condition:
        raise NetworkError("There is nothing to edit so.")


def chosen(draw: Draw, network: Network, least: int = 1) -> list[str]:
    """Some nodes of the network."""
    _need(len(network.nodes) >= least)
    return draw(st.lists(st.sampled_from(list(network.nodes)), min_size=least, max_size=6, unique=True))


def one(draw: Draw, network: Network) -> str:
    """One node of the network."""
    return chosen(draw, network)[0]


def add(draw: Draw, network: Network) -> Network:
    layer: Layer | Block = draw(layers(kinds()[draw(st.sampled_from(INNER))]))
    if network.blocks and draw(st.booleans()):
        layer = Block(draw(st.sampled_from(list(network.blocks))))
    return edit.add(network, layer, draw(st.just("") | NAMES), draw(PLACES))[0]


def remove(draw: Draw, network: Network) -> Network:
    return edit.remove(network, chosen(draw, network)[:3])


def bridge(draw: Draw, network: Network) -> Network:
    return edit.bridge(network, chosen(draw, network)[:3])


def connect(draw: Draw, network: Network) -> Network:
    source, target = chosen(draw, network, 2)[:2]
    outs, ins = network.outputs(network[source]), network.inputs(network[target])
    _need(outs and ins)
    edge = Edge(source, draw(st.sampled_from(outs)).name, target, draw(st.sampled_from(ins)).name)
    if reason := refusal(network, edge):
        raise NetworkError(reason)
    return edit.connect(network, edge)


def disconnect(draw: Draw, network: Network) -> Network:
    _need(network.edges)
    return edit.disconnect(network, draw(st.lists(st.sampled_from(network.edges), min_size=1, max_size=3)))


def reorder(draw: Draw, network: Network) -> Network:
    many = [edges for edges in network.incoming.values() if len(edges) > 1 and len({e.into for e in edges}) == 1]
    _need(many)
    edges = draw(st.sampled_from(many))
    return edit.reorder(network, edges[0].target, edges[0].into, draw(st.permutations(edges)))


def insert(draw: Draw, network: Network) -> Network:
    _need(network.edges)
    return edit.insert(network, one(draw, network), draw(st.sampled_from(network.edges)))


def rename(draw: Draw, network: Network) -> Network:
    return edit.rename(network, one(draw, network), draw(NAMES)).network


def put_layer(draw: Draw, network: Network) -> Network:
    return edit.put_layer(network, one(draw, network), draw(layers(kinds()[draw(st.sampled_from(INNER))])))


def set_values(draw: Draw, network: Network) -> Network:
    node = network[one(draw, network)]
    _need(isinstance(node.layer, Layer) and node.layer.specs)
    spec = draw(st.sampled_from(node.layer.specs))
    return edit.set_values(network, node.name, **{spec.name: draw(values_of(spec))})


def set_variable(draw: Draw, network: Network) -> Network:
    return edit.set_variable(network, draw(st.sampled_from(["width", "depth", "extra"])), draw(st.integers(1, 5)))


def bind_value(draw: Draw, network: Network) -> Network:
    able = [n for n in network.nodes.values() if isinstance(n.layer, Layer) and "out_channels" in n.layer.values]
    if not able or not {"width", "depth"} <= set(network.variables):
        return network
    node = draw(st.sampled_from(able))
    if node.layer.values.get("groups", 1) > 1:
        return network
    return edit.bind(network, node.name, "out_channels", draw(st.sampled_from([*EXPRESSIONS, ""])))


def move(draw: Draw, network: Network) -> Network:
    return edit.move(network, {name: draw(PLACES) for name in chosen(draw, network)})


def freeze(draw: Draw, network: Network) -> Network:
    return edit.freeze(network, chosen(draw, network), draw(st.booleans()))


def bypass(draw: Draw, network: Network) -> Network:
    return edit.bypass(network, chosen(draw, network)[:1], draw(st.booleans()))


def paste(draw: Draw, network: Network) -> Network:
    names = chosen(draw, network)
    _need(len(network.nodes) < 20)
    kept = [e for name in names for e in network.incoming.get(name, ()) if e.source not in names]
    return edit.paste(network, edit.take(network, names), draw(PLACES), kept if draw(st.booleans()) else ())[0]


def wrap(draw: Draw, network: Network) -> Network:
    """A block of nodes that follow each other in the order of execution: these can mostly be one."""
    able = [n for n in network.order if network[n].kind not in ("Input", "Output")]
    if not able:
        return network
    first = draw(st.integers(0, len(able) - 1))
    names = able[first : first + draw(st.integers(1, 4))]
    try:
        return edit.wrap(network, names, draw(st.just("") | NAMES)).network
    except NetworkError:
        return network


def unwrap(draw: Draw, network: Network) -> Network:
    return edit.unwrap(network, _block(draw, network)).network


def repeat(draw: Draw, network: Network) -> Network:
    """A block several times, by a number or an expression; not so often that everything becomes large."""
    n = draw(st.integers(1, 3) | st.sampled_from(["width", "depth", "width - 1"]))
    made = edit.repeat(network, _block(draw, network), n).network
    _need(laid_out(made, LARGE) <= LARGE)
    return made


def share(draw: Draw, network: Network) -> Network:
    """One node with the weights of another of its kind, or with its own again."""
    name = one(draw, network)
    alike = [n.name for n in network.nodes.values() if n.kind == network[name].kind and n.name != name]
    return edit.share(network, name, draw(st.sampled_from(["", *alike])))


def make_own(draw: Draw, network: Network) -> Network:
    return edit.make_own(network, _block(draw, network))


def name_block(draw: Draw, network: Network) -> Network:
    _need(network.blocks)
    return edit.name_block(network, draw(st.sampled_from(list(network.blocks))), draw(NAMES))


def edit_inside(draw: Draw, network: Network) -> Network:
    """An edit inside a block, stored in the network."""
    name = _block(draw, network)
    inside = network.inside(network[name].kind)
    changed = draw(st.sampled_from([e for e in EDITS if e not in (edit_inside, name_block)]))(draw, inside)
    made = edit.put_inside(network, (name,), changed)
    _need(laid_out(made, LARGE) <= LARGE)
    return made


def _block(draw: Draw, network: Network) -> str:
    blocks = [n.name for n in network.nodes.values() if isinstance(n.layer, Block)]
    _need(blocks)
    return draw(st.sampled_from(blocks))


def note(draw: Draw, network: Network) -> Network:
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    frames = tuple(chosen(draw, network)) if network.nodes and draw(st.booleans()) else ()
    return edit.set_notes(network, (*network.notes[-3:], Note(text, draw(PLACES), (180.0, 64.0), frames)))


EDITS: tuple[Callable[[Draw, Network], Network], ...] = (
    add,
    bind_value,
    bridge,
    bypass,
    connect,
    connect,
    disconnect,
    edit_inside,
    freeze,
    insert,
    make_own,
    move,
    name_block,
    note,
    paste,
    put_layer,
    remove,
    rename,
    reorder,
    repeat,
    set_values,
    set_values,
    set_variable,
    share,
    share,
    unwrap,
    wrap,
)
"""Every way to edit a network, those that build up more than once; each refuses by an error of the program."""


@st.composite
def edited(draw: Draw, network: Network) -> Network:
    """*network* after a random edit; itself where the edit was refused."""
    try:
        return draw(st.sampled_from(EDITS))(draw, network)
    except (NetworkError, InvalidValue):
        return network
