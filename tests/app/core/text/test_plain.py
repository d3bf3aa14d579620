"""Text from people: tidied, measured, cut and compared."""

from __future__ import annotations

import csv
import io
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.text.plain import (
    MOST_MARKS,
    bidi_isolate,
    csv_cell,
    excerpt,
    fold,
    has_link,
    is_blank,
    length,
    starts_like_formula,
    tidy,
    tidy_line,
)

RIGHT_TO_LEFT = "\u202e"
JOINER, NON_JOINER, ZERO_WIDTH_SPACE = "\u200d", "\u200c", "\u200b"
FAMILY = f"👨{JOINER}👩{JOINER}👧"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"

# Letters, marks, blanks, joiners and controls that have met in the wrong order before.
awkward = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "ae \n\r\t\x00\x85\xa0\u0301\u0323\u0344\u200b\u200c\u200d\u202e\u2028\ufe0fनम्ाكه가각👩🏴\U000e0067"
        ),
    ),
    max_size=40,
)


def test_grace_pastes_from_a_word_processor_and_only_her_words_are_kept():
    assert tidy("  First\r\nsecond\rthird\x00\x1b \n\n\n\n\tlast\ufeff ") == "First\nsecond\nthird\n\n last"


def test_marek_cannot_turn_the_page_around_with_a_hidden_override():
    assert tidy(f"pay {RIGHT_TO_LEFT}drawkcab\u2066 now") == "pay drawkcab now"


def test_marek_cannot_hide_letters_between_letters():
    assert tidy(f"vi{ZERO_WIDTH_SPACE}a{JOINER}g\u00adr{NON_JOINER}a") == "viagra"


def test_marek_cannot_scribble_over_the_lines_above_him():
    assert length(tidy("Z" + "\u0301" * 500 + "algo")) <= 5 + MOST_MARKS


def test_shirin_writes_persian_as_it_is_spelt():
    assert tidy(f"می{NON_JOINER}خواهم") == f"می{NON_JOINER}خواهم"


def test_ravi_writes_a_half_letter():
    assert tidy(f"क्{JOINER}ष") == f"क्{JOINER}ष"


def test_ewan_shows_his_family_and_his_flag():
    assert tidy(f"{FAMILY} {SCOTLAND}") == f"{FAMILY} {SCOTLAND}"


def test_naoko_keeps_the_exact_shape_of_her_name():
    assert tidy("葛\U000e0100城") == "葛\U000e0100城"


def test_a_name_typed_letter_by_letter_and_in_one_piece_is_the_same():
    assert tidy_line("Jose\u0301") == tidy_line("José") == "José"


def test_a_line_has_no_line_breaks_and_no_double_spaces():
    assert tidy_line(" Save\u3000our\u00a0\r\n library\u2028now ") == "Save our library now"


def test_half_a_surrogate_pair_never_reaches_the_database():
    tidy("broken \ud83d emoji").encode()


@pytest.mark.parametrize("nothing", ["", "  ", "\n\t", ZERO_WIDTH_SPACE, "\u3164", "\u2800 \ufeff", "\x00", "\ufe0f"])
def test_nothing_to_see_is_blank(nothing):
    assert is_blank(nothing)


@pytest.mark.parametrize("something", ["a", " . ", "é", "字", "👍", "\u0301a"])
def test_something_to_see_is_not_blank(something):
    assert not is_blank(something)


def test_a_browser_and_the_limit_count_alike():
    assert length("two\r\nlines") == length("two\nlines") == 9
    assert length("e\u0301") == length("é") == 1


def test_an_excerpt_ends_at_a_word():
    assert excerpt("Reopen the library in Mill Lane every Saturday", 30) == "Reopen the library in Mill…"


def test_an_excerpt_of_a_short_text_is_the_text_on_one_line():
    assert excerpt("Reopen\nthe library", 30) == "Reopen the library"


def test_an_excerpt_never_tears_a_family_apart():
    assert excerpt("x" * 7 + FAMILY + "y" * 20, 10) == "x" * 7 + "…"


