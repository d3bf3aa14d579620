"""How each line of ``verify`` about figures is made to speak: (line, what spoils it, what it names)."""

from __future__ import annotations

_FIGURE = "INSERT INTO performance_figure (measure, period, first_day, part, whole, at) VALUES "
_DAY = "INSERT INTO performance_uptime_day (heart, day, minutes, open, read_only) VALUES "
_REPORT = (
    "INSERT INTO performance_report (id, tested_on, standard, tested_by, how, passed, failed, link, recorded_at,"
    " taken_back_reason) VALUES (1, '{day}', 'WCAG 2.2 AA', 'Nobody', '', 1, 0, '', '2026-03-02 12:00:00+00:00', '')"
)
SPOILT = [
    (
        "no mark is of a time to come",
        "INSERT INTO performance_beat (heart, minute, read_only) VALUES ('pages', '{later}', {no})",
        "pages: 1",
    ),
    (
        "days have the minutes that the clock gave them",
        f"{_DAY} ('work', '2026-02-27', 1441, 5, 0)",
        "work on 2026-02-27",
    ),
    (
        "days say what their minutes say",
        "UPDATE performance_uptime_day SET open = open + 1 WHERE day = '2026-03-01'",
        "pages on 2026-03-01",
    ),
    (
        "days say what their minutes say",
        "DELETE FROM performance_beat WHERE minute >= '2026-03-01 12:00'",
        "pages on 2026-03-01",
    ),
    ("days of uptime follow each other", f"{_DAY} ('pages', '2026-02-20', 1440, 0, 0)", "pages: 3 days"),
    ("figures are of days that have been", f"{_FIGURE} ('made-up', 'day', '2026-03-09', 1, 2, '{{now}}')", "made-up"),
    (
        "figures are of days that have been",
        "INSERT INTO performance_opinion (asked, day, grade, people) VALUES ('made-up', '2026-03-09', 'neither', 1)",
        "made-up",
    ),
    (
        "months are what their days add up to",
        f"{_FIGURE} ('made-up', 'day', '2026-02-03', 1, 2, '{{now}}'), ('made-up', 'month', '2026-02-01', 1, 3, '{{now}}')",
        "made-up in 2026-02",
    ),
    ("reports of accessibility fit their days", _REPORT.replace("{day}", "2026-03-09"), "report 1"),
    (
        "reports of accessibility fit their days",
        f"{_REPORT.replace('{day}', '2026-03-01')};INSERT INTO performance_problem (id, report_id, words, mended_on)"
        " VALUES (1, 1, 'A picture has no words.', '2026-02-27')",
        "problem 1",
    ),
]
LINES = {f"performance: {line}" for line, *_rest in SPOILT}
