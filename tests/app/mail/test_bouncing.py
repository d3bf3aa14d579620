"""Delivery reports and complaints: understood as servers write them, believed only about our own letters."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.security.keys import Keys
from app.mail import service as mail
from app.mail import suppression
from app.mail.bouncing import NotUnderstood, Report, _is_same, read_report, settle
from app.mail.model import Lane, Letter, Suppression
from app.mail.render import letter_named, message_name
from tests.people import LAURA, SAM, Person, crowd
from tests.site import Town

OMAR = Person("Omar Haddad", "omar@example.org")


def multipart(*parts: str, kind: str = "report; report-type=delivery-status", head: str = "") -> bytes:
    inside = "".join(f"--=_b\n{part}\n" for part in parts)
    whole = f'From: MAILER-DAEMON@mx.example\n{head}Content-Type: multipart/{kind};\n boundary="=_b"\n\nA report.\n'
    return f"{whole}{inside}--=_b--\n".replace("\n", "\r\n").encode()


def part(kind: str, text: str, more: str = "") -> str:
    return f"Content-Type: {kind}\n{more}\n{text}"


def letter_back(name: str, to: str = OMAR.email) -> str:
    return f"From: no-reply@northmere.example\nTo: {to}\nMessage-ID: {name}\nSubject: Confirm your signature\n"


def postfix(name: str, to: str = OMAR.email, status: str = "5.1.1", action: str = "failed") -> bytes:
    fields = (
        f"Reporting-MTA: dns; mx.northmere.example\nX-Postfix-Queue-ID: 4F2A\nArrival-Date: Mon, 5 Jan 2026 12:00:00\n\n"
        f"Final-Recipient: rfc822; {to}\nOriginal-Recipient: rfc822;{to}\nAction: {action}\nStatus: {status}\n"
        f"Remote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; 550 {status} <{to}>:\n    Recipient address rejected\n"
    )
    return multipart(
        part(
            "text/plain; charset=us-ascii", "I'm sorry to have to inform you …", "Content-Description: Notification\n"
        ),
        part("message/delivery-status", fields),
        part("text/rfc822-headers", letter_back(name, to), "Content-Description: Undelivered Message Headers\n"),
    )


def exim(name: str, to: str = OMAR.email, said: str = "550 5.1.1 no such user") -> bytes:
    fields = (
        f"Reporting-MTA: dns; exim.example\n\nAction: failed\nFinal-Recipient: rfc822;{to}\nStatus: 5.0.0\n"
        f"Remote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; {said}\n"
    )
    back = letter_back(name, to) + "\nOpen this link\n"
    return multipart(
        part("text/plain", "This message was created automatically by mail delivery software."),
        part("message/delivery-status", fields),
        part("message/rfc822", back),
        head=f"X-Failed-Recipients: {to}\n",
    )


def gmail(name: str, to: str = OMAR.email) -> bytes:
    """The letter's name stands in the fields and in References; a picture comes along."""
    fields = (
        f"Reporting-MTA: dns; googlemail.com\nReceived-From-MTA: dns; no-reply@northmere.example\n"
        f"X-Original-Message-ID: {name}\n\nFinal-Recipient: rfc822; {to}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n"
    )
    shown = 'Content-Type: multipart/related; boundary="=_i"\n\n--=_i\nContent-Type: text/html\n\n<p>Sorry\n--=_i--\n'
    return multipart(shown, part("message/delivery-status", fields), head=f"In-Reply-To: {name}\nReferences: {name}\n")


def exchange(name: str, to: str = OMAR.email) -> bytes:
    """No original recipient, everything in base64."""
    fields = f"Reporting-MTA: dns;mx.corp.example\n\nFinal-Recipient: rfc822;{to}\nAction: failed\nStatus: 5.1.10\n"
    packed = base64.encodebytes(fields.encode()).decode()
    return multipart(
        part('multipart/alternative; boundary="=_a"', "--=_a\nContent-Type: text/plain\n\nSorry\n--=_a--\n"),
        part("message/delivery-status", packed, "Content-Transfer-Encoding: base64\n"),
        part("message/rfc822", letter_back(name, to) + "\nOpen this link\n"),
    )