@pytest.mark.parametrize(
    "typed", ["=1+1", "+44", "-5", "@SUM", "\t=1", "\r=1", "\n=1", " =1", "＝1", f"{ZERO_WIDTH_SPACE}=1"]
)
def test_dave_cannot_make_the_clerks_spreadsheet_compute(typed):
    assert starts_like_formula(typed)
    assert csv_cell(typed) == "'" + typed


@pytest.mark.parametrize("typed", ["", "Amina", "1 = 1", "a@b", "'=1", "£5"])
def test_an_ordinary_cell_stays_as_it_is(typed):
    assert csv_cell(typed) == typed


@pytest.mark.parametrize(
    "advert",
    [
        "http://x",
        "HTTPS://x.y",
        "see www.cheap.example",
        "cheap.example/now",
        "buy at cheap.com",
        "кремль.рф/да",
        "x.co.uk",
    ],
)
def test_an_advert_has_a_link(advert):
    assert has_link(advert)


@pytest.mark.parametrize(
    "words",
    ["Dr. J. Smith", "St.John Smythe", "and/or", "p.m./a.m.", "3.5/10", "U.S./UK", "e.g. this", "www", "J.Comber", ""],
)
def test_ordinary_words_have_none(words):
    assert not has_link(words)


def test_sam_is_the_same_sam_however_the_name_is_typed():
    ways = ["Sam O'Brien-Núñez", "SAM  O’BRIEN‑NUNEZ", " sam o'brien-nu\u0301n\u0303ez", "Ｓａｍ O'Brien-Nunez"]
    assert {fold(way) for way in ways} == {"sam o'brien-nunez"}


@pytest.mark.parametrize(
    ("one", "other"), [("राम", "रामु"), ("かき", "がき"), ("李", "季"), ("محمد", "محمود"), ("Ли", "Li")]
)
def test_different_people_stay_different_in_every_script(one, other):
    assert fold(one) != fold(other)


def test_ahmad_is_one_person_with_and_without_pointing():
    assert fold("أَحْمَد") == fold("احمد")


def test_a_name_from_the_right_cannot_reorder_the_letter_it_stands_in():
    assert bidi_isolate("Amina") == "Amina"
    assert bidi_isolate("אמינה") == "\u2068אמינה\u2069"


@given(awkward)
@example(f"न{JOINER}\u061c{JOINER}न")
@example("e" + ZERO_WIDTH_SPACE + "\u0301")
def test_tidying_twice_changes_nothing(text):
    once = tidy(text)
    assert tidy(once) == once
    assert tidy_line(tidy_line(text)) == tidy_line(text)


@given(awkward)
def test_tidied_text_is_composed_and_shows_what_it_holds(text):
    once = tidy(text)
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} and c != "\n" for c in once)
    assert not set(once) & set("\u200b\u200e\u200f\u202a\u202d\u202e\u2066\u2069\ufeff")
    assert is_blank(text) or once
    once.encode()


@given(awkward)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert fold(tidy_line(text)) == fold(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_and_the_long_way_agree(text):
    assert fold(text) == fold(text + "\u200b")
    assert tidy_line(text) == tidy_line(text + "\u200b")


@given(awkward, st.integers(1, 50))
def test_an_excerpt_is_never_longer_than_asked(text, n):
    assert len(excerpt(text, n)) <= n


@given(awkward)
def test_no_cell_computes_after_a_spreadsheet_has_read_it(text):
    written = io.StringIO(newline="")
    csv.writer(written).writerow([csv_cell(text)])
    if "\x00" not in text:
        (cell,) = next(csv.reader(io.StringIO(written.getvalue(), newline="")), [""])
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    "flood",
    [
        "a" + "\u0301\u0323" * 16_000,
        " " * 32_000 + "x",
        "a." * 16_000,
        "\u200d" * 32_000,
        "\ufdfa" * 10_000,
        "\n" * 32_000,
    ],
    ids=["marks", "spaces", "dots", "joiners", "ligatures", "lines"],
)
def test_no_text_takes_long(flood):
    for way in (tidy, tidy_line, is_blank, length, fold, has_link, csv_cell):
        began = time.thread_time()
        way(flood)
        assert time.thread_time() - began < 0.5
