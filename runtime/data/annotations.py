"""Files that say what is in images, read without trust: a size is believed before memory is taken, and nothing in them
is ever executed or looked up elsewhere.  Free of torch.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import yaml

from graph.errors import FileError

MOST_BYTES = 2 * 1024**3
"""A larger file of JSON or CSV is refused."""
MOST_SMALL_BYTES = 64 * 1024**2
"""A larger file about one image, or about the classes, is refused."""
MOST_PIXELS_AWAY = 1e7
"""Numbers further from zero than this are no places in an image."""


def text(file: Path, most: int = MOST_SMALL_BYTES) -> str:
    """What stands in a file of text.

    Raises:
        FileError: it is missing, may not be read, or is too large.
    """
    return _bytes(file, most).decode("utf-8-sig", errors="replace")


def from_json(file: Path, most: int = MOST_BYTES) -> Any:
    """The content of a JSON file.

    Raises:
        FileError: as :func:`text`, or it is no JSON.
    """
    try:
        return json.loads(_bytes(file, most))
    except (ValueError, RecursionError) as e:
        line = getattr(e, "lineno", 0)
        raise FileError(file, "it is no JSON, or it is cut off (line {line}).", line=line) from None


def from_yaml(file: Path) -> Any:
    """The content of a YAML file, plain values only.

    Raises:
        FileError: as :func:`text`, or it is no YAML.
    """
    try:
        return yaml.safe_load(text(file, 1024**2))
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError, AttributeError) as e:
        # beyond YAMLError: what its constructors raise on impossible dates and numbers
        mark = getattr(e, "problem_mark", None)
        raise FileError(file, "it is no YAML (line {line}).", line=mark.line + 1 if mark else 0) from None


def from_xml(file: Path) -> ElementTree.Element:
    """The root element of an XML file; one that declares entities is refused, as it can grow without end.

    Raises:
        FileError: as :func:`text`, or it is no XML.
    """
    builder, parser = ElementTree.TreeBuilder(), expat.ParserCreate()

    def refuse(*declared: object) -> None:
        raise FileError(file, "it declares a document type; such files can be made to grow without end.")

    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(_bytes(file, MOST_SMALL_BYTES), True)
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError, ValueError):
        raise FileError(file, "it is no XML, or it is cut off (line {line}).", line=parser.CurrentLineNumber) from None


def numeric(value: object) -> float:
    """A finite number within reason, from a number or its text.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    try:
        number = float(value)
    except OverflowError:
        raise ValueError from None
    if not math.isfinite(number) or abs(number) > MOST_PIXELS_AWAY:
        raise ValueError
    return number


def _bytes(file: Path, most: int) -> bytes:
    try:
        size = file.stat().st_size
        if size > most:
            raise FileError(file, "it has {size} bytes, more than can be used ({most}).", size=size, most=most)
        if not size:
            raise FileError(file, "the file is empty.")
        return file.read_bytes()
    except FileNotFoundError:
        raise FileError(file, "there is no such file.") from None
    except OSError as e:
        raise FileError(file, "it cannot be read: {why}.", why=e.strerror or str(e)) from None
    except ValueError:
        raise FileError(file, "it cannot be read: {why}.", why=str(file)) from None
