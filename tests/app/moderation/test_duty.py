"""Who is on duty, and the letter that tells them what waits."""

from __future__ import annotations

from datetime import timedelta

from app.mail.model import Letter
from app.moderation import duty
from tests.app.moderation.moderators import Moderators


def on_duty(desk: Moderators) -> set[int]:
    with desk.database.reading() as db:
        return duty.on_duty(db)


def test_moderators_are_on_duty_until_they_say_otherwise(desk: Moderators):
    mia, ada = desk.mia, desk.ada
    assert mia in on_duty(desk)
    assert ada not in on_duty(desk)
    desk.duty(mia, on=False)
    desk.duty(mia, on=False)
    desk.duty(ada, on=True)
    assert mia not in on_duty(desk)
    assert ada in on_duty(desk)
    desk.duty(mia, on=True)
    desk.town.sql("UPDATE accounts_account SET disabled_at = created_at WHERE email = 'mia@example.org'")
    assert mia not in on_duty(desk)


def told(desk: Moderators) -> list[str]:
    desk.town.work()
    return [s for s in desk.town.deliver().subjects("mia@example.org") if "waiting" in s]


def at(desk: Moderators, hour: int) -> None:
    local = desk.now.astimezone(desk.town.settings.zone)
    later = local.replace(hour=hour, minute=0) + timedelta(days=1)
    desk.town.clock.set(later.astimezone(desk.now.tzinfo))


def test_each_morning_once_to_whoever_is_on_duty(desk: Moderators):
    desk.mia, desk.max  # noqa: B018  are on duty
    desk.forum.say("Ana")
    at(desk, 7)
    assert told(desk) == []
    at(desk, 8)
    first = desk.now
    assert told(desk) == ["1 text is waiting for a moderator"]
    letter = desk.town.letters.last_to("mia@example.org").get_content()
    assert "/moderation" in letter
    desk.forum.say("Ben")
    desk.town.clock.advance(timedelta(hours=3))
    assert len(told(desk)) == 1, "once a day"
    desk.town.clock.set(first + timedelta(days=1, hours=9))  # the job did not run at eight: due and not yet sent
    assert told(desk)[1:] == ["2 texts are waiting for a moderator"]
    desk.duty(desk.mia, on=False)
    desk.town.clock.advance(timedelta(days=1))
    assert len(told(desk)) == 2
    assert len(desk.town.letters.to("max@example.org")) == 3


def test_nobody_is_written_to_about_an_empty_queue(desk: Moderators):
    desk.mia  # noqa: B018  is on duty
    desk.forum.petition  # noqa: B018  is published
    at(desk, 9)
    assert told(desk) == []
    assert desk.town.rows(Letter, Letter.template == "moderation/mail/waiting") == []
