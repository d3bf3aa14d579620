"""One comment and one discussion, as the API's description shows them."""

from __future__ import annotations

from datetime import UTC, datetime

from litestar.openapi.spec import Example

from app.comments.api.schema import CommentOut, CommentPage, CommentText, CommentTexts

BASE = "https://petitions.example.org"
_AT = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)
SAY = [Example(summary="A comment", value={"body": "Apples do well there.", "language": "en"})]
VOTE = [Example(summary="Agree", value={"vote": "up"})]
COMMENT = CommentOut(
    id=12,
    in_reply_to=None,
    answers_revision=None,
    depth=1,
    state="published",
    body="Apples do well there.",
    author="Amina Okafor",
    badge=None,
    stance=None,
    language="en",
    revision=1,
    ups=60,
    downs=20,
    replies=3,
    published_at=_AT,
    edited_at=None,
    page=f"{BASE}/comments/12",
)
PAGE = CommentPage(said=4, open=True, mode="before", comments=[COMMENT], next=None)
TEXTS = CommentTexts(comment_id=12, texts=[CommentText(1, _AT, "Apples do well there.")])
