"""The reading desk of one consultation, for the walk over every page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from consultations.model import Code, Finding, Group, Response
from consultations.rules.reading import Passage
from consultations.service import campaigns, coding, findings
from tests.consultations.asking import NO, YES, Asking
from tests.journeys.walking import Visit
from tests.site import RunningSite

LETTER = (
    "I support the toll on the Harbour Bridge because the repairs must be paid. It keeps lorries out of our streets."
)


def reading_visits(site: RunningSite) -> Iterator[Visit]:
    """Parks asked, people answered, and its officers code what they read."""
    asking, town = Asking(site.town, "parks"), site.town
    desk = f"/desk/consultations/{_asked(asking)}"
    number = int(desk.rpartition("/")[2])
    ben = town.rows(Response, Response.consultation_id == number, Response.is_organisation)[0].id
    old, new = (c.id for c in town.rows(Code, Code.consultation_id == number)[:2])
    finding = town.rows(Finding, Finding.consultation_id == number)[0].id
    group = town.rows(Group, Group.consultation_id == number)[0].id
    yield Visit("/desk/consultations", sees="Harbour Bridge toll")
    yield Visit(desk, sees="Begin reading")
    for path in ("responses", "responses?q=nurse&read=no", "codes", "campaigns", "tables", "findings", "report"):
        yield Visit(f"{desk}/{path}")
    yield Visit(f"{desk}/tables?rows=q2&columns=q6&protect=yes", sees="left out")
    yield Visit(f"{desk}/questions/2?by=who")
    yield Visit(f"{desk}/questions/3", sees="Choose sentences")
    yield Visit(f"{desk}/questions/3/codings", 422, {"response": str(ben), "version": "1"})
    yield Visit(f"{desk}/responses/filter?read=no", sees="Inside a group")
    yield Visit(f"{desk}/responses/{ben}", sees="Harbour Ltd")
    yield Visit(f"{desk}/responses/{ben}/notes", 422, {"note": ""})
    yield Visit(f"{desk}/responses/{ben}/reject", sees="Why is it abuse?")
    yield Visit(f"{desk}/responses/{ben}/reject", 422, {"reason": ""})
    yield Visit(f"{desk}/codes", 422, {"name": ""})
    yield Visit(f"{desk}/codes/{old}")
    yield Visit(f"{desk}/codes/{old}/merge?into={new}", sees="cannot be undone")
    yield Visit(f"{desk}/findings", 422, {"title": ""})
    yield Visit(f"{desk}/findings/{finding}")
    yield Visit(f"{desk}/findings/{finding}/responses")
    yield Visit(f"{desk}/campaigns/{group}")
    yield Visit(f"{desk}/campaigns/{group}", 422, {"do": "confirm", "name": ""})


def _asked(asking: Asking) -> int:
    town, now = asking.town, asking.town.now
    made = asking.published(opens=now - timedelta(days=30), closes=now - timedelta(days=1))
    for _n in range(3):
        asking.responded(made, {2: {"options": [YES.id]}, 6: 4, 7: LETTER})
    said = {2: {"options": [NO.id]}, 3: "It was paid for long ago. My mother is a nurse.", 6: 1}
    ben = asking.responded(made, said, organisation="Harbour Ltd")

    def read(db: object) -> None:
        carers = coding.make(db, made, "Carers", by=asking.tom, now=now)
        coding.make(db, made, "Paid already", by=asking.tom, now=now)
        coding.code(db, made, ben, 3, [Passage(26, 47)], carers.id, version=1, by=asking.tom, now=now)
        findings.add(db, made, "Carers should not pay", "", codes=[carers.id], by=asking.tom, now=now)
        campaigns.look(db, made, 7, by=asking.tom, now=now)

    asking.do(read)
    town.work()
    return made
