"""Discussions through the pages: said signed out and found again after signing in, answered, changed, withdrawn,
voted on, refused in words; and whatever somebody may type into any field of them."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest

from app.comments.model import Comment
from app.moderation.model import Case
from app.moderation.rules.standards import Verdict
from tests import databases
from tests.app.comments.forum import Forum
from tests.fakes import FixedClock
from tests.journeys.browsing import chromium
from tests.site import MODERATOR, PASSWORD, RunningSite

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](jav&#x09;ascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "{{7*7}}",
    "${7*7}",
    "'; DROP TABLE comments;--",
    "%00 and \x00",
    '" autofocus onfocus="alert(1)',
)
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"


@pytest.fixture
def forum(site: RunningSite) -> Forum:
    """A petition of this test's own, with a discussion checked afterwards."""
    found = Passing(site.town)
    found.mode("after")
    return found


class Passing(Forum):
    """A site that many tests share holds what looks like their other texts: a moderator lets it pass."""

    def say(self, name: str, body: str = "Apples do well there.", **more: Any) -> int:
        return self.passed(super().say(name, body, **more))

    def passed(self, comment: int) -> int:
        if self.comment(comment).state == "held":
            self.decide(comment)
        return comment


@contextmanager
def signed_in(site: RunningSite, forum: Forum, name: str) -> Iterator[httpx.Client]:
    with site.client() as client:
        answer = client.post("/sign-in", data={"email": forum.person(name).email or "", "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


@pytest.fixture
def names() -> tuple[str, str]:
    """Of this test's own: a site is shared by many."""
    number = secrets.token_hex(4)
    return f"Ana {number}", f"Ben {number}"


def say_path(forum: Forum) -> str:
    return f"/discussions/petition/{forum.petition}/say"


def page_of(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


def said_in(client: httpx.Client, forum: Forum, body: str, **more: str) -> int:
    """Sends the form; answers the comment's number."""
    answer = client.post(say_path(forum), data={"body": body, **more})
    assert answer.status_code == 303, answer.text
    said = int(urlsplit(answer.headers["location"]).path.split("/")[2])
    return forum.passed(said) if isinstance(forum, Passing) else said


def test_what_is_typed_signed_out_stands_in_the_form_after_signing_in(
    site: RunningSite, forum: Forum, names: tuple[str, str]
):
    ana = forum.person(names[0])
    with site.client() as client:
        shown = page_of(client, f"/petitions/{forum.petition}/discussion")
        assert "Nobody has said anything here yet." in shown
        sent = client.post(say_path(forum), data={"body": "Apples do well <there>.", "language": "cy"})
        assert sent.status_code == 303
        assert sent.headers["location"].startswith("/sign-in?draft=")
        form = page_of(client, sent.headers["location"])
        fields = {m[1]: html.unescape(m[2]) for m in re.finditer(r'name="(\w+)" type="hidden" value="([^"]*)"', form)}
        fields |= {m[1]: html.unescape(m[2]) for m in re.finditer(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}
        inside = client.post("/sign-in", data={**fields, "email": ana.email or "", "password": PASSWORD})
        assert inside.status_code == 303
        back = page_of(client, inside.headers["location"])
        assert "Apples do well &lt;there&gt;." in back
        assert '<option value="cy" selected>' in back
        assert site.town.rows(Comment, Comment.author_id == ana.id) == []
        answer = client.post(say_path(forum), data={"body": "Apples do well <there>.", "language": "cy"})
        assert "Your comment is published" in page_of(client, answer.headers["location"])
        public = page_of(client, f"/petitions/{forum.petition}/discussion")
        assert "Apples do well &lt;there&gt;." in public
        assert 'lang="cy"' in public
        assert "1 comment" in page_of(client, f"/petitions/{forum.petition}")


def test_a_discussions_page_says_nothing_about_its_reader(site: RunningSite, forum: Forum, names: tuple[str, str]):
    said = forum.say(names[0])
    with site.client() as stranger, signed_in(site, forum, names[0]) as ana:
        for path in (f"/petitions/{forum.petition}/discussion", f"/comments/{said}", f"/comments/{said}/versions"):
            one, other = stranger.get(path), ana.get(path)
            assert one.content == other.content
            assert "set-cookie" not in other.headers


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_words_wherever_they_are_shown(
    site: RunningSite, forum: Forum, names: tuple[str, str], words: str
):
    text = f"Apples {words} pears."
    with signed_in(site, forum, names[0]) as ana, site.signed_in(MODERATOR) as moderator, site.client() as reader:
        said = said_in(ana, forum, text, sure="yes")
        reply = ana.post(f"/comments/{said}/reply", data={"body": f"Plums {words}.", "sure": "yes"})
        assert reply.status_code == 303
        case = site.town.rows(Case, Case.subject_kind == "comment", Case.subject_id == said)[-1].id
        if forum.comment(said).state != "published":
            forum.decide(said)
        ana.post(f"/comments/{said}/edit", data={"body": f"{text} And plums.", "revision": "1", "sure": "yes"})
        pages = [
            page_of(reader, f"/petitions/{forum.petition}/discussion"),
            page_of(reader, f"/petitions/{forum.petition}"),
            page_of(reader, f"/comments/{said}"),
            page_of(reader, f"/comments/{said}/versions"),
            page_of(reader, f"/comments/{said}/report"),
            page_of(reader, f"/comments/{said}/reply"),
            page_of(ana, f"/comments/{said}/edit"),
            page_of(ana, "/account/comments"),
            page_of(moderator, "/moderation"),
            page_of(moderator, f"/moderation/{case}"),
        ]
        feed = reader.get(f"/petitions/{forum.petition}/discussion.atom")
        data = reader.get(f"/api/v1/comments/{said}").json()
    for page in pages:
        harmless(page)
    ET.fromstring(feed.content)
    assert data["body"].startswith("Apples ")
    assert "49" not in data["body"]


def harmless(page: str) -> None:
    """Nothing of what was typed became a tag, an attribute or a link that does something."""
    tags = re.findall(r"<[a-zA-Z/][^>]*>", page)
    own = re.findall(r"<script[^>]*>.*?</script>", page, re.DOTALL)
    assert not [s for s in own if "alert" in s]
    for tag in tags:
        assert "onerror" not in tag.lower() or "&quot;" in tag or "&lt;" in tag, tag
        assert not re.search(r"\son(error|load|focus)\s*=", re.sub(r'"[^"]*"', "", tag), re.IGNORECASE), tag
        assert not re.search(r'href="\s*(javascript|data|jav)', tag, re.IGNORECASE), tag
    assert "Apples 49" not in page
    assert "\x00" not in page


def test_four_thousand_characters_fit_and_one_more_does_not(site: RunningSite, forum: Forum, names: tuple[str, str]):
    with signed_in(site, forum, names[0]) as ana:
        said = said_in(ana, forum, "apple " * 666 + "pear")
        assert len(forum.texts(said)[0]) == 4_000
        refused = ana.post(say_path(forum), data={"body": "apple " * 666 + "pears"})
        assert refused.status_code == 422
        assert "Keep your comment to 4,000 characters: it has 4,001." in refused.text
        assert "pears</textarea>" in refused.text


def test_families_are_counted_as_readers_count_them(site: RunningSite, forum: Forum, names: tuple[str, str]):
    with signed_in(site, forum, names[0]) as ana:
        said = said_in(ana, forum, FAMILY * 600)
        assert forum.texts(said) == [FAMILY * 600]
        refused = ana.post(say_path(forum), data={"body": FAMILY * 4_000})
        assert refused.status_code == 422
        assert "Your comment has 4,000 characters, but takes up 100,000 bytes; at most 16,000 fit." in refused.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"body=" + b"a" * 10_000_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % n for n in range(30_000)), "application/x-www-form-urlencoded"),
        (b"body=%ff%fe", "application/x-www-form-urlencoded"),
    ],
    ids=["ten megabytes", "thirty thousand fields", "no UTF-8"],
)
def test_bodies_out_of_all_measure_are_refused_early(
    site: RunningSite, forum: Forum, names: tuple[str, str], body: bytes, kind: str
):
    with signed_in(site, forum, names[0]) as ana:
        for path in (say_path(forum), f"/comments/{forum.say(names[1])}/reply"):
            answer = ana.post(path, content=body, headers={"content-type": kind})
            assert answer.status_code in (400, 413), answer.status_code
            assert "Traceback" not in answer.text


