"""From an act to a receiver: queued with the act, sent after it, tried again, given up, sent again by hand."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook

from app.audit.model import AuditEntry
from app.core.errors import Conflict
from app.departments.queries import by_slug
from app.webhooks.courier import Courier
from app.webhooks.model import Endpoint, WebhookDelivery, WebhookEvent
from app.webhooks.rules.answers import Answer, Fault
from app.webhooks.rules.pauses import MOST_ATTEMPTS
from app.webhooks.service import claiming, managing, replaying
from app.webhooks.service.secrets import mark
from tests.app.webhooks.receivers import Programs, Told, no_answer, status
from tests.people import ANNA, crowd
from tests.site import ADMINISTRATOR, Town

WHY = {"reason": "The receiver is serviced."}


def acts(town: Town) -> list[str]:
    return [entry.act for entry in town.rows(AuditEntry) if entry.act.startswith("webhooks.")]


def test_a_publication_is_told_once_signed_and_without_people(programs: Programs):
    cases, secret = programs.add_with_secret()
    petition = programs.town.open_petition()
    assert programs.called.is_set() is False  # Town has a courier of its own; this one is asked by hand
    assert programs.states(cases) == ["waiting"]
    assert programs.deliver() == 1
    assert programs.deliver() == 0
    [(url, headers, body)] = programs.wire.sent
    assert url == "http://cases.example.org/hooks"
    now = programs.town.now
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))
    said = json.loads(body)
    base = programs.town.settings.base_url
    assert said == {
        "type": "petition.published",
        "timestamp": "2026-03-02T12:00:00Z",
        "data": {
            "id": petition,
            "kind": "petition",
            "url": f"{base}/petitions/{petition}",
            "api_url": f"{base}/api/v1/petitions/{petition}",
            "title": "Open the town library on Sundays",
            "departments": ["parks"],
            "state": "open",
            "signature_count": programs.town.count(petition),
        },
    }
    assert ANNA.name not in body.decode()
    assert headers["webhook-signature"] == Webhook(secret).sign(headers["webhook-id"], now, body.decode())
    assert programs.states(cases) == ["delivered"]
    assert programs.endpoint(cases).delivered_at == now


def test_nothing_is_told_before_publication_nor_of_an_act_that_failed(programs: Programs):
    cases = programs.add()
    petition = programs.town.start()
    programs.town.support(petition)
    assert programs.types(cases) == []
    with pytest.raises(RuntimeError), programs.town.database.writing() as db:
        replaying.ping(db, cases.id, "http://x", by=programs.ada, now=programs.town.now)
        raise RuntimeError("and then it failed")
    assert programs.types(cases) == []
    with programs.town.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(WebhookEvent)) == 0


def test_where_nobody_listens_nothing_is_stored(programs: Programs):
    programs.town.open_petition()
    assert programs.town.rows(WebhookEvent) == []


def test_a_receiver_hears_its_types_and_its_departments_matters_alone(programs: Programs):
    town = programs.town
    town.department("streets")
    town.department("parks")
    parks = _department(town, "parks")
    streets = _department(town, "streets")
    everything = programs.add("http://a.example/")
    of_parks = programs.add("http://b.example/", department_id=parks)
    of_streets = programs.add("http://c.example/", department_id=streets)
    closings = programs.add("http://d.example/", types=["petition.closed"])
    town.open_petition()
    assert programs.types(everything) == ["petition.published"]
    assert programs.types(of_parks) == ["petition.published"]
    assert programs.types(of_streets) == []
    assert programs.types(closings) == []


def _department(town: Town, slug: str) -> int:
    with town.database.reading() as db:
        found = by_slug(db, slug)
        assert found is not None
        return found.id


def test_a_failing_receiver_is_tried_again_with_growing_pauses_until_it_answers(programs: Programs):
    cases = programs.add()
    programs.wire.answers = [status(500), no_answer(Fault.SILENT), status(404)]
    programs.town.open_petition()
    assert programs.deliver() == 1
    assert programs.deliver() == 0
    assert programs.later(seconds=4) == 0
    assert programs.later(seconds=2) == 1
    assert programs.later(minutes=4, seconds=50) == 0
    assert programs.later(seconds=20) == 1
    assert programs.later(minutes=29) == 0
    assert programs.later(minutes=2) == 1
    [delivery] = programs.deliveries(cases)
    assert (delivery.state, delivery.attempts) == ("delivered", 4)
    assert [(t.status, t.fault) for t in programs.tries()] == [
        (500, "status"),
        (None, "silent"),
        (404, "status"),
        (200, ""),
    ]
    ids = {headers["webhook-id"] for _url, headers, _body in programs.wire.sent}
    seconds = {headers["webhook-timestamp"] for _url, headers, _body in programs.wire.sent}
    assert (len(ids), len(seconds)) == (1, 4)
    endpoint = programs.endpoint(cases)
    assert (endpoint.failures, endpoint.failing_since, endpoint.rest_until) == (0, None, None)


def test_after_three_days_one_message_is_given_up_and_the_receiver_is_not(programs: Programs):
    cases = programs.add()
    programs.wire.always = no_answer()
    programs.town.open_petition()
    for _ in range(100):
        programs.later(hours=1)
    [delivery] = programs.deliveries(cases)
    assert (delivery.state, delivery.attempts) == ("failed", MOST_ATTEMPTS)
    assert programs.endpoint(cases).state == "active"


def test_what_asks_for_time_gets_it_within_a_day(programs: Programs):
    programs.add()
    programs.wire.answers = [status(429, wish=timedelta(hours=2)), status(503, wish=timedelta(days=300))]
    programs.town.open_petition()
    programs.deliver()
    assert programs.later(hours=1, minutes=59) == 0
    assert programs.later(minutes=2) == 1
    assert programs.later(hours=23) == 0
    assert programs.later(hours=2) == 1


def test_410_switches_off_at_once_and_administrators_get_a_letter(programs: Programs):
    cases = programs.add()
    programs.wire.answers = [status(410)]
    petition = programs.town.open_petition()
    programs.town.open_petition()
    programs.deliver()
    endpoint = programs.endpoint(cases)
    assert (endpoint.state, endpoint.off_why) == ("off", "gone")
    assert programs.states(cases) == ["failed", "failed"]
    letter = programs.town.deliver().last_to(ADMINISTRATOR)
    assert letter["Subject"] == "A webhook was switched off"
    text = letter.get_content()
    assert "cases.example.org" in text
    assert f"/admin/webhooks/{cases.id}" in text
    assert "/hooks" not in text
    assert acts(programs.town) == ["webhooks.add", "webhooks.switched-off"]
    programs.town.withdraw_petition(petition)  # noted all the same
    assert programs.states(cases) == ["failed"] * 3
    assert programs.later(days=1) == 0


def test_days_of_nothing_but_failure_switch_it_off_and_a_resumed_one_is_sent_what_it_missed(programs: Programs):
    cases = programs.add()
    programs.wire.always = status(500)
    programs.town.open_petition()
    programs.deliver()
    for _ in range(4):
        programs.later(days=1)
    assert programs.endpoint(cases).state == "active"
    programs.town.open_petition()
    programs.later(days=1)
    endpoint = programs.endpoint(cases)
    assert (endpoint.state, endpoint.off_why) == ("off", "failing")
    assert "since" in programs.town.deliver().last_to(ADMINISTRATOR).get_content()
    programs.wire.always = Answer(200, 3)
    with pytest.raises(Conflict):
        programs.act(replaying.failed_since, cases.id, programs.town.now - timedelta(days=30))
    programs.act(managing.resume, cases.id, **WHY)
    assert programs.deliver() == 0
    assert programs.act(replaying.failed_since, cases.id, programs.town.now - timedelta(hours=30)) == 1
    assert programs.act(replaying.failed_since, cases.id, programs.town.now - timedelta(days=30)) == 1
    assert programs.deliver() == 2
    assert programs.states(cases) == ["delivered", "delivered"]


def test_one_success_in_between_is_not_nothing_but_failure(programs: Programs):
    cases = programs.add()
    programs.wire.always = status(500)
    programs.town.open_petition()
    programs.deliver()
    for _ in range(4):
        programs.later(days=1)
    programs.wire.answers = [status(200)]
    programs.later(hours=20)
    for _ in range(3):
        programs.town.open_petition()
        programs.later(days=1)
    assert programs.endpoint(cases).state == "active"


def test_what_happens_while_it_is_paused_waits(programs: Programs):
    cases = programs.add()
    programs.act(managing.pause, cases.id, **WHY)
    programs.town.open_petition()
    assert programs.deliver() == 0
    assert programs.states(cases) == ["waiting"]
    with pytest.raises(Conflict):
        programs.act(managing.pause, cases.id, **WHY)
    with pytest.raises(Conflict):
        programs.act(replaying.ping, cases.id, "http://x")
    programs.act(managing.resume, cases.id, **WHY)
    assert programs.deliver() == 1
    assert acts(programs.town) == ["webhooks.add", "webhooks.pause", "webhooks.resume"]


def test_a_message_is_sent_again_by_hand_under_its_own_number(programs: Programs):
    cases = programs.add()
    programs.town.open_petition()
    programs.deliver()
    [delivery] = programs.deliveries(cases)
    programs.act(replaying.again, cases.id, delivery.id)
    with pytest.raises(Conflict):
        programs.act(replaying.again, cases.id, delivery.id)
    assert programs.deliver() == 1
    (first, again) = programs.wire.sent
    assert first[1]["webhook-id"] == again[1]["webhook-id"]
    assert first[2] == again[2]
    assert len(programs.tries()) == 2


def test_a_test_message_goes_to_one_receiver_and_tells_nothing(programs: Programs):
    cases, other = programs.add(), programs.add("http://other.example/")
    programs.act(replaying.ping, cases.id, programs.town.settings.base_url)
    assert programs.deliver() == 1
    assert (programs.types(cases), programs.types(other)) == (["ping"], [])
    assert json.loads(programs.wire.sent[0][2])["data"]["title"] is None


def test_both_secrets_sign_until_the_overlap_is_over(programs: Programs):
    cases, old = programs.add_with_secret()
    _endpoint, new = programs.town.database.retrying(
        lambda db: managing.rotate(
            db,
            programs.town.keys,
            programs.policy,
            cases.id,
            mark(cases),
            by=programs.ada,
            now=programs.town.now,
            **WHY,
        )
    )
    assert old != new
    for expected in (2, 1):
        programs.town.open_petition()
        programs.deliver()
        _url, headers, body = programs.wire.sent[-1]
        name, at = headers["webhook-id"], programs.town.now
        signatures = headers["webhook-signature"].split()
        assert len(signatures) == expected
        assert signatures[0] == Webhook(new).sign(name, at, body.decode())
        assert (Webhook(old).sign(name, at, body.decode()) in signatures) is (expected == 2)
        programs.town.clock.advance(timedelta(hours=25))


def test_a_petition_that_is_taken_down_takes_its_words_along(programs: Programs):
    quick, slow = programs.add("http://quick.example/"), programs.add("http://slow.example/")
    petition = programs.town.open_petition()
    programs.act(managing.pause, slow.id, **WHY)
    programs.deliver()
    programs.town.take_down(petition)
    programs.act(managing.resume, slow.id, **WHY)
    programs.deliver()
    assert programs.types(quick) == ["petition.published", "petition.removed"]
    assert programs.states(quick) == ["delivered", "delivered"]
    assert programs.states(slow) == ["dropped", "delivered"]
    for _url, _headers, body in programs.wire.sent[1:]:
        assert b"library" not in body
        assert json.loads(body)["data"]["title"] is None
    events = programs.town.rows(WebhookEvent)
    assert [event.body == "" for event in events] == [True, False]
    [published, _removed] = programs.deliveries(quick)
    with pytest.raises(Conflict):
        programs.act(replaying.again, quick.id, published.id)
    programs.town.restore(petition)
    assert programs.types(quick)[2:] == []
    programs.town.decide(petition)
    assert programs.types(quick)[2:] == ["petition.restored"]


def test_the_life_of_a_petition_as_a_program_hears_it(programs: Programs):
    cases, town = programs.add(), programs.town
    petition = town.open_petition()
    town.sign(petition, *crowd(10))
    town.work()
    town.answer(petition)
    town.correct(petition, background="People work on Saturdays, too.")
    assert programs.types(cases) == [
        "petition.published",
        "referral.made",
        "petition.threshold_reached",
        "referral.answered",
        "petition.responded",
        "petition.text_corrected",
    ]
    programs.deliver()
    answered = json.loads(programs.wire.sent[3][2])["data"]
    assert answered["kind"] == "referral"
    assert answered["subject"] == {"kind": "petition", "id": petition}
    assert (answered["grade"], answered["version"]) == ("will-do", 1)
    town.clock.advance(timedelta(days=200))
    town.work()
    assert programs.types(cases) == ["petition.closed"]


def test_runs_of_many_go_in_the_order_they_were_queued_and_stop_where_one_fails(programs: Programs):
    cases = programs.add()
    for _ in range(25):
        programs.act(replaying.ping, cases.id, "http://x")
    programs.wire.answers = [*[status(200)] * 3, status(500)]
    assert programs.deliver() == 4
    assert programs.later(seconds=6) == 22
    assert programs.states(cases) == ["delivered"] * 25
    names = [int(headers["webhook-id"].removeprefix("msg_")) for _url, headers, _body in programs.wire.sent]
    assert sorted(set(names[:4])) == names[:4]
    assert len(set(names)) == 25


def test_two_couriers_never_hold_the_same_message(programs: Programs):
    cases = programs.add()
    for _ in range(30):
        programs.act(replaying.ping, cases.id, "http://x")
    town, locks = programs.town, not programs.town.database.is_sqlite
    asked = {"most": 8, "most_ailing": 4, "but": [], "locks": locks}
    first = town.database.retrying(lambda db: claiming.claim(db, town.now, **asked))
    second = town.database.retrying(lambda db: claiming.claim(db, town.now, **asked))
    assert [len(run.deliveries) for run in first] == [20]
    assert second == []
    town.clock.advance(claiming.CLAIM + timedelta(seconds=1))  # whoever held them has crashed
    again = town.database.retrying(lambda db: claiming.claim(db, town.now, **asked))
    assert again[0].deliveries == first[0].deliveries


def test_receivers_in_trouble_hold_half_of_the_places_at_most(programs: Programs):
    town = programs.town
    for number in range(12):
        programs.add(f"http://ill{number}.example/")
    programs.wire.always = no_answer(Fault.SILENT)
    town.open_petition()
    assert programs.deliver() == 12
    sound = programs.add("http://sound.example/")
    town.open_petition()
    town.clock.advance(timedelta(minutes=10))
    locks = not town.database.is_sqlite
    runs = town.database.retrying(lambda db: claiming.claim(db, town.now, most=8, most_ailing=4, but=[], locks=locks))
    assert runs[0].endpoint_id == sound.id
    assert sum(run.is_ailing for run in runs) == 4
    assert all(len(run.deliveries) == 1 for run in runs if run.is_ailing)


def test_a_receiver_deleted_in_the_middle_is_no_fault(programs: Programs):
    cases = programs.add()
    programs.town.open_petition()

    class Deleting(Told):
        def send(self, *message: object) -> Answer:
            programs.act(managing.remove, cases.id, **WHY)
            return super().send(*message)  # type: ignore[arg-type]

    programs.courier.wire = Deleting()
    assert programs.deliver() == 1
    assert programs.town.rows(Endpoint) == []
    assert programs.town.rows(WebhookDelivery) == []
    assert acts(programs.town)[-1] == "webhooks.delete"


def test_the_log_goes_after_thirty_days(programs: Programs):
    cases = programs.add()
    programs.town.open_petition()
    programs.deliver()
    programs.town.clock.advance(timedelta(days=29))
    programs.town.work()
    assert programs.states(cases) == ["delivered"]
    programs.town.clock.advance(timedelta(days=2))
    programs.town.work()
    assert programs.types(cases)[:1] != ["petition.published"]
    assert programs.tries() == []


def test_the_couriers_of_a_site_begin_and_end(programs: Programs):
    [make] = programs.town.site.workers
    made = make(programs.town.database)
    assert isinstance(made, Courier)
    made.start_alone()
    made.stop()
    made.work()
