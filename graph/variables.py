"""Named numbers of a network, and the values of layers that follow them.

A network has variables (``width = 8``); a node may bind a value to an expression of them (``out_channels: 2 * width``).
Expressions know whole numbers, names, ``+ - * //`` and parentheses, and nothing else: a file can never run code.
"""

from __future__ import annotations

import ast
import copy
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from graph.errors import InvalidValue, NetworkError
from graph.layer import RESERVED, Layer
from graph.network import Block, Node, check_name
from graph.values import INT_LIMIT, shown

LENGTH_LIMIT = 200
"""Characters of the longest expression."""

BINDABLE = ("int", "float", "size")
"""Types of values that an expression can give."""

_ALLOWED = re.compile(r"[A-Za-z0-9_+\-*/() ]*")
_GLUED = re.compile(r"(?<![A-Za-z0-9_])[0-9]+[A-Za-z_]")
_OPERATIONS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
_SIGNS: dict[type, Callable[[int], int]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def check_variable(name: object) -> str:
    """*name* if a variable may bear it: an identifier that neither Python nor torch uses.

    Raises:
        NetworkError: it is none.
    """
    found = check_name(name)
    if not found.isidentifier():
        raise NetworkError("{name} cannot name a variable: begin with a letter, and use no hyphen.", name=found)
    if found in RESERVED:
        raise NetworkError("{name} cannot name a variable: it is a word of the file format.", name=found)
    return found


def evaluate(expression: str, variables: Mapping[str, int]) -> int:
    """The number that *expression* gives with these *variables*.

    >>> evaluate("2 * (width + 1)", {"width": 8})
    18

    Raises:
        InvalidValue: it is no expression, names an unknown variable, divides by zero, or gives too large a number.
    """
    if abs(variables.get(expression, INT_LIMIT + 1)) <= INT_LIMIT:  # nearly always it is a name
        return variables[expression]
    return _number(_parsed(expression), expression, variables)


def names_in(expression: str) -> tuple[str, ...]:
    """Names of the variables that *expression* uses, each once, in their order in it.

    Raises:
        InvalidValue: it is no expression.
    """
    nodes = [n for n in ast.walk(_parsed(expression)) if isinstance(n, ast.Name)]
    return tuple(dict.fromkeys(n.id for n in sorted(nodes, key=lambda n: n.col_offset)))


def substitute(expression: str, meanings: Mapping[str, str | int]) -> str:
    """*expression* with its names replaced by numbers or by other expressions.

    >>> substitute("2 * width", {"width": "base + 4"})
    '2 * (base + 4)'

    Raises:
        InvalidValue: one of them is no expression, or the result is longer than an expression may be.
    """
    if all(meanings.get(name, name) == name for name in names_in(expression)):
        return expression
    trees = {name: _parsed(str(meaning)) for name, meaning in meanings.items()}
    text = ast.unparse(_Replace(trees).visit(copy.deepcopy(_parsed(expression))))  # parsed trees are kept
    _parsed(text)
    return text


def resolve(node: Node, variables: Mapping[str, int]) -> Layer | Block:
    """The layer of *node* with the numbers that its bound values have; of a block, the block with its variables.

    Raises:
        InvalidValue: an expression cannot be evaluated, or gives a number out of the range of its value.
    """
    if not node.bind:
        return node.layer
    if isinstance(node.layer, Block):  # how often it stands here is no value of the block
        values = {name: evaluate(e, variables) for name, e in node.bind.items() if name != "repeat"}
        return Block(node.layer.name, {**node.layer.values, **values}) if values else node.layer
    return _bound(node.layer, tuple(node.bind.items()), tuple(variables.items()))


@lru_cache(16_384)
def _bound(layer: Layer, bind: tuple[tuple[str, str], ...], variables: tuple[tuple[str, int], ...]) -> Layer:
    """*layer* with its bound values, where these are the variables: the same object for the same question."""
    meanings = dict(variables)
    values = {name: evaluate(expression, meanings) for name, expression in bind}
    known = {spec.name: spec for spec in layer.specs}
    for name in values:
        if name not in known or known[name].type not in BINDABLE:
            raise InvalidValue("{kind} has no number called {name} to bind.", kind=layer.kind, name=name)
    return layer.with_values(**{name: float(v) if known[name].type == "float" else v for name, v in values.items()})


def _parsed(expression: object) -> ast.expr:
    if not isinstance(expression, str) or len(expression) > LENGTH_LIMIT:
        raise InvalidValue(
            "An expression has at most {limit} characters, not {given}.", limit=LENGTH_LIMIT, given=shown(expression)
        )
    return _tree(expression)


@lru_cache(4096)
def _tree(expression: str) -> ast.expr:
    strange = _GLUED.search(expression) or not _ALLOWED.fullmatch(expression)
    try:
        tree = None if strange else ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if tree is None or not all(_known(part) for part in ast.walk(tree)):
        raise InvalidValue(
            "{given} is no expression: use whole numbers, names of variables, + - * // and parentheses.",
            given=shown(expression),
        )
    return tree


def _known(part: ast.AST) -> bool:
    if isinstance(part, ast.Constant):
        return type(part.value) is int
    return isinstance(part, (ast.BinOp, ast.UnaryOp, ast.Name, ast.Load, *_OPERATIONS, *_SIGNS))


def _number(part: ast.expr, whole: str, variables: Mapping[str, int]) -> int:
    if isinstance(part, ast.Constant):
        assert isinstance(part.value, int)
        found = part.value
    elif isinstance(part, ast.Name):
        if part.id not in variables:
            raise InvalidValue(
                "{expression} uses {name}, which is no variable here; there is {known}.",
                expression=whole,
                name=part.id,
                known=", ".join(variables) or "-",
            )
        found = variables[part.id]
    elif isinstance(part, ast.UnaryOp):
        found = _SIGNS[type(part.op)](_number(part.operand, whole, variables))
    else:
        assert isinstance(part, ast.BinOp)
        left, right = (_number(side, whole, variables) for side in (part.left, part.right))
        if isinstance(part.op, ast.FloorDiv) and right == 0:
            raise InvalidValue("{expression} divides {n} by zero.", expression=whole, n=left)
        found = _OPERATIONS[type(part.op)](left, right)
    if abs(found) > INT_LIMIT:
        raise InvalidValue(
            "{expression} gives {n}, beyond the limit of {limit}.", expression=whole, n=shown(found), limit=INT_LIMIT
        )
    return found


class _Replace(ast.NodeTransformer):
    """Puts trees in the place of names."""

    def __init__(self, trees: Mapping[str, ast.expr]) -> None:
        self.trees = trees

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.trees.get(node.id, node)
