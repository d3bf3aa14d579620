"""Which clause of a new text came from which of the old."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.rules.clauses import Block, passages, read_text, written
from consultations.rules.mapping import Known, Mapping, settle, suggest

TOLL = """# Purpose
The toll pays for the repair of the Harbour Bridge and for nothing else.

# Exemptions
Ambulances and fire engines cross free of charge. Buses cross free of charge on weekdays before nine.

# Collection
Cameras read number plates at both ends. What they read is deleted after fourteen days.

# Old tokens
Brass tokens of 1961 are taken until the end of the year."""

NEW = """# Purpose
The toll pays for the repair of the Harbour Bridge, its lights, and for nothing else.

# Emergencies
Ambulances and fire engines cross free of charge.

# Buses
Buses cross free of charge on weekdays before nine.

# Collection
Cameras read number plates at both ends. What they read is deleted after fourteen days.

# Review
The council looks at the toll again after three years."""


def known(text: str) -> list[Known]:
    return [Known(number, block) for number, block in enumerate(read_text(text), 101)]


def test_a_changed_a_split_a_same_a_new_and_a_removed_clause_are_told_apart() -> None:
    mapping = suggest(known(TOLL), read_text(NEW))
    assert mapping.origins == (101, 102, 102, 103, None)
    settled = settle(known(TOLL), read_text(NEW), mapping)
    assert settled.clauses[0].id == 101
    assert sorted(c.id for c in settled.clauses if c.id is not None) == [101, 102, 103]
    assert settled.removed == (104,)


def test_a_text_that_is_written_out_again_is_read_as_the_same_clauses() -> None:
    assert read_text(written(read_text(TOLL))) == read_text(TOLL)


def test_every_sentence_of_a_clause_can_be_quoted_and_is_in_it_word_for_word() -> None:
    for block in read_text(TOLL):
        assert passages(block)
        assert all(passage in block.text for passage in passages(block))


_WORDS = st.lists(
    st.sampled_from(["bridge", "toll", "bus", "lorry", "river", "repair", "nobody", "may", "cross", "after", "nine"]),
    min_size=1,
)
_BLOCKS = st.lists(_WORDS.map(lambda words: Block("", " ".join(words))), min_size=1, max_size=8)


@settings(max_examples=120, deadline=None)
@given(_BLOCKS, _BLOCKS, st.data())
def test_every_old_clause_goes_on_once_or_is_listed_as_removed(
    before: list[Block], after: list[Block], data: st.DataObject
) -> None:
    """Whatever is suggested, and whatever a person makes of it."""
    old = [Known(number, block) for number, block in enumerate(before, 1)]
    mapping = suggest(old, after)
    if data.draw(st.booleans()):
        choices = st.sampled_from([None, *(k.id for k in old)])
        mapping = Mapping(tuple(data.draw(choices) for _b in after), mapping.into)
    settled = settle(old, after, mapping)
    going_on = [c.id for c in settled.clauses if c.id is not None]
    assert [c.block for c in settled.clauses] == after
    assert len(set(going_on)) == len(going_on)
    assert sorted([*going_on, *settled.removed]) == [k.id for k in old]
