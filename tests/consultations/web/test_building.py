"""Edda writes questionnaires with nothing but pages and their buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.model import Consultation, StoredQuestionnaire
from consultations.policy import ConsultationPolicy
from consultations.queries.questionnaires import parse
from consultations.rules.answers import check_all
from consultations.rules.questionnaire import Asks, Questionnaire, shown
from tests import databases
from tests.consultations.asking import TEXTS, Asking
from tests.site import RunningSite, fields_of

POLICY = ConsultationPolicy()


class Official:
    """One official's browser at one consultation's questionnaire."""

    def __init__(self, client: httpx.Client, site: RunningSite, consultation: int) -> None:
        self.client, self.site, self.consultation = client, site, consultation
        self.path = f"/hosting/consultations/{consultation}/questions"

    def get(self, more: str = "", status: int = 200) -> str:
        answer = self.client.get(self.path + more)
        assert answer.status_code == status, (more, answer.status_code, answer.text[:2000])
        return answer.text

    def post(self, more: str, status: int = 303, **data: Any) -> str:
        answer = self.client.post(self.path + more, data=data)
        assert answer.status_code == status, (more, answer.status_code, said(answer.text))
        return answer.text if status != 303 else answer.headers["location"]

    def send(self, more: str, status: int = 303, to: str | None = None, **data: Any) -> str:
        """Open a form's page and send it with its hidden fields."""
        hidden = {k: v for k, v in fields_of(self.get(more)).items() if k in ("seen", "seen_title", "seen_text")}
        return self.post(more if to is None else to, status, **{**hidden, **data})

    def move(self, number: int, do: str, status: int = 303) -> str:
        return self.send("", status, f"/{number}/move", do=do)

    @property
    def questionnaire(self) -> Questionnaire:
        rows = self.site.town.rows(
            StoredQuestionnaire,
            StoredQuestionnaire.consultation_id == self.consultation,
            StoredQuestionnaire.version == 0,
        )
        return parse(rows[0]) if rows else Questionnaire()

    def page(self, title: str, **data: str) -> int:
        return self._new(self.post("/pages", title=title, **data))

    def question(self, page: int, kind: str, text: str, **data: Any) -> int:
        self.get(f"/new?page={page}&kind={kind}")
        return self._new(self.post("/new", page=page, kind=kind, text=text, do="save", **data))

    def depends(self, question: int, on: int, asks: str, status: int = 303, **data: Any) -> str:
        self.get(f"/{question}/conditions?on={on}")
        seen = fields_of(self.get(""))["seen"]
        return self.post(f"/{question}/conditions", status, do="add", on=on, asks=asks, seen=seen, **data)

    def _new(self, location: str) -> int:
        return int(location.partition("#")[2][1:])


