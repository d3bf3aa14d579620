"""What administrators stop: signing is paused for three days, and an election closes everything at its minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.core.db import Database
from tests.fakes import FixedClock
from tests.people import AMINA, ANNA, LAURA, PEDRO, SAM
from tests.site import ADMINISTRATOR, TEXTS, RunningSite, fields_of

STOPPED = "Signing is stopped at the moment"
LETTER = "Your petition was stopped because of the election"
NEW_PETITION = {
    **TEXTS,
    "creator_name": PEDRO.name,
    "email": PEDRO.email,
    "country": "US",
    "eligible": True,
    "privacy": "1",
}


@pytest.fixture
def northmere(database: Database, tmp_path) -> Iterator[RunningSite]:
    clock = FixedClock(datetime(2026, 9, 1, 9, tzinfo=UTC))
    with RunningSite(database, tmp_path, clock=clock, petitions_response_at=10, petitions_debate_at=50) as site:
        site.town.staff(ADMINISTRATOR, "administrator")
        yield site


def change(admin: httpx.Client, kind: str, act: str, **fields: str) -> httpx.Response:
    """Ada fills the form in; what is grave asks her twice, and she is sure."""
    page = admin.get(f"/admin/petitions/stops/{kind}")
    sent = {"stop": fields_of(page.text).get("stop", ""), "act": act, **fields}
    answer = admin.post(f"/admin/petitions/stops/{kind}", data=sent)
    if answer.status_code == 200:
        kept = {name: value for name, value in fields_of(answer.text).items() if name != "step"}
        return admin.post(f"/admin/petitions/stops/{kind}", data={**kept, "step": "sure"})
    return answer


def test_47_signing_is_paused_from_10_to_12_september(northmere: RunningSite):
    site, town = northmere, northmere.town
    petition = town.open_petition()
    gathering = town.start(LAURA)
    before = town.petition(petition).closes_at
    assert before is not None
    site.clock.set(datetime(2026, 9, 10, 9, tzinfo=UTC))
    asked = town.request(petition, SAM)
    with site.client() as visitor, site.signed_in(ADMINISTRATOR) as ada:
        assert "Sign this petition" in visitor.get(f"/petitions/{petition}").text  # and now it is in the cache
        assert visitor.get(f"/petitions/{petition}/sign").status_code == 200
        assert "What is stopped" in ada.get("/admin").text

        words = "We repair the machine."
        missing = ada.post("/admin/petitions/stops/signing", data={"act": "stop", "message": words, "reason": " "})
        assert missing.status_code == 422
        assert "Say why, for the record." in missing.text
        assert words in missing.text
        shown = ada.post("/admin/petitions/stops/signing", data={"act": "stop", "message": words, "reason": "Disk."})
        assert "1 open petition; its deadline moves by a day for each midnight." in shown.text
        assert STOPPED not in visitor.get(f"/petitions/{petition}").text  # nothing has happened yet
        assert change(ada, "signing", "stop", message=words, reason="Disk.").status_code == 303

        page = visitor.get(f"/petitions/{petition}").text
        assert STOPPED in page
        assert words in page
        assert f'href="/petitions/{petition}/sign"' not in page
        for form in (f"/petitions/{petition}/sign", town.sponsor_link(gathering)):
            answer = visitor.get(form)
            assert (answer.status_code, STOPPED in answer.text, words in answer.text) == (409, True, True)
        refused = visitor.post(f"/petitions/{petition}/sign", data=LAURA.form())
        assert refused.status_code == 409
        assert "since 10 September 2026" in refused.text
        assert "Nothing was stored" in refused.text
        by_api = visitor.post(f"/api/v1/petitions/{petition}/signatures", json=LAURA.json())
        assert (by_api.status_code, by_api.json()["type"]) == (409, "/problems/signing-stopped")
        assert visitor.get(f"/api/v1/petitions/{petition}").json()["signable"] is False
        assert STOPPED in visitor.get("/petitions/999999").text  # every page says it, this one too
        assert visitor.post(town.confirm_link(asked[0])).status_code == 303  # his letter was there before
        assert town.count(petition) == 7

        for day in (11, 12):
            site.clock.set(datetime(2026, 9, day, 8, tzinfo=UTC))
            town.work()
        site.clock.set(datetime(2026, 9, 12, 17, tzinfo=UTC))

    with site.client() as visitor, site.signed_in(ADMINISTRATOR) as ada:
        assert "by 2 days so far" in ada.get("/admin/petitions/stops/signing").text
        assert change(ada, "signing", "resume", reason="Repaired.").status_code == 303
        town.work()

        page = visitor.get(f"/petitions/{petition}").text
        assert STOPPED not in page
        assert f'href="/petitions/{petition}/sign"' in page
        assert town.petition(petition).closes_at == before + timedelta(days=2)
        assert "Deadline put off by 2 days" in page
        assert visitor.post(f"/petitions/{petition}/sign", data=LAURA.form()).status_code == 303
        again = ada.post(
            "/admin/petitions/stops/signing", data={"act": "resume", "stop": "1", "reason": "x", "step": "sure"}
        )
        assert (again.status_code, "Somebody has changed this already" in again.text) == (409, True)
        assert "Ada" in ada.get("/admin/petitions").text  # who, and when
    town.deliver()
    assert town.broken() == {}


def test_54_an_election_closes_everything_at_its_minute(northmere: RunningSite):
    site, town = northmere, northmere.town
    open_one, also_open = town.open_petition(ANNA), town.open_petition(AMINA)
    first, second, checked = town.start(LAURA), town.start(LAURA), town.start(SAM)
    town.support(checked)
    town.deliver()
    own = town.petition(open_one).closes_at
    minute = datetime(2026, 9, 20, 23, 1, tzinfo=UTC)  # a minute past midnight in the town
    election = {"message": "See you in June.", "reason": "Called today.", "day": "2026-09-21", "time": "00:01"}
    with site.client() as visitor, site.signed_in(ADMINISTRATOR) as ada:
        assert "Because of an election" not in visitor.get("/").text
        for wrong in ({"day": "2026-02-30"}, {"time": "late"}, {"day": "2026-08-01"}):
            refused = ada.post("/admin/petitions/stops/election", data={"act": "stop", **election, **wrong})
            assert (refused.status_code, "See you in June." in refused.text) == (422, True)
        shown = ada.post("/admin/petitions/stops/election", data={"act": "stop", **election}).text
        assert "2 of 2 open petitions close earlier" in shown
        assert "3 petitions that are not published yet are stopped" in shown
        assert change(ada, "election", "stop", **election).status_code == 303
        town.work()
        for path in ("/", "/petitions", f"/petitions/{open_one}", "/accessibility"):
            text = visitor.get(path).text
            assert "every petition closes on 21 September 2026, 12:01 am BST" in text
            assert "See you in June." in text
        assert town.petition(open_one).closes_at == minute

        assert change(ada, "election", "resume", reason="A mistake.").status_code == 303
        town.work()
        assert "Because of an election" not in visitor.get("/").text
        assert town.petition(open_one).closes_at == own
        assert change(ada, "election", "stop", **election).status_code == 303
        town.work()

        site.clock.set(minute - timedelta(seconds=1))
        assert visitor.get("/petitions/new").status_code == 200
        late = town.request(also_open, PEDRO)
        site.clock.set(minute)
        assert visitor.post(f"/petitions/{open_one}/sign", data=SAM.form()).status_code == 409
        town.work()
        town.deliver()
        assert {town.petition(p).state for p in (open_one, also_open)} == {"closed"}
        assert {town.petition(p).state for p in (first, second, checked)} == {"stopped"}
        assert [town.letters.subjects(p).count(LETTER) for p in (LAURA, SAM, ANNA)] == [1, 1, 0]
        assert visitor.post(town.confirm_link(late[0])).status_code == 303  # asked before the minute

        assert "Closed to signatures early, because of an election" in visitor.get(f"/petitions/{open_one}").text

        typed = {"step": "action", "may": "yes", "action": "Keep the pool open", "background": "Children swim there."}
        kept = visitor.post("/petitions/new", data=typed)
        assert kept.status_code == visitor.get("/petitions/new").status_code == 409
        assert "Keep the pool open" in kept.text
        assert "Children swim there." in kept.text
        refused = visitor.post("/api/v1/petitions", json=NEW_PETITION)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/creating-stopped")
        assert 'href="/petitions/new" role="button"' not in visitor.get("/").text
        led = visitor.get(town.sponsor_link(first))
        assert (led.status_code, led.headers["location"]) == (303, f"/petitions/{first}")
        told = visitor.get(f"/petitions/{first}")
        assert (told.status_code, "Every petition here ends when an election is called" in told.text) == (200, True)
        assert TEXTS["action"] not in told.text
        assert visitor.get(f"/petitions/{first}.json").status_code == 404

    site.clock.advance(timedelta(days=40))
    with site.client() as visitor, site.signed_in(ADMINISTRATOR) as ada:
        assert change(ada, "election", "resume", reason="The new assembly has met.").status_code == 303
        town.work()
        assert visitor.get("/petitions/new").status_code == 200
        assert visitor.post("/api/v1/petitions", json=NEW_PETITION).status_code == 202
        assert "Because of an election" not in visitor.get("/").text
        assert town.petition(open_one).state == "closed"
    town.deliver()
    assert town.broken() == {}


def test_from_an_elections_minute_on_no_form_is_taken_whether_or_not_a_job_has_looked(northmere: RunningSite):
    site, town = northmere, northmere.town
    petition, gathering = town.open_petition(ANNA), town.start(LAURA)
    town.support(gathering, 2)
    asked, supporting = town.request(petition, PEDRO), town.request(gathering, PEDRO, sponsor=True)
    election = {"message": "See you in June.", "reason": "Called now.", "day": "2026-09-01", "time": "10:01"}
    with site.client() as visitor, site.signed_in(ADMINISTRATOR) as ada:
        assert change(ada, "election", "stop", **election).status_code == 303
        site.clock.set(datetime(2026, 9, 1, 9, 1, tzinfo=UTC))  # and no job has run since
        late = [
            visitor.get(f"/petitions/{petition}/sign"),
            visitor.post(f"/petitions/{petition}/sign", data=SAM.form()),
            visitor.post(f"/api/v1/petitions/{petition}/signatures", json=SAM.json()),
            visitor.post(town.sponsor_link(gathering), data=SAM.form()),
            visitor.get(town.confirm_link(supporting[0])),
            visitor.post(town.confirm_link(supporting[0])),
        ]
        assert {answer.status_code for answer in late} == {409}
        assert all("It closed on 1 September 2026" in answer.text for answer in late[:3])
        led = visitor.get(town.sponsor_link(gathering))
        assert (led.status_code, led.headers["location"]) == (303, f"/petitions/{gathering}")
        assert visitor.post(town.confirm_link(asked[0])).status_code == 303  # asked before the minute
    assert (town.count(petition), town.count(gathering)) == (7, 3)
    assert town.signatures(petition, SAM) == town.signatures(gathering, SAM) == []
    town.work()
    assert town.broken() == {}


def test_new_petitions_are_stopped_and_what_was_typed_can_be_copied(northmere: RunningSite):
    site = northmere
    with site.client() as visitor, site.signed_in(ADMINISTRATOR) as ada:
        assert change(ada, "creating", "stop", message="Back on Monday.", reason="Too many.").status_code == 303
        assert "New petitions cannot be started at the moment. Back on Monday." in visitor.get("/petitions").text
        stopped = visitor.get("/petitions/new")
        assert (stopped.status_code, "Back on Monday." in stopped.text) == (409, True)
        neither = ada.post("/admin/petitions/stops/creating", data={"reason": "Later."})
        assert (neither.status_code, "Choose what should change." in neither.text) == (422, True)
        assert change(ada, "creating", "reword", message="Back in June.", reason="Later.").status_code == 303
        assert "Back in June." in visitor.get("/petitions").text
        assert change(ada, "creating", "resume", reason="Enough hands again.").status_code == 303
        assert visitor.get("/petitions/new").status_code == 200
        assert "Back in June." not in visitor.get("/petitions").text


def test_nobody_but_administrators_sees_the_switches(northmere: RunningSite):
    town = northmere.town
    town.moderator()
    with northmere.client() as visitor, northmere.signed_in("maureen@example.org") as maureen:
        for client in (visitor, maureen):
            assert client.get("/admin/petitions").status_code == 404
            assert client.get("/admin/petitions/stops/signing").status_code == 404
            assert (
                client.post("/admin/petitions/stops/creating", data={"act": "stop", "reason": "x"}).status_code == 404
            )
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert ada.get("/admin/petitions/stops/elections").status_code == 404
