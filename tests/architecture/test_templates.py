"""Templates show and never decide: each compiles, each is used, none opens a door for anybody's markup."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import pytest
from jinja2 import Environment, meta, nodes

from app.main import House
from tests.architecture.source import TEMPLATES, trees

PAGES = sorted(f.relative_to(TEMPLATES).as_posix() for f in TEMPLATES.rglob("*.html"))
LETTERS = sorted(f.relative_to(TEMPLATES).as_posix() for f in TEMPLATES.rglob("*.txt"))
PAGE = re.compile(r"[a-z_]+(/[a-z_]+)*\.html")
LETTER = re.compile(r"[a-z_]+/mail/[a-z_]+")
SCRIPTS = (
    '<script type="module" src="{{ asset(\'js/townsquare.js\') }}"></script>',
    '<script type="module" src="{{ asset(\'js/session.js\') }}"></script>',
    '<script type="module" src="{{ asset(\'js/moderation.js\') }}"></script>',
    '<script type="module" src="{{ asset(\'js/reading.js\') }}"></script>',
    '<script type="module" src="{{ asset(\'js/countdown.js\') }}"></script>',
    '<script type="module" src="{{ asset(\'js/hall.js\') }}"></script>',
    "<script>{{ body_script }}</script>",  # allowed by its hash
)


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def strings(tree: ast.AST) -> Iterator[str]:
    """Every string of the code; the changing parts of one are ``*``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else "*" for v in node.values)


def named_in_code() -> set[str]:
    """Names of templates as the code writes them, with ``*`` where it fills something in."""
    words = {s for tree in trees().values() for s in strings(tree)}
    pages = {w for w in words if PAGE.fullmatch(w.replace("*", "_")) and w.partition("/")[0].isidentifier()}
    return pages | {f"{w}.txt" for w in words if LETTER.fullmatch(w)}


def meant(name: str) -> list[str]:
    pattern = re.compile(re.escape(name).replace(r"\*", "[a-z_]+"))
    return [t for t in (*PAGES, *LETTERS) if pattern.fullmatch(t)]


def referred(name: str, jinja: Environment) -> set[str]:
    found = set(meta.find_referenced_templates(jinja.parse(source(name))))
    assert None not in found, f"{name} works out a template's name: nobody could tell which are used"
    return {f for f in found if f}


def test_there_are_templates_to_look_at() -> None:
    assert len(PAGES) > 40
    assert len(LETTERS) > 10
    assert {"petitions/show.html", "errors/page.html", "petitions/mail/confirm.txt"} <= {
        t for name in named_in_code() for t in meant(name)
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_compiles(house: House, name: str) -> None:
    assert house.pages.jinja.get_template(name)


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_compiles_and_has_a_subject(house: House, name: str) -> None:
    template = house.postman.renderer.jinja.get_template(name)
    assert name == "mail.txt" or "subject" in template.blocks


def test_pages_escape_whatever_they_are_given(house: House) -> None:
    assert house.pages.jinja.autoescape is True
    shown = house.pages.jinja.from_string("<p title='{{ words }}'>{{ words }}</p>").render(words="<b>'\"&")
    assert shown == "<p title='&lt;b&gt;&#39;&#34;&amp;'>&lt;b&gt;&#39;&#34;&amp;</p>"


def test_a_translated_phrase_escapes_what_it_quotes(house: House) -> None:
    page = house.pages.jinja.from_string("{% trans name=name %}Hello {{ name }}{% endtrans %} {{ _('To') }} {{ name }}")
    assert "<b>" not in page.render(name="<b>")


UNSAFE: dict[str, Callable[[str], list[str]]] = {
    "says that something is safe": re.compile(r"\|\s*safe\b|autoescape|Markup").findall,
    "brings a style of its own": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE).findall,
    "brings a script of its own": lambda text: [
        s for s in re.findall(r"<script\b.*?(?:</script>|$)", text, re.DOTALL | re.IGNORECASE) if s not in SCRIPTS
    ],
    "has a script in an attribute": re.compile(r"\son[a-z]+\s*=|javascript:|srcdoc", re.IGNORECASE).findall,
    "loads something from another host": re.compile(
        r"""(?:\ssrc|\ssrcset|\saction|\sposter|\sdata)\s*=\s*["']?(?:https?:)?//|<link\b[^>]*href\s*=\s*["']?(?:https?:)?//"""
    ).findall,
    "opens a frame or a plug-in": re.compile(r"<(?:iframe|frame|object|embed|applet|base)\b", re.IGNORECASE).findall,
    "leaves an attribute without quotes": re.compile(r"\s[a-z-]+=\{\{").findall,
}


@pytest.mark.parametrize("what", UNSAFE)
def test_no_page(what: str) -> None:
    assert {name: found for name in PAGES if (found := UNSAFE[what](own(name)))} == {}


