"""The page of one matter: what officers do there before an answer is public, and what they are told when it cannot be."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import httpx
import pytest

from app.mail.model import Letter
from app.outcomes.model import DeskNote, Referral, Support
from app.outcomes.rules.commitments import Promise
from app.outcomes.rules.deadlines import WorkingDays
from app.outcomes.rules.referrals import Move
from app.outcomes.service import desk, practising
from app.outcomes.service.referring import give
from tests.app.outcomes.matters import Matters
from tests.people import crowd
from tests.site import RunningSite, fields_of

GOOD = {"grade": "will-do", "summary": "We will open on Sundays.", "details": "From May."}


@pytest.fixture(scope="module")
def lights(sqlite_site: RunningSite) -> Matters:
    """One person releases alone here."""
    return Matters(sqlite_site.town, "lights")


@pytest.fixture(scope="module")
def bridges(sqlite_site: RunningSite) -> Matters:
    """Two people release here."""
    matters = Matters(sqlite_site.town, "bridges")
    matters.want_two_people()
    return matters


class Officer:
    """Somebody at one matter's page."""

    def __init__(self, client: httpx.Client, referral: int) -> None:
        self.client, self.path = client, f"/desk/referrals/{referral}"

    def page(self, query: str = "") -> str:
        answer = self.client.get(self.path + query)
        assert answer.status_code == 200
        return answer.text

    def send(self, part: str = "", **fields: str) -> httpx.Response:
        return self.client.post(self.path + part, data=fields)

    def form(self) -> dict[str, str]:
        """What the page's form holds, hidden fields among it."""
        return dict(fields_of(self.page()))


@contextmanager
def at(matters: Matters, site: RunningSite, referral: int, which: int = 0) -> Iterator[Officer]:
    with site.signed_in(matters.addresses[which]) as client:
        yield Officer(client, referral)


def words(answer: httpx.Response | str) -> str:
    page = answer if isinstance(answer, str) else answer.text
    return " ".join(re.sub(r"<[^>]*>", " ", html.unescape(page)).split())


def errors(answer: httpx.Response) -> list[str]:
    part = answer.text.partition('class="govuk-error-summary"')[2].partition("</ul>")[0]
    return re.findall(r'<a href="#([\w-]+)">', part)


def working_day(matters: Matters, days: int = 60) -> date:
    return WorkingDays().from_day(matters.town.now.date() + timedelta(days=days))


# the answer


def test_a_draft_survives_and_the_second_who_saves_sees_the_firsts(sqlite_site: RunningSite, lights: Matters):
    referral = lights.referred()
    with at(lights, sqlite_site, referral) as imran, at(lights, sqlite_site, referral, 1) as ina:
        typed = {"grade": "in-part", "summary": "Imran's words", "promise-1-text": "A lamp", "revision": "0"}
        saved = imran.send(step="save", after_version="0", **typed)
        assert saved.headers["location"] == f"/desk/referrals/{referral}?done=saved"
        assert "The draft is saved" in imran.page("?done=saved")
        assert "Imran's words" in html.unescape(ina.page())
        assert 'value="A lamp"' in ina.page()
        late = ina.send(step="save", after_version="0", revision="0", summary="Ina's words", details="Hers")
        assert late.status_code == 409
        assert "A colleague changed this draft while you were writing" in late.text
        shown = html.unescape(late.text)
        assert shown.index("Your colleague's draft") < shown.index("Imran's words") < shown.index("Ina's words")
        assert fields_of(late.text)["revision"] == "1"
        assert ina.send(step="save", after_version="0", revision="1", summary="Both words").status_code == 303
    draft = lights.draft(referral)
    assert draft is not None
    assert (draft.summary, draft.revision) == ("Both words", 2)


def test_of_two_who_release_at_once_the_second_sees_the_first_and_keeps_their_words(
    sqlite_site: RunningSite, lights: Matters
):
    referral = lights.referred()
    with at(lights, sqlite_site, referral) as imran, at(lights, sqlite_site, referral, 1) as ina:
        assert imran.send(step="release", after_version="0", **GOOD).status_code == 303
        late = ina.send(step="release", after_version="0", **GOOD | {"summary": "Hers."})
        assert late.status_code == 409
        assert words(late).index("We will open on Sundays.") < words(late).index("Hers.")
        assert "Yours is not published" in late.text
    assert [a.summary for a in lights.answers(referral)] == ["We will open on Sundays."]