def international(name: str, to: str, told: str) -> bytes:
    fields = f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: {told}\nAction: failed\nStatus: 5.1.1\n"
    return multipart(
        part("message/global-delivery-status", fields), part("message/global-headers", letter_back(name, to))
    )


def complaint(name: str, to: str = OMAR.email, kind: str = "abuse", told: bool = True) -> bytes:
    fields = f"Feedback-Type: {kind}\nUser-Agent: Loop/1.0\nVersion: 1\n"
    fields += f"Original-Rcpt-To: <{to}>\n" if told else ""
    return multipart(
        part("text/plain", "This is an email abuse report."),
        part("message/feedback-report", fields),
        part("message/rfc822", letter_back(name, to) + "\nOpen this link\n"),
        kind="report; report-type=feedback-report",
    )


def name_of(town: Town, letter: int) -> str:
    return f"<{message_name(town.keys, letter)}@localhost>"


def sent_to(town: Town, person: Person = OMAR) -> int:
    """The letter that asks this person to confirm."""
    petition = town.open_petition()
    (letter,) = town.request(petition, person)
    town.deliver()
    assert town.letters.subjects(person) == ["Confirm your signature"]
    return letter


def hand_over(town: Town, raw: bytes) -> list[str]:
    report = read_report(raw)
    return town.database.retrying(lambda db: settle(db, town.keys, town.site.recipients, report, town.now))


def row(town: Town, letter: int) -> Letter:
    return next(found for found in town.rows(Letter) if found.id == letter)


def is_silenced(town: Town, person: Person = OMAR, lane: Lane = Lane.FIRST) -> bool:
    with town.database.reading() as db:
        return suppression.is_silenced(db, town.keys, person.email, lane)


@pytest.mark.parametrize("server", [postfix, exim, gmail, exchange])
def test_omars_mailbox_is_gone(town: Town, server):
    letter = sent_to(town)
    (line,) = hand_over(town, server(name_of(town, letter)))
    assert line.startswith(f"letter {letter}: bounced 5.1.1")
    assert "omar" not in line
    bounced = row(town, letter)
    assert bounced.state == "dead"
    assert bounced.fault in ("bounced 5.1.1", "bounced 5.1.10")
    assert is_silenced(town)
    assert not is_silenced(town, LAURA)
    assert town.signature(letter).state == "pending", "the signature itself is not touched"
    assert hand_over(town, server(name_of(town, letter))) == [f"letter {letter}: {bounced.fault}, known already"]
    assert town.broken() == {}


def test_omars_mailbox_is_full_five_times(town: Town):
    petition = town.open_petition()
    for count in range(1, 6):
        assert not is_silenced(town)
        (letter,) = town.request(petition, OMAR.but(name=f"Omar {'abcde'[count - 1]}"))
        town.deliver()
        raw = postfix(name_of(town, letter), status="5.2.2")
        assert hand_over(town, raw) == [f"letter {letter}: bounced 5.2.2, noted ({count} of 5 in 14 days)"]
        assert hand_over(town, raw) == [f"letter {letter}: bounced 5.2.2, known already"]
        assert (row(town, letter).state, row(town, letter).fault) == ("sent", "bounced 5.2.2")
    assert is_silenced(town)


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "4.4.7", "5.1.8", "5.3.4"])
def test_a_server_that_does_not_like_us_or_is_away_silences_nobody_at_once(town: Town, status: str):
    letter = sent_to(town)
    hand_over(town, postfix(name_of(town, letter), status=status))
    assert [s.kind for s in town.rows(Suppression)] == ["soft"]
    assert not is_silenced(town)


