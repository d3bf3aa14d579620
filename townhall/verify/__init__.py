"""What ``townsquare verify`` checks in this room."""

from townhall.verify import places, questions

INVARIANTS = [*questions.INVARIANTS, *places.INVARIANTS]