def test_who_examines_says_by_when_and_promises_are_checked_row_by_row(sqlite_site: RunningSite, lights: Matters):
    referral, day = lights.referred(), working_day(lights)
    weekend = day + timedelta(days=5 - day.weekday())
    asked = GOOD | {"grade": "examine", "after_version": "0", "step": "preview", "examine_by": weekend.isoformat()}
    rows = {
        "promise-1-text": "A lamp",
        "promise-1-owner": "Head of Lights",
        "promise-1-due": day.isoformat(),
        "promise-2-text": "Half a promise",
        "promise-3-due": "2020-01-01",
    }
    with at(lights, sqlite_site, referral) as imran:
        wrong = imran.send(**asked, **rows)
        assert wrong.status_code == 422
        assert errors(wrong) == [
            "examine_by",
            "promise-2-owner",
            "promise-2-due",
            "promise-3-text",
            "promise-3-owner",
            "promise-3-due",
        ]
        assert "That day is not a working day" in wrong.text
        assert all(f'value="{text}"' in wrong.text for text in rows.values())
        good = asked | {n: v for n, v in rows.items() if n.startswith("promise-1")} | {"examine_by": day.isoformat()}
        seen = words(imran.send(**good))
        said = sqlite_site.house.pages.say_date(day)
        assert f"What came of it is to be said by {said}." in seen
        assert f"A lamp By {said}. Who sees to it: Head of Lights." in seen
        assert "A petition you signed was answered" in seen
        assert "Lights says: We will open on Sundays." in seen
        assert imran.send(**good | {"step": "release"}).status_code == 303
        assert "A lamp" in imran.page()
    (given,), (promise,) = lights.answers(referral), lights.promises(referral)
    assert (given.examine_by, promise.due_on, promise.owner) == (day, day, "Head of Lights")


def test_rows_are_added_without_scripts_up_to_ten(sqlite_site: RunningSite, lights: Matters):
    with at(lights, sqlite_site, lights.referred()) as imran:
        assert imran.page().count('-owner"') > 0
        assert len(re.findall(r'name="promise-\d+-text"', imran.page())) == 3
        more = imran.send(step="more", rows="3", **GOOD)
        assert len(re.findall(r'name="promise-\d+-text"', more.text)) == 4
        assert "We will open on Sundays." in more.text
        full = imran.send(step="more", rows="10", **GOOD)
        assert len(re.findall(r'name="promise-\d+-text"', full.text)) == 10
        assert "Add another promise" not in full.text


def test_a_template_fills_what_is_empty_and_goes_below_what_was_typed(sqlite_site: RunningSite, lights: Matters):
    lamp = lights.do(
        lambda db: (
            desk.keep_template(
                db,
                lights.department().id,
                "Lamps",
                "no",
                "No lamp.",
                "They cost.",
                by=lights.imran,
                now=lights.town.now,
            ).id
        )
    )
    with at(lights, sqlite_site, lights.referred()) as imran:
        assert "Lamps" in imran.page()
        fresh = imran.send(step="template", template=str(lamp))
        assert "No lamp." in fresh.text
        assert re.search(r'value="no" checked', fresh.text)
        below = imran.send(step="template", template=str(lamp), summary="Mine.", details="My words.")
        assert "My words.\n\nThey cost." in html.unescape(below.text)
        assert "Mine." in below.text
        for odd in ("", "x", "999999999999"):
            assert errors(imran.send(step="template", template=odd, summary="Mine.")) == ["template"]


def test_what_is_too_long_to_keep_is_not_cut_off_unsaid(sqlite_site: RunningSite, lights: Matters):
    referral = lights.referred()
    with at(lights, sqlite_site, referral) as imran:
        wrong = imran.send(step="save", details="d" * 20_001, summary="s")
        assert (wrong.status_code, errors(wrong)) == (422, ["details"])
        assert "d" * 20_001 in wrong.text
    assert lights.draft(referral) is None


def test_what_is_made_up_is_answered_by_the_same_pages_and_nobody_is_told(sqlite_site: RunningSite, lights: Matters):
    calendar, day, before = lights.town.site.calendar, working_day(lights), len(lights.town.rows(Letter))
    referral = lights.do(lambda db: practising.begin(db, calendar, lights.department().id, lights.town.now).id)
    promise = {"promise-1-text": "A bench", "promise-1-owner": "Head of Lights", "promise-1-due": day.isoformat()}
    with at(lights, sqlite_site, referral) as imran:
        assert "Made up, to practise with." in imran.page()
        assert imran.send("/accept").status_code == 303
        assert imran.send("/assign", assignee=str(lights.ina)).status_code == 303
        assert imran.send(step="preview", after_version="0", **GOOD).status_code == 200
        assert imran.send(step="release", after_version="0", **GOOD, **promise).status_code == 303
        (bench,) = lights.promises(referral)
        said = {"progress": "done", "note": "It stands.", "after": "0"}
        assert imran.client.post(f"/desk/commitments/{bench.id}", data=said).status_code == 303
        assert "A bench" not in imran.client.get("/desk/commitments").text
    assert len(lights.town.rows(Letter)) == before
    assert lights.of(referral).state == "answered"


