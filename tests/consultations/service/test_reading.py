"""The reading desk's acts: who may, what they leave on record, and that figures follow at once."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from app.audit.model import AuditEntry
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from consultations.model import Code, Coding, Finding, LatePass, Response, ResponseVersion, Supporting
from consultations.policy import ConsultationPolicy
from consultations.queries import coding as queries
from consultations.queries import responses, tables
from consultations.queries.columns import READ, Columns, columns, questions
from consultations.queries.reach import leading, reach
from consultations.rules.filtering import Filters
from consultations.rules.reading import WHOLE, Passage
from consultations.rules.responses import Channel, Consent, ResponseState
from consultations.service import coding, findings, reading
from consultations.service.indexing import Indexing
from tests.consultations.asking import NO, UNSURE, YES, Asking
from tests.site import Town

WHY = "The bridge was paid for long ago. My mother is a nurse."
YES_ANSWER, NO_ANSWER = {2: {"options": [YES.id]}}, {2: {"options": [NO.id]}, 3: WHY}


@pytest.fixture
def asking(town: Town) -> Asking:
    return Asking(town)


def seen(asking: Asking, consultation: int) -> Columns:
    with asking.town.database.reading() as db:
        return columns(db, consultation)


def found(asking: Asking, consultation: int, **filters: object) -> list[int]:
    with asking.town.database.reading() as db:
        now = columns(db, consultation)
        bits = responses.chosen(db, consultation, now, Filters(**filters))  # type: ignore[arg-type]
        return now.oldest(bits, most=100)


def code(asking: Asking, consultation: int, response: int, name: str, *passages: Passage, question: int = 3) -> int:
    def act(db: object) -> int:
        made = coding.make(db, consultation, name, by=asking.tom, now=asking.town.now)
        coding.code(
            db, consultation, response, question, passages, made.id, version=1, by=asking.tom, now=asking.town.now
        )
        return made.id

    return asking.do(act)


def test_the_lead_does_everything_a_supporter_reads_and_others_find_nothing(asking: Asking) -> None:
    bridge = asking.published()
    others, strangers = Asking(asking.town, "treasury"), Asking(asking.town, "parks-and-lakes")
    asking.do(lambda db: db.add(Supporting(consultation_id=bridge, department_id=others.department.id)))
    with asking.town.database.reading() as db:
        assert leading(db, asking.tom, bridge).may_publish
        assert not reach(db, others.tom, bridge).may_publish
        for refused in (
            lambda: leading(db, others.tom, bridge),
            lambda: reach(db, strangers.tom, bridge),
            lambda: reach(db, asking.town.staff("olga@example.org", "official"), bridge),
            lambda: reach(db, asking.tom, bridge + 1000),
        ):
            with pytest.raises(NotFound):
                refused()


def test_figures_follow_every_change_at_once(asking: Asking) -> None:
    bridge = asking.published()
    asking.responded(bridge, YES_ANSWER)
    first = seen(asking, bridge)
    assert (first.count(), first.count(("option", 2, YES.id))) == (1, 1)
    second = asking.responded(
        bridge, NO_ANSWER, channel=Channel.PAPER, consent=Consent.NONE, organisation="Harbour Ltd"
    )
    after = seen(asking, bridge)
    assert after.count() == 2
    assert [after.count(k) for k in (("option", 2, NO.id), ("channel", "paper"), ("answered", 3))] == [1, 1, 1]
    amend(asking, second, {2: {"options": [UNSURE.id]}})
    amended = seen(asking, bridge)
    assert amended.count(("option", 2, NO.id)) == 0
    assert amended.count(("option", 2, UNSURE.id)) == 1
    assert amended.count() == asking.consultation(bridge).response_count == 2


def amend(asking: Asking, response: int, answers: dict[int, object]) -> None:
    def act(db: object) -> None:
        row = db.get_one(Response, response)  # type: ignore[attr-defined]
        row.version += 1
        body = msgspec.json.encode({str(k): v for k, v in answers.items()}).decode()
        db.add(  # type: ignore[attr-defined]
            ResponseVersion(
                response_id=response, number=row.version, questionnaire_version=1, answers=body,
                at=asking.town.now, act_id=new_id(),
            )
        )  # fmt: skip

    asking.do(act)


def test_what_came_out_of_its_order_has_its_place_all_the_same(asking: Asking) -> None:
    bridge = asking.published()
    ids = [asking.responded(bridge, YES_ANSWER, state=ResponseState.PENDING)]
    ids += [asking.responded(bridge, NO_ANSWER), asking.responded(bridge, YES_ANSWER)]
    assert seen(asking, bridge).count(("option", 2, YES.id)) == 1

    def confirm(db: object) -> None:
        row = db.get_one(Response, ids[0])  # type: ignore[attr-defined]
        row.state, row.submitted_at = ResponseState.SUBMITTED, asking.town.now

    asking.do(confirm)
    now = seen(asking, bridge)
    assert list(now.ids) == ids
    assert now.oldest(now["option", 2, YES.id], most=9) == [ids[0], ids[2]]
    assert now.newest(now.submitted, before=ids[2], most=9) == [ids[1], ids[0]]


def test_ana_and_everybody_is_found_by_every_filter_and_their_combination(asking: Asking) -> None:
    town, bridge = asking.town, asking.published()
    late = asking.do(lambda db: _admit(db, bridge, asking))
    ana = asking.responded(bridge, YES_ANSWER)
    ben = asking.responded(bridge, NO_ANSWER, channel=Channel.EMAIL, consent=Consent.ANONYMOUS)
    club = asking.responded(bridge, {2: {"options": [UNSURE.id]}}, organisation="Rowing Club", late_pass_id=late)
    assert found(asking, bridge) == [ana, ben, club]
    assert found(asking, bridge, late="yes") == found(asking, bridge, organisation="yes") == [club]
    assert found(asking, bridge, late="no") == [ana, ben]
    assert found(asking, bridge, channels=("email", "paper")) == [ben]
    assert found(asking, bridge, consents=("anonymous",)) == [ben]
    assert found(asking, bridge, options={2: (YES.id, UNSURE.id)}) == [ana, club]
    assert found(asking, bridge, options={2: (YES.id, UNSURE.id)}, organisation="no") == [ana]
    made = code(asking, bridge, ben, "Paid already", Passage(0, 33))
    assert found(asking, bridge, codes=(made,)) == [ben]
    asking.do(lambda db: reading.mark_read(db, bridge, ben, read=True, by=asking.tara, now=town.now))
    assert found(asking, bridge, read="no") == [ana, club]
    (row,) = town.rows(Response, Response.id == ben)
    assert row.read_by_id == asking.tara


def _admit(db: object, bridge: int, asking: Asking) -> int:
    now = asking.town.now
    made = LatePass(
        consultation_id=bridge, admitted="Rowing Club", reason="Post was late", until=now, at=now, by_id=asking.edda
    )
    db.add(made)  # type: ignore[attr-defined]
    db.flush()  # type: ignore[attr-defined]
    return made.id


def test_words_are_found_in_any_case_accent_and_language_and_only_here(asking: Asking) -> None:
    bridge, other = asking.published(), asking.published()
    ana = asking.responded(bridge, NO_ANSWER | {7: "Größe der Fähre; zażółć <script>alert(1)</script>"})
    asking.responded(other, NO_ANSWER)
    index = Indexing()
    asking.do(lambda db: index.step(db, asking.town.now))
    for words in ("NURSE bridge", "größe", "grosse fahre", "ZAŻÓŁĆ", "script", "nur", "'; DROP TABLE--\" nurse* OR"):
        expected = [] if "DROP" in words else [ana]
        assert found(asking, bridge, words=words) == expected, words
    amend(asking, ana, {7: "Ferries instead"})
    asking.do(lambda db: index.step(db, asking.town.now))
    assert found(asking, bridge, words="nurse") == []
    assert found(asking, bridge, words="ferries") == [ana]
    assert found(asking, bridge, words="!!!") == []


def test_a_code_says_who_gave_it_and_taking_it_off_is_kept(asking: Asking) -> None:
    bridge = asking.published()
    ben = asking.responded(bridge, NO_ANSWER)
    made = code(asking, bridge, ben, "Carers", Passage(34, 55), WHOLE)
    again = code(asking, bridge, ben, "  CARERS ", Passage(34, 55))
    assert made == again
    rows = asking.town.rows(Coding, Coding.response_id == ben)
    assert sorted((r.start, r.end, r.by_id) for r in rows) == [(0, 0, asking.tom), (34, 55, asking.tom)]
    assert seen(asking, bridge).count(("coded", 3)) == 1
    for row in rows:
        asking.do(lambda db, row=row: coding.remove(db, bridge, row.id, by=asking.tara, now=asking.town.now))
    assert seen(asking, bridge).count(("coded", 3)) == 0
    assert {r.removed_by_id for r in asking.town.rows(Coding, Coding.response_id == ben)} == {asking.tara}


def test_a_code_needs_a_passage_of_the_answer_that_stands(asking: Asking) -> None:
    bridge, other = asking.published(), asking.published()
    ben, elsewhere = asking.responded(bridge, NO_ANSWER), asking.responded(other, NO_ANSWER)
    with pytest.raises(NotFound):
        code(asking, bridge, ben, "Too long", Passage(0, 900))
    with pytest.raises(NotFound):
        code(asking, bridge, elsewhere, "Of another consultation")
    with pytest.raises(NotFound):
        code(asking, bridge, ben, "No words there", question=2)
    amend(asking, ben, NO_ANSWER)
    with pytest.raises(coding.AnswerChanged):
        code(asking, bridge, ben, "What was")
    assert asking.town.rows(Coding, Coding.consultation_id == bridge) == []


def test_codes_are_renamed_retired_and_merged_and_nobody_is_lost(asking: Asking) -> None:
    bridge, town = asking.published(), asking.town
    ben, cat = asking.responded(bridge, NO_ANSWER), asking.responded(bridge, NO_ANSWER)
    nurses, carers = code(asking, bridge, ben, "Nurses"), code(asking, bridge, cat, "Carers")
    code(asking, bridge, ben, "Carers")
    with pytest.raises(Invalid):
        asking.do(lambda db: coding.change(db, bridge, nurses, "carers", "", by=asking.tom, now=town.now))
    moved = asking.do(lambda db: coding.merge(db, bridge, nurses, carers, by=asking.tara, now=town.now))
    assert moved == 0  # Ben has it already
    now = seen(asking, bridge)
    assert (now.count(("code", nurses)), now.count(("code", carers))) == (0, 2)
    asking.do(lambda db: coding.retire(db, bridge, carers, retired=True, by=asking.tom, now=town.now))
    with pytest.raises(Invalid):
        code(asking, bridge, ben, "Carers", Passage(0, 10))
    (merged,) = town.rows(Code, Code.id == nurses)
    assert merged.merged_into_id == carers
    acts = {e.act for e in town.rows(AuditEntry, AuditEntry.subject_id == bridge)}
    assert {"consultations.code-make", "consultations.code-merge", "consultations.code-retire"} <= acts


def test_a_finding_counts_people_once_and_leads_back_to_each(asking: Asking) -> None:
    bridge, town = asking.published(), asking.town
    ben, cat = asking.responded(bridge, NO_ANSWER), asking.responded(bridge, NO_ANSWER | {7: "Nurses again."})
    carers = code(asking, bridge, ben, "Carers", Passage(34, 55))
    code(asking, bridge, cat, "Carers", WHOLE)
    code(asking, bridge, cat, "Carers", WHOLE, question=7)
    paid = code(asking, bridge, ben, "Paid already", Passage(0, 33))

    def add(db: object) -> int:
        made = findings.add(
            db,
            bridge,
            "People who care for others should not pay",
            "",
            codes=[carers, paid],
            by=asking.tom,
            now=town.now,
        )
        passage = db.scalar(select(Coding.id).where(Coding.response_id == ben, Coding.start == 34))  # type: ignore[attr-defined]
        findings.quote(db, bridge, made.id, passage, by=asking.tara, now=town.now)
        return made.id

    number = asking.do(add)
    with town.database.reading() as db:
        now = columns(db, bridge)
        (one,) = queries.behind(db, now, queries.findings(db, bridge))
        assert (one.people, [q.text for q in one.quotes]) == (2, ["My mother is a nurse."])
        assert list(now.all(one.bits)) == [ben, cat]
        assert [f.id for f in queries.findings_of_response(db, now, bridge, cat)] == [number]
    with pytest.raises(Invalid):
        asking.do(lambda db: findings.add(db, bridge, "Of nothing", "", codes=[], by=asking.tom, now=town.now))
    amend(asking, ben, NO_ANSWER)
    with town.database.reading() as db:
        (one,) = queries.behind(db, columns(db, bridge), queries.findings(db, bridge))
        assert (one.people, one.quotes[0].stands) == (1, False)


def test_findings_keep_their_order_and_nobody_overwrites_a_colleague(asking: Asking) -> None:
    bridge, town = asking.published(), asking.town
    ben = asking.responded(bridge, NO_ANSWER)
    made = code(asking, bridge, ben, "Carers")
    ids = [
        asking.do(lambda db, t=title: findings.add(db, bridge, t, "", codes=[made], by=asking.tom, now=town.now)).id
        for title in ("First", "Second", "Third")
    ]
    asking.do(lambda db: findings.move(db, bridge, ids[2], up=True, by=asking.tom, now=town.now))
    asking.do(lambda db: findings.remove(db, bridge, ids[0], removed=True, by=asking.tom, now=town.now))
    asking.do(lambda db: findings.remove(db, bridge, ids[0], removed=False, by=asking.tom, now=town.now))
    with town.database.reading() as db:
        assert [f.title for f in queries.findings(db, bridge)] == ["Third", "Second", "First"]

    def change(title: str, seen: int) -> None:
        asking.do(
            lambda db: findings.change(
                db, bridge, ids[1], title, "", codes=[made], seen=seen, by=asking.tara, now=town.now
            )
        )

    change("Second, better", 1)
    with pytest.raises(findings.FindingChanged):
        change("Second, worse", 1)
    (row,) = town.rows(Finding, Finding.id == ids[1])
    assert (row.title, row.changed_by_id) == ("Second, better", asking.tara)


def test_abuse_is_kept_left_out_of_every_count_and_can_come_back(asking: Asking) -> None:
    bridge, town = asking.published(), asking.town
    ben, _ana = asking.responded(bridge, NO_ANSWER), asking.responded(bridge, YES_ANSWER)
    others = Asking(town, "treasury")
    asking.do(lambda db: db.add(Supporting(consultation_id=bridge, department_id=others.department.id)))
    with pytest.raises(NotFound):
        asking.do(lambda db: reading.reject(db, bridge, ben, "Threats", by=others.tom, now=town.now))
    asking.do(lambda db: reading.reject(db, bridge, ben, "Threats", by=asking.tom, now=town.now))
    assert seen(asking, bridge).count() == asking.consultation(bridge).response_count == 1
    assert town.broken() == {}
    asking.do(lambda db: reading.restore(db, bridge, ben, by=asking.tom, now=town.now))
    assert seen(asking, bridge).count() == asking.consultation(bridge).response_count == 2
    assert town.broken() == {}
    facts = [e.act for e in town.rows(AuditEntry, AuditEntry.subject_id == ben)]
    assert facts == ["consultations.reject", "consultations.restore"]


def test_an_amended_response_is_unread_again(asking: Asking) -> None:
    bridge, town = asking.published(), asking.town
    ben = asking.responded(bridge, NO_ANSWER)
    asking.do(lambda db: reading.mark_read(db, bridge, ben, read=True, by=asking.tom, now=town.now))
    assert seen(asking, bridge).count(READ) == 1
    town.clock.advance(timedelta(minutes=1))
    amend(asking, ben, NO_ANSWER)
    assert seen(asking, bridge).count(READ) == 0


def test_a_cross_table_is_what_counting_by_hand_gives(asking: Asking) -> None:
    bridge = asking.published()
    for option, points, many in ((YES, 5, 7), (YES, 1, 6), (NO, 1, 9), (NO, 5, 2), (UNSURE, 3, 8)):
        for _one in range(many):
            asking.responded(bridge, {2: {"options": [option.id]}, 3: "Because.", 6: points})
    with asking.town.database.reading() as db:
        now, asked = columns(db, bridge), questions(db, bridge)
        sides = tables.axes(now, asked)
        open_table = tables.cross(now, sides["q2"], sides["q6"], now.submitted)
        assert [[c.count for c in row] for row in open_table.cells] == [
            [6, 0, 0, 0, 7],
            [9, 0, 0, 0, 2],
            [0, 0, 8, 0, 0],
        ]
        closed = tables.cross(now, sides["q2"], sides["q6"], now.submitted, small=ConsultationPolicy().small_cell)
        assert closed.cells[1][4].public is None
        assert sum(c.public is None for row in closed.cells for c in row) >= 4
        assert set(tables.public_tables(now, asked, 5)) == {2, 5, 6}
