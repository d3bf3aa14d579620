"""Every string people see is in the catalogue that translators get."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po

from tests.architecture.source import ROOMS, ROOT

CATALOGUE = ROOT / "app" / "locale" / "messages.pot"
COLLECT = ["extract", "-F", "app/locale/babel.cfg", "-k", "_", "--no-location", "--sort-output", "--omit-header"]


def strings(file: Path) -> set[tuple[str, ...]]:
    with file.open("rb") as opened:
        found = [m.id for m in read_po(opened) if m.id]
    return {(i,) if isinstance(i, str) else tuple(i) for i in found}


def test_the_catalogue_holds_every_string_and_no_other(tmp_path: Path) -> None:
    collected = tmp_path / "messages.pot"
    program = [sys.executable, "-m", "babel.messages.frontend", "-q", *COLLECT, "-o", str(collected)]
    subprocess.run([*program, "app", *ROOMS, "templates"], cwd=ROOT, check=True, capture_output=True, timeout=120)
    now, kept = strings(collected), strings(CATALOGUE)
    assert len(now) > 300
    assert sorted(now - kept) == [], "run make messages"
    assert sorted(kept - now) == [], "run make messages"


def test_the_command_that_writes_it_collects_the_same() -> None:
    recipe = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "pybabel" in line)
    for word in (*COLLECT, *ROOMS, "app", "templates"):
        assert word in recipe.split()


def test_strings_of_code_pages_and_letters_are_among_them() -> None:
    kept = {words for message in strings(CATALOGUE) for words in message}
    assert {"Page not found", "Skip to main content"} <= kept
