"""Responses of 20 answers sent to one consultation by 64 clients, beside the ceiling of this machine.

Afterwards what is stored must equal what was acknowledged, and the public count what was confirmed; anything else
fails the bench.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts.rules.roles import Role
from app.core.db import Database
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.departments import service as departments
from bench import servers
from bench.driver import Driver, Plan, Tally
from bench.measure import (
    EXACT,
    Options,
    Report,
    Target,
    at_least,
    interleave,
    median_rate,
    options,
    per_cpu_second,
    percentile_ms,
    pooled,
    rounded,
    spread,
)
from bench.people import FIRST, LAST, email
from consultations.identity import new_salt
from consultations.model import Consultation, Response, ResponseVersion, StoredQuestionnaire
from consultations.queries.answering import CONFIRM
from consultations.rules.lifecycle import EditorialState
from consultations.rules.questionnaire import Option, Page, Question, QuestionKind, Questionnaire

CLIENTS = 64
WARM_UP = 0.5  # seconds
PACE = 4_000.0  # responses a second, more than any site takes
HEADROOM = 2.5
SENT, CONFIRMED, BUSY, CEILING_OK = 202, 200, 503, 200
WORDS = (
    "The ferry was slow but it was cheap, and whoever crosses every day would pay two months' wages for the bridge. "
)
SETTINGS = {"CONSULTATIONS_RESPOND_A_MINUTE": "100000000", "CONSULTATIONS_RESPOND_AN_HOUR": "1000000000"}
K = QuestionKind


def targets(database: str) -> dict[str, Target]:
    return {
        f"{database}.submit.ratio": at_least(0.15),
        f"{database}.submit.exact": EXACT,
    }


def questionnaire() -> Questionnaire:
    """20 questions on four pages, of every kind but files."""
    kinds = [K.SINGLE, K.MULTIPLE, K.LONG, K.SCALE, K.MATRIX, K.RANKING, K.NUMBER, K.DATE, K.SHORT, K.SINGLE] * 2
    options = tuple(Option(1_000 + n, f"Option {n}") for n in range(5))
    rows = tuple(Option(2_000 + n, f"Row {n}") for n in range(4))
    questions = [
        Question(
            n,
            kind,
            f"Question {n}",
            required=kind is K.SINGLE,
            options=options if kind in (K.SINGLE, K.MULTIPLE, K.MATRIX, K.RANKING) else (),
            rows=rows if kind is K.MATRIX else (),
            other=kind is K.MULTIPLE,
        )
        for n, kind in enumerate(kinds, start=1)
    ]
    pages = tuple(Page(100 + n, f"Page {n}", questions=tuple(questions[n * 5 : n * 5 + 5])) for n in range(4))
    return Questionnaire(pages=pages, next_id=3_000)


def answers(number: int) -> dict[str, object]:
    """One person's, to all 20."""
    given: dict[str, object] = {}
    for question in questionnaire().questions():
        n, pick = question.id, 1_000 + (number + question.id) % 5
        given[str(n)] = {
            K.SINGLE: {"options": [pick]},
            K.MULTIPLE: {"options": [pick], "other": f"by boat {number % 7}"},
            K.LONG: WORDS * (1 + number % 4),
            K.SCALE: 1 + number % 5,
            K.MATRIX: {str(2_000 + row): 1_000 + (number + row) % 5 for row in range(4)},
            K.RANKING: [1_000 + (number + place) % 5 for place in range(5)],
            K.NUMBER: str(number % 100),
            K.DATE: f"2026-0{1 + number % 9}-12",
            K.SHORT: f"Crossing number {number}",
        }[question.kind]
    return given


class Consulting:
    """One open consultation of a site, seen from outside its process."""

    def __init__(self, site: servers.Site) -> None:
        settings = Settings.from_environment(site.settings)
        self._keys, self._database = Keys(settings.secret_key), Database(settings.database_url, pool=2)
        self.id = 0

    def __enter__(self) -> "Consulting":
        self.id = self._database.retrying(_published)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def waiting_tokens(self) -> list[str]:
        waiting = select(Response.id).where(Response.consultation_id == self.id, Response.state == "pending")
        with self._database.reading() as db:
            return [self._keys.token(CONFIRM, number) for number in db.scalars(waiting.order_by(Response.id))]

    def stored(self) -> tuple[int, int, int, int]:
        """Responses, their versions, those that count, and the count that everybody reads."""
        mine = Response.consultation_id == self.id
        versions = select(func.count()).select_from(ResponseVersion).join(Response).where(mine)
        with self._database.reading() as db:
            rows = db.scalar(select(func.count()).select_from(Response).where(mine)) or 0
            counted = db.scalar(select(func.count()).select_from(Response).where(mine, Response.state == "submitted"))
            shown = db.scalar(select(Consultation.response_count).where(Consultation.id == self.id))
            return rows, db.scalar(versions) or 0, counted or 0, shown or 0


