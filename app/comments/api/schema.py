"""The API's bodies, in and out. Unknown fields are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class CommentIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody says something."""

    body: Annotated[str, Meta(description="At most 4,000 characters as a reader counts them, and 16,000 bytes.")]
    language: Annotated[str, Meta(description="Short name of the language; the site's own if left out.")] = ""
    stance: Annotated[str, Meta(description="for, against or neutral, where the discussion asks.")] = ""
    in_reply_to: Annotated[int | None, Meta(description="The comment that it answers.")] = None
    quote: Annotated[str, Meta(description="A passage of the subject's text, word for word.")] = ""
    about_version: Annotated[int | None, Meta(description="The version of that text; the newest if left out.")] = None


class VoteIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Sets the vote; the same vote twice is one."""

    vote: Annotated[str, Meta(description="up, down or none.", examples=["up"])]


class Said(Struct, frozen=True):
    """A comment that was stored."""

    id: int
    state: Annotated[str, Meta(description="published, or pending or held while it waits to be checked.")]


class VoteOut(Struct, frozen=True):
    comment_id: int
    vote: str


class CommentOut(Struct, frozen=True):
    """A comment as everyone reads it. ``body`` and ``author`` are null where it is not public any more."""

    id: int
    in_reply_to: int | None
    answers_revision: Annotated[int | None, Meta(description="Which text of that comment it answered.")]
    depth: Annotated[int, Meta(description="1 for a comment at the top, at most 3.")]
    state: str
    body: str | None
    author: str | None
    badge: Annotated[
        str | None,
        Meta(description="The author's office, from the roles of this site alone; or where it was imported from."),
    ]
    stance: str | None
    language: str
    revision: Annotated[int, Meta(description="Rises with each text that was published.")]
    ups: int
    downs: int
    replies: Annotated[int, Meta(description="Public replies anywhere beneath it.")]
    published_at: datetime
    edited_at: datetime | None
    page: str
    quote: Annotated[str | None, Meta(description="The passage it is about, word for word.")] = None
    about_version: Annotated[int | None, Meta(description="Of the text under discussion, where that has versions.")] = (
        None
    )
    passage: Annotated[
        str | None, Meta(description="same, changed, gone or other: whether the passage stands in the newest version.")
    ] = None


class CommentPage(Struct, frozen=True):
    """One page of a discussion, or of the replies to a comment. ``next`` keeps its order while others write."""

    said: Annotated[int, Meta(description="How many comments everyone can read, replies included.")]
    open: bool
    mode: Annotated[str, Meta(description="before or after: when comments are checked.")]
    comments: list[CommentOut]
    next: str | None


class CommentText(Struct, frozen=True):
    revision: int
    published_at: datetime
    body: str


class CommentTexts(Struct, frozen=True):
    """Every text that was public, the first one first."""

    comment_id: int
    texts: list[CommentText]
