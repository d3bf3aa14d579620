import random

from bench.archive import OPTED_IN_OF, PETITIONS, SIGNATURES, Words, petition_rows, shares
from bench.letters import _now


def test_a_few_petitions_have_most_of_the_signatures_and_all_have_their_supporters() -> None:
    sizes = shares(SIGNATURES, PETITIONS)
    assert abs(sum(sizes) - SIGNATURES) < SIGNATURES / 100
    assert min(sizes) == 10
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes[: PETITIONS // 100]) > SIGNATURES / 3


def test_the_first_petition_is_open_and_a_hundred_thousand_of_its_signers_want_news() -> None:
    first = next(petition_rows(shares(SIGNATURES, PETITIONS), _now()))
    assert (first["id"], first["state"]) == (1, "open")
    assert 100_000 < first["signature_count"] // OPTED_IN_OF < 130_000


def test_some_words_are_common_and_most_are_rare() -> None:
    words = Words(random.Random(1))
    drawn = [words.one() for _ in range(50_000)]
    often = sorted((drawn.count(word) for word in set(drawn[:2_000])), reverse=True)
    assert often[0] > 200
    assert often[len(often) // 2] < 40


def test_the_same_words_are_drawn_again_and_a_title_is_one() -> None:
    one, other = Words(random.Random(1)), Words(random.Random(1))
    titles = [one.title() for _ in range(50)]
    assert titles == [other.title() for _ in range(50)]
    assert all(5 <= len(title) <= 80 for title in titles)
