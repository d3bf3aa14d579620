"""The parks' case system reads what is owed, answers it and notes what came of it, without anybody at a screen."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from app.audit.model import AuditEntry
from app.outcomes.model import Answer
from app.tokens.rules.scopes import Scope
from tests.app.outcomes.matters import Matters
from tests.app.tokens.programs import ALL, ANSWER, Calls, Programs
from tests.people import crowd
from tests.site import RunningSite

#: some weeks ahead
MONDAY = date.today() + timedelta(days=91 - date.today().weekday())
PROMISE = {"text": "Open on Sundays", "owner": "Head of Libraries", "due": MONDAY.isoformat()}
_offices = itertools.count()


class Scene(NamedTuple):
    site: RunningSite
    matters: Matters
    programs: Programs

    def calls(self, *scopes: Scope) -> Calls:
        """A new program's."""
        return Calls(self.site, self.programs.issue(scopes or ALL)[1])

    def public_matter(self) -> tuple[int, int]:
        """A petition that everybody reads and that reached its goal, and the matter it became."""
        town = self.matters.town
        petition = town.start()
        town.support(petition)
        town.decide(petition, department=self.matters.home)
        town.sign(petition, *crowd(4, "reader"))
        return petition, town.referrals(petition)[0].id


@pytest.fixture
def scene(site: RunningSite) -> Scene:
    matters = Matters(site.town, f"case-system-office-{next(_offices)}")
    return Scene(site, matters, Programs(matters))


@pytest.fixture
def sqlite_scene(sqlite_site: RunningSite) -> Scene:
    """For what no database can make different."""
    matters = Matters(sqlite_site.town, f"case-system-office-{next(_offices)}")
    return Scene(sqlite_site, matters, Programs(matters))


def problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("/problems/")


def test_from_the_list_to_the_public_answer_and_the_promise_that_was_kept(scene: Scene) -> None:
    petition, matter = scene.public_matter()
    calls = scene.calls()
    [listed] = calls.get("/referrals").json()["referrals"]
    assert (listed["id"], listed["state"], listed["subject"]["kind"]) == (matter, "received", "petition")
    whole = calls.get(f"/referrals/{matter}").json()
    assert whole["asked"]
    assert whole["answers"] == []
    assert "explained" not in whole["grades"]

    assert calls.post(f"/referrals/{matter}/accept").json()["state"] == "accepted"
    given = calls.answer(matter, release=True, commitments=[PROMISE])
    assert given.status_code == 201
    assert given.json()["version"] == 1

    page = httpx.get(given.json()["page"].partition("#")[0]).text
    assert "We will open on Sundays." in page
    assert "Head of Libraries" in page
    [promise] = calls.get(f"/referrals/{matter}").json()["commitments"]
    noted = calls.post(
        f"/commitments/{promise['id']}/progress",
        {"progress": "done", "note": "It is open.", "seen_updates": 0, "links": ["https://example.org/opening"]},
    )
    assert (noted.status_code, noted.json()["number"]) == (201, 1)
    assert "It is open." in httpx.get(noted.json()["page"].partition("#")[0]).text
    told = httpx.get(f"{scene.site.base}/api/v1/petitions/{petition}").json()["outcomes"]
    assert [(o["answer"]["summary"], o["promises"][0]["progress"]) for o in told] == [
        ("We will open on Sundays.", "done")
    ]


def test_a_draft_keeps_no_character_that_a_database_cannot(scene: Scene) -> None:
    matter = scene.matters.referred()
    promise = {**PROMISE, "owner": "Head of\0 Libraries"}
    stored = scene.calls().answer(matter, summary="We will\0 open.", details="From\0 May.", commitments=[promise])
    assert (stored.status_code, stored.json()["state"]) == (202, "waiting")
    draft = scene.calls().get(f"/referrals/{matter}").json()["draft"]
    assert draft["summary"] == "We will open."


def test_a_day_that_is_none_is_told_by_its_place(sqlite_scene: Scene) -> None:
    matter = sqlite_scene.matters.referred()
    refused = sqlite_scene.calls().answer(matter, commitments=[PROMISE, {**PROMISE, "due": "31/03/2027"}])
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json()["errors"]] == ["commitments[1].due"]
    assert "$" not in refused.json()["errors"][0]["message"]


