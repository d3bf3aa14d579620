"""What surrounds moderation: holidays and a long queue, readers' reports, topics, notes and tags, kept signers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from app.audit.model import AuditEntry
from app.core.db import Database
from app.moderation.model import Case, Report
from app.moderation.rules.standards import Verdict
from petitions.model.signature import Signature, Signer
from petitions.model.sorting import Tag, Topic
from tests.fakes import FixedClock
from tests.journeys.browsing import Eyes, chromium
from tests.people import ANNA, crowd
from tests.site import ADMINISTRATOR, MODERATOR, PASSWORD, RunningSite

ACTION = "Open the town library on Sundays"
DECEMBER = datetime.fromisoformat("2026-12-21T10:00:00+00:00")


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """A site before Christmas, with Maureen and Ada at their desks; its pages are made anew for each reader."""
    with RunningSite(database, tmp_path, clock=FixedClock(DECEMBER), page_cache="off") as site:
        site.town.department("parks")
        site.town.moderator()
        site.town.staff(ADMINISTRATOR, "administrator")
        yield site


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def words(page: httpx.Response | str) -> str:
    """What a page says, without its markup."""
    text = page if isinstance(page, str) else page.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def read(site: RunningSite, path: str) -> str:
    with site.client() as visitor:
        page = visitor.get(path)
    assert page.status_code == 200, path
    return words(page)


def faults(page: httpx.Response) -> list[str]:
    return re.findall(r'<li><a href="#([\w-]+)">', page.text)


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, f"no field {name}"
    return html.unescape(found[1])


def textarea(page: httpx.Response, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    assert found, f"no text {name}"
    return html.unescape(found[1])


DRAFT = {
    "may": "yes",
    "action": ACTION,
    "background": "People work on Saturdays.",
    "additional_details": "Four hours would do.",
    "creator_name": ANNA.name,
    "email": ANNA.email,
    "country": "GB",
    "postcode": ANNA.postcode,
    "eligible": "true",
    "privacy": "1",
    "submission": "a-draft-of-annas-own-making",
}


def check_page(site: RunningSite) -> str:
    """The last page before Anna sends her petition."""
    with site.client() as anna:
        page = anna.post("/petitions/new", data=DRAFT | {"step": "about", "go": "check"})
    assert "Check your petition" in page.text
    return words(page)


def letters_to_anna(site: RunningSite) -> dict[str, str]:
    """What the newest letter of each subject says."""
    return {str(m["Subject"]): " ".join(m.get_content().split()) for m in site.town.deliver().to(ANNA)}


# holidays


def test_ada_adds_christmas_and_everyone_is_told_the_new_day_and_why(northmere: RunningSite):
    petition, gathering = northmere.town.start(), northmere.town.start()
    northmere.town.support(petition)
    places = {
        "gathering": lambda: read(northmere, f"/petitions/{gathering}"),
        "being checked": lambda: read(northmere, f"/petitions/{petition}"),
        "check your answers": lambda: check_page(northmere),
        "sent": lambda: read(northmere, "/petitions/new/sent"),
    }
    for where, look in places.items():
        assert "7 days" in look(), where
        assert "because of" not in look(), where
    with northmere.signed_in(ADMINISTRATOR) as ada:
        for name, first, last in (("Christmas", "2026-12-24", "2026-12-28"), ("New Year", "2026-12-31", "2027-01-03")):
            fields = {"name": name, "first": first, "last": last}
            assert ada.post("/admin/holidays", data=fields).status_code == 303
        assert "is due by 6 January 2027, because of Christmas, New Year" in words(ada.get("/moderation"))
    for where, look in places.items():
        assert "by 6 January 2027, because of Christmas and New Year" in look(), where
        assert "7 days" in look(), where
    said = letters_to_anna(northmere)["Your petition was sent to moderation"]
    assert "7 days to check it. That means by 6 January 2027, because of Christmas and New Year." in said
    assert len(said.split()) < 120
    with northmere.signed_in(ADMINISTRATOR) as ada:
        for number in re.findall(r"/admin/holidays/(\d+)/remove", ada.get("/admin/holidays").text):
            assert ada.post(f"/admin/holidays/{number}/remove").status_code == 303
    for where, look in places.items():
        assert "because of" not in look(), where


def test_a_case_that_waited_over_christmas_is_not_late(northmere: RunningSite):
    petition = northmere.town.start()
    northmere.town.support(petition)
    northmere.clock.advance(timedelta(days=9))
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert "Late by 2 days" in words(ada.get("/moderation"))
        fields = {"name": "Christmas", "first": "2026-12-24", "last": "2026-12-28"}
        assert ada.post("/admin/holidays", data=fields).status_code == 303
        assert "3 days left moved by Christmas" in words(ada.get("/moderation"))
    assert "by 2 January 2027, because of Christmas" in read(northmere, f"/petitions/{petition}")


# 19. a long queue


def queue_up(site: RunningSite, count: int, first: int) -> None:
    with site.town.database.writing() as db:
        db.add_all(
            Case(subject_kind="petition", subject_id=first + n, state="waiting", opened_at=site.town.now)
            for n in range(count)
        )
    site.town.site.promising.forget()


def notices(site: RunningSite, petition: int) -> dict[str, bool]:
    """Where Anna is told that checking takes longer than usual."""
    said = "Checking takes longer than usual at the moment: "
    with site.client() as anna:
        steps = [anna.get("/petitions/new")]
        steps += [anna.post("/petitions/new", data=DRAFT | {"step": "check", "go": go}) for go in STEPS]
        pages = [f"/petitions/{petition}", "/petitions/new/sent"]
        return {
            "forms": all(said in page.text for page in steps),
            "any form": any(said in page.text for page in steps),
            "pages": all(said in anna.get(path).text for path in pages),
            "any page": any(said in anna.get(path).text for path in pages),
        }


STEPS = ("action", "background", "details", "about")
NONE, ALL = (
    dict.fromkeys(("forms", "any form", "pages", "any page"), False),
    dict.fromkeys(("forms", "any form", "pages", "any page"), True),
)


def test_19_at_499_nobody_is_told_and_at_500_forms_pages_and_letters_say_so(northmere: RunningSite):
    gathering = northmere.town.start()
    queue_up(northmere, 499, 1_000_000)
    assert notices(northmere, gathering) == NONE
    assert "longer than usual" not in northmere.town.deliver().last_to(ANNA).get_content()
    queue_up(northmere, 1, 2_000_000)
    assert notices(northmere, gathering) == ALL
    assert "at the moment: 500 petitions are waiting." in read(northmere, f"/petitions/{gathering}")
    another = northmere.town.start()
    northmere.town.support(another)
    northmere.town.site.promising.forget()
    letters = letters_to_anna(northmere)
    for subject in ("Share your petition with supporters", "Your petition was sent to moderation"):
        assert "Checking takes longer than usual at the moment: 50" in letters[subject]
        assert len(letters[subject].split()) < 120
    assert "at the moment: 501 petitions are waiting." in read(northmere, f"/petitions/{another}")
    northmere.town.sql("UPDATE moderation_case SET state = 'closed' WHERE subject_id >= 1000000")
    northmere.town.site.promising.forget()
    assert notices(northmere, gathering) == NONE


def test_a_deployment_says_itself_when_its_queue_is_long(database: Database, tmp_path: Path):
    with RunningSite(database, tmp_path, page_cache="off", moderation_delay_at=2) as site:
        petitions = [site.town.start() for _ in range(2)]
        site.town.support(petitions[0])
        site.town.site.promising.forget()
        assert "longer than usual" not in read(site, f"/petitions/{petitions[1]}")
        site.town.support(petitions[1])
        site.town.site.promising.forget()
        assert "at the moment: 2 petitions are waiting." in read(site, f"/petitions/{petitions[1]}")


# reports


def report_fields(client: httpx.Client, petition: int, **fields: str) -> dict[str, str]:
    return {"submission": hidden(client.get(f"/petitions/{petition}/report"), "submission")} | fields


def test_sam_reports_a_petition_and_maureen_deals_with_it(northmere: RunningSite):
    petition = northmere.town.open_petition()
    for number in range(3):
        with northmere.client() as reader:
            fields = report_fields(
                reader, petition, reason="personal-data" if number else "spam", words=f"Line {number}."
            )
            sent = reader.post(f"/petitions/{petition}/report", data=fields)
            assert (sent.status_code, sent.headers["location"]) == (303, f"/petitions/{petition}/report/thanks")
            again = reader.post(f"/petitions/{petition}/report", data=fields)  # a second click
            assert again.status_code == 303
            assert "What happens next" in reader.get(sent.headers["location"]).text
    assert len(northmere.town.rows(Report)) == 3
    with northmere.signed_in(MODERATOR) as maureen:
        assert "3 reports by readers wait" in words(maureen.get("/moderation"))
        assert "3 waiting , 3 in all" in words(maureen.get(f"/moderation/petitions/{petition}"))
        listed = maureen.get("/moderation/reports")
        assert "3 reports Personal details: 2 Spam: 1" in words(listed)
        assert "Line 0." in listed.text
        assert f'href="/moderation/take-down/petition/{petition}"' in listed.text
        mark = {name: hidden(listed, name) for name in ("kind", "id", "newest")}
        with northmere.client() as reader:
            late = report_fields(reader, petition, reason="advert")
            assert reader.post(f"/petitions/{petition}/report", data=late).status_code == 303
        for _twice in range(2):
            assert maureen.post("/moderation/reports/handled", data=mark).status_code == 303
        listed = maureen.get("/moderation/reports")
        assert "1 report Advertising: 1" in words(listed), "it came while she read"
        assert "Handled in the last week" in words(listed)
        assert maureen.post("/moderation/reports/undo", data={"report": mark["newest"]}).status_code == 303
        assert "4 reports Personal details: 2 Advertising: 1 Spam: 1" in words(maureen.get("/moderation/reports"))
        for wrong in ({}, {"kind": "petition", "id": "x", "newest": "1"}, {"kind": "\0", "id": "1", "newest": "1"}):
            assert maureen.post("/moderation/reports/handled", data=wrong).status_code == 404
        assert maureen.post("/moderation/reports/undo", data={"report": "9" * 30}).status_code == 404
    acts = [e.act for e in northmere.town.rows(AuditEntry, AuditEntry.act.like("moderation.reports%"))]
    assert sorted(acts) == ["moderation.reports.handle", "moderation.reports.undo"]
    assert northmere.town.broken() == {}


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, ["reason"]),
        ({"reason": "dislike", "words": "I dislike it."}, ["reason"]),
        ({"reason": "spam\0", "words": "<b>&"}, ["reason"]),
        ({"reason": "spam", "words": "w" * 501}, ["words"]),
        ({"words": "w" * 501}, ["reason", "words"]),
    ],
)
def test_a_report_with_a_fault_stores_nothing_and_loses_nothing(site: RunningSite, sent: dict, wrong: list[str]):
    petition = site.town.open_petition()
    with site.client() as sam:
        fields = report_fields(sam, petition, **sent)
        page = sam.post(f"/petitions/{petition}/report", data=fields)
    assert (page.status_code, faults(page)) == (422, wrong)
    assert "<title>Error: " in page.text
    assert textarea(page, "words") == sent.get("words", "")
    assert hidden(page, "submission") == fields["submission"]
    assert ("checked" in page.text) == (sent.get("reason") == "spam")
    assert site.town.rows(Report, Report.subject_id == petition) == []


def test_taking_a_petition_down_deals_with_its_reports(northmere: RunningSite):
    petition, other = northmere.town.open_petition(), northmere.town.open_petition()
    with northmere.client() as sam:
        for reported in (petition, petition, other):
            fields = report_fields(sam, reported, reason="libellous")
            assert sam.post(f"/petitions/{reported}/report", data=fields).status_code == 303
        with northmere.signed_in(MODERATOR) as maureen:
            done = {"step": "do", "reason": "libellous", "note": "It names a shop."}
            assert maureen.post(f"/moderation/take-down/petition/{petition}", data=done).status_code == 303
            listed = words(maureen.get("/moderation/reports"))
        assert "1 report is waiting." in listed
        assert "2 reports" in listed.partition("Handled in the last week")[2]
        for path in (f"/petitions/{petition}/report", f"/petitions/{petition}/report/thanks"):
            assert sam.get(path).status_code == 410
        assert sam.post(f"/petitions/{petition}/report", data={"reason": "spam"}).status_code == 410
    northmere.town.deliver()
    assert northmere.town.broken() == {}


def test_what_nobody_can_read_nobody_can_report(site: RunningSite):
    gathering, hidden_one = site.town.start(), site.town.start()
    site.town.support(hidden_one)
    site.town.decide(hidden_one, Verdict.REJECT, reason="libellous")
    with site.client() as sam:
        for petition in (gathering, hidden_one, 999_999, "x", "9" * 30):
            for answer in (sam.get(f"/petitions/{petition}/report"), sam.get(f"/petitions/{petition}/report/thanks")):
                assert answer.status_code == 404
            assert sam.post(f"/petitions/{petition}/report", data={"reason": "spam"}).status_code == 404
    assert site.town.rows(Report, Report.subject_id.in_([gathering, hidden_one])) == []


def test_the_sixth_report_of_a_minute_waits_with_its_words_kept(database: Database, tmp_path: Path):
    with RunningSite(database, tmp_path, page_cache="off", rate_limits="on") as site:
        petition = site.town.open_petition()
        with site.client() as sam:
            answers = []
            for number in range(8):
                fields = report_fields(sam, petition, reason="advert", words=f"It sells umbrella number {number}.")
                answers.append(sam.post(f"/petitions/{petition}/report", data=fields))
                assert sam.post(f"/petitions/{petition}/report", data={"reason": ""}).status_code == 422
        busy = [a for a in answers if a.status_code == 429]
        assert len(busy) >= 1, "a minute may turn over in between"
        assert len(site.town.rows(Report)) == len(answers) - len(busy)
        page = busy[-1]
        assert int(page.headers["retry-after"]) > 0
        assert "Nothing was stored" in page.text
        assert textarea(page, "words") in [f"It sells umbrella number {n}." for n in range(8)]
        assert re.search(r'value="advert" checked', page.text)


def test_reports_and_tags_are_for_moderators_alone(site: RunningSite):
    petition = site.town.open_petition()
    with site.client() as sam:
        for path in ("/moderation/reports", "/moderation/tags", f"/moderation/petitions/{petition}", "/admin/topics"):
            assert sam.get(path).status_code == 404
        for path in ("/moderation/reports/handled", f"/moderation/petitions/{petition}", "/admin/topics"):
            assert sam.post(path, data={}).status_code == 404
    with site.signed_in(MODERATOR) as maureen:
        path = f"/admin/petitions/{petition}/keep-signers"
        assert maureen.post(path, data={"keep": "yes", "reason": "Because."}).status_code == 404
        assert 'name="reason"' not in maureen.get(f"/moderation/petitions/{petition}").text
    assert not site.town.petition(petition).keep_signers


# topics, notes and tags


def topic_ids(page: httpx.Response) -> dict[str, str]:
    """Topics by name as the petition's page for staff offers them."""
    found = re.findall(r'name="topic" type="checkbox" value="(\d+)"[^>]*>\s*<label[^>]*>([^<]*)', page.text)
    return {html.unescape(name).strip(): number for number, name in found}


