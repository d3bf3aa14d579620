"""Letters that are nearly alike: found, in the same way every time; what people wrote of their own is told apart."""

from __future__ import annotations

import random

from consultations.rules.likeness import Gathering, Own, Template, template_of, turns_round

LETTER = (
    "I support the toll on the Harbour Bridge. It keeps heavy lorries out of our streets at night. "
    "Children walk to school along the quay, and the air there is bad. The money must go to the ferry. "
    "Please keep the bridge free for nurses and for people who care for others."
)
OWN = "My mother is a nurse and crosses it twice a day."


def words(chance: random.Random, count: int) -> str:
    return " ".join("".join(chance.choices("abcdefghijklmnop", k=chance.randint(3, 8))) for _ in range(count))


def letters(seed: int, others: int = 60) -> dict[int, str]:
    chance = random.Random(seed)
    found = dict.fromkeys(range(20), LETTER)
    found |= {20 + n: f"{LETTER} {words(chance, 9).capitalize()}." for n in range(10)}
    found |= {30: LETTER.replace("I support", "I do not support")}
    return found | {100 + n: f"{words(chance, 40).capitalize()}." for n in range(others)}


def gathered(texts: dict[int, str]) -> list[list[int]]:
    gathering = Gathering()
    for number, text in texts.items():
        gathering.add(number, text)
    return gathering.groups()


def test_one_campaign_is_found_and_nobody_else_is_in_it() -> None:
    assert gathered(letters(1)) == [list(range(31))]


def test_the_same_texts_are_grouped_the_same_way_every_time() -> None:
    assert gathered(letters(7)) == gathered(letters(7))


def test_a_long_letter_around_the_template_is_found_by_its_sentences() -> None:
    chance = random.Random(3)
    own = ". ".join(words(chance, 12).capitalize() for _ in range(12))
    assert gathered({1: LETTER, 2: LETTER, 3: f"{own}. {LETTER}"}) == [[1, 2, 3]]


def test_case_accents_and_spaces_do_not_make_another_letter() -> None:
    assert gathered({1: LETTER, 2: LETTER.upper(), 3: LETTER.replace(" ", "\n")}) == [[1, 2, 3]]


def test_empty_and_very_short_answers_are_nobodys_copy() -> None:
    gathering = Gathering()
    for number, text in enumerate(("", "!!!", " \n")):
        gathering.add(number, text)
    assert gathering.groups() == []


def test_the_template_is_what_most_people_sent() -> None:
    assert template_of(letters(2, 0)) == LETTER


def test_what_ana_added_is_pulled_out_to_be_read() -> None:
    found = Template(LETTER).difference(f"{LETTER} {OWN}")
    assert (found.own, found.added, found.changed) == (Own.ADDED, (OWN,), ())


def test_ben_who_turned_a_sentence_round_is_flagged_with_the_difference() -> None:
    found = Template(LETTER).difference(LETTER.replace("I support", "I do not support"))
    assert found.own is Own.OPPOSITE
    ((common, mine),) = found.changed
    assert common.startswith("I support")
    assert mine.startswith("I do not support")


def test_a_changed_word_is_shown_and_not_flagged() -> None:
    found = Template(LETTER).difference(LETTER.replace("heavy", "noisy"))
    assert found.own is Own.CHANGED
    assert found.changed[0][1] == "It keeps noisy lorries out of our streets at night."


def test_a_sentence_left_out_is_counted() -> None:
    found = Template(LETTER).difference(LETTER.replace("The money must go to the ferry. ", ""))
    assert (found.own, found.missing) == (Own.CHANGED, 1)


def test_opposites_are_seen_in_several_languages() -> None:
    for one, other in (
        ("I agree with the toll", "I disagree with the toll"),
        ("I do want it", "I don't want it"),
        ("Ich bin dafür", "Ich bin nicht dafür"),
        ("Rydw i yn cefnogi hyn", "Nid ydw i yn cefnogi hyn"),
        ("We oppose it", "We support it"),
    ):
        assert turns_round(Template(one).words, Template(other).words), other
    assert not turns_round(("the", "toll"), ("a", "toll"))
