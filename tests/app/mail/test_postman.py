"""The postman: nothing is lost, nothing is sent twice on purpose, and nobody waits for the news."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from sqlalchemy import update

from app.core.db import Database
from app.mail import service as mail
from app.mail.model import Lane, Letter, Suppression
from app.mail.postman import AT_ONCE, CLAIM, free_claims
from app.mail.queries import batch_counts, dead_letters, is_stuck
from app.mail.render import Envelope, message_name
from app.mail.schedule import MOST_ATTEMPTS
from app.mail.transport import FileTransport, Refused, ServerGone, SmtpTransport, TryLater, transport_for
from tests.people import AMINA, LAURA, SAM, crowd
from tests.site import Town


class Fickle(FileTransport):
    """A mail server with moods: each in turn, then well."""

    def __init__(self, folder: Path, *moods: Exception) -> None:
        super().__init__(folder)
        self.moods = list(moods)
        self.sent: list[tuple[str, str]] = []

    def send(self, message, name):
        if self.moods:
            raise self.moods.pop(0)
        super().send(message, name)
        self.sent.append((str(message["To"]), str(message["Subject"])))


def moody(town: Town, *moods: Exception) -> Fickle:
    fickle = Fickle(town.settings.mail_folder, *moods)
    town.postman.transport = fickle
    return fickle


def letter(town: Town) -> Letter:
    """The newest."""
    return max(town.rows(Letter), key=lambda row: row.id)


def test_a_letter_that_was_refused_for_good_is_dead_and_staff_see_it(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM)
    moody(town, Refused("recipient refused with 550"))
    town.postman.drain()
    row = letter(town)
    assert (row.state, row.attempts, row.fault) == ("dead", 1, "recipient refused with 550")
    with town.database.reading() as db:
        assert [d.id for d in dead_letters(db)] == [row.id]
    assert "sam@" not in str(row.__dict__)
    assert town.database.retrying(lambda db: mail.try_again(db, row.id, town.now))
    town.postman.drain()
    assert letter(town).state == "sent"
    assert not town.database.retrying(lambda db: mail.try_again(db, row.id, town.now))


def test_a_letter_that_was_put_off_is_tried_again_after_growing_pauses(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM)
    moody(town, TryLater("answered 451"), TryLater("answered 451"))
    town.postman.drain()
    assert (letter(town).state, letter(town).due_at) == ("waiting", town.now + timedelta(minutes=1))
    town.postman.drain()
    assert letter(town).attempts == 1, "not before its time"
    town.clock.advance(timedelta(minutes=1))
    town.postman.drain()
    assert letter(town).due_at == town.now + timedelta(minutes=2)
    town.clock.advance(timedelta(minutes=2))
    town.postman.drain()
    assert (letter(town).state, letter(town).attempts, letter(town).fault) == ("sent", 3, None)


def test_after_fourteen_attempts_it_is_given_up(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM)
    moody(town, *[TryLater("answered 451")] * 20)
    for _ in range(MOST_ATTEMPTS):
        town.postman.drain()
        town.clock.advance(timedelta(hours=12))
    assert (letter(town).state, letter(town).attempts) == ("dead", MOST_ATTEMPTS)


def test_a_letter_that_cannot_be_written_hurts_no_other(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM)
    town.database.retrying(
        lambda db: mail.queue(db, [mail.row("petitions/mail/no_such_letter", ("petitions.signature", 1), town.now)])
    )
    town.request(petition, LAURA)
    assert town.deliver().subjects(SAM) == town.letters.subjects(LAURA) == ["Confirm your signature"]
    (dead,) = town.rows(Letter, Letter.state == "dead")
    assert dead.fault == "not written: KeyError"


def test_while_the_server_is_gone_no_letter_is_to_blame(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM, LAURA, AMINA)
    moody(town, ServerGone("ConnectionRefusedError"))
    with pytest.raises(ServerGone):
        town.postman.round()
    rows = town.rows(Letter, Letter.state == "waiting")
    assert {(r.attempts, r.claimed_until) for r in rows} == {(0, None)}
    assert len(rows) == 3
    town.postman.drain()
    assert not town.rows(Letter, Letter.state == "waiting")


def test_a_confirmation_overtakes_a_hundred_letters_of_news(town: Town):
    petition = town.open_petition()
    ids = town.sign(petition, *crowd(30))
    town.deliver()
    rows = [
        mail.row("petitions/mail/published_sponsor", ("petitions.signature", i), town.now, lane=Lane.NEWS) for i in ids
    ]
    town.database.retrying(lambda db: mail.queue(db, rows))
    fickle = moody(town)
    town.postman.round()
    town.request(petition, SAM)
    town.postman.round()
    assert fickle.sent[AT_ONCE] == (SAM.email, "Confirm your signature")


def test_what_a_dead_worker_held_is_free_after_two_minutes_or_at_the_next_start(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM)
    assert town.database.retrying(town.postman._claim)
    assert town.postman.round() == 0
    town.clock.advance(CLAIM + timedelta(seconds=1))
    assert town.postman.round() == 1
    town.request(petition, LAURA)
    assert town.database.retrying(town.postman._claim)
    free_claims(town.database)
    assert town.postman.round() == 1


def test_two_postmen_never_take_the_same_letter(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, *crowd(25))
    first, second = (town.database.retrying(town.postman._claim) for _ in range(2))
    assert len(first) == len(second) == AT_ONCE
    assert not set(first) & set(second)


def test_the_same_news_is_queued_once(town: Town):
    row = mail.row("t", ("account", 1), town.now, once="answer:1:1")
    for _ in range(2):
        town.database.retrying(lambda db: mail.queue_once(db, [row, dict(row, id=row["id"] + 1)]))
    assert len(town.rows(Letter)) == 1


def test_news_can_be_cancelled_until_it_leaves_and_brought_back(town: Town):
    rows = [mail.row("t", ("account", n), town.now, once=f"answer:1:{n}", batch=1) for n in range(4)]
    other = [mail.row("t", ("account", 9), town.now, once="answer:2:9", batch=2)]
    town.database.retrying(lambda db: mail.queue_once(db, rows + other))
    town.sql("UPDATE mail_letter SET state = 'sent' WHERE recipient_id = 0")
    held = town.now + timedelta(minutes=1)
    town.database.retrying(
        lambda db: db.execute(update(Letter).where(Letter.recipient_id == 1).values(claimed_until=held))
    )
    assert town.database.retrying(lambda db: mail.cancel_batch(db, 1, town.now)) == 2
    assert sorted(r.state for r in town.rows(Letter, Letter.batch == 1)) == [
        "cancelled",
        "cancelled",
        "sent",
        "waiting",
    ]
    assert [r.state for r in town.rows(Letter, Letter.batch == 2)] == ["waiting"]
    later = town.now + timedelta(hours=1)
    assert town.database.retrying(lambda db: mail.revive_batch(db, 1, later, called_off=True)) == 3
    with town.database.reading() as db:
        assert batch_counts(db, 1) == {"sent": 1, "waiting": 3}
    assert {r.due_at for r in town.rows(Letter, Letter.batch == 1, Letter.state == "waiting")} == {later}


def test_letters_that_nobody_takes_make_the_site_unready(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM)
    with town.database.reading() as db:
        assert not is_stuck(db, town.now + timedelta(minutes=14))
        assert is_stuck(db, town.now + timedelta(minutes=16))


def test_settled_letters_are_forgotten_after_a_month_and_waiting_ones_never(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.request(petition, SAM)
    town.clock.advance(timedelta(days=31))
    town.database.retrying(lambda db: mail.forget_old(db, town.now))
    assert [r.state for r in town.rows(Letter) if r.state != "waiting"] == []
    assert len(town.rows(Letter)) == 1


# letters themselves


def test_a_letter_is_plain_text_with_a_stable_id(sqlite_town: Town):
    town = sqlite_town
    petition = town.open_petition()
    town.request(petition, SAM)
    message = town.deliver().last_to(SAM)
    assert message.get_content_type() == "text/plain"
    row = town.queued("petitions/mail/confirm")[-1]
    assert message["Message-ID"] == f"<{message_name(town.keys, row.id)}@localhost>"
    assert str(row.id) in message["Message-ID"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert "within" not in str(message["Subject"])
    assert len(message.get_content().split()) < 120


def test_a_title_cannot_write_headers_or_a_second_letter(sqlite_town: Town):
    row = mail.row("petitions/mail/published", ("petitions.signature", 1), sqlite_town.now)
    renderer = sqlite_town.postman.renderer
    with pytest.raises(Exception):  # noqa: B017  whatever the library calls it
        renderer.message(Letter(**row), Envelope("sam@example.org\r\nBcc: all@example.org", {}))


@pytest.mark.parametrize("address", ["jürgen@example.org", "sam@bücher.example", "o'hara+news@example.org"])
def test_addresses_of_every_kind_get_their_letter(sqlite_town: Town, address: str):
    petition = sqlite_town.open_petition()
    sqlite_town.request(petition, SAM.but(email=address))
    subjects = [str(m["Subject"]) for m in sqlite_town.deliver().all]
    assert "Confirm your signature" in subjects
    assert not sqlite_town.rows(Letter, Letter.state == "dead")


# a real mail server


class Handler:
    def __init__(self) -> None:
        self.answers: list[str] = []
        self.taken: list[bytes] = []

    async def handle_DATA(self, _server, _session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.taken.append(envelope.content)
        return answer

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("unknown"):
            return "550 no such mailbox"
        if address.startswith("gone"):
            return f"550 5.1.1 <{address}>: no such user"
        if address.startswith("blocked"):
            return "550 5.7.1 we do not like your server"
        if address.startswith("full"):
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Server(Controller):
    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def server(port: int) -> Iterator[Handler]:
    handler = Handler()
    controller = Server(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler
    controller.stop()


def test_signing_goes_on_without_a_mail_server_and_the_outbox_drains_when_it_is_back(
    sqlite_database: Database, tmp_path: Path, port: int
):
    town = Town(
        sqlite_database,
        tmp_path,
        mail_url=f"smtp://127.0.0.1:{port}",
        transport=SmtpTransport(f"smtp://127.0.0.1:{port}", 2),
    )
    petition = town.open_petition()
    with pytest.raises(ServerGone):
        town.postman.drain()
    town.sign(petition, SAM, LAURA)
    town.request(petition, AMINA)
    assert town.count(petition) == 8
    handler = Handler()
    handler.answers = ["451 not now", "250 taken"]
    controller = Server(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        town.postman.drain()
        town.clock.advance(timedelta(minutes=1))
        town.postman.drain()
    finally:
        town.postman.transport.close()
        controller.stop()
    queued = town.rows(Letter)
    assert {r.state for r in queued} == {"sent", "dropped"}
    assert len(handler.taken) == len([r for r in queued if r.state == "sent"])
    assert len({c.partition(b"Message-ID: ")[2].split(b"\r\n")[0] for c in handler.taken}) == len(handler.taken)
    assert town.broken() == {}


def test_a_recipient_that_is_refused_blames_the_letter_alone(
    sqlite_database: Database, tmp_path: Path, server: Handler, port: int
):
    url = f"smtp://127.0.0.1:{port}"
    town = Town(sqlite_database, tmp_path, mail_url=url, transport=SmtpTransport(url, 5))
    petition = town.open_petition()
    town.postman.drain()
    before = len(server.taken)
    town.request(petition, SAM.but(email="unknown@example.org"), LAURA.but(email="full@example.org"), AMINA)
    town.postman.drain()
    assert [(r.state, r.fault) for r in town.rows(Letter, Letter.fault.is_not(None))] == [
        ("dead", "recipient refused with 550"),
        ("waiting", "recipient refused with 452"),
    ]
    assert len(server.taken) == before + 1
    town.postman.transport.close()


def test_a_mailbox_that_does_not_exist_gets_no_second_letter(
    sqlite_database: Database, tmp_path: Path, server: Handler, port: int
):
    url = f"smtp://127.0.0.1:{port}"
    town = Town(sqlite_database, tmp_path, mail_url=url, transport=SmtpTransport(url, 5))
    petition = town.open_petition()
    town.postman.drain()
    gone, blocked = SAM.but(email="gone@example.org"), LAURA.but(email="blocked@example.org")
    for _again in range(2):
        town.request(petition, gone, blocked, AMINA.but(email="unknown@example.org"))
        town.postman.drain()
    faults = [(r.state, r.fault) for r in town.rows(Letter, Letter.fault.is_not(None))]
    assert sorted(faults) == [
        ("dead", "recipient refused with 550"),
        ("dead", "recipient refused with 550"),
        ("dead", "recipient refused with 550 5.1.1"),
        ("dead", "recipient refused with 550 5.7.1"),
        ("dead", "recipient refused with 550 5.7.1"),
        ("dropped", "suppressed"),
    ]
    (row,) = town.rows(Suppression)
    assert (row.kind, row.reason, row.since) == ("hard", "recipient refused with 550 5.1.1", town.now)
    town.postman.transport.close()


def test_a_connection_that_broke_is_opened_again(sqlite_database: Database, tmp_path: Path, server: Handler, port: int):
    url = f"smtp://127.0.0.1:{port}"
    transport = SmtpTransport(url, 5)
    town = Town(sqlite_database, tmp_path, mail_url=url, transport=transport)
    petition = town.open_petition()
    town.postman.drain()
    assert transport._server is not None
    transport._server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    town.request(petition, SAM)
    with pytest.raises(ServerGone):
        town.postman.drain()
    town.postman.drain()
    assert letter(town).state == "sent"
    transport.close()


def test_a_password_is_never_sent_in_clear(server: Handler, port: int):
    transport = transport_for(f"smtp://user:secret@127.0.0.1:{port}")
    with pytest.raises(ServerGone, match="SMTPNotSupportedError"):
        transport.send(_message(), "1")


def test_an_international_address_travels_where_the_server_can(server: Handler, port: int):
    transport = transport_for(f"smtp://127.0.0.1:{port}")
    message = _message()
    del message["To"]
    message["To"] = "jürgen@example.org"
    transport.send(message, "1")
    assert "jürgen" in server.taken[0].decode()
    transport.close()


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Words"
    message.set_content("Words.\n")
    return message


def test_only_news_says_how_to_stop_it(sqlite_town: Town):
    renderer = sqlite_town.postman.renderer
    link = f"{sqlite_town.settings.base_url}/signatures/unsubscribe/{'A' * 32}"
    plain = Letter(**mail.row("mail", ("account", 1), sqlite_town.now))
    assert "Stop these letters" not in renderer.message(plain, Envelope("sam@example.org")).get_content()
    news = Envelope("sam@example.org", {"unsubscribe": link}, {"List-Unsubscribe": f"<{link}>"})
    written = renderer.message(plain, news)
    assert f"on this site.\n\nStop these letters:\n{link}\n\nQuestions" in written.get_content()
    assert f"List-Unsubscribe: <{link}>\n".encode() in written.as_bytes()


@pytest.mark.parametrize("length", [10, 77, 78, 300, 800])
def test_a_list_header_is_never_broken_or_encoded(sqlite_town: Town, server: Handler, port: int, length: int):
    link = f"<https://{'a' * length}.example/signatures/unsubscribe/{'B' * 32}>"
    row = Letter(**mail.row("mail", ("account", 1), sqlite_town.now))
    transport = transport_for(f"smtp://127.0.0.1:{port}")
    for address in ("sam@example.org", "jürgen@example.org"):
        message = sqlite_town.postman.renderer.message(row, Envelope(address, {}, {"List-Unsubscribe": link}))
        transport.send(message, "1")
        assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in server.taken[-1]
    transport.close()
