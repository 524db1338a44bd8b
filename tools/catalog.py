"""Gather every word a person may read into the message catalogs, and compile them.

    python tools/catalog.py            update graph/locale/*/LC_MESSAGES/canevas.po and .mo
    python tools/catalog.py --check    change nothing; exit 1 if a catalog lacks a message or is not compiled

Words are the first argument of ``tr``, ``say``, ``tr_count`` and of our errors, the labels and help of values, and the
first paragraph of the docstring of a kind.  Values of kinds and variables of presets are asked themselves, since their
words are often made by a function.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "graph" / "locale"
SOURCES = ("graph", "presets", "runtime", "gui", "main.py")
FIRST = {"tr", "say", "CanevasError", "InvalidValue", "ShapeError", "NetworkError"}
"""Callables whose first argument is a message."""
SECOND = {"FileError"}
"""Callables whose second argument is a message."""
KEYWORDS = {"label", "help"}
"""Keywords of ``value(...)`` that are messages."""

NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
"""Catalogs carry no date of their own, so that the same words give the same bytes."""

Key = str | tuple[str, str]


def error_names(trees: list[ast.Module]) -> set[str]:
    """Names of all classes that derive from one of our errors, at any depth."""
    classes = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    found = set(FIRST)
    for _ in range(5):
        found |= {c.name for c in classes if any(isinstance(b, ast.Name) and b.id in found for b in c.bases)}
    return found


def texts(node: ast.expr) -> Iterator[str]:
    """The constant strings that an argument may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def messages(tree: ast.Module, first: set[str]) -> Iterator[tuple[Key, int]]:
    """Every message of a module, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(
            isinstance(d, ast.Name) and d.id == "kind" for d in node.decorator_list
        ):
            doc = inspect.cleandoc(ast.get_docstring(node) or "")
            yield " ".join(doc.split("\n\n")[0].split()), node.lineno
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "tr_count" and len(node.args) >= 2:
            for one, many in zip(texts(node.args[0]), texts(node.args[1]), strict=False):
                yield (one, many), node.lineno
        for argument in node.args[:1] if name in first else node.args[1:2] if name in SECOND else []:
            yield from ((text, node.lineno) for text in texts(argument))
        for keyword in node.keywords:
            if name == "value" and keyword.arg in KEYWORDS | {"fold"}:
                yield from ((text, node.lineno) for text in texts(keyword.value))


def gathered() -> Catalog:
    """A template of every message in the sources, in a stable order."""
    files = [f for s in SOURCES for f in (sorted((ROOT / s).rglob("*.py")) if (ROOT / s).is_dir() else [ROOT / s])]
    trees = {f: ast.parse(f.read_text(encoding="utf-8")) for f in files if f.exists()}
    first = error_names(list(trees.values())) - SECOND
    template = Catalog(project="Canevas", charset="utf-8", fuzzy=False)
    for file, tree in trees.items():
        for key, _ in messages(tree, first):
            if key and key != ("", ""):
                template.add(key, locations=[(file.relative_to(ROOT).as_posix(), 0)])
    for key, file in sorted(of_values()):
        template.add(key, locations=[(file, 0)])
    return template


def of_values() -> set[tuple[str, str]]:
    """The words of all values of kinds and of all variables of presets and ready blocks, with their files."""
    sys.path.insert(0, str(ROOT))
    import presets
    from graph import kinds

    makers = [(cls.specs, cls.__module__) for cls in kinds().values()]
    makers += [(preset.variables, preset.make.__module__) for preset in presets.presets().values()]
    makers += [(block.variables, block.make.__module__) for block in presets.ready_blocks().values()]
    found = set()
    for specs, module in makers:
        file = f"{module.replace('.', '/')}.py"
        found |= {(word, file) for spec in specs for word in (spec.label, spec.help, spec.fold) if word}
    return found


def read(path: Path, language: str) -> Catalog:
    """The catalog of a language as it stands; an empty one if there is none."""
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def written(catalog: Catalog) -> tuple[bytes, bytes]:
    """A catalog as the bytes of its .po and .mo files."""
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, width=0, sort_output=True, omit_header=False, ignore_obsolete=True, include_lineno=False)
    write_mo(mo, catalog)
    return po.getvalue(), mo.getvalue()


def missing(catalog: Catalog, template: Catalog) -> list[str]:
    """Messages of the sources that the catalog does not translate."""
    found = []
    for message in template:
        if not message.id:
            continue
        mine = catalog.get(message.id)
        done = mine is not None and (all(mine.string) if isinstance(mine.string, (tuple, list)) else bool(mine.string))
        if not done or (mine is not None and mine.fuzzy):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, only say what is missing")
    check = parser.parse_args().check
    template, failed = gathered(), False
    for language in ("fr",):
        po = LOCALE / language / "LC_MESSAGES" / "canevas.po"
        catalog = read(po, language)
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalog.revision_date = catalog.creation_date = NO_DATE
        catalog.project, catalog.version, catalog.fuzzy = "Canevas", "0.1", False
        catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = "The Canevas authors"
        catalog.header_comment = f"# The words of Canevas, language {language}."
        lacking = missing(catalog, template)
        failed |= bool(lacking)
        for text in lacking:
            print(f"{language}: not translated: {text}", file=sys.stderr)
        po_bytes, mo_bytes = written(catalog)
        if check:
            if not po.with_suffix(".mo").exists() or po.with_suffix(".mo").read_bytes() != mo_bytes:
                print(f"{language}: not compiled: run make catalog", file=sys.stderr)
                failed = True
            continue
        po.parent.mkdir(parents=True, exist_ok=True)
        po.write_bytes(po_bytes)
        po.with_suffix(".mo").write_bytes(mo_bytes)
        print(f"{language}: {len(list(template)) - 1} messages, {len(lacking)} not translated", file=sys.stderr)
    return int(check and failed)


if __name__ == "__main__":
    sys.exit(main())
