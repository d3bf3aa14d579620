"""What ``townsquare verify`` checks in this room."""

from townhall.verify import owed, places, questions

INVARIANTS = [*questions.INVARIANTS, *places.INVARIANTS, *owed.INVARIANTS]