# two people


def test_one_writes_and_another_releases(sqlite_site: RunningSite, bridges: Matters):
    referral = bridges.referred()
    with at(bridges, sqlite_site, referral) as imran, at(bridges, sqlite_site, referral, 1) as ina:
        alone = imran.send(step="release", after_version="0", **GOOD)
        assert alone.status_code == 409
        assert "A second person has to release this" in alone.text
        preview = imran.send(step="preview", after_version="0", **GOOD)
        assert 'value="hand-in"' in preview.text
        assert 'name="step" value="release"' not in preview.text
        assert imran.send(step="hand-in", after_version="0", **GOOD).headers["location"].endswith("?done=handed-in")
        assert "You wrote it last, so a colleague releases it." in imran.page()
        assert imran.send("/draft", do="release", revision="1").status_code == 409
        assert "Release the answer" in ina.page()
        assert "A petition you signed was answered" in ina.page()
        empty = ina.send("/draft", **{"do": "hand-back", "revision": "1", "hand-back-note": " "})
        assert (empty.status_code, errors(empty)) == (422, ["hand-back-note"])
        back = ina.send("/draft", **{"do": "hand-back", "revision": "1", "hand-back-note": "Say by when."})
        assert back.headers["location"].endswith("?done=handed-back")
        assert "Say by when." in imran.page()
        assert ina.send("/draft", do="release", revision="1").status_code == 409
        again = {**GOOD, "details": "From 3 May.", "after_version": "0", "revision": "1"}
        assert imran.send(step="hand-in", **again).status_code == 303
        assert bridges.answers(referral) == []
        assert ina.send("/draft", do="release", revision="1").status_code == 409  # not what she had read
        assert ina.send("/draft", do="release", revision="2").headers["location"].endswith("?done=released")
        assert "two people release what is published" in imran.page()
        assert imran.send("/draft", do="shout", revision="2").status_code == 404
    (given,) = bridges.answers(referral)
    assert (given.details, given.by_id, given.released_by_id) == ("From 3 May.", bridges.imran, bridges.ina)
    assert bridges.draft(referral) is None


def test_a_day_that_has_passed_while_it_waited_is_changed_first(sqlite_site: RunningSite, bridges: Matters):
    referral, day = bridges.referred(), working_day(bridges)
    asked = GOOD | {"grade": "examine", "examine_by": day.isoformat(), "after_version": "0"}
    with at(bridges, sqlite_site, referral) as imran, at(bridges, sqlite_site, referral, 1) as ina:
        imran.send(step="hand-in", **asked)
        bridges.town.sql(
            "UPDATE outcomes_answer_draft SET examine_by = '2020-01-01' WHERE referral_id = :r", r=referral
        )
        wrong = ina.send("/draft", do="release", revision="1")
        assert (wrong.status_code, errors(wrong)) == (422, ["examine_by"])
    assert bridges.answers(referral) == []


def test_a_debate_needs_two_people_too(sqlite_site: RunningSite, bridges: Matters):
    petition, town = sqlite_site.town.open_petition(), sqlite_site.town
    town.sign(petition, *crowd(14, f"bridge{petition}"))
    referral = next(r for r in town.referrals(petition) if r.cause == "debate").id
    bridges.do(lambda db: _give(db, referral, bridges.department().id))
    path, day = f"/desk/debates/{petition}", working_day(bridges, 30)
    said = {"state": "scheduled", "date": day.isoformat(), "after_version": "0"}
    with sqlite_site.signed_in(bridges.addresses[0]) as imran, sqlite_site.signed_in(bridges.addresses[1]) as ina:
        assert imran.post(path, data=said | {"step": "release"}).status_code == 409
        assert 'value="hand-in"' in imran.post(path, data=said | {"step": "preview"}).text
        assert imran.post(path, data=said | {"step": "hand-in"}).status_code == 303
        assert "You wrote it last" in imran.get(path).text
        assert imran.post(path + "/draft", data={"do": "release", "revision": "1"}).status_code == 409
        assert "This waits for a second person" in ina.get(path).text
        blank = ina.post(path + "/draft", data={"do": "hand-back", "revision": "1"})
        assert (blank.status_code, errors(blank)) == (422, ["hand-back-note"])
        assert town.petition(petition).debate_state is None
        assert ina.post(path + "/draft", data={"do": "release", "revision": "1"}).status_code == 303
        assert "waits for a second person" not in ina.get(path).text
    assert (town.petition(petition).debate_state, town.petition(petition).debate_on) == ("scheduled", day)
    (given,) = bridges.answers(referral)
    assert (given.by_id, given.released_by_id) == (bridges.imran, bridges.ina)


