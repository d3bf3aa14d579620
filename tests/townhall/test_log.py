"""The hall's log: numbers without holes, in the transaction of the change."""

from __future__ import annotations

import pytest

from tests.site import Town
from tests.townhall.meeting import Meeting
from townhall.model import Event, LogHead
from townhall.service import log
from townhall.service.log import Happening


def test_each_lane_counts_its_own_events(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    some = [Happening("a.one", 1), Happening("b.staff", 2, public=False), Happening("c.two", 3)]
    assert meeting.do(lambda db: log.append(db, hall, some, town.now)) == (2, 3)
    assert meeting.do(lambda db: log.append(db, hall, [Happening("d.staff", public=False)], town.now)) == (2, 4)
    rows = sorted(town.rows(Event, Event.hall_id == hall), key=lambda e: e.staff_seq)
    assert [(e.staff_seq, e.public_seq) for e in rows] == [(1, 1), (2, None), (3, 2), (4, None)]


def test_what_is_undone_leaves_no_hole(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()

    def fail(db: object) -> None:
        log.append(db, hall, [Happening("a.one")], town.now)  # type: ignore[arg-type]
        raise ValueError

    with pytest.raises(ValueError):
        meeting.do(fail)
    meeting.do(lambda db: log.append(db, hall, [Happening("b.two")], town.now))
    assert meeting.events(hall) == [("b.two", None)]
    assert meeting.row(LogHead, hall).public_seq == 1
