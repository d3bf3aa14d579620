"""Which lines of ``verify`` about halls have been seen to break, by the tests that break them."""

from __future__ import annotations

from tests.townhall.service.test_verify import SPOILT
from tests.townhall.test_forgetting import BREAKS
from townhall.verify import owed

LINES = {f"town halls: {line}" for line, *_rest in SPOILT} | set(BREAKS)
#: each has a test of its own: test_forgetting.py, test_owed.py
LINES |= {"An address takes part in a town hall once"} | {line.name for line in owed.INVARIANTS}
