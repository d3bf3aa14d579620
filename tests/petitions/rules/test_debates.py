"""Links to a debate lead only to the allowed sites, and a debate is called what it is on each day."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.errors import BadField, Invalid
from petitions.rules.debates import Phase, allowed_hosts, changes_on, phase_of, read_debate, read_link

HOSTS = ["parliament.uk", "parliamentlive.tv"]
OPENED, TODAY = date(2027, 3, 1), date(2027, 8, 19)
DAY = {"date": "2027-08-18"}


@pytest.mark.parametrize(
    "link",
    [
        "https://parliament.uk/debate/1",
        "https://hansard.parliament.uk/commons/2027-08-18/debates/x?a=1#b",
        "https://parliamentlive.tv",
        "HTTPS://Hansard.Parliament.UK/a",
        "  https://parliament.uk/a  ",
    ],
)
def test_links_to_an_allowed_site_or_below_it_are_taken(link: str):
    assert read_link(link, HOSTS) == link.strip()


@pytest.mark.parametrize(
    "link",
    [
        "http://parliament.uk/a",
        "parliament.uk/a",
        "//parliament.uk/a",
        "javascript:alert(1)",
        "https://example.org/parliament.uk",
        "https://parliament.uk.example.org/",
        "https://notparliament.uk/",
        "https://parliament.uk@example.org/",
        "https://user@parliament.uk/",
        "https://user:secret@parliament.uk/",
        "https://parliament.uk:8443/",
        "https://parliament.uk:443/",
        "https://example.org\\.parliament.uk/",
        "https://example.org\\@parliament.uk/",
        "https://example.org#.parliament.uk",
        "https://example.org?.parliament.uk",
        "https://pаrliament.uk/",  # a Cyrillic letter
        "https://parliament。uk/",
        "https://parliament.uk./",
        "https://.parliament.uk/",
        "https://[parliament.uk]/",
        "https://[::1/",
        "https:///parliament.uk",
        "https://parliament.uk/a b",
        "https://parliament.uk/\u202egpj",
        "https://par\tliament.uk/",
        "https://parl%69ament.uk/",
        "https://-.parliament.uk/",
        "https://parliament.uk/" + "a" * 500,
    ],
)
def test_every_other_link_is_refused(link: str):
    with pytest.raises(BadField):
        read_link(link, HOSTS)


def test_a_refused_link_is_told_which_sites_are_allowed():
    with pytest.raises(BadField, match=r"parliament\.uk, parliamentlive\.tv"):
        read_link("https://example.org/", HOSTS)
    assert allowed_hosts(" Parliament.uk ,, parliamentlive.tv") == HOSTS


def test_without_allowed_sites_no_link_is_taken():
    with pytest.raises(BadField):
        read_link("https://parliament.uk/", [])
    assert read_link("", []) == ""


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["state"]),
        ({"state": "perhaps"}, ["state"]),
        ({"state": "scheduled"}, ["date"]),
        ({"state": "scheduled", "date": "2027-02-31"}, ["date"]),
        ({"state": "scheduled", "date": "١٨/8/2027"}, ["date"]),
        ({"state": "scheduled", "date": "-1/8/2027"}, ["date"]),
        ({"state": "scheduled", "date": "0000-08-18"}, ["date"]),
        ({"state": "scheduled", "date": "2026-08-18"}, ["date"]),
        ({"state": "scheduled", "date": "2037-08-18"}, ["date"]),
        ({"state": "outcome", **DAY}, ["overview"]),
        ({"state": "outcome", "date": "2027-08-20", "overview": "Good."}, ["date"]),
        ({"state": "outcome", **DAY, "video_url": "https://example.org/"}, ["video_url"]),
        ({"state": "outcome", "overview": "o" * 6_001, "pack_url": "x"}, ["date", "pack_url", "overview"]),
        ({"state": "not_held"}, ["overview"]),
        ({"state": "not_held", "overview": "\u200b \u00a0"}, ["overview"]),
    ],
)
def test_each_wrong_field_is_named(form: dict[str, str], fields: list[str]):
    with pytest.raises(Invalid) as refused:
        read_debate(form, HOSTS, since=OPENED, today=TODAY)
    assert [e.field for e in refused.value.errors] == fields


@pytest.mark.parametrize("typed", ["2027-08-18", "18/8/2027", "18/08/2027", "18.8.2027", " 18 8 2027 "])
def test_a_day_is_read_as_date_fields_send_it_and_as_people_type_it(typed: str):
    said = read_debate({"state": "scheduled", "date": typed}, HOSTS, since=OPENED, today=TODAY)
    assert said.debated_on == date(2027, 8, 18)


def test_what_is_right_is_kept_and_what_does_not_belong_is_not():
    link = "https://hansard.parliament.uk/x"
    everything = DAY | {"overview": "  Much was said.\r\n\r\nAgreed. ", "transcript_url": link}
    scheduled = read_debate(everything | {"state": "scheduled"}, HOSTS, since=OPENED, today=TODAY)
    assert (scheduled.debated_on, scheduled.overview, scheduled.transcript_url) == (date(2027, 8, 18), "", "")
    outcome = read_debate(everything | {"state": "outcome"}, HOSTS, since=OPENED, today=TODAY)
    assert (outcome.overview, outcome.transcript_url) == ("Much was said.\n\nAgreed.", link)
    not_held = read_debate(everything | {"state": "not_held"}, HOSTS, since=OPENED, today=TODAY)
    assert (not_held.debated_on, not_held.overview, not_held.transcript_url) == (None, "Much was said.\n\nAgreed.", "")
    links_alone = read_debate(DAY | {"state": "outcome", "video_url": link}, HOSTS, since=OPENED, today=TODAY)
    assert links_alone.video_url == link


@pytest.mark.parametrize(
    ("state", "today", "phase", "changes"),
    [
        (None, date(2027, 8, 17), Phase.AWAITING, None),
        ("scheduled", date(2027, 8, 17), Phase.SCHEDULED, date(2027, 8, 19)),
        ("scheduled", date(2027, 8, 18), Phase.SCHEDULED, date(2027, 8, 19)),
        ("scheduled", date(2027, 8, 19), Phase.DEBATED, date(2027, 8, 20)),
        ("outcome", date(2027, 8, 19), Phase.OUTCOME, None),
        ("not_held", date(2027, 8, 19), Phase.NOT_HELD, None),
    ],
)
def test_a_debate_is_called_what_it_is_on_each_day(state: str | None, today: date, phase: Phase, changes: date | None):
    held_on = date(2027, 8, 18)
    assert phase_of(state, held_on, today) is phase
    assert changes_on(phase, today, held_on) == changes
