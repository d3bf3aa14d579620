"""The little Markdown that people may use, turned into HTML that is still to be sanitised.

Paragraphs, line breaks, emphasis, lists, quotations, code, links and two sizes of heading. What
would hide or change words is left as typed: HTML, entities, pictures, link definitions, code by
indentation, underlined headings, lists that begin with another number than 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from app.core.text.links import REL, find_links, misleads, safe_href, shown

#: More elements than this, or deeper than this, and a text is shown without formatting.
MOST_ELEMENTS = 300
MOST_NESTING = 20

_RULES = ("heading", "list", "blockquote", "fence", "backticks", "emphasis", "link", "autolink", "escape", "newline")
_LATER_NUMBER = re.compile(r"(?!0*1[.)])[0-9]{1,9}[.)]")
_LARGER, _SMALLER = "h3", "h4"
# The parser drops what lies deeper than its own limit, so that limit stands behind ours.
_PARSED_NESTING = MOST_NESTING + 10


class _Markdown(MarkdownIt):
    """The library's parser with our idea of an address."""

    def normalizeLink(self, url: str) -> str:
        return safe_href(url) or ""

    def validateLink(self, url: str) -> bool:
        return url != ""

    def normalizeLinkText(self, link: str) -> str:
        return shown(safe_href(link) or link)


def formatted(text: str) -> str | None:
    """HTML for tidied text with formatting; None where it has too many elements or is too deep."""
    tokens = _parser.parse(text)
    count, depth = _size(tokens)
    if count > MOST_ELEMENTS or depth > MOST_NESTING:
        return None
    if _renumbers(tokens):
        return unformatted(text)
    return str(_parser.renderer.render(tokens, _parser.options, {}))


def unformatted(text: str) -> str | None:
    """HTML for tidied text as typed: paragraphs, line breaks, ``https`` links; None as above."""
    html = "\n".join(f"<p>{_linked(lines)}</p>" for lines in text.split("\n\n"))
    return html if html.count("<") <= 2 * MOST_ELEMENTS else None


def paragraphs(text: str) -> str:
    """HTML for tidied text of any length and shape: paragraphs and line breaks, nothing else."""
    return "\n".join(f"<p>{_escaped(lines)}</p>" for lines in text.split("\n\n"))


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>\n")


def _linked(text: str) -> str:
    parts, done = [], 0
    for link in find_links(text):
        parts += [_escaped(text[done : link.start]), _anchor(link.href, link.shown)]
        done = link.end
    return "".join([*parts, _escaped(text[done:])])


def _anchor(href: str, words: str) -> str:
    return f'<a href="{escape(href)}" rel="{REL}">{_escaped(words)}</a>'


def _size(tokens: Iterable[Token]) -> tuple[int, int]:
    """How many elements there are and how many stand in one another at most."""
    count = depth = deepest = 0
    for token in _flat(tokens):
        depth += token.nesting
        deepest = max(deepest, depth)
        count += token.nesting == 1 or token.type in {"softbreak", "hardbreak", "code_inline", "fence"}
    return count, deepest


def _flat(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _list_from_one(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The library's list rule, but no list begins with a later number: it would be shown as 1."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    return (silent or _LATER_NUMBER.match(line) is None) and list_block(state, start, end, silent)


def _renumbers(tokens: Iterable[Token]) -> bool:
    """Whether a list would show other numbers than were typed: "4. yes, 7. no" as "1. yes, 2. no"."""
    counted: list[int] = []
    for token in tokens:
        if token.type in {"ordered_list_open", "bullet_list_open"}:
            counted.append(0)
        elif token.type in {"ordered_list_close", "bullet_list_close"}:
            counted.pop()
        elif token.type == "list_item_open":
            counted[-1] += 1
            if token.info and int(token.info) != counted[-1]:
                return True
    return False


def _our_elements(state: StateCore) -> None:
    """Two sizes of heading; links that say where they lead; addresses in the text made links."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _LARGER if token.markup == "#" else _SMALLER
        elif token.children:
            token.children = list(_with_links(token.children))


def _with_links(tokens: Iterable[Token]) -> Iterator[Token]:
    inside: list[Token] | None = None
    href = ""
    for token in tokens:
        if token.type == "link_open":
            inside, href = [], str(token.attrs.get("href", ""))
        elif token.type == "link_close" and inside is not None:
            yield from _link(inside, href, closes=token)
            inside = None
        elif inside is not None:
            inside.append(token)
        elif token.type == "text":
            yield from _split_at_links(token.content)
        else:
            yield token


def _link(inside: list[Token], href: str, *, closes: Token) -> Iterator[Token]:
    """A link somebody wrote; as they wrote it where it leads nowhere or not where its words say."""
    words = "".join(token.content for token in inside)
    if href and (closes.markup == "autolink" or not misleads(words, href)):
        yield from (_link_open(href), *inside, closes)
    else:
        yield from (_words("["), *inside, *_split_at_links(f"]({href})"))


def _split_at_links(text: str) -> Iterator[Token]:
    done = 0
    for link in find_links(text):
        yield from (_words(text[done : link.start]), _link_open(link.href), _words(link.shown))
        yield Token("link_close", "a", -1)
        done = link.end
    yield _words(text[done:])


def _link_open(href: str) -> Token:
    return Token("link_open", "a", 1, attrs={"href": href, "rel": REL})


def _words(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _make_parser() -> _Markdown:
    parser = _Markdown("zero", {"breaks": True, "maxNesting": _PARSED_NESTING})
    parser.enable(_RULES)
    parser.block.ruler.at("list", _list_from_one, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.core.ruler.after("text_join", "our_elements", _our_elements)
    return parser


_parser = _make_parser()
