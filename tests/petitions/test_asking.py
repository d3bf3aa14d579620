"""Links of the list of petitions, which all searches have in common but for their words."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup

from petitions.queries.asking import Asked
from petitions.queries.filters import Search


def test_links_of_all_searches_are_made_once_and_carry_the_words_of_this_one():
    words = "owls & <bats> 100% \ue000 %EE%80%80"
    asked = Asked(Search(q=words), 1, {"q": words, "state": "closed", "sort": "popular", "topic": "a/b"})
    for link in (Asked.link, lambda one: one.link(sort="recent"), lambda one: quote(one.key)):
        made = Markup("<a href='{}'>").format(link(asked.for_any_words))
        assert "owls" not in made
        assert asked.with_words(made) == Markup("<a href='{}'>").format(link(asked))


def test_a_list_without_words_stays_as_it_is():
    asked = Asked(Search(), 1, {"q": "", "state": "open", "sort": "popular"})
    assert asked.for_any_words is asked
    assert asked.with_words(Markup("<b>%EE%80%80</b>")) == "<b>%EE%80%80</b>"