def _give(db, referral: int, department: int) -> None:
    found = db.get_one(Referral, referral)
    give(db, found, department, Move.PASSED_ON, now=found.received_at)


# whose it is, and by when


def test_it_is_accepted_given_to_somebody_and_noted_on(sqlite_site: RunningSite, lights: Matters):
    referral = lights.referred()
    with at(lights, sqlite_site, referral) as imran:
        assert "It is ours: accept it" in imran.page()
        assert imran.send("/accept").status_code == 303
        assert "It is ours: accept it" not in imran.page()
        assert imran.send("/assign", assignee=str(lights.ina)).status_code == 303
        assert lights.of(referral).assignee_id == lights.ina
        for nobody in ("x", str(lights.olga), "9" * 30):
            wrong = imran.send("/assign", assignee=nobody)
            assert (wrong.status_code, errors(wrong)) == (422, ["assignee"])
        assert imran.send("/assign", assignee="").status_code == 303
        assert lights.of(referral).assignee_id is None
        long = imran.send("/notes", note="n" * 4_001)
        assert (long.status_code, errors(long)) == (422, ["note"])
        assert "n" * 4_001 in long.text
        assert imran.send("/notes", note="Ask <b>Ina</b>.").status_code == 303
        assert "Ask &lt;b&gt;Ina&lt;/b&gt;." in imran.page()
    assert [n.text for n in lights.town.rows(DeskNote, DeskNote.referral_id == referral)] == ["Ask <b>Ina</b>."]


def test_not_ours_says_what_it_brings_and_a_circle_is_refused_with_the_words_kept(
    sqlite_site: RunningSite, lights: Matters
):
    referral, wells = lights.referred(), lights.department("wells")
    lights.officer("wells")
    to = {"to": str(wells.id), "reason": "It is a well."}
    with at(lights, sqlite_site, referral) as imran:
        assert "Wells" in imran.page("/not-ours")
        assert errors(imran.send("/not-ours", to="", reason="")) == ["to", "reason"]
        check = imran.send("/not-ours", **to)
        assert check.status_code == 200
        assert "Wells owes the answer" in words(check)
        assert lights.of(referral).department_id == lights.department().id
        assert "It is a well." in imran.send("/not-ours", step="edit", **to).text
        assert imran.send("/not-ours", step="sure", **to).headers["location"] == "/desk"
        assert imran.client.get(imran.path).status_code == 404
    back = {"to": str(lights.department().id), "reason": "It is a lamp after all."}
    with sqlite_site.signed_in("officer.wells@example.org") as officer:
        wells_officer = Officer(officer, referral)
        assert "(has had it already)" in wells_officer.page("/not-ours")
        for step in ("", "sure"):
            circle = wells_officer.send("/not-ours", step=step, **back)
            assert (circle.status_code, errors(circle)) == (409, ["to"])
            assert "Lights has had this matter already" in circle.text
            assert "It is a lamp after all." in circle.text
        assert "Lights said that it is not theirs: handed to Wells" in words(wells_officer.page())
        assert wells_officer.client.get(f"{wells_officer.path}/nonsense").status_code == 404


def test_a_date_is_put_off_to_a_working_day_with_a_reason(sqlite_site: RunningSite, lights: Matters):
    referral, day = lights.referred(), working_day(lights)
    weekend = day + timedelta(days=6 - day.weekday())
    with at(lights, sqlite_site, referral) as imran:
        for due, reason, wrong in (
            ("", "Why", ["due"]),
            ("2020-01-06", "Why", ["due"]),
            (weekend.isoformat(), "Why", ["due"]),
            (working_day(lights, 2).isoformat(), "Why", ["due"]),  # earlier than the day that stands
            (day.isoformat(), " ", ["reason"]),
        ):
            for step in ("", "sure"):
                refused = imran.send("/put-off", due=due, reason=reason, step=step)
                assert (refused.status_code, errors(refused)) == (422, wrong)
        assert "Until then it is not called late" in imran.send("/put-off", due=day.isoformat(), reason="Why").text
        done = imran.send("/put-off", due=day.isoformat(), reason="The survey.", step="sure")
        assert done.headers["location"].endswith("?done=put-off")
        assert "Answer put off to" in imran.page()
    assert lights.of(referral).due_at == lights.end_of(day)