def test_maureen_sorts_a_petition_and_two_tabs_lose_nothing(northmere: RunningSite):
    petition = northmere.town.open_petition()
    path = f"/moderation/petitions/{petition}"
    with northmere.signed_in(ADMINISTRATOR) as ada:
        for name in ("Libraries", "Opening hours"):
            assert ada.post("/admin/topics", data={"name": name}).status_code == 303
    with northmere.signed_in(MODERATOR) as maureen:
        first = second = maureen.get(path)
        topics = topic_ids(first)
        assert sorted(topics) == ["Libraries", "Opening hours"]
        fields = {
            "seen": hidden(first, "seen"),
            "topic": list(topics.values()),
            "public_note": "The council decides in May.",
            "staff_note": "Imran knows.",
            "tags": "Budget, sundays",
        }
        saved = maureen.post(path, data=fields)
        assert (saved.status_code, saved.headers["location"]) == (303, f"{path}?saved")
        shown = maureen.get(saved.headers["location"])
        assert "Saved" in words(shown)
        assert re.search(r'name="tags"[^>]*value="budget, sundays"', shown.text)
        assert maureen.post(path, data=fields).status_code == 303, "the same form again"
        other = {"seen": hidden(second, "seen"), "public_note": "It decides in June.", "tags": "<b>june</b>"}
        conflict = maureen.post(path, data=other)
        assert conflict.status_code == 409
        assert "Somebody changed this while you were writing" in words(conflict)
        assert textarea(conflict, "public_note") == "It decides in June."
        assert "Public note, as it stands now: The council decides in May." in words(conflict)
        assert "<b>june" not in conflict.text
        assert northmere.town.petition(petition).public_note == "The council decides in May."
        again = other | {"seen": hidden(conflict, "seen")}
        assert maureen.post(path, data=again).status_code == 303
        assert northmere.town.petition(petition).public_note == "It decides in June."
        assert "All tags" in maureen.get("/moderation/tags?tag=<B>June</b>").text
        assert ACTION in words(maureen.get("/moderation/tags?tag=<B>June</b>"))
        assert "No petition has this tag." in words(maureen.get("/moderation/tags?tag=budget"))
        assert maureen.get("/moderation/petitions/999999").status_code == 404
    assert [t.tag for t in northmere.town.rows(Tag)] == ["<b>june</b>"]
    assert northmere.town.broken() == {}


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"public_note": "n" * 801}, ["public_note"]),
        ({"staff_note": "n" * 4_001, "public_note": "Kept."}, ["staff_note"]),
        ({"tags": "t" * 41, "public_note": "Kept."}, ["tags"]),
        ({"tags": ",".join(f"tag {n}" for n in range(21))}, ["tags"]),
        ({"topic": "999999", "public_note": "Kept."}, ["topic"]),
    ],
)
def test_a_sorting_with_a_fault_stores_nothing_and_loses_nothing(site: RunningSite, sent: dict, wrong: list[str]):
    petition = site.town.open_petition()
    with site.signed_in(MODERATOR) as maureen:
        path = f"/moderation/petitions/{petition}"
        seen = hidden(maureen.get(path), "seen")
        page = maureen.post(path, data={"seen": seen} | sent)
        assert (page.status_code, faults(page)) == (422, wrong)
        assert textarea(page, "public_note") == sent.get("public_note", "")
        if "tags" in sent:
            assert sent["tags"] in page.text
        assert hidden(page, "seen") == seen
    row = site.town.petition(petition)
    assert (row.public_note, row.staff_note) == ("", "")


