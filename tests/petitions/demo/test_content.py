"""The demo's content keeps the limits that petitions, answers and names have everywhere else."""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
    "in_moderation": 2,
    "open": 16,
    "closed": 6,
    "rejected": 3,
    "hidden": 1,
    "withdrawn": 1,
}
PUBLISHED = {"open", "closed", "withdrawn"}
ENDED = {"closed", "rejected", "hidden", "withdrawn"}
REQUIRED = {
    "key", "action", "background", "details", "creator", "state", "days_ago_created", "signatures", "pace",
}  # fmt: skip
OPTIONAL = {
    "department", "days_ago_opened", "days_ago_closed", "sponsors", "rejection", "answer", "duplicate_of",
}  # fmt: skip

each_petition = pytest.mark.parametrize("petition", PETITIONS, ids=lambda petition: petition["key"])
answered = [petition for petition in PETITIONS if "answer" in petition]


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
    assert ("days_ago_opened" in petition) == ("department" in petition) == (state in PUBLISHED)
    assert ("days_ago_closed" in petition) == (state in ENDED)
    assert ("sponsors" in petition) == (state == "collecting")
    assert ("rejection" in petition) == (state in {"rejected", "hidden"})
    if "department" in petition:
        assert petition["department"] in {department["slug"] for department in CONTENT["department"]}
    if "answer" in petition:
        assert state in {"open", "closed"}


@each_petition
def test_days_follow_each_other(petition: dict[str, Any]) -> None:
    order = ["days_ago_created", "days_ago_opened", "days_ago_closed"]
    days = [petition[name] for name in order if name in petition]
    assert all(isinstance(day, int) for day in days)
    assert days == sorted(days, reverse=True) and len(set(days)) == len(days) and days[-1] >= 1
    if petition["state"] == "open":
        assert petition["days_ago_opened"] < 181  # still signable whatever the months' lengths
    if petition["state"] == "closed":
        assert 181 <= petition["days_ago_opened"] - petition["days_ago_closed"] <= 184


@each_petition
def test_signatures_are_possible_in_the_state(petition: dict[str, Any]) -> None:
    state, count = petition["state"], petition["signatures"]
    if state == "pending":
        assert count == 0
    elif state == "collecting":
        assert 1 <= petition["sponsors"] < SPONSORS_NEEDED
        assert count == petition["sponsors"] + 1
    elif state in PUBLISHED:
        assert SPONSORS_NEEDED + 1 <= count <= 420
    else:
        assert SPONSORS_NEEDED + 1 <= count <= SPONSORS_MOST + 1


def test_every_state_is_there() -> None:
    counts = Counter(petition["state"] for petition in PETITIONS)
    assert {state: counts[state] for state in AT_LEAST if counts[state] < AT_LEAST[state]} == {}


def test_rejections_give_a_reason_that_fits() -> None:
    for petition in in_state("rejected"):
        assert petition["rejection"]["code"] in SHOWN_CODES
    for petition in in_state("hidden"):
        assert petition["rejection"]["code"] in HIDDEN_CODES
    for petition in in_state("rejected") + in_state("hidden"):
        assert set(petition["rejection"]) == {"code", "details"}
        assert 40 <= len(petition["rejection"]["details"]) <= 600
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
        assert answer["days_after"] < petition["days_ago_closed"]


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
    # and nothing that has ended still owes an answer
    for state in ("closed", "withdrawn"):
        assert all("answer" in p for p in in_state(state) if p["signatures"] >= RESPONSE_AT)


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
