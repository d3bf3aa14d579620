"""Ada's day in the administration: staff, departments, notices, the record; and what nobody can do there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.accounts.model import Account
from app.core.db import Database
from app.mail.model import Suppression
from tests.site import ADMINISTRATOR, MODERATOR, OFFICER, PASSWORD, RunningSite, fields_of, path_in

PAGES = [
    "/admin",
    "/admin/staff",
    "/admin/staff/1",
    "/admin/departments",
    "/admin/departments/1",
    "/admin/banners",
    "/admin/banners/1",
    "/admin/switches",
    "/admin/switches/read-only",
    "/admin/switches/sessions",
    "/admin/switches/keys",
    "/admin/breach",
    "/admin/audit",
]
HOSTILE = [
    "",
    "\0",
    "<script>alert(1)</script>",
    "'; DROP TABLE accounts_account; --",
    "{{ 7 * 7 }}",
    "../../etc/passwd",
    "\u202egnp.exe",
    "a" * 2_500,
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "-1",
    "9" * 30,
    "=cmd|' /C calc'!A0",
]


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    with RunningSite(database, tmp_path) as site:
        site.town.staff(ADMINISTRATOR, "administrator")
        site.town.moderator()
        site.town.officer()
        yield site


@pytest.fixture
def ada(northmere: RunningSite) -> Iterator[httpx.Client]:
    with northmere.signed_in(ADMINISTRATOR) as client:
        yield client


def number(site: RunningSite, address: str) -> int:
    return site.town.staff(address, "")


def change(ada: httpx.Client, path: str, act: str, status: int = 303, **fields: str) -> httpx.Response:
    answer = ada.post(path, data={"act": act, "reason": "A drill", **fields})
    assert answer.status_code == status, answer.text
    return answer


def put_up(ada: httpx.Client, words: str = "Letters are slow today.", **fields: str) -> httpx.Response:
    sent = {"words": words, "level": "important", "starts": "", "ends": "", "reason": "A drill", **fields}
    return ada.post("/admin/banners", data={**sent, "step": "sure"})


# staff


def test_ada_invites_otto_who_sets_his_password_and_works(northmere: RunningSite, ada: httpx.Client):
    invited = {"email": "otto@example.org", "name": "Otto Olsen", "role": "department-officer", "department": "parks"}
    answer = ada.post("/admin/staff", data=invited)
    page = ada.get(answer.headers["location"]).text
    assert "The invitation is on its way" in page
    assert "Invited, has not set a password yet" in page
    letter = northmere.town.deliver().last_to("otto@example.org")
    assert "Otto Olsen" in letter.get_content()
    with northmere.client() as otto:
        link = path_in(letter)
        assert otto.get(link).status_code == 200
        assert otto.post(link, data={"password": "four other words", "again": "four other words"}).status_code == 303
        assert (
            otto.post("/sign-in", data={"email": "otto@example.org", "password": "four other words"}).status_code == 303
        )
        assert otto.get("/desk").status_code == 200
        assert otto.get(link).status_code == 410
    assert "Otto Olsen" in ada.get("/admin/staff").text


def test_an_invitation_that_makes_no_sense_is_refused_and_kept(northmere: RunningSite, ada: httpx.Client):
    wrong: list[tuple[dict[str, str], str]] = [
        ({"email": "otto"}, "email"),
        ({"email": MODERATOR}, "There is an account with this address already."),
        ({"role": "king"}, "Choose one of"),
        ({"role": "department-officer", "department": ""}, "Choose the department that they answer for."),
        ({"role": "department-officer", "department": "nowhere"}, "Choose the department that they answer for."),
        ({"role": "department-officer", "department": "parks\0"}, "Choose the department that they answer for."),
    ]
    for fields, said in wrong:
        sent = {"email": "otto@example.org", "name": "Otto Olsen", "role": "moderator", "department": "", **fields}
        answer = ada.post("/admin/staff", data=sent)
        assert (answer.status_code, said in answer.text) == (422, True), fields
        assert fields_of(answer.text)["name"] == "Otto Olsen"
    assert "Otto Olsen" not in ada.get("/admin/staff").text
    assert northmere.town.deliver().all == []


def test_a_zero_character_is_no_part_of_why_an_address_gets_no_letters(northmere: RunningSite, ada: httpx.Client):
    stopped = ada.post("/admin/suppression", data={"email": "otto@example.org", "reason": "He\0 asked by telephone"})
    assert stopped.status_code == 303, stopped.text
    (row,) = northmere.town.rows(Suppression)
    assert row.reason == "He asked by telephone"
    assert ada.get("/outcomes?department=parks%00").status_code < 500


def test_a_disabled_colleague_is_out_at_once(northmere: RunningSite, ada: httpx.Client):
    path = f"/admin/staff/{number(northmere, MODERATOR)}"
    with northmere.signed_in(MODERATOR) as maureen:
        assert maureen.get("/moderation").status_code == 200
        change(ada, path, "disable")
        assert maureen.get("/moderation").status_code == 404
        assert maureen.post("/sign-in", data={"email": MODERATOR, "password": PASSWORD}).status_code == 422
        change(ada, path, "enable")
        assert maureen.post("/sign-in", data={"email": MODERATOR, "password": PASSWORD}).status_code == 303


def test_another_role_opens_other_doors(northmere: RunningSite, ada: httpx.Client):
    path = f"/admin/staff/{number(northmere, MODERATOR)}"
    change(ada, path, "role", role="department-officer", department="parks")
    with northmere.signed_in(MODERATOR) as maureen:
        assert maureen.get("/desk").status_code == 200
        assert maureen.get("/moderation").status_code == 404


def test_ada_can_do_nothing_to_herself_but_her_name(northmere: RunningSite, ada: httpx.Client):
    path = f"/admin/staff/{number(northmere, ADMINISTRATOR)}"
    for act in ("disable", "factor"):
        answer = change(ada, path, act, status=409)
        assert "You cannot do that to your own account" in answer.text
    change(ada, path, "role", status=409, role="moderator")
    change(ada, path, "name", name="Ada Lovelace")
    assert "Ada Lovelace" in ada.get("/admin/staff").text


def test_a_lost_second_factor_is_taken_away(northmere: RunningSite, ada: httpx.Client):
    maureen = number(northmere, MODERATOR)
    northmere.town.sql("UPDATE accounts_account SET totp_sealed = :s WHERE id = :a", s=b"sealed", a=maureen)
    assert "Second factor set" in ada.get("/admin/staff").text
    change(ada, f"/admin/staff/{maureen}", "factor")
    assert "Second factor set" not in ada.get("/admin/staff").text


def test_who_changed_it_last_and_why_stands_on_the_page(northmere: RunningSite, ada: httpx.Client):
    path = f"/admin/staff/{number(northmere, MODERATOR)}"
    change(ada, path, "name", name="Maureen Mint", reason="She <i>married</i>")
    page = ada.get(path).text
    assert "accounts.rename" in page
    assert "She &lt;i&gt;married&lt;/i&gt;" in page
    assert ">Ada" in page or ", Ada" in page


# departments


def test_a_department_is_renamed_and_every_page_follows(northmere: RunningSite, ada: httpx.Client):
    change(ada, "/admin/departments/1", "rename", name="Parks and Rivers")
    assert "Parks and Rivers" in ada.get("/admin/departments").text


def test_officers_are_appointed_and_dismissed(northmere: RunningSite, ada: httpx.Client):
    imran, maureen = number(northmere, OFFICER), number(northmere, MODERATOR)
    change(ada, "/admin/departments/1", "appoint", appointed=str(maureen))
    assert f'href="/admin/staff/{maureen}"' in ada.get("/admin/departments/1").text
    change(ada, "/admin/departments/1", "dismiss", dismissed=str(imran))
    assert f'href="/admin/staff/{imran}"' not in ada.get("/admin/departments/1").text
    change(ada, "/admin/departments/1", "appoint", status=422, appointed="99")


def test_a_department_that_owes_answers_needs_an_heir(northmere: RunningSite, ada: httpx.Client):
    town = northmere.town
    town.department("libraries")
    town.sql(
        "INSERT INTO outcomes_referral (subject_kind, subject_id, cause, episode, department_id, state, imported,"
        " received_at) VALUES ('petition', 1, 'response', 1, 1, 'received', :no, :now)",
        no=False,
        now=town.now if not town.database.is_sqlite else town.now.strftime("%Y-%m-%d %H:%M:%S.%f"),
    )
    assert "It owes 1 answer or promise, which another department must give" in ada.get("/admin/departments/1").text
    refused = change(ada, "/admin/departments/1", "dissolve", status=409)
    assert "This department still owes answers" in refused.text
    change(ada, "/admin/departments/1", "dissolve", status=409, heir="parks")
    change(ada, "/admin/departments/1", "dissolve", heir="libraries")
    assert "Dissolved" in ada.get("/admin/departments").text
    assert [r.department_id for r in town.referrals(1)] == [2]
    with northmere.signed_in(OFFICER) as imran:
        desk = imran.get("/desk")
        assert (desk.status_code, "You act for no department at the moment" in desk.text) == (403, True)
    change(ada, "/admin/departments/1", "bring-back")
    assert "Dissolved" not in ada.get("/admin/departments/1").text


# notices


def test_a_notice_is_looked_at_before_everybody_sees_it(northmere: RunningSite, ada: httpx.Client):
    words = "Letters are slow today. <img src=x>"
    sent = {"words": words, "level": "urgent", "starts": "", "ends": "", "reason": "A drill"}
    with northmere.client() as visitor:
        shown = ada.post("/admin/banners", data=sent)
        assert shown.status_code == 200
        assert "Letters are slow today. &lt;img src=x&gt;" in shown.text
        assert "Letters are slow" not in visitor.get("/petitions").text
        edited = ada.post("/admin/banners", data={**sent, "step": "edit"})
        assert words.partition("<")[0] in edited.text
        assert ada.post("/admin/banners", data={**sent, "step": "sure"}).status_code == 303
        page = visitor.get("/petitions").text
        assert "ts-banner--urgent" in page
        assert "Letters are slow today. &lt;img src=x&gt;" in page
        assert ada.post("/admin/banners/1", data={**sent, "act": "down"}).status_code == 303
        assert "Letters are slow" not in visitor.get("/petitions").text
        assert ada.post("/admin/banners/1", data={**sent, "act": "back"}).status_code == 303
        assert "Letters are slow" in visitor.get("/petitions").text


def test_a_planned_notice_begins_by_itself(northmere: RunningSite, ada: httpx.Client):
    """Also on a page that was ready before."""
    starts = (northmere.clock.now() + timedelta(hours=1)).astimezone(northmere.house.settings.zone)
    assert put_up(ada, starts=starts.strftime("%Y-%m-%dT%H:%M")).status_code == 303
    with northmere.client() as visitor:
        assert "Letters are slow" not in visitor.get("/petitions").text
        northmere.clock.advance(timedelta(hours=2))
        northmere.house.jobs.run_all()
        assert "Letters are slow" in visitor.get("/petitions").text


def test_a_notice_that_makes_no_sense_is_refused_with_words(ada: httpx.Client):
    wrong: list[tuple[dict[str, str], str]] = [
        ({"words": ""}, "Enter what the notice says"),
        ({"words": "w" * 501}, "500 characters or fewer"),
        ({"level": "loud"}, "Choose one of the answers."),
        ({"ends": "2001-01-01T00:00"}, "It must end after it begins"),
        ({"starts": "soon"}, "Enter a day and a time"),
        ({"reason": ""}, "Say why"),
    ]
    for fields, said in wrong:
        answer = put_up(ada, **fields)
        assert (answer.status_code, said in answer.text) == (422, True), fields


# the record


def test_the_record_is_filtered_and_its_chain_checked(northmere: RunningSite, ada: httpx.Client):
    put_up(ada)
    ours = number(northmere, ADMINISTRATOR)
    page = ada.get("/admin/audit").text
    assert "operation.banner-add" in page
    assert "Newest seal" in page
    for query, is_there in (
        (f"by={ours}", True),
        ("by=clock", False),
        ("act=operation.banner-add", True),
        ("act=operation.", True),
        ("act=operation.rotate-keys", False),
        ("kind=banner&number=1", True),
        ("kind=banner&number=2", False),
        ("page=99", False),
    ):
        shown = ada.get(f"/admin/audit?{query}").text
        assert ("reason: A drill" in shown) == is_there, query
    assert "The chain is unbroken" in ada.get("/admin/audit?check").text
    northmere.town.sql("UPDATE audit_entry SET act = 'nothing' WHERE id = 2")
    assert "The chain is broken" in ada.get("/admin/audit?check").text


def test_nobody_can_change_the_record(ada: httpx.Client):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert ada.request(method, "/admin/audit").status_code == 405


# whose pages these are


def test_to_others_these_pages_do_not_exist(northmere: RunningSite, ada: httpx.Client):
    put_up(ada)
    with (
        northmere.client() as visitor,
        northmere.signed_in(MODERATOR) as maureen,
        northmere.signed_in(OFFICER) as imran,
    ):
        for other, page in ((other, page) for other in (visitor, maureen, imran) for page in PAGES):
            assert ada.get(page).status_code == 200, page
            assert other.get(page).status_code == 404, page
            if page not in ("/admin", "/admin/switches", "/admin/breach", "/admin/audit"):
                assert other.post(page, data={"reason": "x", "act": "on"}).status_code == 404, page


def test_what_does_not_exist_is_not_found(ada: httpx.Client):
    for path in ("/admin/staff/99", "/admin/departments/99", "/admin/banners/99", "/admin/staff/x"):
        assert ada.get(path).status_code == 404, path
        assert ada.post(path, data={"act": "disable", "reason": "x"}).status_code == 404, path


NAMES = ("email", "name", "role", "department", "slug", "words", "level", "starts", "ends", "reason", "whom", "was")
OTHER_NAMES = ("message", "heir", "appointed", "dismissed", "act", "step")


def test_whatever_is_typed_is_refused_in_words_or_shown_as_it_is(northmere: RunningSite, ada: httpx.Client):
    """Every field of every form at once; nothing is a fault of ours, and no markup comes back alive."""
    maureen = f"/admin/staff/{number(northmere, MODERATOR)}"
    forms = (*PAGES[1:2], maureen, *PAGES[3:6], "/admin/switches/sessions", "/admin/switches/keys")
    for words in HOSTILE:
        fields = dict.fromkeys((*NAMES, *OTHER_NAMES), words)
        acts = (words, "name", "role", "rename", "dissolve", "appoint", "dismiss", "down", "on")
        for path, act in ((path, act) for path in forms for act in acts):
            answer = ada.post(path, data={**fields, "act": act})
            assert answer.status_code in (303, 404, 409, 422), (path, act, words[:40])
            assert "<script>alert" not in answer.text, (path, act)
        query = {"by": words, "act": words, "kind": words, "number": words, "page": words}
        assert ada.get("/admin/audit", params=query).status_code == 200, words[:40]
    for page in PAGES:
        assert "<script>alert" not in ada.get(page).text, page
    assert northmere.town.rows(Account, Account.role == "administrator")