def test_json_without_end_is_refused(site: RunningSite, forum: Forum, names: tuple[str, str]):
    path = f"/api/v1/discussions/petition/{forum.petition}/comments"
    with signed_in(site, forum, names[0]) as ana:
        deep = ana.post(path, content=b"[" * 10_000, headers={"content-type": "application/json"})
        assert deep.status_code in (400, 413, 422)
        large = ana.post(path, content=b'{"body": "' + b"a" * 200_000 + b'"}')
        assert large.status_code == 413
        odd = ana.post(path, json={"body": "Apples", "colour": "red"})
        assert odd.status_code == 422


@pytest.mark.parametrize("query", ["sort=%27;DROP&after=1-x", "sort=best&after=x", "after=" + "9" * 40, "sort[]=1"])
def test_an_odd_address_shows_the_discussion(site: RunningSite, forum: Forum, names: tuple[str, str], query: str):
    forum.say(names[0])
    with site.client() as client:
        assert "Apples do well there." in page_of(client, f"/petitions/{forum.petition}/discussion?{query}")
        for path in ("/comments/0", "/comments/99999999999999999999", "/discussions/budget/1/say", "/comments/x"):
            assert client.get(path).status_code == 404


def test_writing_fast_is_slowed_with_a_clear_time_and_a_library_is_not_blocked(tmp_path: Path, sqlite_template: Path):
    with databases.sqlite_copy(sqlite_template, tmp_path) as database:
        clock = FixedClock(datetime.now(UTC))
        with RunningSite(
            database, tmp_path, clock=clock, page_cache="off", rate_limits="on", petitions_discussion="after"
        ) as site:
            forum = Forum(site.town)
            with _inside(site, forum, "Eve") as eve:
                answers = [eve.post(say_path(forum), data={"body": f"Remark {n}."}) for n in range(30)]
                stored = [a for a in answers if a.status_code == 303]
                slowed = [a for a in answers if a.status_code == 429]
                assert (len(stored), len(slowed)) == (10, 20)
                assert "You are writing very fast" in slowed[0].text
                assert re.search(r"send this again in \d+ seconds", slowed[0].text)
                assert "Remark 10.</textarea>" in slowed[0].text
                assert 0 < int(slowed[0].headers["retry-after"]) <= 60
            for n in range(20):
                with _inside(site, forum, f"Reader {n}") as reader:
                    assert reader.post(say_path(forum), data={"body": f"Reader {n} here."}).status_code == 303


