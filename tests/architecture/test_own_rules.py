"""Rules of this house that no linter knows: who commits, who asks what time it is, who reads the environment."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.architecture.source import calls, trees

Rule = Callable[[ast.Module], Iterator[ast.AST]]


def commits(tree: ast.Module) -> Iterator[ast.AST]:
    """One transaction is one request, one batch or one job, and ends at the edge."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "commit":
            yield node


def asks_the_time(tree: ast.Module) -> Iterator[ast.AST]:
    """The clock is passed in; neither the machine nor the database is asked behind its back."""
    own = {"datetime", "date", "func"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            own |= {n.asname or n.name for n in node.names if n.name in ("datetime", "date")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today", "current_timestamp"):
            of = node.value
            if (isinstance(of, ast.Name) and of.id in own) or (isinstance(of, ast.Attribute) and of.attr in own):
                yield node


def reads_the_environment(tree: ast.Module) -> Iterator[ast.AST]:
    """Every setting is read once, at start, and checked."""
    names = {"environ", "environb", "getenv", "putenv"}
    for node in ast.walk(tree):
        if (isinstance(node, ast.Attribute) and node.attr in names) or (
            isinstance(node, ast.ImportFrom) and node.module == "os" and names & {n.name for n in node.names}
        ):
            yield node


def loads_by_surprise(tree: ast.Module) -> Iterator[ast.AST]:
    """A query says what it loads: forgetting to is an error in the first test, not a slow page later."""
    for name in ("relationship", "column_property", "deferred"):
        for call in calls(tree, name):
            lazy = [k.value for k in call.keywords if k.arg == "lazy"]
            if (name == "relationship" and not lazy) or (
                lazy and not (isinstance(lazy[0], ast.Constant) and lazy[0].value == "raise")
            ):
                yield call


def imports_bleach(tree: ast.Module) -> Iterator[ast.AST]:
    """bleach gets no more fixes, so it stands in one place, with nh3 behind it."""
    for node in ast.walk(tree):
        modules = [n.name for n in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(m.partition(".")[0] == "bleach" for m in modules):
            yield node


def translates_what_nobody_can_collect(tree: ast.Module) -> Iterator[ast.AST]:
    """The catalogue is collected by reading the source: a phrase must stand there as it is."""
    for call in calls(tree, "_"):
        if not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)):
            yield call


RULES: dict[Rule, set[str]] = {
    commits: {"app/core/db.py", "app/core/intake.py"},
    asks_the_time: {"app/core/clock.py"},
    reads_the_environment: {"app/core/settings.py", "app/cli.py", "app/commands/ground.py", "app/commands/serving.py"},
    loads_by_surprise: set(),
    imports_bleach: {"app/core/text/sanitise.py"},
    translates_what_nobody_can_collect: set(),
}
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)


@each_rule
def test_the_code_keeps_the_rule(rule: Rule) -> None:
    broken = [
        f"{path}:{node.lineno}" for path, tree in trees().items() if path not in RULES[rule] for node in rule(tree)
    ]  # type: ignore[attr-defined]
    assert broken == [], rule.__doc__


@each_rule
def test_whoever_is_exempt_still_needs_to_be(rule: Rule) -> None:
    assert {path for path in RULES[rule] if any(rule(trees()[path]))} == RULES[rule]


BROKEN: list[tuple[Any, str]] = [
    (commits, "db.commit()"),
    (commits, "database.session(writes=True).commit()"),
    (commits, "end = session.commit"),
    (asks_the_time, "datetime.now(UTC)"),
    (asks_the_time, "datetime.datetime.utcnow()"),
    (asks_the_time, "from datetime import datetime as dt\ndt.now()"),
    (asks_the_time, "date.today()"),
    (asks_the_time, "select(func.now())"),
    (reads_the_environment, "os.environ['HOME']"),
    (reads_the_environment, "os.getenv('HOME')"),
    (reads_the_environment, "from os import environ as e"),
    (loads_by_surprise, "relationship('Signature')"),
    (loads_by_surprise, "relationship('Signature', lazy='selectin')"),
    (loads_by_surprise, "relationship('Signature', lazy=how)"),
    (imports_bleach, "import bleach"),
    (imports_bleach, "import bleach.sanitizer as b"),
    (imports_bleach, "from bleach.linkifier import Linker"),
    (translates_what_nobody_can_collect, "_(f'Hello {name}')"),
    (translates_what_nobody_can_collect, "_(words)"),
    (translates_what_nobody_can_collect, "_('Hello ' + name)"),
]
KEPT: list[tuple[Any, str]] = [
    (commits, "finish(session)"),
    (asks_the_time, "clock.now()"),
    (asks_the_time, "self.clock.now()"),
    (asks_the_time, "datetime.fromisoformat(text)"),
    (reads_the_environment, "settings.environment"),
    (loads_by_surprise, "relationship('Signature', lazy='raise')"),
    (imports_bleach, "import nh3"),
    (translates_what_nobody_can_collect, "_('Hello {name}').format(name=name)"),
]


@pytest.mark.parametrize(("rule", "code"), BROKEN)
def test_each_rule_sees_what_breaks_it(rule: Rule, code: str) -> None:
    assert any(rule(ast.parse(code)))


@pytest.mark.parametrize(("rule", "code"), KEPT)
def test_no_rule_sees_ghosts(rule: Rule, code: str) -> None:
    assert not any(rule(ast.parse(code)))