def test_ada_keeps_the_topics(site: RunningSite):
    site.town.staff(ADMINISTRATOR, "administrator")
    with site.signed_in(ADMINISTRATOR) as ada:
        assert ada.post("/admin/topics", data={"name": " Canals  & rivers "}).status_code == 303
        page = ada.get("/admin/topics")
        (number,) = (topic.id for topic in site.town.rows(Topic, Topic.name == "Canals & rivers"))
        assert "Canals & rivers" in words(page)
        again = ada.post("/admin/topics", data={"name": "canals rivers"})
        assert (again.status_code, faults(again)) == (422, ["name"])
        empty = ada.post(f"/admin/topics/{number}", data={"name": " \u200b"})
        assert (empty.status_code, faults(empty)) == (422, [f"name-{number}"])
        assert f'id="name-{number}"' in empty.text
        assert ada.post(f"/admin/topics/{number}", data={"name": "Waterways"}).status_code == 303
        assert ada.post(f"/admin/topics/{number}", data={"do": "retire"}).status_code == 303
        assert "Waterways Retired" in words(ada.get("/admin/topics"))
        petition = site.town.open_petition()
        assert "Waterways" not in ada.get(f"/moderation/petitions/{petition}").text
        assert ada.post(f"/admin/topics/{number}", data={"do": "bring-back"}).status_code == 303
        path = f"/moderation/petitions/{petition}"
        fields = {"seen": hidden(ada.get(path), "seen"), "topic": number}
        assert ada.post(path, data=fields).status_code == 303
        refused = ada.post(f"/admin/topics/{number}", data={"do": "delete"})
        assert (refused.status_code, "Petitions have it" in refused.text) == (409, True)
        fields = {"seen": hidden(ada.get(path), "seen")}
        assert ada.post(path, data=fields).status_code == 303
        assert ada.post(f"/admin/topics/{number}", data={"do": "delete"}).status_code == 303
        assert ada.post(f"/admin/topics/{number}", data={"do": "delete"}).status_code == 404
        assert "Waterways" not in ada.get("/admin/topics").text