def _inside(site: RunningSite, forum: Forum, name: str) -> httpx.Client:
    """Signed in without the door of passwords, whose own limits are not what is looked at."""
    from app.accounts.guards import cookie_name
    from app.core.security import sessions

    account = forum.person(name)
    lifetime = sessions.STAFF
    token = site.town.database.retrying(lambda db: sessions.begin(db, account.id, lifetime, site.town.now))
    client = site.client()
    client.cookies.set(cookie_name(secure=False), token if isinstance(token, str) else token.token)
    return client


def test_saying_it_twice_is_asked_about_and_stored_once(site: RunningSite, forum: Forum, names: tuple[str, str]):
    with signed_in(site, forum, names[0]) as ana, signed_in(site, forum, names[1]) as ben:
        said = said_in(ana, forum, "Apples do well there.")
        again = ana.post(say_path(forum), data={"body": "Apples do well there."})
        assert again.status_code == 409
        assert "You have said this already" in again.text
        assert f'href="/comments/{said}"' in again.text
        assert said_in(ben, forum, "Apples do well there.") != said


def test_a_withdrawn_comment_leaves_a_line_and_its_replies(site: RunningSite, forum: Forum, names: tuple[str, str]):
    with signed_in(site, forum, names[0]) as ana, site.client() as reader:
        top = said_in(ana, forum, "Cherries for everyone.")
        for n in range(3):
            forum.say(names[1], f"Answer {n}.", to=top)
        assert "4 comments" in page_of(reader, f"/petitions/{forum.petition}/discussion")
        assert "This cannot be undone" in page_of(ana, f"/comments/{top}/withdraw")
        assert ana.post(f"/comments/{top}/withdraw").status_code == 303
        page = page_of(reader, f"/petitions/{forum.petition}/discussion")
        assert "Cherries" not in page
        assert "Withdrawn by its author" in page
        assert [m for m in re.findall(r"Answer \d", page)] == ["Answer 0", "Answer 1", "Answer 2"]
        assert "3 comments" in page
        assert "3 comments" in page_of(reader, f"/petitions/{forum.petition}")
        assert reader.get(f"/api/v1/discussions/petition/{forum.petition}").json()["said"] == 3
        assert "Cherries" not in reader.get(f"/petitions/{forum.petition}/discussion.atom").text
        assert reader.get(f"/comments/{top}/versions").status_code == 410