def _published(db: object) -> int:
    now = datetime.now(UTC)
    department = departments.found(db, "transport", "Transport", by=None, now=now)  # type: ignore[arg-type]
    author = accounts.add_staff(db, "edda@example.org", Role.OFFICIAL, "Edda", by=None, now=now)  # type: ignore[arg-type]
    db.flush()  # type: ignore[attr-defined]
    row = Consultation(
        kind="consultation",
        state=EditorialState.PUBLISHED,
        department_id=department.id,
        title="Harbour Bridge toll",
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=28),
        created_at=now,
        updated_at=now,
        published_at=now,
        published_by_id=author.id,
        questionnaire_version=1,
        salt=new_salt(),
    )
    db.add(row)  # type: ignore[attr-defined]
    db.flush()  # type: ignore[attr-defined]
    document = msgspec.json.encode(questionnaire()).decode()
    db.add(StoredQuestionnaire(consultation_id=row.id, version=1, document=document, at=now))  # type: ignore[attr-defined]
    return row.id


def response_post(host: str, consultation: int, number: int) -> bytes:
    """One person's response as request bytes."""
    body = {
        "answers": answers(number),
        "name": f"{FIRST[number % len(FIRST)]} {LAST[number // 5 % len(LAST)]}",
        "email": email(number),
        "consent": ("named", "anonymous", "none")[number % 3],
        "privacy": "1",
        "notify": number % 2 == 0,
    }
    return _post_json(f"/api/v1/consultations/{consultation}/responses", host, body)


def _post_json(path: str, host: str, body: object) -> bytes:
    content = json.dumps(body, ensure_ascii=False).encode()
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


@dataclass(slots=True)
class Round:
    """The crowd that responds to one consultation of a running site."""

    driver: Driver
    site: servers.Site
    consulting: Consulting
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    sent: int = 0
    confirmed: int = 0
    unanswered: int = 0
    pace: float = PACE

    def submit(self, seconds: float) -> Tally:
        """As many new responses as 64 clients can place in that time."""
        size = int(self.pace * seconds)
        posts = [response_post(self.site.host, self.consulting.id, next(self.numbers)) for _n in range(size)]
        tally = self._run(Plan(self.site.port, posts, CLIENTS, seconds))
        self.pace = min(max(HEADROOM * tally.per_second, PACE / 8), PACE)
        self.sent += tally.statuses[SENT]
        return tally

    def confirm(self) -> Tally:
        """Every response that waits is confirmed."""
        path = "/api/v1/responses/confirmations"
        posts = [_post_json(path, self.site.host, {"token": token}) for token in self.consulting.waiting_tokens()]
        tally = self._run(Plan(self.site.port, posts, CLIENTS))
        self.confirmed += tally.statuses[CONFIRMED]
        return tally

    def _run(self, plan: Plan) -> Tally:
        tally = self.site.metered(lambda: self.driver.run(plan))
        self.unanswered += tally.broken
        strange = sorted(set(tally.statuses) - {SENT, CONFIRMED, BUSY})
        if strange:
            raise RuntimeError(f"the site answered {strange} to responses; see {self.site.log}")
        return tally

    def is_exact(self) -> bool:
        """Every response that was thanked for is stored, every confirmation counted once."""
        rows, versions, counted, shown = self.consulting.stored()
        return self.unanswered == 0 and rows == versions == self.sent and counted == shown == self.confirmed


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """All figures of one database."""
    with (
        servers.ceiling() as ceiling,
        servers.null() as null,
        servers.site(database, "answering", SETTINGS) as site,
        Consulting(site) as consulting,
    ):
        site.start()
        going = Round(driver, site, consulting)
        tallies = interleave(lanes(going, ceiling, null, chosen.slice_seconds))
        going.confirm()
        report.figures |= figures(database, tallies)
        report.figures[f"{database}.submit.exact"] = going.is_exact()
    report.notes += [spread(f"{database} {name}", slices) for name, slices in tallies.items()]
    report.judge_driver(median_rate(tallies["null"], CEILING_OK), median_rate(tallies["submit ceiling"], CEILING_OK))


def lanes(
    going: Round, ceiling: servers.Server, null: servers.Server, seconds: float
) -> dict[str, Callable[[], Tally]]:
    """What takes turns. The ceiling is sent the same bytes."""
    posts = [response_post(going.site.host, going.consulting.id, n) for n in range(500)]

    def constant(server: servers.Server, time: float) -> Tally:
        plan = Plan(server.port, posts, CLIENTS, time, cycle=True)
        return server.metered(lambda: going.driver.run(plan))

    going.submit(WARM_UP)
    constant(ceiling, WARM_UP)
    return {
        "submit": lambda: going.submit(seconds),
        "submit ceiling": lambda: constant(ceiling, seconds),
        "null": lambda: constant(null, seconds / 4),
    }


def figures(database: str, tallies: dict[str, list[Tally]]) -> dict[str, float | bool]:
    measured, ceiling = tallies["submit"], tallies["submit ceiling"]
    rate = median_rate(measured, SENT)
    cpu = per_cpu_second(measured, SENT) / per_cpu_second(ceiling, CEILING_OK)
    return {
        f"{database}.submit.ratio": rounded(rate / median_rate(ceiling, CEILING_OK)),
        f"{database}.submit.cpu_ratio": rounded(cpu),
        f"{database}.submit.per_second": rounded(rate),
        f"{database}.submit.p99_ms": percentile_ms(pooled(measured), 99),
    }


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("answering", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