def test_whoever_asked_gets_the_letter_that_an_officers_answer_would_bring(scene: Scene) -> None:
    petition, matter = scene.public_matter()
    assert scene.calls().answer(matter, release=True).status_code == 201
    scene.matters.town.work()
    letters = scene.matters.town.deliver()
    assert any("We will open on Sundays." in letter.get_content() for letter in letters.all)
    assert petition


def test_what_a_program_did_is_on_record_in_nobodys_name(scene: Scene) -> None:
    matter = scene.matters.referred()
    number, text = scene.programs.issue()
    Calls(scene.site, text).answer(matter, release=True)
    [given] = scene.matters.town.rows(Answer, Answer.referral_id == matter)
    assert (given.by_id, given.token_id) == (None, number)
    acts = [e for e in scene.matters.town.rows(AuditEntry) if e.facts.get("token") == number]
    assert [(e.act, e.actor_id) for e in acts if e.act.startswith("outcomes.")] == [("outcomes.answer", None)]


def test_without_the_word_to_release_it_waits_for_an_officer(scene: Scene) -> None:
    _petition, matter = scene.public_matter()
    calls = scene.calls(Scope.READ, Scope.WRITE)
    stored = calls.answer(matter)
    assert (stored.status_code, stored.json()["state"], stored.json()["draft"]) == (202, "waiting", 1)
    assert scene.matters.answers(matter) == []
    draft = calls.get(f"/referrals/{matter}").json()["draft"]
    assert (draft["waits"], draft["by_program"]) == (True, True)
    with scene.site.signed_in(scene.matters.addresses[0]) as imran:
        page = imran.get(f"/desk/referrals/{matter}").text
        assert "Case system 1" in page
        released = imran.post(f"/desk/referrals/{matter}/draft", data={"do": "release", "revision": "1"})
        assert released.status_code == 303
    [given] = scene.matters.answers(matter)
    assert (given.by_id, given.released_by_id) == (None, scene.matters.imran)
    assert given.token_id is not None


def test_releasing_needs_its_own_scope_and_the_refusal_names_it(sqlite_scene: Scene) -> None:
    matter = sqlite_scene.matters.referred()
    refused = sqlite_scene.calls(Scope.READ, Scope.WRITE).answer(matter, release=True)
    assert (refused.status_code, problem(refused)) == (403, "scope-missing")
    assert "answers:release" in refused.json()["detail"]
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    assert sqlite_scene.matters.draft(matter) is None


def test_where_two_people_release_a_program_is_neither_of_them(scene: Scene) -> None:
    scene.matters.want_two_people()
    matter, calls = scene.matters.referred(), scene.calls()
    first = calls.answer(matter, release=True)
    assert (first.status_code, first.json()["state"]) == (202, "waiting")
    again = calls.answer(matter, release=True, seen_draft=1)
    assert (again.status_code, again.json()["draft"]) == (202, 2)
    assert scene.matters.answers(matter) == []
    with scene.site.signed_in(scene.matters.addresses[1]) as ina:
        assert ina.post(f"/desk/referrals/{matter}/draft", data={"do": "release", "revision": "2"}).status_code == 303
    assert len(scene.matters.answers(matter)) == 1


def test_a_draft_that_was_handed_back_tells_its_program_why(scene: Scene) -> None:
    matter, calls = scene.matters.referred(), scene.calls()
    calls.answer(matter)
    with scene.site.signed_in(scene.matters.addresses[0]) as imran:
        form = {"do": "hand-back", "revision": "1", "hand-back-note": "Say by when."}
        assert imran.post(f"/desk/referrals/{matter}/draft", data=form).status_code == 303
    whole = calls.get(f"/referrals/{matter}").json()
    assert (whole["draft"]["waits"], [n["text"] for n in whole["notes"]]) == (False, ["Say by when."])


@pytest.mark.parametrize("path", ["/referrals/{}", "/referrals/{}/answers"])
def test_another_departments_matter_is_as_one_that_never_was(sqlite_scene: Scene, path: str) -> None:
    foreign = sqlite_scene.matters.referred(f"{sqlite_scene.matters.home}-roads")
    calls = sqlite_scene.calls()
    assert same(calls.get(path.format(foreign)), calls.get(path.format(987_654_321)))
    body = {**ANSWER, "release": True}
    if path.endswith("answers"):
        assert same(calls.post(path.format(foreign), body), calls.post(path.format(987_654_321), body))