def test_replies_are_refused_with_the_reason(site: RunningSite, forum: Forum, names: tuple[str, str]):
    top = forum.say(names[0])
    last = forum.say(names[0], "Third.", to=forum.say(names[1], "Second.", to=top))
    gone = forum.say(names[1], "Going.")
    forum.withdraw(names[1], gone)
    other = Forum(site.town)
    other.people = forum.people
    other._petition = site.town.open_petition(action="Plant fruit trees along the canal")
    other.mode("after")
    with signed_in(site, forum, names[0]) as ana:
        for path, status, words in (
            ("/comments/0/reply", 404, "There is no such comment"),
            (f"/comments/{last}/reply", 409, "Replies end here"),
            (f"/comments/{gone}/reply", 409, "cannot be answered any more"),
        ):
            for answer in (ana.get(path), ana.post(path, data={"body": "Why?"})):
                assert (answer.status_code, words in answer.text) == (status, True), answer.text
        foreign = ana.post(
            f"/api/v1/discussions/petition/{other.petition}/comments", json={"body": "Why?", "in_reply_to": top}
        )
        assert (foreign.status_code, foreign.json()["type"]) == (409, "/problems/reply-elsewhere")


def test_votes_are_set_by_plain_buttons(site: RunningSite, forum: Forum, names: tuple[str, str]):
    said = forum.say(names[0])
    with signed_in(site, forum, names[1]) as ben, signed_in(site, forum, names[0]) as ana, site.client() as stranger:
        for vote, words in (("up", "You agree"), ("up", "You agree"), ("down", "You disagree"), ("none", "no vote")):
            answer = ben.post(f"/comments/{said}/vote", data={"vote": vote})
            assert answer.status_code == 303
            assert words in page_of(ben, answer.headers["location"])
        ben.post(f"/comments/{said}/vote", data={"vote": "up"})
        assert "Agree (1)" in page_of(stranger, f"/comments/{said}")
        own = ana.post(f"/comments/{said}/vote", data={"vote": "up"})
        assert (own.status_code, "You cannot vote on your own comment" in own.text) == (403, True)
        assert stranger.post(f"/comments/{said}/vote", data={"vote": "up"}).headers["location"].startswith("/sign-in?")
        assert ben.post(f"/comments/{said}/vote", data={"vote": "sideways"}).status_code == 422
        forum.close()
        late = ben.post(f"/comments/{said}/vote", data={"vote": "down"})
        assert (late.status_code, "This discussion is closed" in late.text) == (409, True)
    assert (forum.comment(said).ups, forum.comment(said).downs) == (1, 0)


