"""The demo's content keeps the limits that petitions, answers and names have everywhere else."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.moderation.rules.standards import BY_CODE
from petitions.policy import PetitionPolicy
from petitions.rules.debates import LINKS, DebateState, allowed_hosts, read_debate
from petitions.rules.sorting import MOST_PUBLIC_NOTE, read_tags

DEMO = Path(__file__).resolve().parents[3] / "petitions" / "demo"
PEOPLE = DEMO.parents[1] / "app" / "demo_people.toml"
CONTENT: dict[str, Any] = {
    **tomllib.loads((DEMO / "content.toml").read_text(encoding="utf-8")),
    **tomllib.loads(PEOPLE.read_text(encoding="utf-8")),
}
NAMES: dict[str, Any] = tomllib.loads((DEMO / "names.toml").read_text(encoding="utf-8"))

PETITIONS: list[dict[str, Any]] = CONTENT["petition"]
BY_KEY = {petition["key"]: petition for petition in PETITIONS}

RESPONSE_AT, DEBATE_AT, SPONSORS_NEEDED, SPONSORS_MOST, ANSWER_DAYS = 10, 50, 5, 20, 28
SHOWN_CODES = {"duplicate", "irrelevant", "no-action", "already-done", "advert", "spam"}
HIDDEN_CODES = {"libellous", "offensive", "personal-data", "fake-name"}
GRADES = {"will-do", "in-part", "examine", "already-done", "no", "not-ours"}
PACES = {"steady", "burst", "slow-then-fast"}
AT_LEAST = {
    "pending": 1,
    "collecting": 2,
    "in_moderation": 4,
    "open": 16,
    "closed": 6,
    "rejected": 3,
    "hidden": 2,
    "withdrawn": 1,
    "stopped": 1,
}
PUBLISHED = {"open", "closed", "withdrawn"}
ENDED = {"rejected", "hidden", "withdrawn"}
GATHERS = {"collecting", "stopped"}
REQUIRED = {
    "key", "action", "background", "details", "creator", "state", "days_ago_created", "signatures", "pace",
}  # fmt: skip
OPTIONAL = {
    "department", "days_ago_submitted", "days_ago_opened", "days_ago_closed", "sponsors", "rejection", "duplicate_of",
    "resubmission", "answer", "answer_later", "debate", "correction", "topics", "tags", "staff_note", "public_note",
    "last_hour", "unconfirmed", "changed_minds", "discarded",
}  # fmt: skip
TOPICS, REPORTS = CONTENT["topics"], CONTENT["report"]

each_petition = pytest.mark.parametrize("petition", PETITIONS, ids=lambda petition: petition["key"])
answered = [petition for petition in PETITIONS if "answer" in petition]
debated = [petition for petition in PETITIONS if "debate" in petition]


def in_state(state: str) -> list[dict[str, Any]]:
    return [petition for petition in PETITIONS if petition["state"] == state]


def texts(value: object) -> Iterator[str]:
    """Every string inside a parsed TOML value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def flaws(text: str) -> Iterator[str]:
    if text != text.strip() or "\n\n\n" in text:
        yield "stray space"
    if text.startswith(("=", "+", "-", "@")):
        yield "would be a formula in a spreadsheet"
    if text != unicodedata.normalize("NFC", text):
        yield "not NFC"
    if any(unicodedata.category(c) in {"Cc", "Cf"} for c in text.replace("\n", "")):
        yield "control character"
    if "http" in text.lower() or "www." in text.lower():
        yield "link"


def test_texts_are_clean() -> None:
    assert {text: found for text in texts([CONTENT, NAMES]) if (found := [*flaws(text)])} == {}
    assert [*flaws(" =1+1")] and [*flaws("@all")] and [*flaws("a\u202eb")] and [*flaws("www.example.org")]


