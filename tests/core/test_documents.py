"""The documents keep their word: files that they name are there, and the picture of the packages is today's."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("visualnet", "tests", "assets", "data", "docs")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(document for folder in FOLDERS for document in (ROOT / folder).rglob("*.md"))]
)
NAMED = re.compile(r"`([\w./-]+(?:\.(?:py|md|json|npz|toml|svg)|/))`")
"""What stands in a text as code and has a file's ending, or a folder's slash."""

STANDS_FOR_ANY = ("assets/presets/NAME.json", "folder/train/class/", "folder/test/class/")

FILES = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("*") if path.is_file()] + [
    path.relative_to(ROOT).as_posix() + "/" * path.is_dir()
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
]


def name_of(document):
    return document.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_that_a_document_names_are_there(document):
    named = NAMED.findall(document.read_text(encoding="utf-8"))
    missing = [
        name
        for name in named
        if name not in STANDS_FOR_ANY
        and not any(f"/{path}".endswith(f"/{name.removeprefix('/')}") for path in FILES)
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_that_a_document_links_to_are_there(document):
    links = re.findall(r"\]\((?!http|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_picture_of_the_packages_is_what_its_script_makes_of_the_contracts():
    script = runpy.run_path(str(ROOT / "docs" / "tower.py"))
    committed = (ROOT / "docs" / "tower.svg").read_text(encoding="utf-8")
    assert committed == script["picture"](), "run python docs/tower.py"
    for room in ("training", "runfile", "panels", "held_files"):
        assert f">{room}</text>" in committed


def test_architecture_is_one_page():
    words = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split()
    assert len(words) < 1100
