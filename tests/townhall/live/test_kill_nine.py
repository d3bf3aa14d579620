"""The server is killed while a hall is live, people vote and staff speak: whoever followed sees every number once.

Three rounds here; `python -m bench.live --rounds 20` by hand.
"""

from __future__ import annotations

from bench import live, servers
from bench.measure import Report
from bench.meeting import Meeting

ROUNDS, VIEWERS, LATEST = 3, 40, 1.0


def test_a_live_hall_outlives_kill_nine() -> None:
    with servers.site("sqlite", "kill-nine-hall", live.SETTINGS) as site:
        meeting = Meeting(site)
        meeting.fill(live.VOTED, 20)
        with site:
            hall = live.Hall(site, meeting, Report("live", {}), 1.0)
            faults = live.crashes(hall, ROUNDS, VIEWERS, LATEST)
        assert faults == []
        assert site.broken_invariants() == []
        meeting.database.close()