# 49, for those marked exempt


def test_49_a_petition_marked_exempt_is_untouched(northmere: RunningSite):
    town = northmere.town
    kept, other = town.open_petition(), town.open_petition()
    for petition in (kept, other):
        town.sign(petition, *crowd(4))
    path = f"/admin/petitions/{kept}/keep-signers"
    with northmere.signed_in(ADMINISTRATOR) as ada:
        for reason in ("", "r" * 501):
            page = ada.post(path, data={"keep": "yes", "reason": reason})
            assert (page.status_code, faults(page), textarea(page, "reason")) == (422, ["reason"], reason)
        assert not town.petition(kept).keep_signers
        assert ada.post(path, data={"keep": "yes", "reason": "A court asked for it."}).status_code == 303
        assert "A court asked for it." in words(ada.get(f"/moderation/petitions/{kept}"))
    for days in (190, 400):
        northmere.clock.advance(timedelta(days=days))
        for _often in range(3):
            town.work()

    def known(petition: int) -> int:
        ids = [s.id for s in town.rows(Signature, Signature.petition_id == petition)]
        return len(town.rows(Signer, Signer.signature_id.in_(ids)))

    assert (known(kept), known(other)) == (10, 0)
    assert (town.count(kept), town.count(other)) == (10, 10)
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert ada.post(path, data={"keep": "no", "reason": "The court is done."}).status_code == 303
    for _often in range(3):
        town.work()
    assert (known(kept), town.petition(kept).salt, town.count(kept)) == (0, None, 10)
    acts = [e.act for e in town.rows(AuditEntry, AuditEntry.act.like("petitions.keep-signers%"))]
    assert sorted(acts) == ["petitions.keep-signers", "petitions.keep-signers-end"]
    town.deliver()
    assert town.broken() == {}


