"""Where nodes stand when nobody has placed them: layers from top to bottom, few crossings, the spine straight.

Layers by longest path, order within a layer by barycenters (Sugiyama, Tagawa and Toda, 1981), places by least squares
that keep nodes apart.  A long edge takes a lane of its own through the layers it passes, so that it can be drawn beside
the nodes and not across them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from itertools import pairwise

from graph.network import Block, Network

WIDTH, HEIGHT, BLOCK_HEIGHT = 180, 64, 100
"""Of a node, and of a block (which is drawn a little narrower, its ports where those of a node are), in pixels."""
GAP, LANE, GRID = 32, 24, 4
"""Free pixels around a node, width of the lane of a long edge, and what places are multiples of."""

SWEEPS = 24
LANE_LIMIT = 20_000
"""With more lanes than this, long edges are left out of account."""

Rows = list[list[int]]
Links = list[list[int]]


def arrange(network: Network) -> dict[str, tuple[float, float]]:
    """A place for every node, the uppermost and leftmost at zero; the same network gives the same places.

    Parts that are not connected stand side by side, single nodes in a column behind them.  Nodes of a path through the
    whole network stand exactly below one another.
    """
    found: dict[str, tuple[float, float]] = {}
    right = 0.0
    for part in _parts(network):
        places = _part(network, part) if len(part) > 1 or network.edges else _column(network, part)
        left = min(x for x, _ in places.values())
        found |= {name: (x - left + right, y) for name, (x, y) in places.items()}
        right = max(found[name][0] for name in part) + WIDTH + 2 * GAP
    return {name: found[name] for name in network.nodes}


def _parts(network: Network) -> list[list[str]]:
    """The connected parts, each in the order of execution, the largest first; single nodes together as the last."""
    home: dict[str, str] = {name: name for name in network.nodes}

    def root(name: str) -> str:
        while home[name] != name:
            home[name] = home[home[name]]
            name = home[name]
        return name

    for edge in network.edges:
        home[root(edge.source)] = root(edge.target)
    parts: dict[str, list[str]] = {}
    for name in network.order:
        parts.setdefault(root(name), []).append(name)
    linked = sorted((p for p in parts.values() if len(p) > 1), key=len, reverse=True)
    single = [name for part in parts.values() if len(part) == 1 for name in part]
    return [*linked, single] if single else linked


def _height(network: Network, name: str) -> int:
    return BLOCK_HEIGHT if isinstance(network.nodes[name].layer, Block) else HEIGHT


def _column(network: Network, names: Iterable[str]) -> dict[str, tuple[float, float]]:
    found, y = {}, 0.0
    for name in names:
        found[name] = (0.0, y)
        y += _height(network, name) + GAP
    return found


def _part(network: Network, names: list[str]) -> dict[str, tuple[float, float]]:
    spine = _spine(network, names)
    if not spine:
        return _column(network, names)
    rank = _ranks(network, names, spine[0])
    rows, above, below = _with_lanes(network, names, rank, set(spine))
    rows = _ordered(rows, above, below)
    number = {name: i for i, name in enumerate(names)}
    x = _placed(rows, above, below, len(names), {number[name] for name in spine})
    found, y = {}, 0.0
    for row in rows:
        real = [names[i] for i in row if i < len(names)]
        for name in real:
            found[name] = (x[number[name]], y)
        y += max(_height(network, name) for name in real) + GAP
    return found


def _spine(network: Network, names: list[str]) -> list[str]:
    """The longest path; of several, the one whose nodes are stored first.  Empty where nothing is connected."""
    length: dict[str, int] = {}
    after: dict[str, str] = {}
    for name in reversed(names):
        ends = [e.target for e in network.outgoing.get(name, ())]
        best = max(ends, key=lambda end: length[end], default=None)
        length[name] = 1 + (length[best] if best else 0)
        if best:
            after[name] = best
    path = [max(names, key=lambda name: length[name])]
    while path[-1] in after:
        path.append(after[path[-1]])
    return path if len(path) > 1 else []


def _ranks(network: Network, names: list[str], start: str) -> dict[str, int]:
    """The row of each node: behind all that feed it; what does not hang on *start* right before what it feeds."""
    rank: dict[str, int] = {}
    loose: set[str] = set()
    for name in names:
        before = [e.source for e in network.incoming.get(name, ())]
        rank[name] = 1 + max((rank[b] for b in before), default=-1)
        if name != start and loose.issuperset(before):
            loose.add(name)
    for name in reversed(names):
        after = [rank[e.target] for e in network.outgoing.get(name, ())]
        if name in loose and after:
            rank[name] = min(after) - 1
    return rank


def _with_lanes(
    network: Network, names: list[str], rank: Mapping[str, int], spine: set[str]
) -> tuple[Rows, Links, Links]:
    """Rows of numbers, and the links from each to the rows above and below; numbers from ``len(names)`` on are lanes.

    Edges from one node share their lane.
    """
    number = {name: i for i, name in enumerate(names)}
    rows: Rows = [[] for _ in range(max(rank.values()) + 1)]
    for name in sorted(names, key=lambda n: n not in spine):
        rows[rank[name]].append(number[name])
    above: Links = [[] for _ in names]
    below: Links = [[] for _ in names]

    def link(a: int, b: int) -> None:
        below[a].append(b)
        above[b].append(a)

    spans = {n: {e.target: rank[e.target] for e in network.outgoing.get(n, ())} for n in names}
    lanes = sum(max(ends.values(), default=rank[n]) - rank[n] for n, ends in spans.items())
    for name, ends in spans.items():
        last, row = number[name], rank[name]
        for target, end in sorted(ends.items(), key=lambda item: item[1]):
            if end > row + 1 and lanes > LANE_LIMIT:
                continue
            while row < end - 1:
                row += 1
                above.append([])
                below.append([])
                link(last, len(above) - 1)
                last = len(above) - 1
                rows[row].append(last)
            link(last, number[target])
    return rows, above, below


def _ordered(rows: Rows, above: Links, below: Links) -> Rows:
    """The rows sorted so that few links cross: each by the mean place of its neighbors, down and up in turn."""
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    rows = [list(row) for row in rows]
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        links = above if down else below
        order = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for r in order:
            if len(rows[r]) == 1:
                continue
            place = {item: i for i, item in enumerate(rows[r - 1 if down else r + 1])}
            keys = {
                item: sum(place[n] for n in links[item]) / len(links[item]) if links[item] else float(i)
                for i, item in enumerate(rows[r])
            }
            # of equal ones, every other pair of sweeps turns the order round: what is stuck gets loose
            row = rows[r] if sweep % 4 < 2 else list(reversed(rows[r]))
            rows[r] = sorted(row, key=keys.__getitem__)
        crossed = _crossings(rows, below)
        if crossed < fewest:
            best, fewest = [list(row) for row in rows], crossed
    return best


def _crossings(rows: Rows, below: Links) -> int:
    """How many links cross between neighboring rows."""
    total = 0
    for upper, lower in pairwise(rows):
        if len(upper) == 1 or len(lower) == 1:
            continue
        place = {item: i for i, item in enumerate(lower)}
        ends: list[int] = []
        for item in upper:
            mine = sorted(place[b] for b in below[item])
            total += sum(len(ends) - bisect_right(ends, end) for end in mine)
            for end in mine:
                insort(ends, end)
    return total


def _placed(rows: Rows, above: Links, below: Links, nodes: int, spine: set[int]) -> list[float]:
    """Where everything begins from left to right: near its neighbors, not too near, the spine at zero."""
    x = [0.0] * len(above)
    for row in rows:
        middle = next((i for i, item in enumerate(row) if item in spine), 0)
        for i, item in enumerate(row):
            x[item] = (WIDTH + GAP) * float(i - middle)
    for sweep in range(8):
        links = [above] if sweep in (0, 2, 4) else [below] if sweep in (1, 3) else [above, below]
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted, weights = [], []
            for item in row:
                near = [n for side in links for n in side[item]]
                pulls = [4.0 if item >= nodes and n >= nodes else 1.0 for n in near]  # lanes want to be straight
                wanted.append(sum(p * x[n] for p, n in zip(pulls, near, strict=True)) / sum(pulls) if near else x[item])
                weights.append(sum(pulls) or 0.1)
                if item in spine:
                    wanted[-1], weights[-1] = 0.0, 1e6
            gaps = [_apart(a < nodes, b < nodes) for a, b in pairwise(row)]
            for item, place in zip(row, _apart_least_squares(wanted, weights, gaps), strict=True):
                x[item] = place
    return [float(round(place / GRID) * GRID) for place in x]


def _apart(left: bool, right: bool) -> float:
    """Pixels from the middle of one to the middle of the next, each a node or a lane."""
    if left and right:
        return WIDTH + GAP
    return WIDTH / 2 + GAP + 2 if left or right else LANE


def _apart_least_squares(wanted: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """Places nearest to the *wanted* ones that keep the *gaps*: pooled neighbors share their mean.

    Source: the pool-adjacent-violators algorithm, Ayer and others, 1955.
    """
    shift, shifts = 0.0, [0.0]
    for gap in gaps:
        shift += gap
        shifts.append(shift)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, weight, at in zip(wanted, weights, shifts, strict=True):
        mean, heavy, count = want - at, weight, 1
        while pools and pools[-1][0] > mean:
            before, weighs, many = pools.pop()
            mean = (mean * heavy + before * weighs) / (heavy + weighs)
            heavy, count = heavy + weighs, count + many
        pools.append((mean, heavy, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + at for mean, at in zip(means, shifts, strict=True)]
