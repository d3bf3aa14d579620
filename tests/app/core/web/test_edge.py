"""A visitor is thanked for what is stored and for nothing else, whatever they send and whatever breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import exc, text
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.errors import NotFound
from tests.app.core.guestbook.room import NOBODY, names
from tests.app.core.served import Served

LIMIT = 65_536
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FORM = {"content-type": "application/x-www-form-urlencoded"}
OURS, THEIRS = "http://127.0.0.1:8000", "https://evil.example"


def thanks(answer: httpx.Response) -> bool:
    return "thank" in (answer.text + answer.headers.get("location", "")).lower()


# commit at the edge


@pytest.mark.parametrize("status", ["200", "201", "202", "303"])
def test_a_good_answer_is_given_once_the_act_is_stored(served: Served, status: str) -> None:
    answer = served.post("/guestbook", name="Amina", answer=status)
    assert answer.status_code == int(status)
    assert thanks(answer)
    assert names(served.database) == ["Amina"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        *((s, int(s)) for s in ("400", "403", "404", "409", "422", "500", "503")),
        ("refuse", 409),
        ("teapot", 418),
        ("fault", 500),
    ],
)
def test_an_answer_of_400_or_above_stores_nothing(served: Served, told: str, status: int) -> None:
    answer = served.post("/guestbook", name="Amina", answer=told)
    assert answer.status_code == status
    assert names(served.database) == []
    assert served.post("/guestbook", name="Bob").status_code == 303
    assert names(served.database) == ["Bob"]


@pytest.mark.parametrize("answered", ["200", "201", "303"])
def test_a_commit_that_fails_is_an_error_page_and_never_a_thank_you(served: Served, answered: str) -> None:
    answer = served.post("/guestbook", name="Amina", host=str(NOBODY), answer=answered)
    assert answer.status_code == 409
    assert not thanks(answer)
    assert "Nothing was stored" in answer.text
    assert names(served.database) == []


def test_a_commit_that_fails_is_a_problem_for_a_program(served: Served) -> None:
    answer = served.post("/api/v1/guestbook", name="Amina", host=str(NOBODY))
    assert (answer.status_code, answer.json()["status"]) == (409, 409)
    assert not thanks(answer)
    assert names(served.database) == []


def test_a_commit_that_the_database_does_not_answer_claims_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(session: Session) -> None:
        session.rollback()
        raise exc.OperationalError("COMMIT", {}, ConnectionError("the line went dead"))

    with monkeypatch.context() as patched:
        patched.setattr(Session, "commit", lost)
        answer = served.post("/guestbook", name="Amina")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert not thanks(answer)
    assert names(served.database) == []
    assert served.post("/guestbook", name="Bob").status_code == 303


def test_a_stored_act_is_thanked_for_even_if_what_follows_the_commit_fails(served: Served) -> None:
    answer = served.post("/guestbook", name="Amina", answer="shaky")
    assert answer.status_code == 303
    assert names(served.database) == ["Amina"]


def test_a_route_that_writes_without_saying_so_is_a_fault_of_ours(served: Served) -> None:
    answer = served.get("/guestbook/careless")
    assert answer.status_code == 500
    assert not thanks(answer)
    assert names(served.database) == []


def test_a_page_shown_in_one_go_is_made_by_a_handlers_thread_and_read_by_everyone(served: Served) -> None:
    plain = served.get("/guestbook/by/amina", headers={"accept-encoding": "identity"})
    packed = served.get("/guestbook/by/amina", headers={"accept-encoding": "gzip"})
    assert plain.text.startswith("page"), plain.text[:40]
    assert "Written by é." in packed.text
    assert plain.headers["content-type"] == packed.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("careless", 500), ("baker", 500)])
def test_a_page_shown_in_one_go_cannot_write_or_give_a_cookie_and_may_say_no(
    served: Served, name: str, status: int
) -> None:
    assert served.get(f"/guestbook/by/{name}").status_code == status
    assert names(served.database) == []


def test_the_intakes_answer_reaches_the_page(served: Served) -> None:
    assert served.post("/guestbook/quick", name="Amina").status_code == 303
    assert served.post("/guestbook/quick", name="Mallory").status_code == 409
    failed = served.post("/guestbook/quick", name="Bob", host=str(NOBODY))
    assert failed.status_code == 500
    assert not thanks(failed)
    assert names(served.database) == ["Amina"]


def test_more_visitors_at_once_than_there_are_threads_are_each_stored(served: Served) -> None:
    """All of them change one row: whoever holds its lock must be able to commit while the others wait."""
    letters = {"origin": served.base}
    answers = [served.begin("POST", "/guestbook", data={"name": f"Guest {n:02}"}, headers=letters) for n in range(40)]
    answers += [
        served.begin("POST", "/guestbook/quick", data={"name": f"Quick {n:02}"}, headers=letters) for n in range(40)
    ]
    assert {a.result(30).status_code for a in answers} == {303}
    assert names(served.database) == [f"Guest {n:02}" for n in range(40)] + [f"Quick {n:02}" for n in range(40)]


def test_an_answer_that_leaves_its_status_to_the_route_is_stored(served: Served) -> None:
    answers = [served.post("/guestbook/limited", name=name) for name in ("Amina", "Bob")]
    assert [a.status_code for a in answers] == [201, 201]
    assert names(served.database) == ["Amina", "Bob"]


# headers on every answer


@contextmanager
def without_a_database(kind: str, folder: Path) -> Iterator[Served]:
    url = "postgresql://nobody@127.0.0.1:1/nothing" if kind == "postgres" else f"sqlite:///{folder}"
    gone = Database(url)
    with Served(gone) as house:
        yield house


def each_kind_of_answer(house: Served, gone: Served) -> dict[int, httpx.Response]:
    static = house.house.assets.url("css/townsquare.css")
    answers = [
        house.get("/guestbook"),
        house.post("/guestbook", name="Amina"),
        house.get("/nowhere"),
        house.ask("DELETE", "/guestbook", headers={"origin": house.base}),
        house.ask("POST", "/guestbook", content=b"name=" + b"a" * LIMIT, headers=FORM | {"origin": house.base}),
        house.post("/guestbook", name="Amina", answer="422"),
        house.get("/guestbook/careless"),
        gone.get("/guestbook"),
        house.ask("POST", "/guestbook", headers={"origin": THEIRS}),
        house.get("/guestbook", headers={"if-none-match": house.get("/guestbook").headers["etag"]}),
    ]
    assert house.get(static).status_code == house.get("/healthz").status_code == 200
    return {a.status_code: a for a in answers}


def test_security_headers_are_on_every_answer(sqlite_served: Served, tmp_path: Path) -> None:
    with without_a_database("sqlite", tmp_path) as gone:
        answers = each_kind_of_answer(sqlite_served, gone)
    assert set(answers) == {200, 303, 304, 403, 404, 405, 413, 422, 500, 503}
    style = sqlite_served.house.assets.url("css/townsquare.css")
    others = [sqlite_served.get(style), sqlite_served.get("/static/nothing"), sqlite_served.ask("HEAD", "/guestbook")]
    for answer in (*answers.values(), *others):
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, answer.status_code
        csp = answer.headers["content-security-policy"]
        assert "default-src 'none'" in csp
        assert "unsafe" not in csp
        assert "frame-ancestors 'none'" in csp
        assert all(len(answer.headers.get_list(name)) == 1 for name in (*ALWAYS, "content-security-policy"))


def test_only_a_site_behind_https_promises_https_for_a_year(sqlite_database: Database) -> None:
    with Served(sqlite_database) as plain:
        assert "strict-transport-security" not in plain.get("/guestbook").headers
    with Served(sqlite_database, base_url="https://town.example") as safe:
        for path in ("/guestbook", "/nowhere", safe.house.assets.url("css/townsquare.css")):
            assert safe.get(path).headers["strict-transport-security"].startswith("max-age=31536000")


def test_every_answer_has_a_reference_of_its_own_and_errors_show_it(sqlite_served: Served) -> None:
    answers = [sqlite_served.get("/guestbook") for _ in range(3)] + [sqlite_served.get("/nowhere")]
    references = [a.headers["x-request-id"] for a in answers]
    assert len(set(references)) == 4
    assert all(re.fullmatch(r"[0-9a-f]{12}", r) for r in references)
    fault = sqlite_served.get("/guestbook/careless")
    assert fault.headers["x-request-id"] in fault.text
    problem = sqlite_served.get("/api/v1/nowhere")
    assert problem.json()["request_id"] == problem.headers["x-request-id"]


def test_a_fault_tells_the_visitor_nothing_of_our_insides(sqlite_served: Served) -> None:
    for answer in (
        sqlite_served.post("/guestbook", name="Amina", answer="fault"),
        sqlite_served.get("/guestbook/careless", headers={"accept": "application/json"}),
    ):
        assert answer.status_code == 500
        for word in ("Traceback", "ZeroDivision", "no page shows this", "INSERT", "guestbook_entry", ".py"):
            assert word not in answer.text


def test_no_answer_names_the_server_software(sqlite_served: Served) -> None:
    assert "server" not in sqlite_served.get("/guestbook").headers


# what another site makes a browser send

COOKIE = {"cookie": "townsquare=a-session; other=1"}


@pytest.mark.parametrize("site", ["same-origin", "none"])
@pytest.mark.parametrize("origin", [None, OURS])
def test_a_browser_on_our_page_keeps_its_cookies(sqlite_served: Served, site: str, origin: str | None) -> None:
    headers = COOKIE | {"sec-fetch-site": site} | ({"origin": origin} if origin else {})
    answer = sqlite_served.ask("POST", "/guestbook/mine", headers=headers)
    assert answer.json() == {"cookies": {"townsquare": "a-session", "other": "1"}, "cookieless": False}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "MADE-UP"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "same-origin, none"])
@pytest.mark.parametrize("origin", [None, OURS])
def test_another_sites_request_is_refused_whatever_its_origin_says(
    sqlite_served: Served, method: str, site: str, origin: str | None
) -> None:
    headers = COOKIE | FORM | {"sec-fetch-site": site} | ({"origin": origin} if origin else {})
    answer = sqlite_served.ask(method, "/guestbook", headers=headers, content=b"name=Mallory")
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert names(sqlite_served.database) == []


def test_an_old_safari_says_its_origin_alone_and_gets_through(sqlite_served: Served) -> None:
    """Before 16.4 Safari sent no fetch metadata."""
    safari = {
        "user-agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/14.1.2 Safari/605.1.15",
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-language": "en-gb",
        "accept-encoding": "gzip, deflate",
        "referer": f"{OURS}/guestbook",
        "origin": OURS,
    }
    answer = sqlite_served.ask("POST", "/guestbook/mine", headers=safari | COOKIE)
    assert answer.json()["cookies"]["townsquare"] == "a-session"
    assert sqlite_served.ask("POST", "/guestbook", headers=safari, data={"name": "Amina"}).status_code == 303
    forged = safari | {"origin": THEIRS, "referer": f"{THEIRS}/trap"}
    assert sqlite_served.ask("POST", "/guestbook", headers=forged, data={"name": "Mallory"}).status_code == 403
    assert names(sqlite_served.database) == ["Amina"]


@pytest.mark.parametrize(
    "origin",
    ["null", THEIRS, "http://127.0.0.1:8001", "https://127.0.0.1:8000", "http://127.0.0.1", OURS + ".evil.example", ""],
)
def test_a_foreign_origin_is_refused(sqlite_served: Served, origin: str) -> None:
    answer = sqlite_served.ask("POST", "/guestbook", headers=COOKIE | {"origin": origin}, data={"name": "Mallory"})
    assert answer.status_code == 403
    assert names(sqlite_served.database) == []


def test_both_names_of_loopback_are_ours_on_a_developers_machine_only(sqlite_database: Database) -> None:
    local = {"origin": "http://localhost:8000"}
    with Served(sqlite_database) as house:
        assert house.ask("POST", "/guestbook/mine", headers=local).status_code == 200
    safe = {"secret_key": "s" * 40, "mode": "production", "base_url": "https://127.0.0.1:8000"}
    with Served(sqlite_database, **safe) as house:
        assert house.ask("POST", "/guestbook/mine", headers={"origin": "https://localhost:8000"}).status_code == 403
        assert house.ask("POST", "/guestbook/mine", headers={"origin": "https://127.0.0.1:8000"}).status_code == 200


def test_a_program_that_says_neither_has_no_cookies(sqlite_served: Served) -> None:
    answer = sqlite_served.ask("POST", "/guestbook/mine", headers=COOKIE)
    assert answer.json() == {"cookies": {}, "cookieless": True}
    assert sqlite_served.ask("POST", "/guestbook", data={"name": "A program"}).status_code == 303


@pytest.mark.parametrize("other", [{}, {"sec-fetch-site": "cross-site"}, {"origin": THEIRS}])
def test_a_bearer_token_skips_the_rule_and_the_cookies(sqlite_served: Served, other: dict[str, str]) -> None:
    headers = COOKIE | other | {"authorization": "Bearer some-token"}
    answer = sqlite_served.ask("POST", "/guestbook/mine", headers=headers)
    assert answer.json() == {"cookies": {}, "cookieless": True}


def test_another_scheme_of_authorization_skips_nothing(sqlite_served: Served) -> None:
    headers = COOKIE | {"authorization": "Basic YTpi", "sec-fetch-site": "cross-site"}
    assert sqlite_served.ask("POST", "/guestbook/mine", headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_may_begin_on_any_site(sqlite_served: Served, method: str) -> None:
    headers = {"sec-fetch-site": "cross-site", "origin": THEIRS}
    assert sqlite_served.ask(method, "/guestbook", headers=headers).status_code == 200


def test_a_refused_program_gets_a_problem(sqlite_served: Served) -> None:
    answer = sqlite_served.ask("POST", "/api/v1/guestbook", headers={"sec-fetch-site": "cross-site"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/cross-site"
    assert answer.headers["cache-control"] == "no-store"


# size


@pytest.mark.parametrize("path", ["/guestbook", "/guestbook/quick", "/api/v1/guestbook"])
@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "chunked"])
def test_a_body_over_64_kib_is_too_large(sqlite_served: Served, path: str, *, is_announced: bool) -> None:
    body = b"name=Amina&more=" + b"a" * LIMIT
    content = body if is_announced else _in_pieces(body)
    answer = sqlite_served.ask("POST", path, content=content, headers=FORM | {"origin": OURS})
    assert answer.status_code == 413
    assert "too long" in answer.text
    assert names(sqlite_served.database) == []


def test_a_body_of_just_64_kib_is_not(sqlite_served: Served) -> None:
    body = b"name=Amina&more="
    body += b"a" * (LIMIT - len(body))
    assert sqlite_served.ask("POST", "/guestbook", content=body, headers=FORM | {"origin": OURS}).status_code == 303


async def _in_pieces(body: bytes):
    for start in range(0, len(body), 8_000):
        yield body[start : start + 8_000]


@pytest.mark.parametrize(
    "body", [b"name=%ff%fe", b"\xff\xfe", b"&".join(b"f%d=1" % n for n in range(101))], ids=["utf-8", "raw", "fields"]
)
def test_a_body_that_is_no_form_gets_a_clear_answer(sqlite_served: Served, body: bytes) -> None:
    answer = sqlite_served.ask("POST", "/guestbook", content=body, headers=FORM | {"origin": OURS})
    assert answer.status_code == 400
    assert names(sqlite_served.database) == []


# the database is gone


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_without_a_database_nothing_is_claimed(kind: str, tmp_path: Path) -> None:
    with without_a_database(kind, tmp_path) as gone:
        answers = [
            gone.get("/guestbook"),
            gone.post("/guestbook", name="Amina"),
            gone.post("/guestbook/quick", name="Amina"),
            gone.post("/api/v1/guestbook", name="Amina"),
            gone.ask("GET", "/moderation", headers={"cookie": "townsquare=a-session"}),
        ]
        assert [a.status_code for a in answers] == [503] * 5
        assert not any(thanks(a) for a in answers)
        assert all(int(a.headers["retry-after"]) > 0 for a in answers)
        assert gone.get("/healthz").status_code == 200
        ready = gone.get("/readyz")
        assert ready.status_code == 503
        assert "out of reach" in ready.json()["faults"][0]


def test_the_site_recovers_once_the_database_is_back(postgres_served: Served) -> None:
    """A restart of the server ends every connection: one visitor pays for finding that out."""
    house = postgres_served
    told = [house.post("/guestbook", name="Amina").status_code]
    everyone_else = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with house.database.engine.connect() as connection:
        connection.execute(everyone_else).all()
    guests = ["Bob", "Charlie", "Dora", "Edgar"]
    told += [house.post("/guestbook", name=name).status_code for name in guests]
    assert set(told) <= {303, 503}
    assert told.count(503) <= 1
    assert names(house.database) == [n for n, status in zip(["Amina", *guests], told, strict=True) if status == 303]


# errors as pages and as problems


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/v1/nowhere", "text/html"),
        ("/api/v1/nowhere", "*/*"),
        ("/nowhere.json", "text/html,application/xhtml+xml"),
        ("/nowhere", "application/json"),
        ("/nowhere", "application/problem+json"),
    ],
)
def test_programs_get_problems(sqlite_served: Served, path: str, accept: str) -> None:
    answer = sqlite_served.get(path, headers={"accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert set(told) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert (told["type"], told["status"]) == ("/problems/not-found", 404)


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "text/html, application/json"])
def test_people_get_pages(sqlite_served: Served, accept: str) -> None:
    answer = sqlite_served.get("/nowhere", headers={"accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Page not found" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_an_error_page_shows_words_from_outside_as_words(sqlite_served: Served) -> None:
    """Whatever a refusal quotes, it is not markup."""

    class Quoting(NotFound):
        message = "There is no {what}."

    shown = sqlite_served.house.errors.page(Quoting(what="<script>alert(1)</script> & ⟦reference⟧"), "<ref>").decode()
    assert "There is no &lt;script&gt;alert(1)&lt;/script&gt; &amp;" in shown
    assert "<script>alert" not in shown
    assert "<ref>" not in shown


def test_a_method_that_an_address_does_not_know(sqlite_served: Served) -> None:
    answer = sqlite_served.ask("DELETE", "/guestbook", headers={"origin": OURS, "accept": "application/json"})
    assert answer.status_code == 405
    assert answer.json()["type"] == "/problems/method-not-allowed"
    assert set(answer.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
