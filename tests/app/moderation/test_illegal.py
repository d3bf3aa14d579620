"""Content said to be illegal: a case number for anybody, two people to remove it, sealed evidence, each reading on record."""

from __future__ import annotations

import hashlib

import pytest

from app.audit.model import AuditEntry
from app.core.errors import Invalid, NotFound
from app.core.security.keys import CannotUnseal
from app.core.subject import SubjectRef
from app.moderation import illegal
from app.moderation.model import Case, Decision, IllegalReport, Reading
from app.moderation.refusals import AlreadyDecided, NotReportable, SecondPersonNeeded, WrongVerdict
from petitions.model.petition import TextVersion
from tests.app.moderation.moderators import Moderators
from tests.people import ANNA
from tests.site import Town

THREAT = "On Friday I will burn down the house of Mr Gravel."


def report(desk: Moderators, subject: SubjectRef, words: str = "It is a threat.", submission: str = "") -> int:
    return desk.database.retrying(
        lambda db: (
            illegal.report(
                db, desk.site.moderated, desk.town.keys, subject, words, submission=submission, now=desk.now
            ).id
        )
    )


def act(desk: Moderators, what: str, case: int, by: int) -> None:
    does = getattr(illegal, what)
    desk.database.retrying(lambda db: does(db, desk.site.moderated, case, by=by, now=desk.now))


def read(desk: Moderators, report_id: int, by: int, why: str = "The police ask for it.") -> dict[str, str]:
    return dict(
        desk.database.retrying(
            lambda db: illegal.read_evidence(db, desk.town.keys, report_id, why, by=by, now=desk.now)
        )
    )


@pytest.fixture
def threat(open_desk: Moderators) -> int:
    return open_desk.forum.published("Ana", THREAT)


def test_two_people_remove_it_and_only_the_sealed_text_stays(open_desk: Moderators, threat: int):
    desk, subject = open_desk, SubjectRef("comment", threat)
    made = report(desk, subject)
    case = desk.case(threat, "illegal").id
    for failing in ("confirm",):
        with pytest.raises(SecondPersonNeeded):
            act(desk, failing, case, desk.mia)
    act(desk, "propose", case, desk.mia)
    with pytest.raises(SecondPersonNeeded):
        act(desk, "confirm", case, desk.mia)
    assert desk.forum.read(threat) == THREAT
    act(desk, "confirm", case, desk.max)
    assert desk.shown(threat) == "removed"
    assert desk.forum.texts(threat) == [""]
    assert desk.case(threat, "illegal").excerpt == ""
    letter = desk.town.deliver().last_to("ana@example.org")
    assert letter["Subject"] == "Your text was removed as illegal"
    assert "burn" not in letter.get_content()
    evidence = read(desk, made, desk.ada)
    assert THREAT in evidence.values()
    (kept,) = desk.town.rows(IllegalReport)
    assert b"burn" not in (kept.evidence or b"")
    (entry,) = desk.town.rows(AuditEntry, AuditEntry.act == "moderation.illegal.report")
    assert entry.facts["evidence"] == kept.evidence_digest.hex()
    with pytest.raises(AlreadyDecided):
        act(desk, "confirm", case, desk.ada)
    assert [(line.verdict, line.origin) for line in desk.lines()][-1] == ("remove", "illegal")
    assert desk.town.broken() == {}


def test_only_named_roles_read_and_each_reading_is_stored_first(open_desk: Moderators, threat: int):
    desk = open_desk
    made = report(desk, SubjectRef("comment", threat))
    for by in (desk.mia, desk.forum.person("Ana").id, 999_999):
        with pytest.raises(NotFound):
            read(desk, made, by)
    with pytest.raises(Invalid):
        read(desk, made, desk.ada, why=" ")
    assert desk.town.rows(Reading) == []
    read(desk, made, desk.ada)
    read(desk, made, desk.ada, why="The court asks for it.")
    readings = desk.town.rows(Reading)
    assert [(r.by_id, r.why) for r in readings] == [
        (desk.ada, "The police ask for it."),
        (desk.ada, "The court asks for it."),
    ]
    assert len(desk.town.rows(AuditEntry, AuditEntry.act == "moderation.illegal.read")) == 2