# by browser, without scripts and with them


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scripts", [False, True], ids=["scripts-off", "scripts-on"])
def test_sam_reports_and_maureen_and_ada_do_their_part_with_a_browser_alone(
    sqlite_database: Database, tmp_path: Path, browser_here: Browser, scripts: bool
):
    with RunningSite(sqlite_database, tmp_path, clock=FixedClock(DECEMBER), page_cache="off") as site:
        site.town.department("parks")
        site.town.moderator()
        site.town.staff(ADMINISTRATOR, "administrator")
        petition, eyes = site.town.open_petition(), Eyes(site.base, axe=scripts)

        def visit(path: str, address: str = ""):
            page = eyes.watch(browser_here.new_context(java_script_enabled=scripts).new_page())
            page.set_default_timeout(15_000)
            if address:
                page.goto(site.base + "/sign-in")
                page.locator("[name=email]").fill(address)
                page.locator("[name=password]").fill(PASSWORD)
                page.get_by_role("button", name="Sign in", exact=True).click()
            page.goto(site.base + path)
            eyes.look(page)
            return page

        def press(page, name: str) -> None:
            """The button whose name begins so; what it acts on may follow, unseen."""
            page.get_by_role("button", name=re.compile(f"^{name}")).click()
            page.wait_for_load_state()
            eyes.look(page)

        sam = visit(f"/petitions/{petition}/report")
        press(sam, "Send the report")
        expect(sam).to_have_title(re.compile(r"^Error: "))
        sam.get_by_label("Personal details", exact=True).check()
        sam.locator("[name=words]").fill("The last line names a neighbour.")
        press(sam, "Send the report")
        expect(sam.locator("h1")).to_have_text("Thank you for your report")

        ada = visit("/admin/topics", ADMINISTRATOR)
        ada.locator("form[action='/admin/topics'] [name=name]").fill("Libraries")
        press(ada, "Add the topic")
        ada.goto(site.base + "/admin/holidays")
        ada.locator("[name=name]").fill("Christmas")
        ada.locator("[name=first]").fill("2026-12-24")
        ada.locator("[name=last]").fill("2026-12-28")
        press(ada, "Add the holiday")
        expect(ada.locator("main")).to_contain_text("due by 2 January 2027, because of Christmas")
        press(ada, "Remove")
        press(ada, "Put it back")

        maureen = visit("/moderation/reports", MODERATOR)
        expect(maureen.locator("main")).to_contain_text("1 report is waiting")
        press(maureen, "Mark as handled")
        expect(maureen.locator("main")).to_contain_text("No report is waiting")
        press(maureen, "Undo")
        maureen.goto(site.base + f"/moderation/petitions/{petition}")
        maureen.get_by_label("Libraries", exact=True).check()
        maureen.locator("[name=public_note]").fill("The council decides in May.")
        maureen.locator("[name=tags]").fill("budget, may")
        press(maureen, "Save")
        expect(maureen.locator("main")).to_contain_text("Saved")
        expect(maureen.get_by_label("Libraries", exact=True)).to_be_checked()
        maureen.goto(site.base + "/moderation/tags")
        eyes.look(maureen)
        maureen.get_by_role("link", name="budget").click()
        expect(maureen.locator("main")).to_contain_text(ACTION)
        eyes.look(maureen)
        with ThreadPoolExecutor(1) as beside:  # the driver has a loop running here
            assert beside.submit(site.town.broken).result() == {}
        assert (eyes.faults, eyes.foreign) == ([], set())