def test_best_explains_itself(site: RunningSite, forum: Forum, names: tuple[str, str]):
    forum.say(names[0])
    with site.client() as client:
        page = page_of(client, f"/petitions/{forum.petition}/discussion?sort=best")
        assert "60 of 80 who agree stand above 2 of 2" in page


def test_readers_see_edited_and_compare(site: RunningSite, forum: Forum, names: tuple[str, str]):
    said = forum.say(names[0], "Apples do well there.")
    forum.vote(names[1], said, 1)
    reply = forum.say(names[1], "Which kind?", to=said)
    forum.mode("before")
    with signed_in(site, forum, names[0]) as ana, site.client() as reader:
        answer = ana.post(f"/comments/{said}/edit", data={"body": "Pears do well there.", "revision": "1"})
        assert "Until then the text before it stays public" in page_of(ana, answer.headers["location"])
        assert "Apples do well there." in page_of(reader, f"/comments/{said}")
        assert ">edited<" not in page_of(reader, f"/comments/{said}")
        forum.decide(said)
        page = page_of(reader, f"/comments/{said}")
        assert "Pears do well there." in page
        assert ">edited<" in page
        assert "Agree (1)" in page
        assert f"/comments/{said}/versions#version-1" in page
        versions = page_of(reader, f"/comments/{said}/versions")
        assert 'id="version-1"' in versions
        assert "<del>" in versions
        assert forum.comment(reply).parent_revision == 1


def test_a_text_with_a_telephone_number_is_looked_at_twice(site: RunningSite, forum: Forum, names: tuple[str, str]):
    with signed_in(site, forum, names[0]) as ana:
        asked = ana.post(say_path(forum), data={"body": "Ring me: 0151 496 0123."})
        assert asked.status_code == 200
        assert "Before you send it" in asked.text
        assert 'name="sure" value="yes"' in asked.text
        assert said_in(ana, forum, "Ring me: 0151 496 0123.", sure="yes")


def test_the_author_reads_why_and_sends_it_in_again(site: RunningSite, forum: Forum, names: tuple[str, str]):
    forum.mode("before")
    with signed_in(site, forum, names[0]) as ana:
        said = said_in(ana, forum, "My neighbour Joe did it.")
        forum.decide(said, Verdict.RETURN, reason="personal-data", note="Leave the name out.")
        assert 'href="/account/comments"' in page_of(ana, "/account")
        mine = page_of(ana, "/account/comments")
        assert "Needs a change" in mine
        assert "Leave the name out." in mine
        [appeal] = re.findall(r'href="(/appeals/[^"]+)"', mine)
        assert "My neighbour Joe did it." in page_of(ana, appeal)
        assert "Leave the name out." in page_of(ana, f"/comments/{said}/edit")
        ana.post(f"/comments/{said}/edit", data={"body": "My neighbour did it.", "revision": "1"})
        forum.decide(said)
        assert "My neighbour did it." in page_of(ana, f"/comments/{said}")


def test_only_its_author_reads_what_waits(site: RunningSite, forum: Forum, names: tuple[str, str]):
    forum.mode("before")
    said = forum.say(names[0], "Elderberries.")
    with signed_in(site, forum, names[0]) as ana, signed_in(site, forum, names[1]) as ben, site.client() as stranger:
        assert "Elderberries." in page_of(ana, "/account/comments")
        for client in (ana, ben, stranger):
            assert client.get(f"/comments/{said}").status_code == 404
            assert client.get(f"/api/v1/comments/{said}").status_code == 404
        for path in (f"/comments/{said}/sent", f"/comments/{said}/edit", f"/comments/{said}/withdraw"):
            assert ben.get(path).status_code == 404
            assert stranger.get(path).status_code in (303, 404)