def test_another_departments_matter_is_not_accepted_and_its_promise_not_kept(scene: Scene) -> None:
    roads = Matters(scene.matters.town, f"{scene.matters.home}-roads")
    foreign = roads.referred()
    Calls(scene.site, Programs(roads).issue()[1]).answer(foreign, release=True, commitments=[PROMISE])
    [promise] = roads.promises(foreign)
    calls, step = scene.calls(), {"progress": "done", "note": "Done.", "seen_updates": 0}
    assert same(calls.post(f"/referrals/{foreign}/accept"), calls.post("/referrals/987654321/accept"))
    there, nowhere = f"/commitments/{promise.id}/progress", "/commitments/987654321/progress"
    assert same(calls.post(there, step), calls.post(nowhere, step))
    assert roads.promises(foreign)[0].updates == 0


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """404, and the same bytes but for the request's own number."""

    def told(answer: httpx.Response) -> tuple[int, Any]:
        return answer.status_code, answer.content.replace(answer.json()["request_id"].encode(), b"")

    return one.status_code == 404 and told(one) == told(other)


def test_a_matter_that_was_closed_takes_no_answer(scene: Scene) -> None:
    matter = scene.matters.referred()
    scene.matters.settle(matter)
    refused = scene.calls().answer(matter, release=True)
    assert (refused.status_code, problem(refused)) == (409, "no-longer-owed")


def test_of_two_answers_the_second_is_shown_the_first(scene: Scene) -> None:
    matter, calls = scene.matters.referred(), scene.calls()
    with ThreadPoolExecutor(2) as both:
        texts = ["On Sundays.", "On Saturdays."]
        given = list(both.map(lambda text: calls.answer(matter, release=True, summary=text), texts))
    stored, refused = sorted(given, key=lambda answer: answer.status_code)
    assert (stored.status_code, refused.status_code, problem(refused)) == (201, 409, "answer-changed")
    assert refused.json()["answer"]["version"] == 1
    assert refused.json()["answer"]["summary"] in texts
    corrected = calls.answer(matter, release=True, seen_version=1, summary="On both days.")
    assert (corrected.status_code, corrected.json()["version"]) == (201, 2)


def test_an_officers_draft_is_not_written_over_unread(scene: Scene) -> None:
    matter = scene.matters.referred()
    scene.matters.save(matter, by=scene.matters.imran)
    calls = scene.calls()
    refused = calls.answer(matter)
    assert (refused.status_code, problem(refused)) == (409, "draft-changed")
    assert refused.json()["draft"]["revision"] == 1
    assert calls.answer(matter, seen_draft=1).status_code == 202


@pytest.mark.parametrize(
    ("told", "fields"),
    [
        ({"summary": " "}, {"summary"}),
        ({"details": "", "grade": "maybe"}, {"details", "grade"}),
        ({"grade": "explained"}, {"grade"}),
        ({"grade": "examine"}, {"examine_by"}),
        ({"grade": "examine", "examine_by": "2020-01-06"}, {"examine_by"}),
        ({"commitments": [{**PROMISE, "due": "2020-01-06"}]}, {"commitments[0].due"}),
        ({"commitments": [PROMISE, {**PROMISE, "owner": ""}]}, {"commitments[1].owner"}),
        ({"commitments": [{**PROMISE, "text": " "}]}, {"commitments[0].text"}),
        ({"commitments": [PROMISE] * 11}, {"commitments"}),
        ({"grade": "no", "commitments": [PROMISE]}, {"grade"}),
        ({"summary": "x" * 201}, {"summary"}),
    ],
)
def test_what_is_wrong_is_named_field_by_field_and_nothing_is_stored(
    sqlite_scene: Scene, told: dict[str, Any], fields: set[str]
) -> None:
    matter = sqlite_scene.matters.referred()
    refused = sqlite_scene.calls().answer(matter, release=True, **told)
    assert refused.status_code == 422
    assert {e["field"] for e in refused.json()["errors"]} == fields
    assert sqlite_scene.matters.draft(matter) is None
    assert sqlite_scene.matters.answers(matter) == []