def test_a_policy_behind_a_bare_class_is_seen(sqlite_town: Town):
    letter = sent_to(sqlite_town)
    hand_over(sqlite_town, exim(name_of(sqlite_town, letter), said="550 5.7.1 our policy"))
    assert not is_silenced(sqlite_town)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_is_no_failure_is_only_noted(town: Town, action: str):
    letter = sent_to(town)
    (line,) = hand_over(town, postfix(name_of(town, letter), status="4.4.1", action=action))
    assert line.endswith("nothing to do")
    assert town.rows(Suppression) == []
    assert row(town, letter).fault is None


def test_omar_complains_and_gets_no_more_news(town: Town):
    letter = sent_to(town)
    (line,) = hand_over(town, complaint(name_of(town, letter)))
    assert line == f"letter {letter}: complaint noted, no more news to its address"
    assert (row(town, letter).state, row(town, letter).fault) == ("sent", "complaint")
    assert is_silenced(town, lane=Lane.NEWS)
    assert not is_silenced(town, lane=Lane.FIRST)
    assert hand_over(town, complaint(name_of(town, letter))) == [f"letter {letter}: complaint, known already"]


def test_a_complaint_that_does_not_say_whose_it_is_is_read_from_the_letter(town: Town):
    letter = sent_to(town)
    hand_over(town, complaint(name_of(town, letter), told=False))
    assert is_silenced(town, lane=Lane.NEWS)


def test_feedback_that_accuses_nobody_changes_nothing(town: Town):
    letter = sent_to(town)
    assert hand_over(town, complaint(name_of(town, letter), kind="not-spam")) == [
        f"letter {letter}: not-spam, nothing to do"
    ]
    assert town.rows(Suppression) == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("jürgen@example.org", "utf-8; jürgen@example.org"),
        ("jürgen@example.org", r"utf-8; j\x{FC}rgen@example.org"),
        ("sam@bücher.example", "rfc822; sam@xn--bcher-kva.example"),
        ("Omar@example.org", "rfc822;\n omar@EXAMPLE.org"),
        ("omar@example.org", "<omar@example.org>"),
    ],
)
def test_addresses_of_every_kind_are_recognised(town: Town, address: str, told: str):
    person = OMAR.but(email=address)
    petition = town.open_petition()
    (letter,) = town.request(petition, person)
    town.deliver()
    hand_over(town, international(name_of(town, letter), address, told))
    assert is_silenced(town, person)


# what is not believed


def test_a_report_about_somebody_else_is_ignored(town: Town):
    letter = sent_to(town)
    assert hand_over(town, postfix(name_of(town, letter), to=SAM.email)) == [
        f"ignored: letter {letter} went to another address than the report says"
    ]
    assert town.rows(Suppression) == []


def test_a_forged_name_is_no_name(town: Town):
    letter = sent_to(town)
    for name in (f"<{letter}@localhost>", f"<{letter}.0123456789abcdef@localhost>", "<abc@elsewhere.example>", ""):
        assert hand_over(town, postfix(name)) == ["ignored: it names no letter of this site"]
    assert town.rows(Suppression) == []


def test_a_letter_that_was_forgotten_or_has_not_left_is_ignored(town: Town):
    petition = town.open_petition()
    (letter,) = town.request(petition, OMAR)
    assert hand_over(town, postfix(name_of(town, letter))) == [f"ignored: letter {letter} has not left"]
    assert hand_over(town, postfix(name_of(town, 17))) == ["ignored: letter 17 was forgotten"]
    assert town.rows(Suppression) == []


def test_a_report_may_be_faster_than_the_postmans_note(town: Town):
    petition = town.open_petition()
    town.deliver()
    (letter,) = town.request(petition, OMAR)
    assert town.database.retrying(town.postman._claim) == [letter]
    hand_over(town, postfix(name_of(town, letter)))
    town.postman._settle(letter, "sent", 1)
    assert (row(town, letter).state, row(town, letter).fault) == ("dead", "bounced 5.1.1")


def test_a_report_about_somebody_who_was_forgotten_is_ignored(town: Town):
    letter = sent_to(town)
    town.sql("DELETE FROM petitions_signer WHERE signature_id = :row", row=letter)
    assert hand_over(town, postfix(name_of(town, letter))) == [f"ignored: who got letter {letter} is no longer known"]


