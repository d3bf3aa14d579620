"""Responses at the intake: counted once, exactly, whoever sends how often; on each kind of database."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from app.accounts.holding import Person
from app.core.freshness import versions
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from consultations.model import Consultation, LatePass, Respondent, Response, ResponseVersion
from consultations.policy import ConsultationPolicy
from consultations.rules.responses import Consent, Publishing, ResponseState
from consultations.rules.sending import (
    ConsentWeaker,
    ConsultationClosed,
    ConsultationNotOpen,
    LatePassOver,
    TooLateToChange,
)
from consultations.service import drafts, erasing, owning
from consultations.service.acts import ConfirmResponse, Counted, SendResponse, Sent
from consultations.service.rekeying import ConsultationRekeyer
from tests.consultations.asking import NO, YES, Asking
from tests.site import Town


class Desk:
    """What senders do with one open consultation."""

    def __init__(self, town: Town, **times: Any) -> None:
        self.town, self.asking = town, Asking(town)
        self.bridge = self.asking.published(**times)

    def act(self, email: str = "ana@example.org", **changed: Any) -> SendResponse:
        given: dict[str, Any] = {
            "at": self.town.now,
            "consultation_id": self.bridge,
            "form_key": secrets.token_urlsafe(32),
            "answers": msgspec.json.encode({"2": {"options": [YES.id]}}),
            "questionnaire_version": 1,
            "name": "Ana Almeida",
            "address": read_address(email),
            "organisation": "",
            "easy_read": False,
            "consent": Consent.NAMED,
            "notify": True,
            "language": "en",
            "privacy": "1",
        }
        return SendResponse(**given | changed)

    def perform(self, *acts: Any) -> list[Any]:
        performer = self.town.site.performers[SendResponse]
        return self.town.database.retrying(lambda db: list(performer.perform(db, acts, self.town.now)))

    def confirm(self, *responses: int) -> list[Any]:
        return self.perform(*(ConfirmResponse(at=self.town.now, response_id=r) for r in responses))

    def counted(self, email: str = "ana@example.org", **changed: Any) -> int:
        (sent,) = self.perform(self.act(email, **changed))
        (counted,) = self.confirm(sent.response_id)
        return counted.response_id

    def response(self, number: int) -> Response:
        (found,) = self.town.rows(Response, Response.id == number)
        return found

    def versions(self, number: int) -> list[ResponseVersion]:
        return self.town.rows(ResponseVersion, ResponseVersion.response_id == number)

    @property
    def count(self) -> tuple[int, int]:
        found = self.asking.consultation(self.bridge)
        return found.response_count, found.late_count

    def do(self, act: Any) -> Any:
        return self.town.database.retrying(act)


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk(town)


def test_fifty_sends_of_one_form_store_one_response(desk: Desk) -> None:
    first = desk.act()
    answers = desk.perform(*(desk.act(form_key=first.form_key) for _n in range(50)))
    assert len({a.response_id for a in answers}) == 1
    assert desk.perform(desk.act(form_key=first.form_key)) == answers[:1]
    assert len(desk.town.rows(Response)) == 1
    assert desk.count == (0, 0)


def test_ana_is_counted_once_however_often_she_confirms(desk: Desk) -> None:
    (sent,) = desk.perform(desk.act())
    assert sent == Sent(sent.response_id, counts=False)
    assert desk.confirm(sent.response_id, sent.response_id) == [Counted(sent.response_id)] * 2
    assert desk.confirm(sent.response_id) == [Counted(sent.response_id)]
    assert desk.count == (1, 0)
    assert len(desk.town.queued("consultations/mail/receipt")) == 1
    assert desk.town.broken() == {}


def test_the_second_response_of_ana_becomes_a_version_of_her_first(desk: Desk) -> None:
    first = desk.counted(consent=Consent.ANONYMOUS)
    again = desk.act(answers=b'{"2":{"options":[12]},"3":"Too dear"}', consent=Consent.NAMED, name="Ana B. Almeida")
    (sent,) = desk.perform(again)
    assert desk.confirm(sent.response_id) == [Counted(first, joined=True)]
    assert desk.confirm(sent.response_id) == [Counted(first, joined=True)]
    assert desk.count == (1, 0)
    assert [v.answers for v in desk.versions(first)][-1] == '{"2":{"options":[12]},"3":"Too dear"}'
    assert desk.response(first).consent == Consent.ANONYMOUS, "privacy that she asked for is never weakened"
    assert desk.response(sent.response_id).state == ResponseState.REPLACED
    assert desk.town.broken() == {}


def test_two_first_responses_of_one_address_confirmed_together_count_once(desk: Desk) -> None:
    one, two = desk.perform(desk.act(), desk.act())
    answers = desk.confirm(one.response_id, two.response_id)
    assert answers == [Counted(one.response_id), Counted(one.response_id, joined=True)]
    assert desk.count == (1, 0)


def test_what_ana_published_is_shown_nowhere_once_she_says_something_else(desk: Desk) -> None:
    """Also where the count stays as it was: a cached page must not keep her old words."""
    number = desk.counted()
    desk.town.sql("UPDATE consultations_response SET publishing = 'published' WHERE id = :id", id=number)
    key = f"consultation:{desk.bridge}"
    with desk.town.database.reading() as db:
        before = versions(db, [key])[key]
    assert desk.counted(answers=msgspec.json.encode({"2": {"options": [NO.id]}, "3": "Too dear."})) == number
    with desk.town.database.reading() as db:
        assert versions(db, [key])[key] > before
    assert desk.response(number).publishing == Publishing.WAITING
    assert desk.count == (1, 0)


def test_ana_amends_twice_and_is_counted_once_with_three_versions(desk: Desk) -> None:
    first = desk.counted()
    for words in (b'{"2":{"options":[12]},"3":"a"}', b'{"2":{"options":[12]},"3":"b"}'):
        draft = desk.do(lambda db: drafts.reopen(db, desk.town.keys, db.get_one(Response, first), desk.town.now))
        act = desk.act(form_key=draft.form_key, draft_id=draft.id, amends=first, proven=True, answers=words)
        assert desk.perform(act) == [Sent(first, counts=True)]
        again = desk.act(form_key=draft.form_key, draft_id=draft.id, amends=first, proven=True, answers=words)
        assert desk.perform(again) == [Sent(first, counts=True)], "the same form again changes nothing"
    assert desk.count == (1, 0)
    assert [v.number for v in desk.versions(first)] == [1, 2, 3]
    assert desk.response(first).version == 3


def test_the_opening_and_closing_instants_decide_and_nothing_else(town: Town) -> None:
    desk = Desk(town, opens=town.now + timedelta(hours=1), closes=town.now + timedelta(hours=2))
    opens, closes, tick = town.now + timedelta(hours=1), town.now + timedelta(hours=2), timedelta(microseconds=1)
    before, at, last, after = desk.perform(
        *(desk.act(f"p{n}@example.org", at=when) for n, when in enumerate((opens - tick, opens, closes - tick, closes)))
    )
    assert isinstance(before, ConsultationNotOpen)
    assert isinstance(at, Sent)
    assert isinstance(last, Sent)
    assert isinstance(after, ConsultationClosed)


def test_the_blind_association_is_admitted_late_and_marked(town: Town) -> None:
    desk = Desk(town, opens=town.now - timedelta(days=9), closes=town.now - timedelta(hours=1))

    def admit(db: Any) -> int:
        made = LatePass(
            consultation_id=desk.bridge,
            admitted="Blind Association",
            reason="The screen reader version came late",
            until=town.now + timedelta(days=3),
            at=town.now,
            by_id=desk.asking.edda,
        )
        db.add(made)
        db.flush()
        return made.id

    late = desk.do(admit)
    assert desk.counted("blind@example.org", late_pass_id=late)
    assert desk.count == (1, 1)
    (refused,) = desk.perform(desk.act("second@example.org", late_pass_id=late))
    assert isinstance(refused, LatePassOver), "one response uses it up"
    assert town.broken() == {}


def test_withdrawing_takes_exactly_one_away_and_consent_only_grows_stricter(desk: Desk) -> None:
    ana, ben = desk.counted(), desk.counted("ben@example.org")
    desk.do(lambda db: owning.ask_for_privacy(db, ben, Consent.ANONYMOUS, desk.town.now))
    with pytest.raises(ConsentWeaker):
        desk.do(lambda db: owning.ask_for_privacy(db, ben, Consent.NAMED, desk.town.now))
    desk.do(lambda db: owning.withdraw(db, ana, desk.town.now))
    desk.do(lambda db: owning.withdraw(db, ana, desk.town.now))
    assert desk.count == (1, 0)
    assert desk.town.broken() == {}
    desk.town.clock.advance(timedelta(days=40))
    with pytest.raises(TooLateToChange):
        desk.do(lambda db: owning.withdraw(db, ben, desk.town.now))
    desk.do(lambda db: owning.ask_for_privacy(db, ben, Consent.NONE, desk.town.now))
    assert desk.response(ben).consent == Consent.NONE
    assert desk.response(ben).publishing == Publishing.WAITING


def test_whoever_never_sent_it_says_so_and_nothing_is_left(desk: Desk) -> None:
    (sent,) = desk.perform(desk.act())
    desk.do(lambda db: owning.disown(db, sent.response_id, desk.town.now))
    assert desk.town.rows(Response) == []
    assert desk.town.rows(Respondent) == []


def test_ben_is_erased_and_his_words_stay_without_him(desk: Desk) -> None:
    ben = desk.counted("ben@example.org", answers=b'{"2":{"options":[12]},"3":"Mine"}')
    holding, person = desk.town.site.holdings["consultations"], Person(None, read_address("ben@example.org"))
    with desk.town.database.reading() as db:
        (section,) = holding.sections(db, person, desk.town.now)
        assert section.rows[0].standing == "Counted"
        assert holding.export(db, person)["responses"][0]["email"] == "ben@example.org"
    desk.town.clock.advance(timedelta(days=40))
    desk.do(lambda db: holding.erase(db, person, desk.town.now))
    assert desk.town.rows(Respondent) == []
    assert desk.response(ben).consent == Consent.ANONYMOUS
    assert "Mine" in desk.versions(ben)[0].answers
    assert desk.count == (1, 0)
    with desk.town.database.reading() as db:
        assert holding.export(db, person)["responses"] == []
    assert desk.town.broken() == {}


def test_respondents_are_forgotten_two_years_after_closing(desk: Desk) -> None:
    desk.counted()
    desk.perform(desk.act("nobody@example.org"))
    policy = ConsultationPolicy()
    desk.town.clock.advance(timedelta(days=365))
    assert desk.do(lambda db: erasing.erase_some(db, policy, desk.town.now)) == 0
    desk.do(lambda db: erasing.forget_unconfirmed(db, policy, desk.town.now))
    assert len(desk.town.rows(Response)) == 1
    desk.town.clock.advance(timedelta(days=400))
    assert desk.do(lambda db: erasing.erase_some(db, policy, desk.town.now)) == 1
    assert desk.town.rows(Respondent) == []
    assert desk.town.rows(Consultation, Consultation.salt.is_not(None)) == []
    assert desk.count == (1, 0)


def test_a_new_secret_opens_what_the_old_one_sealed(desk: Desk) -> None:
    desk.counted()
    new, rekeyer = Keys("another secret that is long enough to be one"), ConsultationRekeyer()
    desk.do(lambda db: rekeyer.step(db, desk.town.keys, new, 0))
    with desk.town.database.reading() as db:
        assert list(rekeyer.unreadable(db, new)) == []
        assert list(rekeyer.unreadable(db, desk.town.keys)) != []


def test_a_proven_address_counts_at_once(desk: Desk) -> None:
    assert desk.perform(desk.act(proven=True, answers=msgspec.json.encode({"2": {"options": [NO.id]}})))[0].counts
    assert desk.count == (1, 0)
