"""Petitions: first tables."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0008_petitions"
down_revision = "0007_outcomes"


def upgrade() -> None:
    op.create_table(
        "petitions_petition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("background", sa.Text(), nullable=False),
        sa.Column("additional_details", sa.Text(), nullable=False),
        sa.Column("creator_name", sa.String(length=80), nullable=True),
        sa.Column("creator_signature_id", sa.BigInteger(), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("imported_count", sa.Integer(), nullable=False),
        sa.Column("signature_count", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("sponsors_needed", sa.Integer(), nullable=False),
        sa.Column("sponsors_most", sa.Integer(), nullable=False),
        sa.Column("response_threshold", sa.Integer(), nullable=False),
        sa.Column("debate_threshold", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("closes_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("rejected_at", Instant(), nullable=True),
        sa.Column("hidden_at", Instant(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("response_reached_at", Instant(), nullable=True),
        sa.Column("debate_reached_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("lead_department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rejection_code", sa.String(length=40), nullable=True),
        sa.Column("rejection_details", sa.Text(), nullable=True),
        sa.Column("duplicate_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("source_id", sa.String(length=40), nullable=True),
        sa.Column("source_facts", sa.JSON(), nullable=True),
        sa.Column("submission_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "state <> 'rejected' OR rejection_code IS NOT NULL", name=op.f("ck_petitions_petition_rejected")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'collecting', 'in_moderation', 'open', 'closed', 'rejected', 'hidden', 'withdrawn', 'stopped')",
            name=op.f("ck_petitions_petition_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('open', 'closed') OR source IS NOT NULL OR opened_at IS NOT NULL",
            name=op.f("ck_petitions_petition_opened"),
        ),
        sa.CheckConstraint(
            "signature_count - imported_count <= last_number", name=op.f("ck_petitions_petition_numbers")
        ),
        sa.CheckConstraint(
            "signature_count >= imported_count AND imported_count >= 0", name=op.f("ck_petitions_petition_count")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["petitions_petition.id"], name=op.f("fk_petitions_petition_duplicate_of_id")
        ),
        sa.ForeignKeyConstraint(
            ["lead_department_id"], ["departments_department.id"], name=op.f("fk_petitions_petition_lead_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petitions_petition")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_petitions_petition_source_source_id")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_petitions_petition_submission_id")),
    )
    op.create_index("ix_petitions_petition_closing", "petitions_petition", ["state", "closes_at", "id"], unique=False)
    op.create_index(
        "ix_petitions_petition_popular", "petitions_petition", ["state", "signature_count", "id"], unique=False
    )
    op.create_index("ix_petitions_petition_recent", "petitions_petition", ["state", "opened_at", "id"], unique=False)
    op.create_table(
        "petitions_announcement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("news", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("reached_id", sa.BigInteger(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_announcement_petition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petitions_announcement")),
        sa.UniqueConstraint(
            "petition_id", "news", "about_id", name=op.f("uq_petitions_announcement_petition_id_news_about_id")
        ),
    )
    op.create_index(op.f("ix_petitions_announcement_done_at"), "petitions_announcement", ["done_at"], unique=False)
    op.create_table(
        "petitions_area_count",
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("representative", sa.String(length=120), nullable=True),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("validated", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_area_count_petition_id")
        ),
        sa.PrimaryKeyConstraint("petition_id", "code", name=op.f("pk_petitions_area_count")),
    )
    op.create_table(
        "petitions_country_count",
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("validated", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_country_count_petition_id")
        ),
        sa.PrimaryKeyConstraint("petition_id", "country", name=op.f("pk_petitions_country_count")),
    )
    op.create_table(
        "petitions_crossing",
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("threshold", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("signature_count", sa.Integer(), nullable=False),
        sa.Column("reached_at", Instant(), nullable=False),
        sa.Column("served_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "threshold IN ('moderation', 'response', 'debate')", name=op.f("ck_petitions_crossing_threshold")
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_crossing_petition_id")
        ),
        sa.PrimaryKeyConstraint("petition_id", "threshold", "episode", name=op.f("pk_petitions_crossing")),
    )
    op.create_index("ix_petitions_crossing_unserved", "petitions_crossing", ["served_at", "petition_id"], unique=False)
    op.create_table(
        "petitions_hour_count",
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", Instant(), nullable=False),
        sa.Column("validated", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_hour_count_petition_id")
        ),
        sa.PrimaryKeyConstraint("petition_id", "hour", name=op.f("pk_petitions_hour_count")),
    )
    op.create_table(
        "petitions_household",
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("postcode_key", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_household_petition_id")
        ),
        sa.PrimaryKeyConstraint("petition_id", "address_key", name=op.f("pk_petitions_household")),
    )
    op.create_index(
        "uq_petitions_household_postcode",
        "petitions_household",
        ["petition_id", "address_key", "postcode_key"],
        unique=True,
    )
    op.create_table(
        "petitions_text_version",
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("background", sa.Text(), nullable=False),
        sa.Column("additional_details", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_text_version_petition_id")
        ),
        sa.PrimaryKeyConstraint("petition_id", "version", name=op.f("pk_petitions_text_version")),
    )
    op.create_table(
        "petitions_signature",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("petition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("postcode_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("privacy", sa.String(length=12), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("household", sa.LargeBinary(length=16), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("validated_at", Instant(), nullable=True),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint("(state = 'validated') = (slot IS NOT NULL)", name=op.f("ck_petitions_signature_slot_held")),
        sa.CheckConstraint("kind IN ('creator', 'sponsor', 'public')", name=op.f("ck_petitions_signature_kind")),
        sa.CheckConstraint(
            "state <> 'validated' OR (number IS NOT NULL AND validated_at IS NOT NULL)",
            name=op.f("ck_petitions_signature_number"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'validated', 'held', 'invalidated', 'withdrawn')",
            name=op.f("ck_petitions_signature_state"),
        ),
        sa.CheckConstraint("(slot IS NULL) = (household IS NULL)", name=op.f("ck_petitions_signature_household")),
        sa.CheckConstraint("slot IS NULL OR slot IN (1, 2)", name=op.f("ck_petitions_signature_slot")),
        sa.ForeignKeyConstraint(
            ["petition_id", "address_key", "household"],
            ["petitions_household.petition_id", "petitions_household.address_key", "petitions_household.postcode_key"],
            name="fk_petitions_signature_household",
        ),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_signature_petition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petitions_signature")),
    )
    op.create_index("ix_petitions_signature_address", "petitions_signature", ["address_key"], unique=False)
    op.create_index(
        "ix_petitions_signature_news",
        "petitions_signature",
        ["petition_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'validated' AND notify"),
        postgresql_where=sa.text("state = 'validated' AND notify"),
    )
    op.create_index(
        "uq_petitions_signature_name",
        "petitions_signature",
        ["petition_id", "address_key", "name_key"],
        unique=True,
        sqlite_where=sa.text("state = 'validated'"),
        postgresql_where=sa.text("state = 'validated'"),
    )
    op.create_index(
        "uq_petitions_signature_number",
        "petitions_signature",
        ["petition_id", "number"],
        unique=True,
        sqlite_where=sa.text("number IS NOT NULL"),
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "uq_petitions_signature_slot",
        "petitions_signature",
        ["petition_id", "address_key", "slot"],
        unique=True,
        sqlite_where=sa.text("state = 'validated'"),
        postgresql_where=sa.text("state = 'validated'"),
    )
    op.create_table(
        "petitions_signer",
        sa.Column("signature_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["petitions_signature.id"],
            name=op.f("fk_petitions_signer_signature_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("signature_id", name=op.f("pk_petitions_signer")),
    )