def test_petitions_have_keys_of_their_own_and_say_different_things() -> None:
    assert len(BY_KEY) == len(PETITIONS)
    for field in ("action", "background", "creator"):
        assert len({petition[field] for petition in PETITIONS}) == len(PETITIONS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", key) for key in BY_KEY)


@each_petition
def test_petition_fits_the_limits(petition: dict[str, Any]) -> None:
    assert set(petition) >= REQUIRED
    assert set(petition) <= REQUIRED | OPTIONAL
    assert 10 <= len(petition["action"]) <= 80
    assert "\n" not in petition["action"] and not petition["action"].endswith(".")
    assert 40 <= len(petition["background"]) <= 300
    assert len(petition["details"]) <= 800
    assert petition["state"] in AT_LEAST
    assert petition["pace"] in PACES


@each_petition
def test_petition_has_what_its_state_asks_for_and_nothing_else(petition: dict[str, Any]) -> None:
    state = petition["state"]
    opened, again = "days_ago_opened" in petition, "resubmission" in petition
    assert opened == ("department" in petition)
    assert opened == (state in PUBLISHED) or (opened and state == "hidden")
    assert ("days_ago_closed" in petition) == (state in ENDED or again)
    assert ("sponsors" in petition) == (state in GATHERS)
    assert ("rejection" in petition) == (state in {"rejected", "hidden"} or again)
    assert not again or state == "in_moderation"
    if "department" in petition:
        assert petition["department"] in {department["slug"] for department in CONTENT["department"]}
    if "answer" in petition:
        assert state in {"open", "closed"}


@each_petition
def test_days_follow_each_other(petition: dict[str, Any]) -> None:
    order = ["days_ago_created", "days_ago_submitted", "days_ago_opened", "days_ago_closed"]
    days = [petition[name] for name in order if name in petition]
    assert all(isinstance(day, int) for day in days)
    assert days == sorted(days, reverse=True) and len(set(days)) == len(days) and days[-1] >= 1
    if petition["state"] == "open":
        assert petition["days_ago_opened"] < 181  # still signable whatever the months' lengths
    if petition["state"] == "closed":
        assert petition["days_ago_opened"] > 186
    if "resubmission" in petition:
        assert days[-1] > petition["resubmission"]["days_ago"] >= 1
    if "correction" in petition:
        assert petition["days_ago_opened"] > petition["correction"]["days_ago"] >= 1


@each_petition
def test_signatures_are_possible_in_the_state(petition: dict[str, Any]) -> None:
    state, count = petition["state"], petition["signatures"]
    if state == "pending":
        assert count == 0
    elif state in GATHERS:
        assert 1 <= petition["sponsors"] < SPONSORS_NEEDED
        assert count == petition["sponsors"] + 1
    elif "days_ago_opened" in petition:
        assert SPONSORS_NEEDED + 1 + petition.get("last_hour", 0) <= count <= 420
    else:
        assert SPONSORS_NEEDED + 1 <= count <= SPONSORS_MOST + 1


def test_every_state_is_there() -> None:
    counts = Counter(petition["state"] for petition in PETITIONS)
    assert {state: counts[state] for state in AT_LEAST if counts[state] < AT_LEAST[state]} == {}


def test_rejections_give_a_reason_that_fits() -> None:
    refused = [petition for petition in PETITIONS if "rejection" in petition]
    for petition in refused:
        assert petition["rejection"]["code"] in (HIDDEN_CODES if petition["state"] == "hidden" else SHOWN_CODES)
        assert set(petition["rejection"]) == {"code", "details"}
        assert 40 <= len(petition["rejection"]["details"]) <= 600
        assert petition.get("duplicate_of") in {None, *BY_KEY}
        assert (petition["rejection"]["code"] == "duplicate") == ("duplicate_of" in petition)
    duplicates = [petition for petition in PETITIONS if "duplicate_of" in petition]
    assert duplicates
    assert all(BY_KEY[petition["duplicate_of"]]["state"] == "open" for petition in duplicates)


@pytest.mark.parametrize("petition", answered, ids=lambda petition: petition["key"])
def test_answer_fits_the_limits(petition: dict[str, Any]) -> None:
    answer = petition["answer"]
    assert set(answer) == {"days_after", "grade", "summary", "details"}
    assert answer["grade"] in GRADES
    assert 40 <= len(answer["summary"]) <= 200
    assert answer["summary"].endswith(".") and "\n" not in answer["summary"]
    assert 300 <= len(answer["details"]) <= 6000
    assert 2 <= len(answer["details"].split("\n\n")) <= 5
    # crossed before it was answered, answered before today
    assert petition["signatures"] >= RESPONSE_AT
    assert 1 <= answer["days_after"] < petition["days_ago_opened"] - 14
    if petition["pace"] == "slow-then-fast":  # the crossing may be as late as the end
        assert answer["days_after"] < petition["days_ago_opened"] - 184


def test_answers_show_every_grade_and_one_that_came_late() -> None:
    assert {petition["answer"]["grade"] for petition in answered} == GRADES
    assert sum(petition["state"] == "open" for petition in answered) >= 3
    assert sum(petition["state"] == "closed" for petition in answered) >= 3
    assert any(petition["answer"]["days_after"] > ANSWER_DAYS for petition in answered)


def test_some_answers_are_awaited_and_some_overdue() -> None:
    awaiting = [p for p in in_state("open") if p["signatures"] >= RESPONSE_AT and "answer" not in p]
    within = [p for p in awaiting if p["days_ago_opened"] < ANSWER_DAYS]
    overdue = [p for p in awaiting if p["pace"] == "burst" and p["days_ago_opened"] > ANSWER_DAYS + 7]
    assert len(within) >= 4
    assert len(overdue) >= 1
    # nothing in between: whether it is overdue must not depend on how the pace is drawn
    assert len(within) + len(overdue) == len(awaiting)
    # one has closed without its answer, and nothing else that has ended owes one
    owing = [p for state in ENDED | {"closed"} for p in in_state(state) if p["signatures"] >= RESPONSE_AT]
    assert [p["key"] for p in owing if "answer" not in p] == ["pool-showers"]


def test_debates_of_every_kind_are_told() -> None:
    said = [word for petition in debated for word in petition["debate"]]
    assert {word["state"] for word in said} == set(DebateState)
    assert any(word.get("day", 0) < 0 for word in said)
    for petition in debated:
        assert petition["signatures"] >= DEBATE_AT
        days = [word["days_ago_said"] for word in petition["debate"]]
        assert days == sorted(days, reverse=True) and days[-1] >= 1
    # what has ended owes no debate
    assert all(p in debated for p in in_state("closed") if p["signatures"] >= DEBATE_AT)


@pytest.mark.parametrize("petition", debated, ids=lambda petition: petition["key"])
def test_what_is_said_of_a_debate_would_pass_its_form(petition: dict[str, Any]) -> None:
    today, hosts = date(2028, 5, 3), allowed_hosts(PetitionPolicy().debate_hosts)
    for word in petition["debate"]:
        said_on = today - timedelta(days=word["days_ago_said"])
        day = {"date": (today - timedelta(days=word["day"])).isoformat()} if "day" in word else {}
        links = {name: f"https://{word[name]}" for name in LINKS if name in word}
        form = {"state": word["state"], "overview": word.get("overview", ""), **day, **links}
        opened = today - timedelta(days=petition["days_ago_opened"])
        assert read_debate(form, hosts, since=opened, today=said_on).state == word["state"]


def test_most_petitions_have_topics_and_some_have_notes() -> None:
    published = [p for p in PETITIONS if p["state"] in PUBLISHED]
    assert 6 <= len(TOPICS) <= 8
    assert {topic for p in PETITIONS for topic in p.get("topics", ())} == set(TOPICS)
    assert sum("topics" in p for p in published) > 0.9 * len(published)
    assert any("public_note" in p for p in published)
    for petition in PETITIONS:
        assert len(petition.get("public_note", "")) <= MOST_PUBLIC_NOTE
        assert tuple(petition.get("tags", ())) == read_tags(", ".join(petition.get("tags", ())))


def test_corrections_and_resubmissions_change_something_and_say_so() -> None:
    corrected = [p for p in PETITIONS if "correction" in p]
    changed = [p for p in PETITIONS if "resubmission" in p]
    assert corrected and changed
    for petition in corrected:
        texts = {k: v for k, v in petition["correction"].items() if k not in ("days_ago", "note")}
        assert texts and all(petition[name] != text for name, text in texts.items())
        assert 40 <= len(petition["correction"]["note"]) <= 500
    for petition in changed:
        again = petition["resubmission"]
        assert len(again["action"]) <= 80 and len(again["background"]) <= 300 and len(again["details"]) <= 800
        assert again["action"] != petition["action"]


def test_a_block_a_bounce_and_reports() -> None:
    open_today = {p["key"] for p in in_state("open")}
    assert CONTENT["block"]["petition"] in open_today and CONTENT["block"]["held"] == 3
    assert CONTENT["bounce"]["petition"] in BY_KEY
    assert {report["petition"] for report in REPORTS} <= open_today
    assert sum("days_ago_handled" not in report for report in REPORTS) == 2
    assert all(report["reason"] in BY_CODE for report in REPORTS)


def test_a_visitor_can_cross_each_threshold_himself() -> None:
    counts = Counter(petition["signatures"] for petition in in_state("open"))
    assert counts[RESPONSE_AT - 1] and counts[DEBATE_AT - 1]
    assert {6, 7, 8, 9} <= set(counts)
    assert sum(count for size, count in counts.items() if size >= DEBATE_AT) >= 4
    assert sum(count for size, count in counts.items() if RESPONSE_AT <= size < DEBATE_AT) >= 6


def test_departments_and_staff() -> None:
    assert len(CONTENT["department"]) == 2
    assert sorted(person["role"] for person in CONTENT["staff"]) == ["administrator", "moderator", "official"]
    assert all(department["officer"] for department in CONTENT["department"])
    officers = [officer for department in CONTENT["department"] for officer in department["officer"]]
    emails = [person["email"] for person in [*officers, *CONTENT["staff"]]]
    assert len(set(emails)) == len(emails)
    assert all(re.fullmatch(r"[a-z.]+@example\.org", email) for email in emails)
    for department in CONTENT["department"]:
        assert any(petition.get("department") == department["slug"] for petition in answered)


def test_citizens_with_an_account_signed_under_the_same_address() -> None:
    citizens = {citizen["email"]: citizen["name"] for citizen in CONTENT["citizen"]}
    regulars = {regular["email"]: regular["name"] for regular in CONTENT["regular"]}
    assert citizens == regulars
    assert all(re.fullmatch(r"[a-z.]+@example\.org", email) for email in citizens)
    signed = [key for regular in CONTENT["regular"] for key in regular["signs"]]
    assert set(signed) <= {petition["key"] for petition in PETITIONS if petition["state"] in ("open", "closed")}


def test_names_are_plenty_and_plain() -> None:
    for field in ("first", "last"):
        assert len(NAMES[field]) >= 150
        assert len(set(NAMES[field])) == len(NAMES[field])
    people = [petition["creator"] for petition in PETITIONS]
    for name in [*NAMES["first"], *NAMES["last"], *people]:
        assert len(name) <= 60
        assert all(character.isalpha() or character in " '-" for character in name)


def test_postcodes_and_countries() -> None:
    assert len(set(NAMES["postcodes"])) == len(NAMES["postcodes"]) >= 40
    inward = "[ABD-HJLNP-UW-Z]"  # no C I K M O V
    assert all(re.fullmatch(rf"NM[1-9] [1-9]{inward}{{2}}", code) for code in NAMES["postcodes"])
    weights = NAMES["countries"]
    assert all(re.fullmatch("[A-Z]{2}", country) for country in weights)
    assert all(isinstance(weight, int) and weight > 0 for weight in weights.values())
    assert weights["GB"] > 0.9 * sum(weights.values())
