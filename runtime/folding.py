"""Lines of Python within the width, broken where ruff breaks them: formatting the source changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

WIDTH = 120
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def fold(text: str, indent: int, comment: str = "") -> list[str]:
    """The statement *text*, *indent* columns in, on as many lines as it needs; the comment behind it or above it.

    >>> fold("x = self.relu1(x)", 8, "(N, 8)")
    ['        x = self.relu1(x)  # (N, 8)']
    """
    behind = f"  # {comment}" if comment else ""
    pad = " " * indent
    if len(pad + text + behind) <= WIDTH:
        return [pad + text + behind]
    lines = [pad + line for line in _broken(text, WIDTH - indent)]
    return [f"{pad}# {comment}", *lines] if comment else lines


def _broken(text: str, width: int) -> list[str]:
    """*text* in lines of at most *width* columns where its brackets and sums allow it."""
    if len(text) <= width:
        return [text]
    lead, value = _value_of(text)
    sum_, product = (list(_split(value, by)) for by in (" + ", " * "))
    if lead and len(sum_) > 1:
        terms = [sum_[0], *(f"+ {term}" for term in sum_[1:])]
        return [f"{lead}(", *(f"    {t}" for t in ([value] if len(value) + 4 <= width else terms)), ")"]
    if not lead and len(product) > 1:
        first, *others = _broken(f"* {product[1]}", width)
        return [product[0], first, *others]
    opening = _last_opening(text)
    if opening is None:
        return [text]
    if lead and opening >= width:
        return [f"{lead}(", *(f"    {line}" for line in _broken(value, width - 4)), ")"]
    closing = text.rindex(_PAIRS[text[opening]])
    head, body, tail = text[: opening + 1], text[opening + 1 : closing], text[closing:]
    items = [item for item in _split(body, ", ") if item]
    call = text[opening] == "(" and (head[-2:-1].isalnum() or head[-2:-1] in ("_", ")"))
    if call and len(body) + 4 <= width:  # the arguments of a call may share a line, the items of a dict never do
        return [head, f"    {body}", tail]
    if len(items) == 1 and body.strip() == items[0]:
        return [head, *(f"    {line}" for line in _broken(items[0], width - 4)), tail]
    return [head, *_items(items, width), tail]


def _items(items: list[str], width: int) -> Iterator[str]:
    for item in items:
        *first, last = _broken(item.rstrip(","), width - 5)
        yield from (f"    {line}" for line in first)
        yield f"    {last},"


def _value_of(text: str) -> tuple[str, str]:
    """The beginning of a statement (``x = ``, ``return ``) and the expression after it."""
    if text.startswith("return "):
        return "return ", text.removeprefix("return ")
    name, equals, value = text.partition(" = ")
    return (name + equals, value) if equals and not set(name) & set("([{") else ("", text)


def _split(text: str, by: str) -> Iterator[str]:
    """Parts of *text* between the separators that stand in no bracket and in no string."""
    begin = 0
    for at, depth in _depths(text):
        if depth == 0 and text.startswith(by, at) and at >= begin:
            yield text[begin:at]
            begin = at + len(by)
    yield text[begin:]


def _last_opening(text: str) -> int | None:
    """Where the bracket opens that closes last, at the end of *text*."""
    found = None
    before = 0
    for at, depth in _depths(text):
        if before == 0 and depth == 1 and text[at] in _PAIRS:
            found = at
        before = depth
    return found


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Every position outside strings, with the number of brackets open after it."""
    depth, quote, escaped = 0, "", False
    for at, char in enumerate(text):
        if quote:
            if not escaped and char == quote:
                quote = ""
            escaped = char == "\\" and not escaped
            continue
        if char in "\"'":
            quote = char
        depth += (char in _PAIRS) - (char in ")]}")
        yield at, depth