def test_a_moderator_runs_the_discussion_and_nobody_else(site: RunningSite, forum: Forum, names: tuple[str, str]):
    path = f"/moderation/discussions/petition/{forum.petition}"
    with site.signed_in(MODERATOR) as moderator, signed_in(site, forum, names[0]) as ana, site.client() as reader:
        assert "Run the discussion" in page_of(moderator, path)
        assert moderator.post(path, data={"mode": "sometimes"}).status_code == 422
        assert moderator.post(path, data={"mode": "before"}).status_code == 303
        assert "before it is published" in page_of(reader, f"/petitions/{forum.petition}/discussion")
        forum.say(names[0])
        assert moderator.post(path, data={"mode": "closed"}).status_code == 303
        closed = page_of(reader, f"/petitions/{forum.petition}/discussion")
        assert "A moderator closed this discussion" in closed
        assert "<textarea" not in closed
        assert ana.get(path).status_code == 404
        assert ana.post(path, data={"mode": "after"}).status_code == 404


def test_reports_hide_a_comment_for_the_moment(site: RunningSite, forum: Forum, names: tuple[str, str]):
    said = forum.say(names[0], "Quinces, and worse.")
    with site.client() as reader:
        assert "Report this comment" in page_of(reader, f"/comments/{said}/report")
        assert reader.post(f"/comments/{said}/report", data={"reason": "nonsense"}).status_code == 422
        assert reader.post(f"/comments/{said}/report", data={"reason": "offensive"}).status_code == 303
        assert "Thank you" in page_of(reader, f"/comments/{said}/report/thanks")
        assert forum.read(said) is not None
        for n in range(3):
            name = f"{names[1]} {n}"
            with signed_in(site, forum, name) as witness:
                witness.post(f"/comments/{said}/report", data={"reason": "offensive"})
        assert forum.comment(said).state == "provisional"
        page = page_of(reader, f"/petitions/{forum.petition}/discussion")
        assert "Quinces" not in page
        assert "hidden until a moderator has looked at it" in page
        assert reader.get(f"/comments/{said}/report").status_code == 409


def test_an_officials_badge_comes_from_the_role_alone(site: RunningSite, forum: Forum, names: tuple[str, str]):
    forum.person(f"Olu {names[0]}", role="official")
    forum.person(f"Official {names[1]}")
    genuine = forum.say(f"Olu {names[0]}", "We have read this.")
    fake = forum.say(f"Official {names[1]}", "Official: we have read this, too.")
    with site.client() as reader:
        badges = [reader.get(f"/api/v1/comments/{c}").json()["badge"] for c in (genuine, fake)]
        page = page_of(reader, f"/comments/{fake}")
    assert badges == ["Official", None]
    assert "ts-badge" not in page


def test_a_program_says_reads_and_votes(site: RunningSite, forum: Forum, names: tuple[str, str]):
    base = f"/api/v1/discussions/petition/{forum.petition}"
    with signed_in(site, forum, names[0]) as ana, signed_in(site, forum, names[1]) as ben, site.client() as stranger:
        key = {"Idempotency-Key": "one"}
        first = ana.post(f"{base}/comments", json={"body": "Apples."}, headers=key)
        assert (first.status_code, first.json()["state"]) == (201, "published")
        again = ana.post(f"{base}/comments", json={"body": "Apples."}, headers=key)
        assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
        other = ana.post(f"{base}/comments", json={"body": "Pears."}, headers=key)
        assert other.status_code == 422
        said = first.json()["id"]
        assert ben.post(f"/api/v1/comments/{said}/vote", json={"vote": "up"}).json() == {
            "comment_id": said,
            "vote": "up",
        }
        refused = stranger.post(f"{base}/comments", json={"body": "Plums."})
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/sign-in-first")
        found = stranger.get(base).json()
        assert (found["said"], found["mode"], found["open"], found["next"]) == (1, "after", True, None)
        assert (found["comments"][0]["body"], found["comments"][0]["ups"]) == ("Apples.", 1)
        reply = ben.post(f"{base}/comments", json={"body": "Which?", "in_reply_to": said}).json()["id"]
        assert [c["id"] for c in stranger.get(f"/api/v1/comments/{said}/replies").json()["comments"]] == [reply]
        texts = stranger.get(f"/api/v1/comments/{said}/versions").json()["texts"]
        assert [t["body"] for t in texts] == ["Apples."]


