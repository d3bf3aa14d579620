"""From closing to "we did": Tom answers on the department's own desk, by its pages, and everyone sees it and is told."""

from __future__ import annotations

import html
from datetime import timedelta
from pathlib import Path

from app.core.db import Database
from app.outcomes.model import Referral
from consultations.rules.lifecycle import Phase, phase_of
from consultations.rules.responses import Consent
from tests.consultations.asking import NO, YES, Asking
from tests.fakes import FixedClock
from tests.site import RunningSite, fields_of

ANSWER = {
    "grade": "in-part",
    "summary": "Cars pay two pounds, buses nothing.",
    "details": "From the first of May.",
    "promise-1-text": "A pass for doctors on call",
    "promise-1-owner": "Head of Bridges",
}


def test_an_outcome_given_on_the_desk_is_public_and_told_to_whoever_asked(database: Database, tmp_path: Path) -> None:
    with RunningSite(database, tmp_path, clock=FixedClock(), page_cache="off") as site:
        town, asking = site.town, Asking(site.town)
        bridge = asking.published(opens=town.now - timedelta(days=20), closes=town.now + timedelta(days=1))
        asking.responded(bridge, {2: {"options": [YES.id]}}, email="ana@example.org")
        asking.responded(bridge, {2: {"options": [NO.id]}, 3: "No."}, email="ben@example.org", consent=Consent.NONE)
        town.clock.advance(timedelta(days=2))
        town.work()
        (owed,) = town.rows(Referral, Referral.subject_id == bridge, Referral.subject_kind == "consultation")
        assert owed.cause == "consultation"
        public, desk = f"/consultations/{bridge}", f"/desk/referrals/{owed.id}"
        with site.client() as anyone, site.signed_in(f"tom.{asking.home}@example.org") as tom:
            assert "What we did" not in anyone.get(public).text
            month = (town.now + timedelta(days=60)).date()
            day = (month - timedelta(days=month.weekday())).isoformat()  # a Monday
            typed = {**ANSWER, "promise-1-due": day, "after_version": "0", "send_news": "yes", "step": "preview"}
            preview = tom.post(desk, data=typed)
            assert preview.status_code == 200, preview.text
            assert "Cars pay two pounds" in html.unescape(preview.text)
            released = tom.post(desk, data=dict(fields_of(preview.text)) | typed | {"step": "release"})
            assert released.status_code == 303, html.unescape(released.text)[-900:]
            again = tom.post(desk, data=dict(fields_of(preview.text)) | typed | {"step": "release"})
            assert again.status_code in (303, 409), "a second click gives no second answer"
            page = html.unescape(anyone.get(public).text)
        assert "What we did" in page
        assert "A pass for doctors on call" in page
        assert "Outcome published" in page
        assert phase_of(asking.consultation(bridge), town.now) is Phase.OUTCOME
        town.work()
        letters = town.deliver()
        assert len(letters.to("ana@example.org")) == 1
        assert len(letters.to("ben@example.org")) == 1, "who wants nothing published may still want to hear"
        assert town.broken() == {}
