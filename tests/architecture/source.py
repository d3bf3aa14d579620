"""The project's own code, read but not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [name for name in ("petitions", "consultations", "townhall") if (ROOT / name / "room.py").is_file()]
TEMPLATES = ROOT / "templates"


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the product by its path."""
    files = [f for folder in ("app", *ROOMS) for f in sorted((ROOT / folder).rglob("*.py"))]
    return {f.relative_to(ROOT).as_posix(): ast.parse(f.read_text(encoding="utf-8")) for f in files}


def area_of(module: str) -> str:
    """``app.accounts.web.signing_in`` is of ``accounts``, ``petitions.web.reading`` of ``petitions``."""
    first, _dot, rest = module.partition(".")
    return rest.partition(".")[0] if first == "app" else first


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Calls of a plain name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node
