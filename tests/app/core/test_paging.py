"""A reader turns the pages of a list by its address, whatever stands in it."""

from __future__ import annotations

import pytest

from app.core.paging import Page, read_page


def page(total: int, number: int = 1, **query: str) -> Page[int]:
    return Page(rows=[], total=total, page=number, path="/petitions", query=query)


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (25, 1), (26, 2), (50, 2), (51, 3)])
def test_a_list_has_a_page_for_each_25_and_at_least_one(total: int, pages: int) -> None:
    assert page(total).pages == pages


def test_another_page_keeps_the_filters() -> None:
    shown = page(100, 2, q="bread & butter", state="open", sort="", page="2")
    assert shown.url(3) == "/petitions?q=bread+%26+butter&state=open&page=3"
    assert shown.url(1) == "/petitions?q=bread+%26+butter&state=open"
    assert page(100).url(1) == "/petitions"


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("7", 7), ("0012", 12), ("999999", 999_999)])
def test_a_page_number_is_read(text: str, number: int) -> None:
    assert read_page(text) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "two", "1e9", " 2", "9999999", "²", "٣" * 8, "\0"])
def test_anything_odd_is_the_first_page(text: str) -> None:
    assert read_page(text) == 1
