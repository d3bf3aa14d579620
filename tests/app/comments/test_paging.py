"""Pages of a discussion while others write, answer, vote and withdraw: each comment once, and none left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.comments.queries import paging
from app.comments.queries.paging import A_PAGE, SORTS, Orders, Place, read_place
from app.comments.web.shown import Titles, Unwritten, entries
from tests.app.comments.forum import Forum
from tests.fakes import NOON


def fill(forum: Forum, tops: int, replies: int = 0) -> list[int]:
    """Comments of many people; every fifth has replies."""
    found = []
    for n in range(tops):
        top = forum.published(f"Person {n % 7}", f"Remark number {n}.")
        found.append(top)
        for m in range(replies if n % 5 == 0 else 0):
            forum.published(f"Person {(n + m + 1) % 7}", f"Answer {m} to {n}.", to=top)
    return found


def test_no_comment_twice_and_none_skipped_while_others_write_and_vote(forum: Forum):
    tops = fill(forum, 70, replies=4)
    forum.perform([forum.vote_act(f"Voter {n}", tops[n * 3], 1) for n in range(10)])
    for number, sort in enumerate(SORTS):
        tops += walked_while_others_act(forum, sort, tops, tops[number * 10 :])


def walked_while_others_act(forum: Forum, sort: str, tops: list[int], voted: list[int]) -> list[int]:
    """What was written meanwhile."""
    seen, place, sizes, late = [], None, [], []
    for round_ in range(10):
        page = forum.page(sort, place)
        seen += [row.id for row in page.rows if row.depth == 1]
        sizes.append(len(page.rows))
        place = page.next
        forum.town.clock.advance(timedelta(seconds=1))
        late.append(forum.published("Late", f"New remark {round_}, {sort}."))
        forum.published("Late", f"New answer {round_}, {sort}.", to=tops[-1])
        forum.perform([forum.vote_act(f"Fan {n}", voted[round_], 1) for n in range(12)])
        forum.perform([forum.vote_act(f"Fan {n}", tops[-1 - round_], 1) for n in range(12)])
        if place is None:
            break
    assert len(seen) == len(set(seen)), sort
    assert set(seen) == set(tops), sort
    assert max(sizes) <= A_PAGE, sort
    assert len(sizes) > 1, sort
    return late


def test_a_comment_stands_above_its_first_three_replies(forum: Forum):
    top = forum.published("Ana")
    first = forum.published("Ben", "One.", to=top)
    second = forum.published("Cora", "Two.", to=top)
    under = forum.published("Dan", "Under one.", to=first)
    forum.published("Eve", "Four.", to=top)
    assert [row.id for row in forum.page().rows] == [top, first, under, second]


def test_the_orders(forum: Forum):
    one, two, three = fill(forum, 3)
    forum.published("Ana", "An answer.", to=two)
    forum.vote("Ben", three, -1)
    forum.vote("Ben", one, 1)
    tops = {sort: [row.id for row in forum.page(sort).rows if row.depth == 1] for sort in SORTS}
    assert tops["newest"] == [three, two, one]
    assert tops["oldest"] == [one, two, three]
    assert tops["best"][0] == one
    assert tops["discussed"][0] == two


def test_replies_come_in_pages_too_each_below_what_it_answers(forum: Forum):
    top = forum.published("Ana")
    branches = [forum.published("Ben", f"Branch {n}.", to=top) for n in range(40)]
    leaves = [forum.published("Cora", f"Leaf {n}.", to=branch) for n, branch in enumerate(branches) if n % 2]
    from app.comments.queries import threads

    seen, place = [], None
    with forum.town.database.reading() as db:
        entry = threads.one(db, top)
        assert entry is not None
        while True:
            page = paging.reply_page(db, entry, place, forum.town.now)
            seen += list(page.rows)
            if (place := page.next) is None:
                break
    assert {row.id for row in seen} == {*branches, *leaves}
    assert len(seen) == len(branches) + len(leaves)
    above = {row.id: n for n, row in enumerate(seen)}
    assert all(above[row.parent_id] < n for n, row in enumerate(seen) if row.depth == 3)


@pytest.mark.parametrize("text", ["", "x", "1-2-3", "-", "9" * 30 + "-1", "99999999999999999-1", "1e9-1", "１-１"])
def test_anything_odd_is_the_first_page(text: str):
    assert read_place(text, NOON) is None


def test_a_place_is_read_as_it_was_written():
    place = Place(NOON - timedelta(microseconds=7), 12)
    assert read_place(str(place), NOON) == place
    assert read_place(str(Place(NOON + timedelta(seconds=1), 12)), NOON) is None


def test_lists_are_kept_within_bounds(forum: Forum, monkeypatch: pytest.MonkeyPatch):
    fill(forum, 2)
    monkeypatch.setattr(Orders, "MOST_LISTS", 3)
    orders = Orders()
    with forum.town.database.reading() as db:
        for seconds in range(0, 100, 20):
            orders.list(db, forum.thread.id, "best", None, forum.town.now + timedelta(seconds=seconds))
    assert len(orders._kept) == 3


def test_what_changes_while_its_page_is_made_is_kept_as_what_it_is_by_then(forum: Forum):
    voted, left = forum.published("Ana"), forum.published("Ben")
    with forum.town.database.reading() as db:
        before = entries(db, Titles(), forum.page("oldest").rows, may_act=True)
    assert [entry.row.id for entry in before] == [voted, left]
    forum.perform([forum.vote_act("Cora", voted, 1)])
    with forum.town.database.reading() as db:
        shown = Unwritten(db, before)
        found = shown.find([0, 1])
    assert [entry.row.ups for entry in found] == [1, 0]
    assert shown.keys == [found[0].key, before[1].key]
    assert before[0].key != found[0].key
