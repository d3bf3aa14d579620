"""Campaigns: compared in steps by a job, judged by people; nobody is counted less."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid, NotFound
from consultations.model import Coding, Group, GroupMember, LikenessRun, Response
from consultations.queries.columns import READ, columns
from consultations.rules.likeness import Own
from consultations.service import campaigns, coding
from consultations.service.campaigns import Comparing
from tests.consultations.asking import NO, Asking
from tests.site import Town

LETTER = (
    "I support the toll on the Harbour Bridge because the repairs must be paid. It keeps heavy lorries out of our "
    "streets at night. Children walk to school along the quay, and the air there is bad. The money must go to the ferry."
)
OWN = "My mother is a nurse and crosses it twice a day."


@pytest.fixture
def asking(town: Town) -> Asking:
    return Asking(town)


def answer(asking: Asking, bridge: int, text: str) -> int:
    return asking.responded(bridge, {2: {"options": [NO.id]}, 3: text})


def compared(asking: Asking, bridge: int, question: int = 3, *, job: Comparing | None = None) -> LikenessRun:
    run = asking.do(lambda db: campaigns.look(db, bridge, question, by=asking.tom, now=asking.town.now))
    job = job or Comparing()
    while asking.do(lambda db: job.step(db, asking.town.now)):
        pass
    (done,) = asking.town.rows(LikenessRun, LikenessRun.id == run.id)
    return done


def bridge_with_letters(asking: Asking) -> tuple[int, list[int], int, int]:
    bridge = asking.published()
    same = [answer(asking, bridge, LETTER) for _n in range(5)]
    added = answer(asking, bridge, f"{LETTER} {OWN}")
    against = answer(asking, bridge, LETTER.replace("I support", "I do not support"))
    answer(asking, bridge, "I think that a bridge is a bridge and nothing that anybody should ever have to pay for.")
    return bridge, same, added, against


def test_letters_are_grouped_and_what_is_their_own_is_told_apart(asking: Asking) -> None:
    bridge, same, added, against = bridge_with_letters(asking)
    run = compared(asking, bridge)
    assert (run.state, run.read, run.total, run.groups) == ("done", 8, 8, 1)
    (group,) = asking.town.rows(Group, Group.consultation_id == bridge)
    assert (group.state, group.template, group.size) == ("suggested", LETTER, 7)
    members = {m.response_id: m for m in asking.town.rows(GroupMember, GroupMember.group_id == group.id)}
    assert set(members) == {*same, added, against}
    assert (members[added].own, members[added].apart) == (Own.ADDED, False)
    assert OWN in members[added].added
    assert (members[against].own, members[against].apart) == (Own.OPPOSITE, True)
    with asking.town.database.reading() as db:
        assert columns(db, bridge).count() == 8


def test_a_process_that_stops_begins_its_run_anew_and_finds_the_same(asking: Asking) -> None:
    bridge, *_rest = bridge_with_letters(asking)
    run = asking.do(lambda db: campaigns.look(db, bridge, 3, by=asking.tom, now=asking.town.now))
    again = asking.do(lambda db: campaigns.look(db, bridge, 3, by=asking.tara, now=asking.town.now))
    assert run.id == again.id
    stopped = Comparing()
    for _step in range(4):
        asking.do(lambda db: stopped.step(db, asking.town.now))
    done = compared(asking, bridge)
    assert (done.id, done.groups) == (run.id, 1)
    assert len(asking.town.rows(Group, Group.consultation_id == bridge)) == 1
    compared(asking, bridge)
    assert len(asking.town.rows(Group, Group.consultation_id == bridge)) == 1, "nobody judged the first one"


def test_a_confirmed_campaign_is_coded_at_once_each_letter_as_its_own(asking: Asking) -> None:
    bridge, same, added, against = bridge_with_letters(asking)
    compared(asking, bridge)
    (group,) = asking.town.rows(Group, Group.consultation_id == bridge)
    town, now = asking.town, asking.town.now
    made = asking.do(lambda db: coding.make(db, bridge, "Repairs must be paid", by=asking.tom, now=now)).id
    with pytest.raises(Invalid):
        asking.do(lambda db: campaigns.code_all(db, bridge, group.id, made, by=asking.tom, now=now))
    with pytest.raises(Invalid):
        asking.do(lambda db: campaigns.confirm(db, bridge, group.id, " ", by=asking.tom, now=now))
    asking.do(lambda db: campaigns.confirm(db, bridge, group.id, "Quay Residents", by=asking.tara, now=now))
    assert asking.do(lambda db: campaigns.code_all(db, bridge, group.id, made, by=asking.tom, now=now)) == 6
    assert asking.do(lambda db: campaigns.code_all(db, bridge, group.id, made, by=asking.tom, now=now)) == 0
    with town.database.reading() as db:
        current = columns(db, bridge)
        assert current.count(("code", made, 3)) == 6
        assert list(current.all(current["code", made])) == [*same, added]
    asking.do(lambda db: campaigns.set_apart(db, bridge, group.id, against, apart=False, by=asking.tom, now=now))
    assert asking.do(lambda db: campaigns.code_all(db, bridge, group.id, made, by=asking.tom, now=now)) == 1
    assert {c.group_id for c in town.rows(Coding, Coding.consultation_id == bridge)} == {group.id}
    compared(asking, bridge)
    assert len(town.rows(Group, Group.consultation_id == bridge)) == 1, "its letters are not compared again"
    asking.do(lambda db: campaigns.dissolve(db, bridge, group.id, by=asking.tom, now=now))
    (judged,) = town.rows(Group, Group.id == group.id)
    assert (judged.state, judged.decided_by_id) == ("dissolved", asking.tom)


def test_whole_letters_that_add_nothing_are_read_with_the_template(asking: Asking) -> None:
    bridge, same, _added, _against = bridge_with_letters(asking)
    compared(asking, bridge, 0)
    (group,) = asking.town.rows(Group, Group.consultation_id == bridge)
    now = asking.town.now
    asking.do(lambda db: campaigns.confirm(db, bridge, group.id, "Quay Residents", by=asking.tom, now=now))
    assert asking.do(lambda db: campaigns.read_all(db, bridge, group.id, by=asking.tom, now=now)) == 5
    with asking.town.database.reading() as db:
        assert columns(db, bridge).count(READ) == 5
    assert all(r.read_by_id == asking.tom for r in asking.town.rows(Response, Response.id.in_(same)))


def test_only_words_are_compared_and_only_by_their_department(asking: Asking) -> None:
    bridge, *_rest = bridge_with_letters(asking)
    other = Asking(asking.town, "treasury")
    for question, by in ((2, asking.tom), (99, asking.tom), (3, other.tom)):
        with pytest.raises(NotFound):
            asking.do(lambda db, q=question, b=by: campaigns.look(db, bridge, q, by=b, now=asking.town.now))
