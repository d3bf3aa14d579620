"""Discussions: threads, comments, their texts, votes."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0015_comments"
down_revision = "0014_moderation_desk"


def upgrade() -> None:
    op.create_table(
        "comments_thread",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(length=6), nullable=False),
        sa.Column("asks_stance", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_because", sa.String(length=10), nullable=True),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("fors", sa.Integer(), nullable=False),
        sa.Column("againsts", sa.Integer(), nullable=False),
        sa.Column("neutrals", sa.Integer(), nullable=False),
        sa.Column("last_said_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "closed_because IN ('subject', 'moderator')", name=op.f("ck_comments_thread_closed_because")
        ),
        sa.CheckConstraint("mode IN ('before', 'after')", name=op.f("ck_comments_thread_mode")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name=op.f("ck_comments_thread_closed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_thread")),
        sa.UniqueConstraint("subject_kind", "subject_id", name=op.f("uq_comments_thread_subject_kind_subject_id")),
    )
    op.create_table(
        "comments_comment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("thread_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("root_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_revision", sa.Integer(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("anonymised", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("edit_state", sa.String(length=12), nullable=True),
        sa.Column("stance", sa.String(length=8), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("shown_revision", sa.Integer(), nullable=True),
        sa.Column("likeness", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ups", sa.Integer(), nullable=False),
        sa.Column("downs", sa.Integer(), nullable=False),
        sa.Column("best", sa.Double(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("replies_numbered", sa.Integer(), nullable=False),
        sa.Column("reply_number", sa.Integer(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("edited_at", Instant(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=False),
        sa.Column("state_before", sa.String(length=12), nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "edit_state IN ('pending', 'held', 'returned', 'rejected')", name=op.f("ck_comments_comment_edit_state")
        ),
        sa.CheckConstraint("stance IN ('for', 'against', 'neutral')", name=op.f("ck_comments_comment_stance")),
        sa.CheckConstraint(
            "state IN ('pending', 'held', 'published', 'provisional', 'returned', 'rejected', 'hidden', 'removed', 'withdrawn')",
            name=op.f("ck_comments_comment_state"),
        ),
        sa.CheckConstraint("(depth = 1) = (parent_id IS NULL)", name=op.f("ck_comments_comment_parent")),
        sa.CheckConstraint("(depth = 1) = (root_id IS NULL)", name=op.f("ck_comments_comment_root")),
        sa.CheckConstraint("(published_at IS NULL) = (shown_revision IS NULL)", name=op.f("ck_comments_comment_shown")),
        sa.CheckConstraint("depth BETWEEN 1 AND 3", name=op.f("ck_comments_comment_depth")),
        sa.CheckConstraint("ups >= 0 AND downs >= 0 AND replies >= 0", name=op.f("ck_comments_comment_figures")),
        sa.ForeignKeyConstraint(["author_id"], ["accounts_account.id"], name=op.f("fk_comments_comment_author_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["comments_comment.id"], name=op.f("fk_comments_comment_parent_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["comments_thread.id"], name=op.f("fk_comments_comment_thread_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_comment")),
    )
    op.create_index("ix_comments_comment_author", "comments_comment", ["author_id", "id"], unique=False)
    op.create_index(
        "ix_comments_comment_best",
        "comments_comment",
        ["thread_id", "best", "id"],
        unique=False,
        sqlite_where=sa.text("parent_id IS NULL AND published_at IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NULL AND published_at IS NOT NULL"),
    )
    op.create_index(
        "ix_comments_comment_discussed",
        "comments_comment",
        ["thread_id", "replies", "id"],
        unique=False,
        sqlite_where=sa.text("parent_id IS NULL AND published_at IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NULL AND published_at IS NOT NULL"),
    )
    op.create_index("ix_comments_comment_first_replies", "comments_comment", ["root_id", "reply_number"], unique=False)
    op.create_index(
        "ix_comments_comment_likeness", "comments_comment", ["thread_id", "author_id", "likeness"], unique=False
    )
    op.create_index(
        "ix_comments_comment_newest",
        "comments_comment",
        ["thread_id", "published_at", "id"],
        unique=False,
        sqlite_where=sa.text("parent_id IS NULL AND published_at IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NULL AND published_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_comments_comment_parent_id"), "comments_comment", ["parent_id"], unique=False)
    op.create_index("ix_comments_comment_replies", "comments_comment", ["root_id", "branch_id", "id"], unique=False)
    op.create_table(
        "comments_revision",
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("sanitised", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["comment_id"], ["comments_comment.id"], name=op.f("fk_comments_revision_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", "number", name=op.f("pk_comments_revision")),
    )
    op.create_table(
        "comments_vote",
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("value IN (-1, 0, 1)", name=op.f("ck_comments_vote_value")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_comments_vote_account_id")),
        sa.ForeignKeyConstraint(["comment_id"], ["comments_comment.id"], name=op.f("fk_comments_vote_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", "account_id", name=op.f("pk_comments_vote")),
        sa.UniqueConstraint("act_id", name=op.f("uq_comments_vote_act_id")),
    )
    op.create_index(op.f("ix_comments_vote_account_id"), "comments_vote", ["account_id"], unique=False)
