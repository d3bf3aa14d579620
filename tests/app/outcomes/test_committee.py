"""The committee's pages: every department's matters, and what it decides of one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.outcomes.model import Referral
from app.outcomes.service import practising
from tests.app.outcomes.matters import OLGA, Matters
from tests.app.outcomes.test_answering import errors, words, working_day
from tests.site import ADMINISTRATOR, RunningSite


@pytest.fixture(scope="module")
def kilns(sqlite_site: RunningSite) -> Matters:
    return Matters(sqlite_site.town, "kilns")


@pytest.fixture
def olga(sqlite_site: RunningSite, kilns: Matters) -> Iterator[httpx.Client]:
    assert kilns.olga
    with sqlite_site.signed_in(OLGA) as client:
        yield client


def listed(client: httpx.Client, which: str, referral: int) -> bool:
    """On any page of the list."""
    for page in range(1, 40):
        answer = client.get(f"/desk/all?which={which}&page={page}")
        assert answer.status_code == 200
        if f'href="/desk/all/{referral}"' in answer.text:
            return True
        if 'rel="next"' not in answer.text:
            return False
    raise AssertionError("the list has no end")


def test_every_departments_matters_are_listed_by_how_they_stand(olga: httpx.Client, kilns: Matters):
    fresh, late, bounced, answered = (kilns.referred() for _ in range(4))
    kilns.not_ours(bounced, "kilns", "ovens")
    assert not listed(olga, "bounced", bounced)
    kilns.not_ours(bounced, "ovens", "stoves")
    with kilns.town.database.writing() as db:
        db.get_one(Referral, late).due_at = kilns.town.now - timedelta(days=1)
    kilns.answer(answered)
    rows = {"fresh": fresh, "late": late, "bounced": bounced, "answered": answered}
    found = {
        which: {name for name, r in rows.items() if listed(olga, which, r)} for which in ("owed", "late", "bounced")
    }
    assert found == {"owed": {"fresh", "late", "bounced"}, "late": {"late"}, "bounced": {"bounced"}}
    assert listed(olga, "answered", answered)
    assert listed(olga, "nonsense", fresh)
    assert "Handed on 2 times." in olga.get("/desk/all?which=bounced").text
    assert "Handed on as not theirs" in olga.get(f"/desk/all/{bounced}").text


def test_the_committee_decides_whose_it_is_and_that_ends_the_handing_on(
    olga: httpx.Client, kilns: Matters, sqlite_site: RunningSite
):
    referral = kilns.referred()
    kilns.not_ours(referral, "kilns", "ovens")
    path, to = f"/desk/all/{referral}/rule", {"to": str(kilns.department().id), "reason": "They fire it."}
    assert "(has had it already)" in olga.get(path).text
    assert errors(olga.post(path, data={"to": "", "reason": "", "step": "sure"})) == ["to", "reason"]
    assert "No department can hand it on any more." in olga.post(path, data=to).text
    assert kilns.of(referral).ruled is False
    done = olga.post(path, data=to | {"step": "sure"})
    assert done.headers["location"] == f"/desk/all/{referral}?done=rule"
    page = words(olga.get(done.headers["location"]))
    assert "The committee decided that Kilns answers, not Ovens" in page
    assert "They fire it." in page
    with sqlite_site.signed_in(kilns.addresses[0]) as imran:
        assert "The committee decided that this is yours." in imran.get(f"/desk/referrals/{referral}").text
        away = {"to": str(kilns.department("ovens").id), "reason": "No.", "step": "sure"}
        refused = imran.post(f"/desk/referrals/{referral}/not-ours", data=away)
        assert refused.status_code == 409
        assert "The committee has decided that this is yours" in refused.text
        assert "No." in refused.text


def test_an_answer_is_sent_back_put_off_and_closed_each_with_its_reason(olga: httpx.Client, kilns: Matters):
    referral, path = kilns.referred(), ""
    path = f"/desk/all/{referral}"
    assert "send-back" not in olga.get(path).text
    kilns.answer(referral)
    default = olga.get(f"{path}/send-back").text
    assert 'name="due" type="date" value="20' in default
    due = working_day(kilns, 14)
    assert errors(olga.post(f"{path}/send-back", data={"due": "2020-01-01", "reason": "x"})) == ["due"]
    back = {"due": due.isoformat(), "reason": "Say by when.", "step": "sure"}
    assert olga.post(f"{path}/send-back", data=back).status_code == 303
    assert (kilns.of(referral).state, kilns.of(referral).due_at) == ("returned", kilns.end_of(due))
    assert olga.post(f"{path}/send-back", data=back).status_code == 409
    later = working_day(kilns, 40)
    off = {"due": later.isoformat(), "reason": "The oven is cold.", "step": "sure"}
    assert olga.post(f"{path}/put-off", data=off).status_code == 303
    assert kilns.of(referral).due_at == kilns.end_of(later)
    assert "the committee closed the matter" in olga.post(f"{path}/close", data={"reason": "Done."}).text
    assert olga.post(f"{path}/close", data={"reason": "Done.", "step": "sure"}).status_code == 303
    assert kilns.of(referral).closed_why == "settled"
    assert "The committee is content with the answer" in olga.get(path).text
    for act in ("close", "rule", "put-off", "send-back"):
        assert "not possible now" in olga.get(f"{path}/{act}").text
        fields = back | {"to": str(kilns.department("ovens").id), "due": later.isoformat()}
        assert olga.post(f"{path}/{act}", data=fields).status_code in (409, 422)
    assert olga.get(f"{path}/nonsense").status_code == 404


def test_officials_begin_there_administrators_find_it_and_others_do_not(
    olga: httpx.Client, kilns: Matters, sqlite_site: RunningSite
):
    referral = kilns.referred()
    kilns.town.staff(ADMINISTRATOR, "administrator")
    with sqlite_site.client() as client:
        answer = client.post("/sign-in", data={"email": OLGA, "password": "three random words"})
        assert answer.headers["location"] == "/desk/all"
    with sqlite_site.signed_in(ADMINISTRATOR) as ada:
        assert 'href="/desk/all"' in ada.get("/admin").text
        assert ada.get(f"/desk/all/{referral}").status_code == 200
    with sqlite_site.signed_in(kilns.addresses[0]) as imran:
        for path in ("/desk/all", f"/desk/all/{referral}", f"/desk/all/{referral}/close"):
            assert imran.get(path).status_code == 404
        sure = {"reason": "x", "step": "sure"}
        assert imran.post(f"/desk/all/{referral}/close", data=sure).status_code == 404
    assert olga.get(f"/desk/referrals/{referral}").status_code == 404


def test_what_is_made_up_to_practise_with_is_no_matter_of_the_committees(olga: httpx.Client, kilns: Matters):
    calendar = kilns.town.site.calendar
    made_up = kilns.do(lambda db: practising.begin(db, calendar, kilns.department().id, kilns.town.now).id)
    assert not listed(olga, "all", made_up)
    assert olga.get(f"/desk/all/{made_up}").status_code == 404
