"""Ana mistypes her address, and mends it on the page after sending."""

from __future__ import annotations

from datetime import timedelta

from app.files.model import StoredFile
from consultations.model import Respondent, Response, ResponseVersion
from tests.consultations.asking import Asking
from tests.consultations.visiting import ABOUT, OF_RESPONSES, Visitor, answer_all, begin
from tests.consultations.web.test_receipts import PDF, WITH_FILE
from tests.site import RunningSite

WRONG, RIGHT = "ana@exmaple.example", "ana.right@example.org"
ELSEWHERE = 1  # the second form of the page; the first sends the same letter again


def sends(site: RunningSite, consultation: int, email: str = WRONG) -> Visitor:
    """As far as the page after sending."""
    ana = answer_all(begin(site.base, consultation), email=email)
    ana.fill()
    assert "Send it to this address instead" in ana.words
    return ana


def stored(site: RunningSite, consultation: int) -> list[Response]:
    return site.town.rows(Response, Response.consultation_id == consultation)


def test_ana_has_her_letter_sent_to_the_right_address_and_the_first_link_is_dead(site: RunningSite) -> None:
    town, asking = site.town, Asking(site.town)
    ana = sends(site, bridge := asking.published())
    (before,) = stored(site, bridge)
    dead = town.deliver().link(WRONG, "Confirm")
    ana.fill({"email": "nobody"}, form=ELSEWHERE)
    assert ana.page.status_code == 422
    assert 'value="nobody"' in ana.page.text
    ana.fill({"email": RIGHT}, form=ELSEWHERE)
    assert "Another letter is on its way" in ana.words
    (after,) = stored(site, bridge)
    assert after.id != before.id
    assert (after.sent_at, after.digest, after.form_key) == (before.sent_at, before.digest, before.form_key)
    assert town.rows(Respondent, Respondent.response_id == before.id) == []
    assert town.rows(ResponseVersion, ResponseVersion.response_id == before.id) == []
    stranger = Visitor(site.base)
    assert stranger.open(dead).status_code == 404, "whoever owns the wrong mailbox counts nothing"
    stranger.open(town.deliver().link(RIGHT, "Confirm"))
    stranger.fill()
    assert "Your response is counted" in stranger.words
    assert asking.consultation(bridge).response_count == 1
    assert "It is too dear." in town.deliver().last_to(RIGHT).get_content()
    assert not OF_RESPONSES & set(town.broken())


def test_only_the_browser_that_sent_it_corrects_it_and_only_for_an_hour(sqlite_site: RunningSite) -> None:
    bridge = Asking(sqlite_site.town).published()
    ana = sends(sqlite_site, bridge)
    eve = Visitor(sqlite_site.base)
    eve.open(ana.at)
    assert "Send it to this address instead" not in eve.words
    assert "Start again" in eve.words
    refused = eve.http.post(ana.at.replace("/sent", "/correct"), data={"email": "eve@example.org"})
    assert refused.status_code == 409
    assert ana.page.text.count(WRONG) == 0, "the page shows nobody what was typed"
    sqlite_site.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    ana.open(ana.at)
    assert "Send it to this address instead" not in ana.words
    assert ana.http.post(ana.at.replace("/sent", "/correct"), data={"email": RIGHT}).status_code == 409
    (reply,) = stored(sqlite_site, bridge)
    assert reply.letters == 1


def test_what_closed_meanwhile_was_sent_in_time(sqlite_site: RunningSite) -> None:
    town, asking = sqlite_site.town, Asking(sqlite_site.town)
    bridge = asking.published(closes=town.now + timedelta(minutes=10))
    ana = sends(sqlite_site, bridge)
    sqlite_site.clock.advance(timedelta(minutes=20))  # type: ignore[attr-defined]
    ana.fill({"email": "in.time@example.org"}, form=ELSEWHERE)
    ana.open(town.deliver().link("in.time@example.org", "Confirm"))
    ana.fill()
    assert asking.consultation(bridge).response_count == 1
    assert asking.consultation(bridge).late_count == 0


def test_five_letters_are_enough_and_the_same_address_gets_the_same_letter_again(sqlite_site: RunningSite) -> None:
    bridge = Asking(sqlite_site.town).published()
    ana = sends(sqlite_site, bridge, "five@example.org")
    (before,) = stored(sqlite_site, bridge)
    ana.fill({"email": "Five@Example.org"}, form=ELSEWHERE)
    (same,) = stored(sqlite_site, bridge)
    assert (same.id, same.letters) == (before.id, 2)
    for n in range(3):
        ana.fill({"email": f"five{n}@example.org"}, form=ELSEWHERE)
    ana.fill({"email": "sixth@example.org"}, form=ELSEWHERE)
    assert ana.page.status_code == 429
    assert 'value="sixth@example.org"' in ana.page.text
    (reply,) = stored(sqlite_site, bridge)
    assert reply.letters == 5


def test_the_file_she_sent_stays_hers(sqlite_site: RunningSite) -> None:
    town, bridge = sqlite_site.town, Asking(sqlite_site.town).published(WITH_FILE)
    ana = begin(sqlite_site.base, bridge)
    ana.fill({"q3": "That it costs more"}, files={"q2_file": ("sums.pdf", PDF, "application/pdf")})
    ana.fill(ABOUT | {"email": WRONG})
    ana.fill()
    ana.fill({"email": "with.file@example.org"}, form=ELSEWHERE)
    (reply,) = stored(sqlite_site, bridge)
    (file,) = town.rows(StoredFile, StoredFile.subject_kind == "response", StoredFile.subject_id == reply.id)
    assert (file.name, file.removed_at) == ("sums.pdf", None)
