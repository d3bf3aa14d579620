"""Ana answers, page by page, without scripts and without an account."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from consultations.model import Draft, DraftPage, Response, ResponseVersion
from tests.consultations.asking import Asking
from tests.consultations.visiting import OF_RESPONSES, Visitor, answer_all, begin
from tests.site import RunningSite


@pytest.fixture
def asking(sqlite_site: RunningSite) -> Asking:
    return Asking(sqlite_site.town)


def sent(asking: Asking, bridge: int) -> list[Response]:
    return asking.town.rows(Response, Response.consultation_id == bridge)


def pages(asking: Asking, bridge: int) -> list[DraftPage]:
    drafts = asking.town.rows(Draft, Draft.consultation_id == bridge)
    return asking.town.rows(DraftPage, DraftPage.draft_id.in_([d.id for d in drafts]))


def test_ana_answers_and_is_counted_once_she_confirms(sqlite_site: RunningSite, asking: Asking) -> None:
    town, bridge = sqlite_site.town, asking.published()
    ana = begin(sqlite_site.base, bridge)
    assert "Page 1 of 2" in ana.words
    assert ana.page.headers["cache-control"] == "no-store"
    ana.fill({"q2": "12"})
    assert "we ask one thing more" in ana.words, "the question that her answer brings is asked before going on"
    ana.fill({"q2": "12", "q3": ""})
    assert ana.page.status_code == 422
    assert 'href="#q3"' in ana.page.text
    assert re.search(r'value="12" checked', ana.page.text), "no other answer is lost"
    ana.fill({"q2": "12", "q3": "It is too dear."})
    assert "Page 2 of 2" in ana.words
    ana.fill({"q5": ["14", "other"], "q5_other": "On horseback", "q6": "4"})
    ana.fill({"name": "", "email": "nobody", "news": "yes"})
    assert ana.page.status_code == 422
    assert "Choose whether we may publish" in ana.words
    ana.fill({"name": "Ana Almeida", "email": "ana@example.org", "consent": "anonymous", "news": "yes"})
    assert "Check your answers" in ana.words
    assert "On horseback" in ana.words
    assert "4" in ana.words
    ana.fill()
    assert "open the letter we sent you" in ana.words
    assert asking.consultation(bridge).response_count == 0
    letters = town.deliver()
    confirm = letters.link("ana@example.org", "Confirm")
    owner = Visitor(sqlite_site.base)
    owner.open(confirm)
    assert asking.consultation(bridge).response_count == 0, "opening a link does nothing"
    owner.fill()
    assert "Your response is counted" in owner.words
    assert asking.consultation(bridge).response_count == 1
    receipt = town.deliver().last_to("ana@example.org").get_content()
    assert "It is too dear." in receipt
    assert "Should crossing cost something?" in receipt
    (stored,) = sent(asking, bridge)
    assert stored.digest.hex() in receipt
    owner.open(town.letters.link("ana@example.org", "We have your response"))
    assert "What happens next" in owner.words
    assert not OF_RESPONSES & set(town.broken())


def test_going_back_keeps_what_was_typed_and_a_hidden_required_question_never_blocks(
    sqlite_site: RunningSite, asking: Asking
) -> None:
    bridge = asking.published()
    ana = begin(sqlite_site.base, bridge)
    first = ana.at
    ana.fill({"q2": "12"})
    ana.fill({"q2": "12", "q3": "A long thought"})
    ana.open(first)
    assert "A long thought" in ana.page.text
    ana.fill({"q2": "11", "q3": "A long thought"})
    assert "Page 2 of 2" in ana.words, "the required question is not asked any more"
    ana.fill({})
    ana.fill({"name": "Ana", "email": "ana@example.org", "consent": "none", "news": "no"})
    assert "A long thought" not in ana.words
    ana.fill()
    (reply,) = sent(asking, bridge)
    (version,) = sqlite_site.town.rows(ResponseVersion, ResponseVersion.response_id == reply.id)
    assert version.answers == '{"2":{"options":[11]}}'


def test_the_check_page_names_what_is_wrong_and_nothing_where_nothing_is(
    sqlite_site: RunningSite, asking: Asking
) -> None:
    ana = begin(sqlite_site.base, asking.published())
    ana.open(ana.at.rpartition("/")[0] + "/check")
    assert "There is a problem" not in ana.words, "nobody has tried to send it yet"
    ana.fill()
    assert ana.page.status_code == 422
    listed = re.search(r'(?s)govuk-error-summary__list">(.*?)</ul>', ana.page.text)
    assert listed is not None
    links = dict(re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', listed[1]))
    assert "Choose one of the answers" in links.values()
    assert "Enter your name" in links.values()
    assert len(links) == listed[1].count("<li>")
    assert all(f'id="{there}"' in ana.page.text for there in links)
    whole = answer_all(begin(sqlite_site.base, asking.published()))
    assert "Check your answers" in whole.words
    assert "There is a problem" not in whole.words


def test_a_double_click_two_tabs_and_fifty_posts_leave_one_response(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    ana = answer_all(begin(sqlite_site.base, bridge))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _n: ana.post().status_code, range(50)))
    assert set(answers) == {303}
    (reply,) = sent(asking, bridge)
    letters = sqlite_site.town.queued("consultations/mail/confirm")
    assert len([letter for letter in letters if letter.recipient_id == reply.id]) == 1
    again, number = ana.fill(), re.search(r"Receipt number: (\S+)", ana.words)
    assert again.status_code == 200
    assert number is not None
    ana.open(ana.at)
    assert number[1] in ana.words


def test_ben_is_told_that_it_has_closed_and_keeps_what_he_wrote(sqlite_site: RunningSite, asking: Asking) -> None:
    town = sqlite_site.town
    bridge = asking.published(closes=town.now + timedelta(minutes=10))
    ben = answer_all(begin(sqlite_site.base, bridge), why="Three thousand characters")
    check = ben.at
    ben.open(re.sub("/check.*", "/1", check))
    sqlite_site.clock.advance(timedelta(minutes=10))  # type: ignore[attr-defined]
    ben.fill({"q2": "12", "q3": "Four thousand characters"})
    assert ben.page.status_code == 409
    assert "has closed" in ben.words
    assert "bridge@transport.example.org" in ben.words
    copy = ben.http.get(re.sub("/check.*", "/copy.txt", check))
    assert "Four thousand characters" in copy.text
    assert "attachment" in copy.headers["content-disposition"]
    late = ben.http.post(re.sub("/check.*", "/send", check), data={})
    assert late.status_code == 409
    assert sent(asking, bridge) == []
    assert asking.consultation(bridge).response_count == 0


def test_one_of_all_answers_is_invalid_and_none_is_stored(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    eve = answer_all(begin(sqlite_site.base, bridge))
    check = eve.at
    eve.open(re.sub("/check.*", "/4", check))
    eve.fill({"q5": ["14", "999"], "q6": "4"})
    assert eve.page.status_code == 422
    assert "Choose from the answers that are offered" in eve.words
    eve.open(check)
    eve.fill()
    assert eve.page.status_code == 422
    assert sent(asking, bridge) == []


def test_hostile_words_are_shown_and_never_run(sqlite_site: RunningSite, asking: Asking) -> None:
    words = ["<script>alert(1)</script>", "</textarea><script>", "{{7*7}}", "${7*7}", '" autofocus onfocus=x', "%00"]
    bridge, text = asking.published(), "\n".join(words)
    eve = begin(sqlite_site.base, bridge)
    eve.fill({"q2": "12"})
    eve.fill({"q2": "12", "q3": text})
    eve.fill({})
    eve.fill({"name": "<b>Eve</b>", "email": "eve@example.org", "consent": "named", "news": "no"})
    eve.fill({"name": "Eve {{7*7}}", "email": "eve@example.org", "consent": "named", "news": "no"}) if (
        eve.page.status_code == 422
    ) else None
    assert all(word in eve.words for word in ("{{7*7}}", "${7*7}", "%00"))
    assert "<script>alert" not in eve.page.text
    eve.fill()
    letter = sqlite_site.town.deliver().link("eve@example.org", "Confirm")
    owner = Visitor(sqlite_site.base)
    owner.open(letter)
    assert "<script>alert" not in owner.page.text
    owner.fill()
    assert "{{7*7}}" in sqlite_site.town.deliver().last_to("eve@example.org").get_content()


def test_two_browsers_at_one_page_are_shown_both_texts(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    lead = begin(sqlite_site.base, bridge, **{"as": "organisation"})
    colleague = Visitor(sqlite_site.base)
    overview = lead.at.rsplit("/", 1)[0]
    lead.open(f"{overview}/save")
    link = re.search(r'value="http://[^/]+(/consultations/[^"]+)"', lead.page.text)
    assert link is not None
    lead.open(f"{overview}/1")
    colleague.open(link[1])
    colleague.open(f"{link[1]}/1")
    colleague.fill({"q2": "12", "by": "Carla"})
    colleague.fill({"q2": "12", "q3": "What Carla wrote", "by": "Carla"})
    lead.fill({"q2": "11", "by": "Lea"})
    assert lead.page.status_code == 409
    assert "Carla" in lead.words
    assert "Stored No What you wrote Yes" in lead.words
    (page,) = pages(asking, bridge)
    assert "What Carla wrote" in page.answers, "nothing was overwritten"
    lead.fill()
    (page,) = pages(asking, bridge)
    assert '"q2":"11"' in page.answers, "and she chose hers"
    colleague.open(f"{link[1]}/check")
    assert "Only the lead can send" in colleague.words
    refused = colleague.http.post(f"{link[1]}/send", data={})
    assert refused.status_code == 403
    assert sent(asking, bridge) == []


def test_an_organisation_s_receipt_goes_to_its_lead(sqlite_site: RunningSite, asking: Asking) -> None:
    town, bridge = sqlite_site.town, asking.published()
    lead = begin(sqlite_site.base, bridge, **{"as": "organisation"})
    lead.open(lead.at.rsplit("/", 1)[0] + "/save")
    lead.fill({"email": "lea@harbour.example.org"})
    assert "We have sent you a letter" in lead.words
    elsewhere = Visitor(sqlite_site.base)
    elsewhere.open(town.deliver().link("lea@harbour.example.org"))
    elsewhere.open(f"{elsewhere.at}/1")
    elsewhere.fill({"q2": "11", "by": "Lea"})
    elsewhere.fill({"by": "Lea"})
    assert "lea@harbour.example.org" in elsewhere.words, "the address that the link went to is not asked for again"
    elsewhere.fill(
        {"name": "Lea Long", "email": "x@example.org", "organisation": "Harbour Ltd", "consent": "named", "news": "no"}
    )
    elsewhere.fill()
    assert "Your response is counted" in elsewhere.words
    assert "Receipt" in elsewhere.words
    assert asking.consultation(bridge).response_count == 1
    assert town.deliver().subjects("lea@harbour.example.org")[-1].startswith("We have your response")
    (draft,) = town.rows(Draft, Draft.consultation_id == bridge)
    assert draft.submitted_at is not None


def test_enormous_forms_are_refused_early(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    eve = begin(sqlite_site.base, bridge)
    form = {"content-type": "application/x-www-form-urlencoded"}
    fields = "&".join(f"q{n}=1" for n in range(100_000))
    assert eve.http.post(eve.at, content=fields, headers=form).status_code in (400, 413)
    assert eve.http.post(eve.at, content="q3=" + "x" * 10_000_000, headers=form).status_code == 413
