"""Draft texts, single responses, what people said and paper, for the walk over every page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx

from consultations.model import Clause, DraftText, Response, Sheet
from consultations.rules.news import UNSUBSCRIBE
from tests.consultations.asking import NO, YES, Asking
from tests.consultations.rules.test_mapping import NEW, TOLL
from tests.journeys.walking import Visit, Walk
from tests.site import RunningSite, Town, fields_of

TOM, TARA, EDDA = "tom.transport@example.org", "tara.transport@example.org", "edda@example.org"


def walk_over_texts_and_what_is_published(site: RunningSite, walk: Walk) -> None:
    asking, now = Asking(site.town), site.town.now
    bridge = asking.published(discussion="before", opens=now - timedelta(days=3), closes=now + timedelta(days=3))
    over = asking.published(opens=now - timedelta(days=40), closes=now - timedelta(days=9))
    _write(site, bridge)
    walk.member(EDDA, officials_visits(bridge))
    walk.member(EDDA, publishing_visits(site, bridge))
    walk.visitor(readers_visits(asking, bridge))
    walk.member(TOM, clause_visits(asking, bridge))
    _answer_clauses(site, bridge)
    walk.visitor([Visit(f"/consultations/{bridge}/text/answers", sees="Partly accepted")])
    _tell(site, asking, over)
    walk.member(TOM, desk_visits(asking, over))
    walk.visitor(told_visits(site, asking, over))
    walk.member(TARA, paper_visits(asking, over))


def _send(client: httpx.Client, page: str, path: str = "", **values: str) -> str:
    answer = client.post(path or page, data=dict(fields_of(client.get(page).text)) | values)
    assert answer.status_code == 303, (page, answer.status_code, answer.text[-800:])
    return answer.headers["location"]


def _write(site: RunningSite, bridge: int) -> None:
    """Version 1 is public, version 2 waits for its mapping."""
    with site.signed_in(EDDA) as edda:
        path = _send(edda, f"/hosting/consultations/{bridge}/text", title="Toll Order", comments="before")
        _send(edda, path, body=TOLL)
        _send(edda, f"{path}/publish")
        _send(edda, path, body=NEW)


def officials_visits(bridge: int) -> Iterator[Visit]:
    here = f"/hosting/consultations/{bridge}/text"
    yield Visit(here)
    yield Visit(here, 422, {"title": "", "comments": "before"})
    yield Visit(f"{here}/1")
    yield Visit(f"{here}/1", 422, {"body": "# Only a heading", "revision": "4", "based_on": "1"})
    yield Visit(f"{here}/1", 409, {"body": TOLL, "revision": "0", "based_on": "1"}, "What you wrote")
    yield Visit(f"{here}/1/mapping", sees="Part of an old one")


def publishing_visits(site: RunningSite, bridge: int) -> Iterator[Visit]:
    here = f"/hosting/consultations/{bridge}/text/1"
    with site.signed_in(EDDA) as edda:
        _send(edda, f"{here}/mapping")
    yield Visit(f"{here}/publish", sees="Old tokens")
    yield Visit(f"{here}/publish", 422, {"note": "", "revision": "5"})
    with site.signed_in(EDDA) as edda:
        _send(edda, f"{here}/publish", note="Buses have a clause of their own.")


def _clauses(town: Town, bridge: int) -> list[int]:
    """Of this consultation alone: the site is shared, and others have texts, too."""
    (text,) = town.rows(DraftText, DraftText.consultation_id == bridge)
    return sorted(clause.id for clause in town.rows(Clause, Clause.text_id == text.id))


def _answer_clauses(site: RunningSite, bridge: int) -> None:
    """Once it has closed."""
    desk, clause = f"/desk/consultations/{bridge}/text", _clauses(site.town, bridge)[0]
    with site.signed_in(TOM) as tom:
        _send(tom, f"{desk}/{clause}", verdict="partly", reason="The lights are included.")
        closed = site.town.now - timedelta(minutes=1)
        site.town.sql(
            f"UPDATE consultations_consultation SET closes_at = '{closed:%Y-%m-%d %H:%M:%S.%f}' WHERE id = {bridge}"
        )
        _send(tom, f"{desk}/publish", note="")


def readers_visits(asking: Asking, bridge: int) -> Iterator[Visit]:
    here = f"/consultations/{bridge}"
    clause = _clauses(asking.town, bridge)[2]
    yield Visit("/consultations")
    yield Visit(here, sees="The draft text")
    yield Visit(f"{here}/discussion")
    yield Visit(f"{here}/text")
    yield Visit(f"{here}/text/1")
    yield Visit(f"{here}/text/changes/1-2", sees="Removed")
    yield Visit(f"{here}/text/clauses/{clause}", sees="Comment on a passage of it")


def clause_visits(asking: Asking, bridge: int) -> Iterator[Visit]:
    desk, clause = f"/desk/consultations/{bridge}/text", _clauses(asking.town, bridge)[0]
    yield Visit(desk)
    yield Visit(f"{desk}/{clause}")
    yield Visit(f"{desk}/{clause}", 422, {"verdict": "", "reason": ""})
    yield Visit(f"{desk}/publish", sees="still comment")


def _tell(site: RunningSite, asking: Asking, over: int) -> None:
    """Responses are public, what people said is, and a sheet of paper was read."""
    desk, sent = f"/desk/consultations/{over}", site.town.now - timedelta(days=20)
    asking.responded(over, {2: {"options": [YES.id]}})
    asking.responded(over, {2: {"options": [NO.id]}, 3: "Too dear for nurses."}, name="Ben Brown")
    asking.responded(over, {2: {"options": [NO.id]}, 3: "My bakery needs it."}, name="Olu Ola")
    site.town.sql(f"UPDATE consultations_response SET sent_at = '{sent:%Y-%m-%d %H:%M:%S}'")
    with site.signed_in(TOM) as tom, site.signed_in(TARA) as tara:
        assert tom.post(f"{desk}/publish/numbers", data={"after": 0}).status_code == 303
        assert tom.post(f"{desk}/publish/ready").status_code == 303
        said = {"do": "hand-in", "summary": "Most find it too dear.", "body": "", "note": "", "revision": 0}
        assert tom.post(f"{desk}/feedback", data=said).status_code == 303
        assert tara.post(f"{desk}/feedback", data={"do": "release", "revision": 1}).status_code == 303
        day = (site.town.now - timedelta(days=12)).date().isoformat()
        table = f"source_ref,channel,received_on,consent,q2\r\nP-1,paper,{day},none,Yes\r\nP-2,paper,{day},none,Maybe"
        assert tom.post(f"{desk}/paper", files={"sheet": ("paper.csv", table.encode(), "text/csv")}).status_code == 303
    site.town.work()
    site.town.work()


def desk_visits(asking: Asking, over: int) -> Iterator[Visit]:
    desk = f"/desk/consultations/{over}"
    ben = next(r.id for r in asking.town.rows(Response, Response.consultation_id == over) if r.publishing == "waiting")
    sheet = asking.town.rows(Sheet, Sheet.consultation_id == over)[0].id
    yield Visit(f"{desk}/publish")
    yield Visit(f"{desk}/publish?state=published")
    yield Visit(f"{desk}/publish/{ben}")
    yield Visit(f"{desk}/publish/{ben}", 422, {"do": "withhold", "withheld": ""})
    yield Visit(f"{desk}/publish/ready")
    yield Visit(f"{desk}/feedback")
    yield Visit(f"{desk}/feedback", 422, {"do": "save", "summary": "", "revision": "0"})
    yield Visit(f"{desk}/answers")
    yield Visit(f"{desk}/export")
    yield Visit(f"{desk}/export/responses.csv", sees="The record keeps who")
    yield Visit(f"{desk}/enter")
    yield Visit(f"{desk}/enter", 422, {"source_ref": "", "q2": str(NO.id)})
    yield Visit(f"{desk}/paper")
    yield Visit(f"{desk}/paper/{sheet}")


def told_visits(site: RunningSite, asking: Asking, over: int) -> Iterator[Visit]:
    here = f"/consultations/{over}"
    someone = asking.town.rows(Response, Response.consultation_id == over)[0].id
    yield Visit(here, sees="What you said")
    yield Visit(f"{here}/findings")
    yield Visit(f"{here}/figures", sees="No figures are shown")
    yield Visit(f"{here}/responses")
    yield Visit(f"{here}/responses/1")
    yield Visit(f"{here}/roll")
    yield Visit(f"/consultations/unsubscribe/{site.town.keys.token(UNSUBSCRIBE, someone)}")


def paper_visits(asking: Asking, over: int) -> Iterator[Visit]:
    paper = next(r.id for r in asking.town.rows(Response, Response.consultation_id == over) if r.channel == "paper")
    yield Visit(f"/desk/consultations/{over}/check/{paper}")
