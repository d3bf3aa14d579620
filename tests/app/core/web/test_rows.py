"""Rows that a macro is asked for once look as if it had been asked for each."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.core.web.stencils.rows import filled

CELLS = st.sampled_from(["", "Oakfield", "1,234", "<b>", 'Bishop\'s Castle & "Rest"', "100 % {0} %s", "\0", "\ue000"])


class Macro:
    """Stands for a template's macro, and counts how often it is called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, code: str, name: str, figure: str) -> Markup:
        self.calls += 1
        link = Markup("<a href='/{}'>{}</a>").format(code, name) if code else name
        return Markup("<tr title='{}: {} %'><td>{}<td>{}</tr>").format(name, figure or "none", link, figure)


def one_by_one(rows: Sequence[tuple[str, str, str]]) -> Markup:
    return Markup("").join(Macro()(*row) for row in rows)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS)))
def test_rows_look_as_if_each_had_been_made_for_itself(rows: list[tuple[str, str, str]]):
    assert filled(rows, Macro()) == one_by_one(rows)


def test_rows_that_stand_alike_ask_the_macro_once():
    macro = Macro()
    rows = [("a", "Oak", "1"), ("b", "Elm", "2"), ("", "Ash", "3"), ("", "Yew", "4"), ("e", "Fir", "5")]
    assert filled(rows, macro) == one_by_one(rows)
    assert macro.calls == 3


def test_no_rows_are_nothing():
    macro = Macro()
    assert filled([], macro) == Markup("")
    assert macro.calls == 0


def test_only_what_is_our_own_stays_markup():
    shown = filled([("<i>", "<b>")], lambda ours, theirs: f"{ours}{theirs}", ours=1)
    assert shown == Markup("<i>&lt;b&gt;")


def test_a_macro_may_leave_cells_out_and_show_others_twice():
    assert filled([("a", "b"), ("c", "d")], lambda _first, second: f"{second}{second}") == Markup("bbdd")
    assert filled([("a",), ("b",)], lambda _cell: "-") == Markup("--")
