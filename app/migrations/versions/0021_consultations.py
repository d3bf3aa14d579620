"""Consultations: their life, questionnaires, responses, drafts."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0021_consultations"
down_revision = "0020_outcomes"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consultations_consultation",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=True),
        sa.Column("department_id", BIG_ID, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("other_ways", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("formats_contact", sa.Text(), nullable=False),
        sa.Column("privacy_notice", sa.Text(), nullable=False),
        sa.Column("easy_read", sa.Text(), nullable=False),
        sa.Column("discussion", sa.String(length=6), nullable=False),
        sa.Column("hides_results", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opens_at", Instant(), nullable=True),
        sa.Column("closes_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("submitted_by_id", BIG_ID, nullable=True),
        sa.Column("returned_reason", sa.Text(), nullable=False),
        sa.Column("approved_at", Instant(), nullable=True),
        sa.Column("approved_by_id", BIG_ID, nullable=True),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("published_by_id", BIG_ID, nullable=True),
        sa.Column("forced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("forced_reason", sa.Text(), nullable=False),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("looked_by_id", BIG_ID, nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.Column("unpublished_at", Instant(), nullable=True),
        sa.Column("unpublished_reason", sa.Text(), nullable=False),
        sa.Column("merged_into_id", BIG_ID, nullable=True),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("response_count", sa.Integer(), nullable=False),
        sa.Column("late_count", sa.Integer(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("stage", sa.String(length=12), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("has_outcome", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("analysing_at", Instant(), nullable=True),
        sa.Column("feedback_at", Instant(), nullable=True),
        sa.Column("outcome_at", Instant(), nullable=True),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.Column("erased_at", Instant(), nullable=True),
        sa.CheckConstraint("NOT forced OR forced_reason <> ''", name=op.f("ck_consultations_consultation_forced")),
        sa.CheckConstraint(
            "discussion IN ('off', 'before', 'after')", name=op.f("ck_consultations_consultation_discussion")
        ),
        sa.CheckConstraint("kind IN ('consultation', 'call')", name=op.f("ck_consultations_consultation_kind")),
        sa.CheckConstraint(
            "stage IN ('waiting', 'analysing', 'feedback', 'outcome', 'completed')",
            name=op.f("ck_consultations_consultation_stage"),
        ),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR withdrawn_reason <> ''", name=op.f("ck_consultations_consultation_withdrawn")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'discarded') OR (opens_at IS NOT NULL AND closes_at IS NOT NULL)",
            name=op.f("ck_consultations_consultation_timed"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'approved', 'published', 'withdrawn', 'unpublished', 'discarded')",
            name=op.f("ck_consultations_consultation_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'withdrawn', 'unpublished') OR published_at IS NOT NULL",
            name=op.f("ck_consultations_consultation_published"),
        ),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_consultations_consultation_times")),
        sa.CheckConstraint("response_count >= 0 AND late_count >= 0", name=op.f("ck_consultations_consultation_count")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_consultation_approved_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_consultations_consultation_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["looked_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_consultation_looked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_consultation_merged_into_id"),
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_consultation_published_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_consultation_submitted_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_consultation")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_consultations_consultation_submission_id")),
    )
    op.create_index(
        "ix_consultations_consultation_closing",
        "consultations_consultation",
        ["state", "closes_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_consultations_consultation_department",
        "consultations_consultation",
        ["department_id", "state", "closes_at", "id"],
        unique=False,
    )
    op.create_table(
        "consultations_announcement",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("about", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("leaves_at", Instant(), nullable=False),
        sa.Column("batch", BIG_ID, nullable=True),
        sa.Column("reached_response", BIG_ID, nullable=False),
        sa.Column("reached_draft", BIG_ID, nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("called_off_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('extended', 'withdrawn', 'feedback', 'outcome')", name=op.f("ck_consultations_announcement_kind")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_announcement_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_announcement")),
        sa.UniqueConstraint(
            "consultation_id", "kind", "about", name=op.f("uq_consultations_announcement_consultation_id_kind_about")
        ),
    )
    op.create_index(
        "ix_consultations_announcement_undone", "consultations_announcement", ["done_at", "id"], unique=False
    )
    op.create_table(
        "consultations_authorship",
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_consultations_authorship_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_authorship_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("consultation_id", "account_id", name=op.f("pk_consultations_authorship")),
    )
    op.create_table(
        "consultations_date_change",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("reopened", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("closes_before", Instant(), nullable=False),
        sa.Column("closes_after", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_consultations_date_change_reason")),
        sa.CheckConstraint("closes_after > closes_before", name=op.f("ck_consultations_date_change_later")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_date_change_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_date_change_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_date_change")),
    )
    op.create_index(
        "ix_consultations_date_change_of", "consultations_date_change", ["consultation_id", "id"], unique=False
    )
    op.create_table(
        "consultations_late_pass",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("admitted", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_consultations_late_pass_reason")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_late_pass_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_late_pass_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_late_pass")),
    )
    op.create_index("ix_consultations_late_pass_of", "consultations_late_pass", ["consultation_id", "id"], unique=False)
    op.create_table(
        "consultations_questionnaire",
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("easy", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_consultations_questionnaire_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_questionnaire_consultation_id"),
        ),
        sa.PrimaryKeyConstraint("consultation_id", "version", name=op.f("pk_consultations_questionnaire")),
    )
    op.create_table(
        "consultations_supporting",
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("department_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_supporting_consultation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_consultations_supporting_department_id")
        ),
        sa.PrimaryKeyConstraint("consultation_id", "department_id", name=op.f("pk_consultations_supporting")),
    )
    op.create_index(
        op.f("ix_consultations_supporting_department_id"), "consultations_supporting", ["department_id"], unique=False
    )
    op.create_table(
        "consultations_response",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("is_organisation", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("easy_read", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("consent", sa.String(length=10), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("privacy", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("late_pass_id", BIG_ID, nullable=True),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("receipt_stopped_at", Instant(), nullable=True),
        sa.Column("source_ref", sa.String(length=80), nullable=True),
        sa.Column("transcriber_id", BIG_ID, nullable=True),
        sa.Column("checker_id", BIG_ID, nullable=True),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("read_by_id", BIG_ID, nullable=True),
        sa.Column("publishing", sa.String(length=10), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("withheld_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "channel = 'web' OR transcriber_id IS NOT NULL", name=op.f("ck_consultations_response_transcribed")
        ),
        sa.CheckConstraint(
            "channel IN ('web', 'paper', 'email', 'phone', 'meeting')", name=op.f("ck_consultations_response_channel")
        ),
        sa.CheckConstraint("consent IN ('named', 'anonymous', 'none')", name=op.f("ck_consultations_response_consent")),
        sa.CheckConstraint(
            "publishing <> 'published' OR consent <> 'none'", name=op.f("ck_consultations_response_consented")
        ),
        sa.CheckConstraint(
            "publishing IN ('waiting', 'ready', 'published', 'withheld')",
            name=op.f("ck_consultations_response_publishing"),
        ),
        sa.CheckConstraint(
            "state <> 'submitted' OR submitted_at IS NOT NULL", name=op.f("ck_consultations_response_submitted")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'submitted', 'withdrawn', 'rejected', 'replaced')",
            name=op.f("ck_consultations_response_state"),
        ),
        sa.CheckConstraint(
            "checker_id IS NULL OR checker_id <> transcriber_id", name=op.f("ck_consultations_response_checked")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_consultations_response_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["checker_id"], ["accounts_account.id"], name=op.f("fk_consultations_response_checker_id")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations_consultation.id"],
            name=op.f("fk_consultations_response_consultation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["late_pass_id"], ["consultations_late_pass.id"], name=op.f("fk_consultations_response_late_pass_id")
        ),
        sa.ForeignKeyConstraint(
            ["read_by_id"], ["accounts_account.id"], name=op.f("fk_consultations_response_read_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["transcriber_id"], ["accounts_account.id"], name=op.f("fk_consultations_response_transcriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_response")),
        sa.UniqueConstraint(
            "consultation_id", "form_key", name=op.f("uq_consultations_response_consultation_id_form_key")
        ),
    )
    op.create_index("ix_consultations_response_account", "consultations_response", ["account_id"], unique=False)
    op.create_index(
        "ix_consultations_response_changed",
        "consultations_response",
        ["consultation_id", "changed_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_consultations_response_list",
        "consultations_response",
        ["consultation_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'submitted'"),
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_index(
        "ix_consultations_response_publishing",
        "consultations_response",
        ["consultation_id", "publishing", "id"],
        unique=False,
    )
    op.create_index(
        "ix_consultations_response_read",
        "consultations_response",
        ["consultation_id", "state", "read_at", "id"],
        unique=False,
    )
    op.create_index("ix_consultations_response_state", "consultations_response", ["state", "asked_at"], unique=False)
    op.create_index(
        "uq_consultations_response_address",
        "consultations_response",
        ["consultation_id", "address_key"],
        unique=True,
        sqlite_where=sa.text("state = 'submitted' AND address_key IS NOT NULL"),
        postgresql_where=sa.text("state = 'submitted' AND address_key IS NOT NULL"),
    )
    op.create_index(
        "uq_consultations_response_source",
        "consultations_response",
        ["consultation_id", "source_ref"],
        unique=True,
        sqlite_where=sa.text("source_ref IS NOT NULL"),
        postgresql_where=sa.text("source_ref IS NOT NULL"),
    )
    op.create_table(
        "consultations_draft",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("consultation_id", BIG_ID, nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("proven_at", Instant(), nullable=True),
        sa.Column("is_organisation", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("easy_read", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("late_pass_id", BIG_ID, nullable=True),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("amends_id", sa.BigInteger(), nullable=True),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_consultations_draft_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["amends_id"], ["consultations_response.id"], name=op.f("fk_consultations_draft_amends_id")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations_consultation.id"], name=op.f("fk_consultations_draft_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["late_pass_id"], ["consultations_late_pass.id"], name=op.f("fk_consultations_draft_late_pass_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations_draft")),
        sa.UniqueConstraint(
            "consultation_id", "form_key", name=op.f("uq_consultations_draft_consultation_id_form_key")
        ),
    )
    op.create_index("ix_consultations_draft_account", "consultations_draft", ["account_id"], unique=False)
    op.create_index("ix_consultations_draft_of", "consultations_draft", ["consultation_id", "id"], unique=False)
    op.create_table(
        "consultations_respondent",
        sa.Column("response_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["consultations_response.id"],
            name=op.f("fk_consultations_respondent_response_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_consultations_respondent")),
    )
    op.create_table(
        "consultations_response_version",
        sa.Column("response_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"], ["consultations_response.id"], name=op.f("fk_consultations_response_version_response_id")
        ),
        sa.PrimaryKeyConstraint("response_id", "number", name=op.f("pk_consultations_response_version")),
        sa.UniqueConstraint("act_id", name=op.f("uq_consultations_response_version_act_id")),
    )
    op.create_table(
        "consultations_draft_page",
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["consultations_draft.id"],
            name=op.f("fk_consultations_draft_page_draft_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("draft_id", "page", name=op.f("pk_consultations_draft_page")),
    )