def test_a_call_sent_again_with_its_key_does_nothing_again(scene: Scene) -> None:
    matter, calls = scene.matters.referred(), scene.calls()
    first = calls.answer(matter, key="case-77", release=True)
    again = calls.answer(matter, key="case-77", release=True)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(scene.matters.answers(matter)) == 1
    other = calls.answer(matter, key="case-77", release=True, summary="Never.")
    assert (other.status_code, problem(other)) == (422, "idempotency-key-reused")
    assert scene.calls().answer(matter, key="case-77", release=True).status_code == 409, "another program's own key"


def test_an_answer_to_what_has_changed_since_it_was_read_is_refused(scene: Scene) -> None:
    matter, calls = scene.matters.referred(), scene.calls()
    read = calls.get(f"/referrals/{matter}/answers")
    tag = read.headers["etag"]
    assert calls.get(f"/referrals/{matter}/answers", **{"if-none-match": tag}).status_code == 304
    path, body = f"/referrals/{matter}/answers", {**ANSWER, "release": True}
    assert calls.post(path, body, if_match=tag).status_code == 201
    late = calls.post(path, {**body, "seen_version": 1}, if_match=tag)
    assert (late.status_code, problem(late)) == (412, "changed-since")
    fresh = calls.get(path).headers["etag"]
    assert calls.post(path, {**body, "seen_version": 1}, if_match=fresh).status_code == 201


def test_progress_that_somebody_else_noted_first_is_shown(scene: Scene) -> None:
    matter, calls = scene.matters.referred(), scene.calls()
    calls.answer(matter, release=True, commitments=[PROMISE])
    [promise] = scene.matters.promises(matter)
    path, step = f"/commitments/{promise.id}/progress", {"progress": "under-way", "note": "Begun.", "seen_updates": 0}
    assert calls.post(path, step).status_code == 201
    refused = calls.post(path, step)
    assert (refused.status_code, problem(refused)) == (409, "progress-changed")
    assert (refused.json()["promise"]["updates"], refused.json()["promise"]["progress"]) == (1, "under-way")
    wrong = calls.post(path, {"progress": "done", "note": " ", "seen_updates": 1, "links": ["http://x"]})
    assert {e["field"] for e in wrong.json()["errors"]} == {"note", "links"}


def test_the_list_goes_on_from_where_a_program_was(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.outcomes.api import matters as api

    monkeypatch.setattr(api, "A_PAGE", 2)
    numbers = [scene.matters.referred() for _each in range(5)]
    calls = scene.calls()
    seen, address = [], f"{scene.site.base}/api/v1/referrals"
    while address:
        answer = calls.http.get(address)
        seen += [r["id"] for r in answer.json()["referrals"]]
        address = answer.json()["next"]
        assert (f'<{address}>; rel="next"' if address else None) == answer.headers.get("link")
    assert sorted(seen) == numbers
    begun = scene.matters.town.now.isoformat()
    scene.matters.town.clock.advance(timedelta(minutes=5))
    scene.matters.accept(numbers[2])
    since = calls.http.get("/referrals", params={"updated_since": scene.matters.town.now.isoformat()}).json()
    assert [r["id"] for r in since["referrals"]] == [numbers[2]]
    assert begun < since["referrals"][0]["updated_at"]


@pytest.mark.parametrize(
    "query", ["after=1-2-3", "after=x", "updated_since=yesterday", "updated_since=2026-11-30", "state=lost"]
)
def test_a_question_that_makes_no_sense_is_answered_so(sqlite_scene: Scene, query: str) -> None:
    assert sqlite_scene.calls().get(f"/referrals?{query}").status_code == 422


def test_a_page_of_its_own_is_not_answered_here(sqlite_scene: Scene) -> None:
    """A hall's question and a consultation's findings have pages that ask for more."""
    matter = sqlite_scene.matters.referred()
    door = {("petition", "response"): lambda number: f"/desk/elsewhere/{number}"}
    sqlite_scene.site.house.site.answer_doors |= door
    try:
        calls = sqlite_scene.calls()
        assert calls.get(f"/referrals/{matter}").json()["links"]["elsewhere"]
        refused = calls.answer(matter, release=True)
    finally:
        del sqlite_scene.site.house.site.answer_doors["petition", "response"]
    assert (refused.status_code, problem(refused)) == (409, "answered-elsewhere")