def said(page: str) -> str:
    """The words of an error summary."""
    found = re.search(r"govuk-error-summary__body.*?</div>", page, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", found[0]).split()) if found else page[:500]


@pytest.fixture(scope="module")
def running(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("building")
    with databases.sqlite_copy(sqlite_template, folder) as database, RunningSite(database, folder) as site:
        yield site


@pytest.fixture(scope="module")
def asking(running: RunningSite) -> Asking:
    return Asking(running.town)


@pytest.fixture
def edda(running: RunningSite, asking: Asking) -> Iterator[Official]:
    assert asking.edda
    with running.signed_in("edda@example.org") as client:
        yield Official(client, running, drafted(asking))


def drafted(asking: Asking) -> int:
    """A draft without a question."""
    now = asking.town.now

    def store(db: Any) -> int:
        row = Consultation(
            state="draft",
            department_id=asking.department.id,
            created_at=now,
            updated_at=now,
            kind="consultation",
            **TEXTS,
        )
        db.add(row)
        db.flush()
        return int(row.id)

    return asking.do(store)


def built(edda: Official) -> dict[str, int]:
    """Forty questions on five pages, eight of them with conditions, made by pages alone."""
    names: dict[str, int] = {}
    toll, car, walk, money, last = (edda.page(t) for t in ("The toll", "By car", "On foot", "Money", "Last"))
    yes_no = "Yes\nNo\nNot sure"
    names["toll"] = edda.question(
        toll, "single", "Should crossing cost something?", options_new=yes_no, required="true"
    )
    names["why"] = edda.question(toll, "long", "Why not?", required="true", most="2000")
    names["how"] = edda.question(
        toll, "multiple", "How do you cross?", options_new="By car\nOn foot\nBy bus", other="true"
    )
    names["wait"] = edda.question(toll, "number", "How many minutes do you wait?", least="0", most="600")
    names["content"] = edda.question(toll, "scale", "How content are you?", least="1", most="5", low="Not", high="Very")
    names["lanes"] = edda.question(car, "matrix", "Each lane", rows_new="North\nSouth", options_new="Good\nBad")
    names["plate"] = edda.question(car, "short", "What do you drive?", required="true")
    names["order"] = edda.question(walk, "ranking", "What first?", options_new="Light\nRail\nSnow", ranked="2")
    names["since"] = edda.question(walk, "date", "Since when?", since="1990-01-01", until="2030-12-31")
    names["proof"] = edda.question(last, "file", "A document", confidential="true")
    for number in range(15):
        names[f"money {number}"] = edda.question(money, "scale", f"How fair is price {number}?")
    for number in range(15):
        names[f"last {number}"] = edda.question(last, "long", f"Anything about part {number}?")
    options = {
        o.text: o.id
        for o in (*edda.questionnaire.by_id[names["toll"]].options, *edda.questionnaire.by_id[names["how"]].options)
    }
    lanes = {o.text: o.id for o in edda.questionnaire.by_id[names["lanes"]].options}
    edda.depends(names["why"], names["toll"], f"equals:{options['No']}")
    edda.depends(names["lanes"], names["how"], f"contains:{options['By car']}")
    edda.depends(names["plate"], names["lanes"], f"contains:{lanes['Bad']}")
    edda.depends(names["order"], names["how"], f"contains:{options['On foot']}")
    edda.depends(names["since"], names["order"], "answered")
    edda.depends(names["money 1"], names["wait"], "equals", value="12")
    edda.depends(names["last 0"], names["plate"], "contains", value="van")
    edda.depends(names["last 1"], names["content"], "equals:1")
    edda.depends(names["last 1"], names["toll"], f"equals:{options['Yes']}")
    edda.send(f"/{names['last 1']}/conditions", together="any", do="set")
    return names


def test_edda_builds_forty_questions_with_conditions_by_pages_alone_and_every_path_through_them_is_sound(
    edda: Official,
) -> None:
    names = built(edda)
    made = edda.questionnaire
    assert len(made.by_id) == 40
    assert sum(bool(q.conditions) for q in made.questions()) == 8
    assert made.by_id[names["last 1"]].any_of
    overview = edda.get()
    assert "40 questions of at most 200" in overview
    assert "Before it can be published" not in overview
    assert "Shown if the answer to question 1 (“Should crossing cost something?”) is “No”." in overview
    preview = edda.get("/preview")
    assert "Not shown as it is answered now" in preview
    assert f'name="q{names["why"]}"' not in preview
    no = next(o.id for o in made.by_id[names["toll"]].options if o.text == "No")
    updated = edda.post("/preview", 200, do="update", **{f"q{names['toll']}": no})
    assert f'name="q{names["why"]}"' in updated
    checked = edda.post("/preview?page=1", 200, do="check", **{f"q{names['toll']}": no})
    assert f'href="#q{names["why"]}"' in checked
    every_path_is_sound(made)
    _two_colleagues_and_three_saves(edda, names)


def every_path_is_sound(made: Questionnaire) -> None:
    """Whatever is answered: what is hidden never blocks, what is shown and required always does."""

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        answers = {q.id: a for q in made.questions() if (a := data.draw(answer_to(q))) is not None}
        checked = check_all(made, answers, POLICY)
        open_now = shown(made, checked.answers)
        assert set(checked.answers) <= open_now
        blocked = {p.question for p in checked.problems}
        assert blocked == {q.id for q in made.questions() if q.required and q.id in open_now - set(checked.answers)}

    walk()


def answer_to(question: Any) -> st.SearchStrategy[Any]:
    """Nothing, or an answer that will do."""
    numbers = [o.id for o in question.options]
    match question.kind:
        case "single":
            good: st.SearchStrategy[Any] = st.sampled_from(numbers).map(lambda n: {"options": [n]})
        case "multiple":
            good = st.sets(st.sampled_from(numbers), min_size=1).map(lambda s: {"options": sorted(s)})
        case "scale":
            good = st.sampled_from(list(question.scale))
        case "matrix":
            rows = [str(r.id) for r in question.rows]
            good = st.dictionaries(st.sampled_from(rows), st.sampled_from(numbers), min_size=1)
            if question.required:
                good = st.fixed_dictionaries({r: st.sampled_from(numbers) for r in rows})
        case "ranking":
            good = st.permutations(numbers).map(lambda p: list(p)[: question.ranked or len(numbers)])
        case "number":
            good = st.sampled_from(["12", "0", "599"])
        case "date":
            good = st.just("2020-02-29")
        case "file":
            good = st.just([1])
        case _:
            good = st.sampled_from(["a van", "a lorry", "because"])
    return st.none() | good


def _two_colleagues_and_three_saves(edda: Official, names: dict[str, int]) -> None:
    """Two questions that depend on the same one keep doing so, whatever is saved and moved (scenario 13)."""
    before = {n: q.conditions for n, q in edda.questionnaire.by_id.items()}
    how, lanes = names["how"], names["lanes"]
    for text in ("How do you usually cross?", "How do you cross most days?", "How do you cross?"):
        options = {f"option-{o.id}": o.text for o in edda.questionnaire.by_id[how].options}
        numbers = ",".join(str(o.id) for o in edda.questionnaire.by_id[how].options)
        edda.send(f"/{how}", text=text, options=numbers, **options, other="true", do="save")
        edda.move(names["wait"], "down")
        edda.move(names["how"], "up")
        edda.send(f"/{lanes}/place", where=f"{edda.questionnaire.pages[-1].id}:{names['last 3']}", status=422)
        edda.send(f"/{names['money 3']}/place", where=f"{edda.questionnaire.pages[0].id}:0")
    after = {n: q.conditions for n, q in edda.questionnaire.by_id.items()}
    assert after == before
    assert [c.asks for c in after[lanes]] == [Asks.CONTAINS]


def test_edda_cannot_make_a_circle_move_a_question_before_its_cause_or_remove_the_cause(edda: Official) -> None:
    page = edda.page("Only page")
    first = edda.question(page, "single", "Do you cross?", options_new="Yes\nNo")
    second = edda.question(page, "long", "Why?")
    third = edda.question(page, "short", "Where?")
    yes, no = edda.questionnaire.by_id[first].options
    edda.depends(second, first, f"equals:{yes.id}")
    edda.depends(third, second, "answered")
    itself = edda.depends(second, second, "answered", 422)
    assert "A question cannot depend on its own answer: question 2 (“Why?”)." in said(itself)
    circle = edda.depends(first, third, "answered", 422)
    assert "in a circle" in said(circle)
    assert "question 1 (“Do you cross?”)" in said(circle)
    assert "has to come after it" in said(edda.move(second, "up", 422))
    assert "Question 2 (“Why?”) depends on it" in edda.get(f"/{first}/remove")
    assert "depends on it" in said(edda.send("", 422, f"/{first}/remove"))
    option = {"options": f"{yes.id},{no.id}", f"option-{no.id}": "No", "options_new": "Perhaps"}
    refused = edda.send(f"/{first}", 422, text="Do you cross?", **option, do="save")
    assert "nobody could give any more" in said(refused)
    assert {n: q.conditions for n, q in edda.questionnaire.by_id.items() if q.conditions}.keys() == {second, third}


def test_options_keep_their_numbers_when_edda_renames_moves_and_adds_some(edda: Official) -> None:
    page = edda.page("Page")
    number = edda.question(page, "single", "Which?", options_new="Red\nGreen\nBlue")
    red, green, blue = edda.questionnaire.by_id[number].options
    fields = {"options": f"{red.id},{green.id},{blue.id}"} | {f"option-{o.id}": o.text for o in (red, green, blue)}
    moved = edda.send(f"/{number}", 200, text="Which?", **fields, do=f"up:option-{blue.id}")
    assert fields_of(moved)["options"] == f"{red.id},{blue.id},{green.id}"
    fields |= {"options": fields_of(moved)["options"], f"option-{red.id}": "Scarlet", f"option-{green.id}": ""}
    edda.send(f"/{number}", text="Which?", **fields, options_new="Black", do="save")
    kept = edda.questionnaire.by_id[number].options
    assert [(o.id, o.text) for o in kept[:2]] == [(red.id, "Scarlet"), (blue.id, "Blue")]
    assert kept[2].text == "Black"
    assert kept[2].id > blue.id
    twice = edda.send(f"/{number}", 422, text="Which?", options_new="Black\nblack", do="save")
    assert "is there twice" in said(twice)
    one = edda.send(f"/{number}", 422, text="Which?", options_new="Black", do="save")
    assert "Give two answers or more" in said(one)


def test_edda_s_year_with_too_many_figures_is_no_day_and_what_she_typed_stays(edda: Official) -> None:
    page = edda.page("Page")
    again = edda.post("/new", 422, page=page, kind="date", text="Since when?", since="1/1/99999999999", do="save")
    assert "Enter a day" in said(again)
    assert fields_of(again)["since"] == "1/1/99999999999"


def test_emil_is_told_when_edda_saved_the_same_question_and_nothing_is_lost(
    edda: Official, running: RunningSite, asking: Asking
) -> None:
    page = edda.page("Page")
    number = edda.question(page, "long", "Why do you cross?")
    other = edda.question(page, "long", "Anything else?")
    assert asking.emil
    with running.signed_in("emil@example.org") as client:
        emil = Official(client, running, edda.consultation)
        seen = fields_of(emil.get(f"/{number}"))["seen"]
        overview = fields_of(emil.get())["seen"]
        edda.send(f"/{other}", text="Anything else at all?", do="save")
        emil.post(f"/{number}", seen=seen, text="Why do you cross the bridge?", do="save")  # another one was saved
        conflict = edda.post(f"/{number}", 409, seen=seen, text="Why do you cross it?", do="save")
        assert "Somebody else saved this while you were writing" in conflict
        assert "<del>" in conflict
        assert "Why do you cross it?</textarea>" in conflict
        edda.post(f"/{number}", seen=fields_of(conflict)["seen"], text="Why do you cross it?", do="save")
        moved = emil.post(f"/{number}/move", 409, seen=overview, do="down")
        assert "Somebody changed the questionnaire" in moved
    assert edda.questionnaire.by_id[number].text == "Why do you cross it?"


def test_edda_takes_pages_over_and_is_told_which_conditions_stay_behind(edda: Official, asking: Asking) -> None:
    first, second = edda.page("First"), edda.page("Second")
    cause = edda.question(first, "single", "Do you cross?", options_new="Yes\nNo")
    yes = edda.questionnaire.by_id[cause].options[0].id
    effect = edda.question(second, "long", "Why do you cross?")
    edda.depends(effect, cause, f"equals:{yes}")
    other = Official(edda.client, edda.site, drafted(asking))
    assert TEXTS["title"] in other.get("/copy")
    asked = other.post("/copy", 200, **{"from": edda.consultation, "page": second, "seen": 1})
    assert "it is always shown now" in asked
    other.post("/copy", **{"from": edda.consultation, "page": second, "seen": 1, "do": "anyway"})
    seen = fields_of(other.get())["seen"]
    other.post("/copy", **{"from": edda.consultation, "page": [first, second], "seen": seen})
    why, crosses, why_again = other.questionnaire.questions()
    assert why.conditions == ()
    assert (why_again.conditions[0].question, why_again.conditions[0].value) == (crosses.id, str(crosses.options[0].id))
    numbers = [n for q in other.questionnaire.questions() for n in (q.id, *(o.id for o in q.options))]
    assert len(numbers) == len(set(numbers))


def test_after_publication_another_wording_and_another_meaning_become_versions_that_everyone_can_compare(
    running: RunningSite, asking: Asking
) -> None:
    bridge = asking.published()
    with running.signed_in("edda@example.org") as client, running.signed_in("emil@example.org") as second:
        edda, emil = Official(client, running, bridge), Official(second, running, bridge)
        edda.send("/7", text="Is there anything else?", most="", do="save")
        edda.send("/3", text="Why do you say no?", required="true", most="2000", do="save")
        assert "Look at the changes" in edda.get()
        shown_page = edda.get("/publish")
        seen = fields_of(shown_page)["seen"]
        unsaid = edda.post("/publish", 422, seen=seen, **{"meaning-3": "meaning"})
        assert "Say whether it is another wording" in said(unsaid)
        said_all = {"seen": seen, "meaning-3": "meaning", "meaning-7": "wording", "note": "Clearer questions."}
        edda.post("/publish", 409, **said_all)  # she wrote what changes a meaning
        emil.post("/publish", **said_all)
    rows = running.town.rows(StoredQuestionnaire, StoredQuestionnaire.consultation_id == bridge)
    first, newest = (parse(r) for r in rows if r.version > 0)
    assert first.by_id[7].text == "Anything else?"
    assert (newest.by_id[7].version, newest.by_id[7].wording) == (1, 2)
    assert (newest.by_id[3].version, newest.by_id[3].wording) == (2, 1)
    assert asking.consultation(bridge).questionnaire_version == 2
    with running.client() as reader:
        history = reader.get(f"/consultations/{bridge}/questions/history").text
    assert "Clearer questions." in history
    assert "removed:" in history
    assert "Another meaning: earlier answers stay" in history
    assert "Another wording of the same question" in history


def test_plain_words_are_kept_beside_the_question_and_shown_in_the_preview(edda: Official) -> None:
    page = edda.page("Your journeys")
    number = edda.question(page, "single", "Which mode of transport do you predominantly use?", options_new="Bus\nCar")
    bus = edda.questionnaire.by_id[number].options[0].id
    edda.send("/easy", page=page, **{f"text-{number}": "How do you get there?", f"option-{bus}": "I take the bus"})
    plain = edda.get("/preview?easy")
    assert "How do you get there?" in plain
    assert "I take the bus" in plain
    assert "How do you get there?" not in edda.get("/preview")


def test_nobody_but_officials_finds_the_builder(edda: Official, running: RunningSite) -> None:
    with running.client() as visitor:
        assert visitor.get(edda.path).status_code == 404
    with running.signed_in("tom.transport@example.org") as tom:
        assert tom.get(edda.path).status_code == 404
        assert tom.post(f"{edda.path}/pages", data={"title": "Mine"}).status_code == 404