def test_pages_follow_one_another_without_a_gap(site: RunningSite, forum: Forum, names: tuple[str, str]):
    tops = []
    for n in range(60):
        tops.append(forum.say(f"{names[n % 2]} {n % 9}", f"Remark {n} of this."))
        site.town.clock.advance(timedelta(milliseconds=5))  # type: ignore[attr-defined]
    tops = [c for c in tops if forum.comment(c).state == "published"]
    with site.client() as reader:
        path, seen = f"/petitions/{forum.petition}/discussion", []
        while path:
            page = page_of(reader, path)
            seen += [int(i) for i in re.findall(r'id="comment-(\d+)"', page)]
            more = re.search(r'href="([^"]+)" rel="next"', page)
            path = html.unescape(more[1]) if more else ""
            site.town.clock.advance(timedelta(milliseconds=5))  # type: ignore[attr-defined]
            forum.say(f"{names[0]} late {len(seen)}", f"Late remark {len(seen)}.")
    assert seen == tops[::-1]


@pytest.fixture(scope="module")
def plain_browser() -> Iterator[Any]:
    with chromium() as browser:
        context = browser.new_context(java_script_enabled=False)
        yield context
        context.close()


@pytest.mark.browser
def test_the_whole_walk_without_scripts(sqlite_site: RunningSite, plain_browser: Any):
    forum = Forum(sqlite_site.town)
    forum.mode("after")
    ana, ben = forum.person("Ana Walks"), forum.person("Ben Walks")
    top = forum.say("Ben Walks", "Cherries, please.")
    page = plain_browser.new_page()
    page.goto(f"{sqlite_site.base}/petitions/{forum.petition}")
    page.get_by_role("link", name="1 comment").click()
    page.locator(f"#comment-{top}").get_by_role("button", name="Agree (0)", exact=True).click()
    page.get_by_label("Email address").fill(ana.email or "")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Agree", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "You agree with this comment"
    page.get_by_role("link", name="Back to the discussion").click()
    page.locator(f"#comment-{top}").get_by_role("link", name="Reply").click()
    page.get_by_label("Your reply").fill("Sour ones.")
    page.get_by_role("button", name="Send").click()
    assert "Your comment is published" in page.title()
    page.get_by_role("link", name="All your comments").click()
    page.get_by_role("link", name="Change it").click()
    page.get_by_label("Your comment").fill("Sweet ones.")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Look at it").click()
    assert page.get_by_text("Sweet ones.").is_visible()
    page.get_by_role("link", name="edited").click()
    assert page.locator(".ts-sheet del").count() == 1
    assert ben.id
    assert (forum.comment(top).ups, forum.comment(top).replies) == (1, 1)
    page.close()


def test_the_petitions_page_shows_the_newest_words_without_their_marks_and_hostile_ones_as_text(
    site: RunningSite, forum: Forum, names: tuple[str, str]
):
    ana, ben = names
    forum.published(ana, "Nobody tells us that *nobody uses it*.\n\n> said the clerk")
    forum.published(ben, "Look: <script>alert(1)</script> & <b>bold</b>")
    with site.client() as reader:
        page = reader.get(f"/petitions/{forum.petition}").text
    excerpts = page.partition('aria-label="Newest comments"')[2].partition("</ol>")[0]
    assert "that nobody uses it." in excerpts
    assert "*" not in excerpts
    assert "<script" not in excerpts and "<b>" not in excerpts
    assert "&lt;script&gt;" in excerpts
