"""What a person reads is said in words, never by the name of a class."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import visualnet

PACKAGE = Path(visualnet.__file__).parent


def modules() -> dict[Path, ast.Module]:
    """All of ours but the first, whose texts are the names that a script imports."""
    files = set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py"}
    return {file: ast.parse(file.read_text()) for file in sorted(files)}


def texts(tree: ast.Module) -> Iterator[str]:
    """Every string of a module that is no docstring."""
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def classes(tree: ast.Module) -> set[str]:
    """Its classes whose names cannot be mistaken for a word."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return {name for name in names if re.search("[a-z][A-Z]", name)}


def test_no_text_names_a_class_of_ours():
    """Layers and losses may be named: their classes have the names that the field gives them."""
    found = modules()
    ours = {
        name
        for file, tree in found.items()
        if not file.is_relative_to(PACKAGE / "core" / "nn")
        for name in classes(tree)
    }
    named = {
        text for tree in found.values() for text in texts(tree) if ours.intersection(re.findall(r"\w+", text))
    }
    assert named == set()