def test_evidence_that_somebody_changed_does_not_open(open_desk: Moderators, threat: int):
    made = report(open_desk, SubjectRef("comment", threat))
    with open_desk.database.writing() as db:
        row = db.get_one(IllegalReport, made)
        sealed = row.evidence or b""
        row.evidence = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(CannotUnseal):
        read(open_desk, made, open_desk.ada)
    with open_desk.database.writing() as db:
        db.get_one(IllegalReport, made).evidence_digest = hashlib.sha256(b"other").digest()
    with pytest.raises(CannotUnseal):
        read(open_desk, made, open_desk.ada)
    assert open_desk.town.rows(Reading) == []


def test_what_is_not_illegal_stays_and_its_copies_are_destroyed(open_desk: Moderators, threat: int):
    desk = open_desk
    first = report(desk, SubjectRef("comment", threat))
    report(desk, SubjectRef("comment", threat), "Not nice.")
    case = desk.case(threat, "illegal").id
    act(desk, "dismiss", case, desk.mia)
    assert desk.forum.read(threat) == THREAT
    assert [(r.state, r.evidence) for r in desk.town.rows(IllegalReport)] == [("dismissed", None)] * 2
    with pytest.raises(NotFound):
        read(desk, first, desk.ada)
    report(desk, SubjectRef("comment", threat), "It is, though.")
    assert desk.case(threat, "illegal").id != case
    assert desk.town.broken() == {}


def test_it_stands_in_a_list_of_its_own_and_takes_no_ordinary_decision(open_desk: Moderators, threat: int):
    report(open_desk, SubjectRef("comment", threat))
    case = open_desk.case(threat, "illegal").id
    with open_desk.database.reading() as db:
        assert [c.id for c in illegal.waiting(db)] == [case]
    with pytest.raises(WrongVerdict):
        open_desk.decide(case, "publish")
    ordinary = open_desk.case(threat, "new") if open_desk.town.rows(Case, Case.origin == "new") else None
    if ordinary is not None:
        with pytest.raises((NotFound, AlreadyDecided)):
            act(open_desk, "propose", ordinary.id, open_desk.mia)


def test_numbers_are_known_to_whoever_has_them(open_desk: Moderators, threat: int):
    keys = open_desk.town.keys
    made = report(open_desk, SubjectRef("comment", threat))
    number = illegal.case_number(keys, made)
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    with open_desk.database.reading() as db:
        found = illegal.by_number(db, keys, number)
        assert found is not None
        assert found.id == made
        for other in (wrong, "", "TS-1", f"TS-{2**63}-0123456789", number + "\n", number.upper().replace("TS", "ts")):
            assert illegal.by_number(db, keys, other) is None, other


def test_the_same_form_twice_is_one_report_and_words_are_asked_for(open_desk: Moderators, threat: int):
    subject = SubjectRef("comment", threat)
    twice = [report(open_desk, subject, submission="a-random-id-of-the-form") for _ in range(2)]
    assert len(set(twice)) == 1
    for words in ("", " ", "w" * 2_001):
        with pytest.raises(Invalid):
            report(open_desk, subject, words)
    open_desk.forum.withdraw("Ana", threat)
    with pytest.raises(NotReportable):
        report(open_desk, subject)


def test_an_illegal_petition_leaves_its_number_and_nothing_it_said(town: Town):
    desk = Moderators.of(town)
    petition = town.open_petition(action="Burn down the house of Mr Gravel")
    town.correct(petition, background="He lives at 4 Elm Road.")
    report(desk, SubjectRef("petition", petition))
    case = town.rows(Case, Case.origin == "illegal")[0].id
    act(desk, "propose", case, desk.mia)
    act(desk, "confirm", case, desk.max)
    found = town.petition(petition)
    assert (found.state, found.action, found.background) == ("hidden", "Removed", "")
    assert {v.action for v in town.rows(TextVersion, TextVersion.petition_id == petition)} == {"Removed"}
    letter = town.deliver().last_to(ANNA)
    assert letter["Subject"] == "Your text was removed as illegal"
    assert "Gravel" not in letter.get_content()
    evidence = read(desk, town.rows(IllegalReport)[0].id, desk.ada)
    assert "4 Elm Road" in "".join(evidence.values())
    assert town.rows(Decision)[-1].verdict == "remove"
    assert town.broken() == {}
