"""A page is packed for whoever takes it so, by the thread that made it; everyone reads the same words."""

from __future__ import annotations

import gzip
import threading
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.db import Database
from app.core.web import packing
from app.core.web.packing import Fixed
from tests.app.core.served import Served

PACKED, PLAIN = {"accept-encoding": "gzip, br"}, {"accept-encoding": "identity"}
PAGE = "/accessibility"


@pytest.fixture
def packers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that packed something."""
    names: list[str] = []
    really = packing.packed

    def noting(body: bytes) -> bytes:
        names.append(threading.current_thread().name)
        return really(body)

    monkeypatch.setattr(packing, "packed", noting)
    return names


@pytest.mark.parametrize("cache", ["on", "off"])
def test_amina_reads_packed_what_boris_reads_plain(sqlite_database: Database, cache: str) -> None:
    with Served(sqlite_database, page_cache=cache) as house:
        for _visit in range(2):
            packed, plain = house.get(PAGE, headers=PACKED), house.get(PAGE, headers=PLAIN)
            assert packed.headers["content-encoding"] == "gzip"
            assert packed.headers["vary"] == "accept-encoding"
            assert int(packed.headers["content-length"]) < len(plain.content)
            assert "content-encoding" not in plain.headers
            assert packed.text == plain.text


def test_a_page_is_packed_by_the_thread_that_rendered_it(sqlite_database: Database, packers: list[str]) -> None:
    with Served(sqlite_database, page_cache="off") as house:
        assert house.get(PAGE, headers=PACKED).headers["content-encoding"] == "gzip"
    assert [name.partition("_")[0] for name in packers] == ["page"]


def test_an_error_page_has_no_thread_and_is_packed_all_the_same(sqlite_database: Database, packers: list[str]) -> None:
    with Served(sqlite_database, page_cache="off") as house:
        packed, plain = (house.get("/nowhere", headers=h | {"accept": "text/html"}) for h in (PACKED, PLAIN))
    assert packed.status_code == 404
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert not packers[0].startswith("page")


def test_what_is_small_goes_as_it_is(sqlite_database: Database) -> None:
    with Served(sqlite_database, page_cache="off") as house:
        answer = house.get("/robots.txt", headers=PACKED)
    assert 0 < len(answer.content) < packing.LEAST
    assert "content-encoding" not in answer.headers


@given(st.text(max_size=3_000), st.binary(max_size=3_000), st.binary(max_size=3_000))
def test_a_page_with_a_part_that_is_packed_already_is_read_as_a_whole(text: str, before: bytes, after: bytes):
    """By whoever reads on until the stream ends, as browsers do, and finds nothing behind it."""
    page = Fixed(text).within(before.replace(b"<", b"") + Fixed.MARK + after)
    assert page == before.replace(b"<", b"") + text.encode() + after
    reading = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    assert reading.decompress(packing.packed(page)) == page
    assert reading.eof
    assert reading.unused_data == b""
    assert gzip.decompress(packing.packed(page)) == page


def test_a_part_that_many_pages_have_in_common_is_packed_once(monkeypatch: pytest.MonkeyPatch):
    outlines = Fixed("".join(f"M{n * n % 997} {n * n * n % 991}l{n % 7} {n % 11}z" for n in range(20_000)))
    page = outlines.within(b"<p>before</p>" * 200 + Fixed.MARK + b"<p>after</p>" * 200)
    taken: list[int] = []
    really = packing._blocks
    monkeypatch.setattr(packing, "_blocks", lambda body, end: (taken.append(len(body)), really(body, end))[1])
    assert len(packing.packed(page)) < len(gzip.compress(page, 2))
    assert taken == [2_600, 2_400]


def test_a_page_without_the_mark_stays_as_it_is():
    assert Fixed("outlines").within(b"<p>No figures yet.</p>") == b"<p>No figures yet.</p>"