def test_of_several_recipients_only_ours_counts(town: Town):
    letter = sent_to(town)
    block = "Final-Recipient: rfc822; {}\nAction: failed\nStatus: {}\n"
    fields = "Reporting-MTA: dns; mx\n\n" + "\n".join(
        block.format(to, status) for to, status in ((SAM.email, "4.2.2"), (OMAR.email, "5.1.1"), (LAURA.email, "5.1.1"))
    )
    raw = multipart(part("message/delivery-status", fields), part("message/rfc822", letter_back(name_of(town, letter))))
    assert len(hand_over(town, raw)) == 1
    assert [is_silenced(town, p) for p in (SAM, OMAR, LAURA)] == [False, True, False]


def test_an_officers_letter_may_bounce_too(town: Town):
    petition = town.open_petition()
    town.officer()
    town.sign(petition, *crowd(4))
    town.deliver()
    letter = town.queued("petitions/mail/referred")[-1]
    hand_over(town, postfix(name_of(town, letter.id), to="imran@example.org"))
    assert row(town, letter.id).state == "dead"


def test_bounced_letters_are_forgotten_after_a_month_and_others_given_up_stay(town: Town):
    letter = sent_to(town)
    hand_over(town, postfix(name_of(town, letter)))
    town.request(town.open_petition(), LAURA)
    town.sql(
        "UPDATE mail_letter SET state = 'dead', fault = 'answered 550', settled_at = created_at WHERE state = 'waiting'"
    )
    town.clock.advance(timedelta(days=31))
    town.database.retrying(lambda db: mail.forget_old(db, town.now))
    assert {r.fault for r in town.rows(Letter)} == {"answered 550"}


# what is not understood


CLASSIC = b"""From: MAILER-DAEMON@old.example
Subject: failure notice
X-Failed-Recipients: omar@example.org

Hi. This is the mail system. I could not deliver your message to omar@example.org: 550 no such user.
"""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n\n",
        b"Hello, please take my name off.",
        CLASSIC,
        multipart(),
        multipart(part("message/delivery-status", "")),
        multipart(part("message/delivery-status", "Reporting-MTA: dns; mx.example\n")),
        b"Content-Type: multipart/report; boundary=\n\n--\n",
        b"Content-Type: multipart/report; boundary*=utf-99''%ff\n\n--\xff\n",
        b"\xff\xfe" * 300,
        b"Content-Type: multipart/mixed; boundary=a\n\n"
        + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 5_000,
        b"Content-Type: " + b'";' * 400_000,
        b"\n" * 900_000,
        b"A: " + b" \n" * 400_000,
    ],
)
def test_anything_else_is_not_understood(raw: bytes):
    with pytest.raises(NotUnderstood):
        read_report(raw)


@given(st.binary(max_size=4_000))
@settings(max_examples=200, deadline=None)
def test_no_bytes_are_a_fault(raw: bytes):
    assert isinstance(_read(raw), (Report, type(None)))


SERVERS = (postfix, exim, gmail, exchange, complaint)


@given(st.sampled_from(SERVERS), st.lists(st.tuples(st.integers(0, 3_000), st.binary(max_size=8)), max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_damage_to_a_report_is_a_fault(server, damage: list[tuple[int, bytes]]):
    raw = bytearray(server("<1.0123456789abcdef@localhost>"))
    for place, junk in damage:
        raw[place % len(raw) : place % len(raw) + len(junk)] = junk
    _read(bytes(raw))


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_whatever_a_report_says_of_its_recipient_can_be_compared(sqlite_keys, told: str):
    assert _is_same("omar@example.org", told) in (True, False)
    assert letter_named(sqlite_keys, told) is None


@pytest.fixture(scope="module")
def sqlite_keys():
    return Keys("a secret of these tests")


def _read(raw: bytes) -> Report | None:
    try:
        return read_report(raw)
    except NotUnderstood:
        return None
