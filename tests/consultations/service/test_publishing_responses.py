"""Single responses become public only where their writers agreed and an officer read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consultations.model import Consultation, PublishedResponse, Redaction, Response
from consultations.queries import published as public
from consultations.rules.publishing import RedactionReason, signed_places
from consultations.rules.responses import Consent, Publishing
from consultations.service import publishing, redacting
from tests.consultations.asking import NO, YES, Asking
from tests.site import Town

YES_ONLY = {2: {"options": [YES.id]}}


@pytest.fixture
def asking(town: Town) -> Asking:
    return Asking(town)


@pytest.fixture
def bridge(asking: Asking) -> int:
    """It closed yesterday."""
    return asking.published(opens=asking.town.now - timedelta(days=29))


def no_because(words: str) -> dict[int, Any]:
    return {2: {"options": [NO.id]}, 3: words}


def as_tom(asking: Asking, consultation: int, act: Callable[[Any, Consultation], Any]) -> Any:
    return asking.do(lambda db: act(db, db.get_one(Consultation, consultation)))


def approve(asking: Asking, response: int, *, may_stay: bool = False) -> None:
    def act(db: Any) -> None:
        row = db.get_one(Response, response)
        publishing.approve(
            db, asking.town.site.keys, row, version=row.version, may_stay=may_stay, by=asking.tom, now=asking.town.now
        )

    asking.do(act)


def publish(asking: Asking, consultation: int) -> int:
    now, by = asking.town.now, asking.tom
    batch = as_tom(asking, consultation, lambda db, row: publishing.publish_ready(db, row, by=by, now=now).id)
    return int(batch)


def shown(asking: Asking, consultation: int) -> list[tuple[str, Any]]:
    with asking.town.database.reading() as db:
        found = public.published(db, asking.town.site.keys, consultation)
        return [(one.who, one.answers) for one in found]


def test_numbers_pass_and_words_wait(asking: Asking, bridge: int) -> None:
    now = asking.town.now
    asking.responded(bridge, YES_ONLY)
    asking.responded(bridge, no_because("My bakery needs the bridge."))
    asking.responded(bridge, YES_ONLY, consent=Consent.NONE)
    asking.do(lambda db: publishing.pass_numbers(db, bridge, after=0, by=asking.tom, now=now))
    with asking.town.database.reading() as db:
        figures = publishing.figures(db, bridge)
    assert figures == {"waiting": 1, "ready": 1, "published": 0, "withheld": 0, "none": 1}
    publish(asking, bridge)
    assert shown(asking, bridge) == [("Ana Almeida", YES_ONLY)]
    assert asking.consultation(bridge).response_count == 3


def test_ben_who_signed_though_he_wants_no_name_is_published_without_it(asking: Asking, bridge: int) -> None:
    words = "My bakery needs the bridge. Ben Brown, Brown & Sons"
    ben = asking.responded(
        bridge, no_because(words), name="Ben Brown", email="ben@brown.example.org",
        organisation="Brown & Sons", consent=Consent.ANONYMOUS,
    )  # fmt: skip
    with pytest.raises(publishing.StillSigned):
        approve(asking, ben)

    def take_out(db: Any) -> None:
        row = db.get_one(Response, ben)
        found = redacting.signatures(db, asking.town.site.keys, row)
        passages = [(p.question, p.start, p.end) for p in found]
        redacting.redact(db, row, passages, RedactionReason.SIGNATURE, by=asking.tom, now=asking.town.now)

    asking.do(take_out)
    approve(asking, ben)
    publish(asking, bridge)
    ((who, answers),) = shown(asking, bridge)
    assert who == ""
    assert answers[3].startswith("My bakery needs the bridge. [removed: It says who wrote this]")
    assert "Brown" not in answers[3]
    with pytest.raises(redacting.AlreadyPublic):
        row = asking.town.rows(Redaction)[0].id
        asking.do(lambda db: redacting.put_back(db, db.get_one(Response, ben), row, by=asking.tom, now=asking.town.now))


def test_a_letter_that_is_two_when_small_hides_no_signature() -> None:
    places = signed_places({3: "My aunt in İzmir agrees. BEN BROWN, İzmir"}, ["Ben Brown", "ben@brown.example.org"])
    assert [(place.question, place.words) for place in places] == [(3, "BEN BROWN")]


def test_what_is_put_back_is_read_again(asking: Asking, bridge: int) -> None:
    ana = asking.responded(bridge, no_because("My neighbour is ill."))

    def act(db: Any) -> None:
        row = db.get_one(Response, ana)
        redacting.redact(db, row, [(3, 3, 12)], RedactionReason.OTHERS, by=asking.tom, now=asking.town.now)
        redaction = redacting.redactions(db, ana, 1)[0]
        redacting.put_back(db, row, redaction.id, by=asking.tom, now=asking.town.now)

    asking.do(act)
    approve(asking, ana)
    publish(asking, bridge)
    assert shown(asking, bridge)[0][1][3] == "My neighbour is ill."


def test_a_batch_is_taken_back_within_ten_minutes_and_keeps_its_numbers(asking: Asking, bridge: int) -> None:
    town = asking.town
    for _each in range(3):
        approve(asking, asking.responded(bridge, YES_ONLY))
    batch = publish(asking, bridge)
    town.clock.set(town.now + timedelta(minutes=9))
    asking.do(lambda db: publishing.undo(db, bridge, batch, by=asking.tara, now=town.now))
    assert shown(asking, bridge) == []
    again = publish(asking, bridge)
    assert [row.number for row in town.rows(PublishedResponse)] == [1, 2, 3]
    town.clock.set(town.now + timedelta(minutes=10))
    with pytest.raises(publishing.TooLateToUndo):
        asking.do(lambda db: publishing.undo(db, bridge, again, by=asking.tara, now=town.now))


def test_nothing_is_published_while_it_is_open(asking: Asking) -> None:
    bridge = asking.published()
    approve(asking, asking.responded(bridge, YES_ONLY))
    with pytest.raises(publishing.StillOpen):
        publish(asking, bridge)


def test_stricter_consent_takes_a_response_down_at_once(asking: Asking, bridge: int) -> None:
    town = asking.town
    ana = asking.responded(bridge, YES_ONLY)
    approve(asking, ana)
    publish(asking, bridge)
    town.sql(f"UPDATE consultations_response SET consent = 'anonymous' WHERE id = {ana}")
    assert shown(asking, bridge) == []
    asking.do(lambda db: publishing.note_changed(db, [ana], town.now))
    (row,) = town.rows(Response, Response.id == ana)
    assert row.publishing == Publishing.WAITING
    (kept,) = town.rows(PublishedResponse)
    assert kept.answers == "{}"


def test_a_withheld_response_keeps_its_reason_and_counts(asking: Asking, bridge: int) -> None:
    town = asking.town
    ana = asking.responded(bridge, no_because("Mr Smith of the council takes bribes."))
    approve(asking, ana)
    publish(asking, bridge)
    asking.do(
        lambda db: publishing.withhold(
            db, publishing.publishable(db, bridge, ana, lock=True), "It accuses a person.", by=asking.tom, now=town.now
        )
    )
    assert shown(asking, bridge) == []
    assert town.rows(Response)[0].withheld_reason == "It accuses a person."
    assert asking.consultation(bridge).response_count == 1
    town.sql("UPDATE consultations_response SET sent_at = (SELECT opens_at FROM consultations_consultation)")
    assert town.broken() == {}
