"""Each line of verify about webhooks is seen to break; secrets move to a new secret of the site."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.security.keys import Keys
from app.webhooks.policy import WebhooksPolicy
from app.webhooks.rekeying import WebhooksRekeyer
from app.webhooks.service import managing, replaying
from app.webhooks.service.secrets import mark, signing
from tests.app.webhooks.receivers import Programs

BREAKS = {
    "secrets open": "UPDATE webhooks_endpoint SET sealed = sealed_before WHERE id = :other",
    "messages say what they are": 'UPDATE webhooks_event SET body = \'{"type": "petition.closed"}\'',
    "what was removed does not wait": "UPDATE webhooks_event SET body = ''",
    "what counts as delivered was taken": "UPDATE webhooks_delivery SET state = 'delivered', settled_at = due_at",
    "nothing waits for an address that is off": "UPDATE webhooks_endpoint SET state = 'off', off_at = created_at",
    "nobody holds a message for ever": "UPDATE webhooks_delivery SET claimed_until = '2050-01-01 00:00:00.000000'",
}


@pytest.mark.parametrize("line", BREAKS)
def test_each_line_of_verify_is_seen_to_break(sqlite_programs: Programs, line: str):
    town, cases = sqlite_programs.town, sqlite_programs.add()
    other = sqlite_programs.add("http://other.example/")
    town.open_petition()
    assert town.broken() == {}
    statement = BREAKS[line].replace("sealed_before", f"(SELECT sealed FROM webhooks_endpoint WHERE id = {cases.id})")
    town.sql(statement.replace(":other", str(other.id)))
    assert f"webhooks: {line}" in town.broken()


def test_verify_says_when_the_log_is_not_forgotten(sqlite_programs: Programs):
    sqlite_programs.add()
    sqlite_programs.town.open_petition()
    late = sqlite_programs.town.now + timedelta(days=32)
    assert "webhooks: the log is forgotten in time" in sqlite_programs.town.broken(late)


def test_secrets_move_to_the_new_secret_of_the_site_and_stay_the_same(programs: Programs):
    town, cases = programs.town, programs.add()
    programs.add("http://other.example/")
    town.database.retrying(
        lambda db: managing.rotate(
            db, town.keys, programs.policy, cases.id, mark(cases), reason="x", by=programs.ada, now=town.now
        )
    )
    before = signing(town.keys, programs.endpoint(cases), town.now)
    new, moving = Keys("another secret of the same town, long enough"), WebhooksRekeyer()
    done = town.database.retrying(lambda db: moving.step(db, town.keys, new, 0))
    assert (done.moved, done.unknown, done.is_last) == (2, 0, True)
    assert signing(new, programs.endpoint(cases), town.now) == before
    with town.database.reading() as db:
        assert list(moving.unreadable(db, new)) == []
        assert len(list(moving.unreadable(db, town.keys))) == 2
    again = town.database.retrying(lambda db: moving.step(db, town.keys, new, 0))
    assert (again.moved, again.unknown) == (0, 2)
    programs.act(replaying.ping, cases.id, "http://x")
    assert programs.deliver() == 0  # under the old secret nothing can be signed, and nothing is lost


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ({"ports": "80,http"}, "WEBHOOKS_PORTS"),
        ({"ports": "70000"}, "WEBHOOKS_PORTS"),
        ({"allow_private": "https://cases.internal/"}, "WEBHOOKS_ALLOW_PRIVATE"),
        ({"off_after_days": "0"}, "WEBHOOKS_OFF_AFTER_DAYS"),
        ({"overlap_hours": "soon"}, "WEBHOOKS_OVERLAP_HOURS"),
        ({"most": "-1"}, "WEBHOOKS_MOST"),
    ],
)
def test_settings_that_make_no_sense_are_named(section: dict[str, str], names: str):
    with pytest.raises(ValueError, match=names):
        WebhooksPolicy.from_settings(section, is_production=True)


def test_settings_as_they_are_typed():
    given = {"ports": "443, 8443", "allow_private": "Cases.Internal:8080, [::1]:9000,", "off_after_days": "2"}
    policy = WebhooksPolicy.from_settings(given, is_production=True)
    assert policy.ways.ports == {443, 8443}
    assert policy.ways.allowed == {"cases.internal:8080", "[::1]:9000"}
    assert policy.off_after == timedelta(days=2)
    assert policy.ways.needs_encryption
