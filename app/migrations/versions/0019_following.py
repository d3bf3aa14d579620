"""Following: followers and what they follow, happenings with their tags, digests that are due."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0019_following"
down_revision = "0018_files"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "following_follower",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("stopped_at", Instant(), nullable=True),
        sa.Column("told_until", Instant(), nullable=True),
        sa.Column("digest_since", Instant(), nullable=True),
        sa.Column("digest_until", Instant(), nullable=True),
        sa.CheckConstraint("period IN ('daily', 'weekly')", name=op.f("ck_following_follower_period")),
        sa.CheckConstraint("(mailbox IS NULL) <> (account_id IS NULL)", name=op.f("ck_following_follower_whose")),
        sa.CheckConstraint("(mailbox IS NULL) = (sealed IS NULL)", name=op.f("ck_following_follower_sealed")),
        sa.CheckConstraint(
            "(digest_since IS NULL) = (digest_until IS NULL)", name=op.f("ck_following_follower_digest")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_following_follower_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following_follower")),
        sa.UniqueConstraint("account_id", name=op.f("uq_following_follower_account_id")),
        sa.UniqueConstraint("mailbox", name=op.f("uq_following_follower_mailbox")),
    )
    op.create_index("ix_following_follower_due", "following_follower", ["period", "id"], unique=False)
    op.create_table(
        "following_follow",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("follower_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("wish", sa.String(length=6), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.CheckConstraint("wish IN ('daily', 'weekly')", name=op.f("ck_following_follow_wish")),
        sa.ForeignKeyConstraint(
            ["follower_id"],
            ["following_follower.id"],
            name=op.f("fk_following_follow_follower_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following_follow")),
        sa.UniqueConstraint("follower_id", "kind", "key", name=op.f("uq_following_follow_follower_id_kind_key")),
    )
    op.create_index("ix_following_follow_kind", "following_follow", ["kind", "key", "follower_id"], unique=False)
    op.create_index("ix_following_follow_pending", "following_follow", ["confirmed_at", "asked_at"], unique=False)
    op.create_table(
        "following_happening",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("href", sa.String(length=300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following_happening")),
    )
    op.create_index(
        "ix_following_happening_at", "following_happening", ["at", "subject_kind", "subject_id"], unique=False
    )
    op.create_table(
        "following_happening_tag",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("happening_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["happening_id"],
            ["following_happening.id"],
            name=op.f("fk_following_happening_tag_happening_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("kind", "key", "at", "happening_id", name=op.f("pk_following_happening_tag")),
    )
    op.create_index(
        op.f("ix_following_happening_tag_happening_id"), "following_happening_tag", ["happening_id"], unique=False
    )
    op.create_table(
        "following_issue",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("searched", sa.String(length=441), nullable=True),
        sa.Column("reached_id", sa.BigInteger(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.CheckConstraint("period IN ('daily', 'weekly')", name=op.f("ck_following_issue_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_following_issue")),
        sa.UniqueConstraint("period", "until", name=op.f("uq_following_issue_period_until")),
    )
    op.create_index("ix_following_issue_done", "following_issue", ["done_at"], unique=False)