def test_a_department_that_helps_reads_with_its_notes_and_answers_nothing(sqlite_site: RunningSite, lights: Matters):
    referral, ponds = lights.referred(), lights.department("ponds")
    lights.officer("ponds")
    with at(lights, sqlite_site, referral) as imran, sqlite_site.signed_in("officer.ponds@example.org") as client:
        helper = Officer(client, referral)
        assert client.get(helper.path).status_code == 404
        assert imran.send("/support", to=str(ponds.id)).status_code == 200
        assert imran.send("/support", to=str(ponds.id), step="sure").status_code == 303
        assert errors(imran.send("/support", to=str(ponds.id))) == ["to"]
        page = helper.page()
        assert "Lights answers this. Your department helps" in words(page)
        assert "Preview the answer" not in page
        assert helper.send("/notes", note="Ours is the pond.").status_code == 303
        for part, fields in (
            ("", GOOD | {"after_version": "0", "step": "release"}),
            ("", {"step": "save"}),
            ("/accept", {}),
            ("/assign", {"assignee": ""}),
            ("/draft", {"do": "throw-away", "revision": "0"}),
            ("/not-ours", {"to": "1", "reason": "x", "step": "sure"}),
            ("/promises", {}),
        ):
            assert helper.send(part, **fields).status_code == 404
        assert "Ours is the pond." in imran.page()
    assert len(lights.town.rows(Support, Support.referral_id == referral)) == 1
    assert lights.answers(referral) == []


# promises


def test_one_more_promise_after_the_answer(sqlite_site: RunningSite, lights: Matters):
    referral, day = lights.referred(), working_day(lights)
    good = {
        "promise-text": "A lamp",
        "promise-owner": "Head of Lights",
        "promise-due": day.isoformat(),
        "promises": "0",
    }
    with at(lights, sqlite_site, referral) as imran:
        assert imran.send("/promises", **good).status_code == 409
        lights.answer(referral)
        wrong = imran.send("/promises", **good | {"promise-owner": "", "promise-due": "2020-01-01"})
        assert (wrong.status_code, errors(wrong)) == (422, ["promise-owner", "promise-due"])
        assert 'value="A lamp"' in wrong.text
        assert imran.send("/promises", **good).status_code == 303
        again = imran.send("/promises", **good)
        assert again.status_code == 409
        assert "A promise was made here in the meantime" in again.text
    assert [p.text for p in lights.promises(referral)] == ["A lamp"]


def test_progress_is_noted_in_public_and_the_second_who_notes_reads_the_first(
    sqlite_site: RunningSite, lights: Matters
):
    referral, day = lights.referred(), working_day(lights)
    (lamp,) = lights.promising(referral, Promise("A lamp in Oak Street", "Head of Lights", day))
    path = f"/desk/commitments/{lamp}"
    with at(lights, sqlite_site, referral) as imran, sqlite_site.signed_in(lights.addresses[1]) as ina:
        client = imran.client
        assert "A lamp in Oak Street" in client.get("/desk/commitments").text
        assert "Planned" in client.get(path).text
        for fields, wrong in (
            ({"progress": "", "note": "x"}, ["progress"]),
            ({"progress": "done", "note": ""}, ["note"]),
            ({"progress": "dropped", "note": " "}, ["note"]),
            ({"progress": "done", "note": "x", "links": "http://example.org"}, ["links"]),
            ({"progress": "planned", "note": "x", "due": day.isoformat()}, ["due"]),
            ({"progress": "done", "note": "x", "due": working_day(lights, 90).isoformat()}, ["due"]),
        ):
            refused = client.post(path, data={"after": "0", **fields})
            assert (refused.status_code, errors(refused)) == (422, wrong)
        said = {"progress": "under-way", "note": "The mast stands.", "links": "https://example.org/mast", "after": "0"}
        assert client.post(path, data=said).headers["location"] == f"{path}?done=noted"
        late = ina.post(path, data=said | {"note": "Her own words."})
        assert late.status_code == 409
        assert words(late).index("The mast stands.") < words(late).index("Her own words.")
        assert fields_of(late.text)["after"] == "1"
        assert 'href="https://example.org/mast"' in late.text
        done = {"progress": "done", "note": "It shines.", "after": "1"}
        assert ina.post(path, data=done).status_code == 303
        assert "Done and dropped" in ina.get("/desk/commitments").text
    with sqlite_site.signed_in(_stranger(lights)) as other:
        assert other.get(path).status_code == 404
        assert other.post(path, data=done).status_code == 404


def _stranger(matters: Matters) -> str:
    matters.town.officer("mills")
    return "officer.mills@example.org"
