"""The courier at work in its threads, with real receivers: the reference library checks what arrives."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.core.clock import SystemClock
from app.webhooks import courier
from app.webhooks.courier import PLACES
from app.webhooks.rules.answers import Fault
from app.webhooks.rules.targets import Ways
from app.webhooks.service import replaying
from app.webhooks.wire import Wire
from tests.app.webhooks.receivers import Programs, Receiver, receiving
from tests.site import Town

SOON = 30.0  # seconds, of patience


@contextmanager
def working(programs: Programs) -> Iterator[None]:
    """The courier's own thread, as where jobs run."""
    thread = threading.Thread(target=programs.courier.work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        programs.courier.stop()
        thread.join(5)


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + SOON
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def with_receivers(town: Town, *receivers: Receiver, total: float = 30.0) -> Programs:
    town.clock.set(datetime.now(UTC).replace(microsecond=0))
    allowed = [f"127.0.0.1:{receiver.port}" for receiver in receivers]
    ways = Ways(ports=(443,), allowed=allowed, needs_encryption=False)
    programs = Programs(town, Wire(ways, SystemClock(), total=total))
    object.__setattr__(programs.policy, "ways", ways)
    return programs


def test_what_arrives_is_taken_by_the_reference_library_once(town: Town):
    with receiving() as receiver:
        programs = with_receivers(town, receiver)
        cases, secret = programs.add_with_secret(receiver.url)
        with working(programs):
            petition = town.open_petition()
            programs.called.set()
            assert soon(lambda: programs.states(cases) == ["delivered"])
    [got] = receiver.got
    said = Webhook(secret).verify(got.body, dict(got.headers))
    assert (said["type"], said["data"]["id"]) == ("petition.published", petition)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(got.body.replace(b"library", b"prison!"), dict(got.headers))


def test_receivers_that_hang_delay_neither_the_others_nor_letters(town: Town):
    with receiving() as hanging, receiving() as sound:
        hanging.behave = hanging.hang
        programs = with_receivers(town, hanging, sound, total=SOON)
        for number in range(PLACES - 1):
            programs.add(f"{hanging.url}/{number}")
        cases = programs.add(sound.url)
        with working(programs):
            for _ in range(3):
                town.open_petition()
            programs.called.set()
            assert soon(lambda: len(sound.got) == 3)
            town.deliver()
            # the sound one may be heard before its answer is taken down; those that hang hang still
            assert soon(lambda: len(programs.courier._busy) == PLACES - 1)
            hanging.let_go.set()
            assert soon(lambda: programs.states(cases) == ["delivered"] * 3)
    names = [got.headers["webhook-id"] for got in sound.got]
    assert len(set(names)) == 3


def test_all_places_taken_by_receivers_that_begin_to_hang_delay_another_by_moments(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    """Sound until now: none of them has failed before. They are waited for still while the ninth is served."""
    monkeypatch.setattr(courier, "PATIENCE", 0.2)
    monkeypatch.setattr(courier, "LOOK_EVERY", 0.1)
    with receiving() as hanging, receiving() as sound:
        hanging.behave = hanging.hang
        programs = with_receivers(town, hanging, sound, total=60)
        slow = [programs.add(f"{hanging.url}/{number}") for number in range(PLACES + 1)]
        cases = programs.add(sound.url)
        with working(programs):
            town.open_petition()
            programs.called.set()
            assert soon(lambda: programs.states(cases) == ["delivered"])
            assert soon(lambda: len(programs.courier._busy) == PLACES + 1), "all that hang are waited for"
            assert [programs.states(one) for one in slow] == [["waiting"]] * len(slow)
            hanging.let_go.set()


def test_places_beyond_the_usual_ones_have_an_end(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(courier, "PATIENCE", 0.1)
    monkeypatch.setattr(courier, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(courier, "FOR_SLOW", 2)
    with receiving() as hanging:
        hanging.behave = hanging.hang
        programs = with_receivers(town, hanging, total=60)
        for number in range(PLACES + 5):
            programs.add(f"{hanging.url}/{number}")
        with working(programs):
            town.open_petition()
            programs.called.set()
            assert soon(lambda: len(programs.courier._busy) == PLACES + 2)
            time.sleep(0.5)
            assert len(programs.courier._busy) == PLACES + 2
            hanging.let_go.set()


def test_a_courier_that_is_told_to_end_leaves_the_rest_to_the_next(sqlite_town: Town):
    with receiving() as receiver:
        programs = with_receivers(sqlite_town, receiver)
        cases = programs.add(receiver.url)
        for _ in range(5):
            programs.act(replaying.ping, cases.id, "http://x")

        def take_one_and_stop(handler) -> None:
            programs.courier.stop()
            handler.send_response(204)
            handler.end_headers()

        receiver.behave = take_one_and_stop
        assert programs.deliver() == 1
        assert sorted(programs.states(cases)) == ["delivered", *["waiting"] * 4]
        assert all(d.claimed_until is None for d in programs.deliveries(cases))


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows under these names, and a client that trusts its issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's own authority")])
    now = datetime.now(UTC)
    alternatives = [x509.IPAddress(IPv4Address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(
    ("names", "fault"), [(("cases.internal",), None), (("other.internal", "127.0.0.1"), Fault.UNTRUSTED)]
)
def test_a_certificate_must_be_of_the_name_that_was_typed(tmp_path: Path, names: tuple[str, ...], fault: Fault | None):
    server, client = certificate(tmp_path, *names)
    with receiving() as receiver:
        receiver.server.socket = server.wrap_socket(receiver.server.socket, server_side=True)
        ways = Ways(ports=(443,), allowed=["cases.internal"])
        wire = Wire(ways, SystemClock(), resolve=lambda _host, _port: ["127.0.0.1"], tls=client)
        answer = wire.send(f"https://cases.internal:{receiver.port}/", {"webhook-id": "msg_1"}, b"{}")
        assert answer.fault is fault
        assert (answer.status == 204) is (fault is None)
        assert len(receiver.got) == (0 if fault else 1)
        untrusting = Wire(ways, SystemClock(), resolve=lambda _host, _port: ["127.0.0.1"])
        assert untrusting.send(f"https://cases.internal:{receiver.port}/", {}, b"").fault is Fault.UNTRUSTED