def own(name: str) -> str:
    """A page without what its policy allows it: the widget's style, a file of ours that its digest names there."""
    return source(name).replace("<style>{{ style }}</style>", "", 1 if name == "opendata/embed.html" else 0)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("says that something is safe", "{{ petition.action |safe }}"),
        ("says that something is safe", "{% autoescape false %}"),
        ("brings a style of its own", '<p style="color: red">'),
        ("brings a style of its own", "<style>p { color: red }</style>"),
        ("brings a script of its own", "<script>alert(1)</script>"),
        ("brings a script of its own", '<script src="//elsewhere.example/a.js"></script>'),
        ("has a script in an attribute", '<a onclick="go()">'),
        ("has a script in an attribute", '<a href="javascript:go()">'),
        ("loads something from another host", '<img src="https://elsewhere.example/pixel.gif">'),
        ("loads something from another host", '<link rel="stylesheet" href="//elsewhere.example/a.css">'),
        ("opens a frame or a plug-in", "<iframe>"),
        ("leaves an attribute without quotes", "<a href={{ link }}>"),
    ],
)
def test_each_of_these_would_be_seen(what: str, text: str) -> None:
    assert UNSAFE[what](f"<main>{text}</main>")


def test_markup_is_made_in_few_places_only() -> None:
    """The sanitiser's output, the one script of ours, the catalogue's words, holes and what they are filled with, maps,
    what pages say for machines, the marked words of a search, and the widget's style."""
    makers = {
        path
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup"
    }
    assert {m for m in makers if not m.startswith("app/core/text/")} == {
        "app/areas/web/choropleth.py",
        "app/core/web/assets.py",
        "app/core/web/linked_data.py",
        "app/core/web/phrases.py",
        "app/core/web/stencils/fragments.py",
        "app/core/web/stencils/rows.py",
        "app/core/web/stencils/stencil.py",
        "app/opendata/web/embedding.py",
        "app/search/web/shown.py",
    }


def test_what_is_made_once_has_a_name_of_its_own(house: House) -> None:
    """Parts and stencils are kept by their macro's name, and all templates share one shelf."""
    found: dict[str, set[str]] = {}
    for name in PAGES:
        tree = house.pages.jinja.parse(source(name))
        origin = {macro.name: (macro.name, name) for macro in tree.find_all(nodes.Macro)}
        for taken in tree.find_all(nodes.FromImport):
            for one in taken.names:
                own, here = (one, one) if isinstance(one, str) else one
                origin[here] = (own, taken.template.as_const())
        for macro, template in map(origin.__getitem__, _made_once(tree) & origin.keys()):
            found.setdefault(macro, set()).add(template)
    assert {"comment", "waiting_line", "staff_navigation"} <= found.keys()
    assert {macro: templates for macro, templates in found.items() if len(templates) > 1} == {}


def _made_once(tree: nodes.Template) -> set[str]:
    """The names of the macros that a template hands to whoever keeps what they make."""
    handed = []
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("once", "once_each", "alike"):
            handed.append(call.args[1])
        elif isinstance(call.node, nodes.Getattr) and call.node.attr == "here":
            handed.append(call.args[0])
    return {
        name.name for made in handed for name in ([made] if isinstance(made, nodes.Name) else made.find_all(nodes.Name))
    }


def test_what_templates_have_translated_is_their_own(house: House) -> None:
    """Words of the catalogue are not escaped, so nobody's text may pass for them."""
    foreign = [
        (name, node.lineno)
        for name in PAGES
        for node in house.pages.jinja.parse(source(name)).find_all(nodes.Call)
        if isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext") and not _is_a_phrase(node.args[0])
    ]
    assert foreign == []


def _is_a_phrase(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str)


def test_every_template_that_code_names_exists() -> None:
    assert [name for name in sorted(named_in_code()) if not meant(name)] == []


def test_every_template_that_a_template_names_exists(house: House) -> None:
    for names, jinja in ((PAGES, house.pages.jinja), (LETTERS, house.postman.renderer.jinja)):
        missing = [(n, r) for n in names for r in referred(n, jinja) if r not in (*PAGES, *LETTERS)]
        assert [m for m in missing if not m[1].startswith("govuk_frontend_jinja/")] == []


def test_what_the_layout_sets_hides_nothing_that_a_page_was_given(house: House) -> None:
    """Every block sees it, in the place of the handler's value under the same name."""
    jinja, shared = house.pages.jinja, {"root"}
    made = jinja.parse(source("base.html")).find_all((nodes.Assign, nodes.AssignBlock))
    own = {node.target.name for node in made if isinstance(node.target, nodes.Name)} - shared
    assert {"base_title", "base_description"} <= own
    reads = {
        name: meta.find_undeclared_variables(jinja.parse(source(name))) & own for name in PAGES if name != "base.html"
    }
    assert {name: names for name, names in reads.items() if names} == {}


def test_every_template_is_used(house: House) -> None:
    used: set[str] = set()
    next_ = {t for name in named_in_code() for t in meant(name)}
    while next_:
        used |= next_
        next_ = {
            r
            for name in next_
            for r in referred(name, house.pages.jinja if name.endswith(".html") else house.postman.renderer.jinja)
        } - used
    assert sorted({*PAGES, *LETTERS} - used) == []


def test_every_letter_that_a_room_can_send_has_its_words(house: House) -> None:
    assert {f"{name}.txt" for name in house.site.letters} - set(LETTERS) == set()
    assert {n for n in LETTERS if "/mail/" in n} == {f"{name}.txt" for name in house.site.letters}
