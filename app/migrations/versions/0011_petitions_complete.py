"""Petitions, complete: corrections, debates, undone thresholds, held signatures, stops, news and bounces."""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0011_petitions_complete"
down_revision = "0010_petitions_search"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _columns()
    _petition_tables()
    _house_tables()
    _restoring()
    _carry_debates()
    _carry_news()


def _columns() -> None:
    def add(table: str, *columns: sa.Column) -> None:
        for column in columns:
            op.add_column(table, column)

    add(
        "petitions_petition",
        sa.Column("stopped_at", Instant(), nullable=True),
        sa.Column("resubmitted_at", Instant(), nullable=True),
        sa.Column("debate_state", sa.String(length=12), nullable=True),
        sa.Column("debate_on", sa.Date(), nullable=True),
        sa.Column("debate_outcome_at", Instant(), nullable=True),
        sa.Column("extended_days", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("closes_before_election", Instant(), nullable=True),
        sa.Column("keep_signers", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("keep_signers_reason", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("staff_note", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("public_note", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("public_note_at", Instant(), nullable=True),
    )
    add(
        "petitions_text_version",
        sa.Column("note", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
    )
    add("petitions_crossing", sa.Column("undone_at", Instant(), nullable=True))
    add(
        "petitions_announcement",
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
    )
    add(
        "petitions_signature",
        sa.Column("end_reason", sa.String(length=20), nullable=True),
        sa.Column("held_by", sa.BigInteger(), nullable=True),
    )
    held = sa.text("state = 'held'")
    op.create_index(
        "ix_petitions_signature_held",
        "petitions_signature",
        ["held_by", "id"],
        sqlite_where=held,
        postgresql_where=held,
    )
    indexes = {
        "pending": (["petition_id"], "state = 'pending'"),
        "ended": (["petition_id", "state", "end_reason", "number"], "ended_at IS NOT NULL"),
    }
    for name, (columns, where) in indexes.items():
        op.create_index(
            f"ix_petitions_signature_{name}",
            "petitions_signature",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    add("mail_letter", sa.Column("batch", sa.BigInteger(), nullable=True))
    batched = sa.text("batch IS NOT NULL")
    op.create_index(
        "ix_mail_letter_batch", "mail_letter", ["batch", "id"], sqlite_where=batched, postgresql_where=batched
    )
    add("outcomes_referral", sa.Column("closed_at", Instant(), nullable=True))
    add(
        "outcomes_answer",
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_by_id", sa.BigInteger(), nullable=True),
    )


def _petition_tables() -> None:
    petition = [sa.ForeignKey("petitions_petition.id")]
    op.create_table(
        "petitions_minute_count",
        sa.Column("minute", Instant(), primary_key=True),
        sa.Column("petition_id", BIG_ID, *petition, primary_key=True),
        sa.Column("validated", sa.Integer(), nullable=False),
    )
    op.create_table(
        "petitions_event",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("petition_id", BIG_ID, sa.ForeignKey("petitions_petition.id"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
    )
    op.create_index("ix_petitions_event_petition", "petitions_event", ["petition_id", "at"])
    op.create_table(
        "petitions_judged_text",
        sa.Column("petition_id", BIG_ID, sa.ForeignKey("petitions_petition.id"), primary_key=True),
        sa.Column("digest", sa.LargeBinary(length=32), primary_key=True),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("background", sa.Text(), nullable=False),
        sa.Column("additional_details", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_table(
        "petitions_topic",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("slug", sa.String(length=60), nullable=False, unique=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
    )
    op.create_table(
        "petitions_petition_topic",
        sa.Column("petition_id", BIG_ID, sa.ForeignKey("petitions_petition.id"), primary_key=True),
        sa.Column("topic_id", BIG_ID, sa.ForeignKey("petitions_topic.id"), primary_key=True),
    )
    op.create_index("ix_petitions_petition_topic_topic", "petitions_petition_topic", ["topic_id", "petition_id"])
    op.create_table(
        "petitions_tag",
        sa.Column("petition_id", BIG_ID, sa.ForeignKey("petitions_petition.id"), primary_key=True),
        sa.Column("tag", sa.String(length=40), primary_key=True),
    )
    op.create_index("ix_petitions_tag_tag", "petitions_tag", ["tag", "petition_id"])
    op.create_table(
        "petitions_debate",
        sa.Column("petition_id", BIG_ID, sa.ForeignKey("petitions_petition.id"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("debated_on", sa.Date(), nullable=True),
        sa.Column("overview", sa.Text(), nullable=False),
        sa.Column("transcript_url", sa.String(length=500), nullable=False),
        sa.Column("video_url", sa.String(length=500), nullable=False),
        sa.Column("pack_url", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.Column("withdrawn_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('scheduled', 'outcome', 'not_held')", name=op.f("ck_petitions_debate_state")),
    )
    op.create_table(
        "petitions_block",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("pattern", sa.String(length=254), nullable=False),
        sa.Column("mailbox", sa.LargeBinary(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('network', 'domain', 'address')", name=op.f("ck_petitions_block_kind")),
    )
    op.create_table(
        "petitions_stop",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("extended_through", sa.Date(), nullable=True),
        sa.Column("reached_id", sa.BigInteger(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('creating', 'signing', 'election')", name=op.f("ck_petitions_stop_kind")),
    )
    stands = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_petitions_stop_kind", "petitions_stop", ["kind"], unique=True, sqlite_where=stands, postgresql_where=stands
    )


def _house_tables() -> None:
    op.create_table(
        "moderation_holiday",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_moderation_holiday_days")),
    )
    op.create_table(
        "moderation_report",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("handled_at", Instant(), nullable=True),
        sa.Column("handled_by_id", sa.BigInteger(), nullable=True),
        sa.Column("submission_id", sa.String(length=64), nullable=True, unique=True),
        sa.CheckConstraint("state IN ('waiting', 'handled')", name=op.f("ck_moderation_report_state")),
    )
    op.create_index("ix_moderation_report_queue", "moderation_report", ["state", "at"])
    op.create_index("ix_moderation_report_subject", "moderation_report", ["subject_kind", "subject_id"])
    op.create_table(
        "mail_suppression",
        sa.Column("mailbox", sa.LargeBinary(length=32), primary_key=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('hard', 'soft', 'complaint', 'staff')", name=op.f("ck_mail_suppression_kind")),
    )


def _restoring() -> None:
    """Restoring is a decision too, and one that breaks no rule."""
    checks = {
        "ck_moderation_decision_verdict": "verdict IN ('publish', 'reject', 'hide', 'restore')",
        "ck_moderation_decision_reason": "(verdict IN ('publish', 'restore')) = (reason_code IS NULL)",
    }
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("moderation_decision") as decision:
        for name, rule in checks.items():
            if not sqlite:  # whose table is made anew, without its checks
                decision.drop_constraint(op.f(name), type_="check")
            decision.create_check_constraint(op.f(name), sa.text(rule))


def _carry_debates() -> None:
    """Imports kept what their source said of a debate as facts alone; the list filters by columns now."""
    petition = sa.table(
        "petitions_petition",
        sa.column("id", sa.BigInteger),
        sa.column("source_facts", sa.JSON),
        sa.column("debate_state", sa.String),
        sa.column("debate_on", sa.Date),
        sa.column("debate_outcome_at", Instant()),
    )
    db = op.get_bind()
    imported = db.execute(sa.select(petition.c.id, petition.c.source_facts).where(petition.c.source_facts.is_not(None)))
    for petition_id, facts in imported.all():
        facts = facts or {}
        told, debate = facts.get("debate_outcome_at"), facts.get("debate")
        held_on = _day(debate.get("debated_on")) if isinstance(debate, dict) else None
        planned = _day(facts.get("scheduled_debate_date"))
        values = {"debate_state": "scheduled", "debate_on": planned} if planned else {}
        at = _instant(told)
        if at is not None:
            values = {
                "debate_state": "outcome" if held_on else "not_held", "debate_on": held_on, "debate_outcome_at": at
            }
        if values:
            db.execute(sa.update(petition).where(petition.c.id == petition_id).values(**values))


def _instant(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _carry_news() -> None:
    """Letters of an announcement are found by its number from now on; a call for a debate is no answer."""
    of_letter = "SELECT a.id FROM petitions_announcement a WHERE mail_letter.once LIKE 'petition-news:' || a.id || ':%'"
    op.execute(f"UPDATE mail_letter SET batch = ({of_letter}) WHERE once LIKE 'petition-news:%'")
    answered = (
        "SELECT 1 FROM outcomes_referral r WHERE r.subject_kind = 'petition' AND r.subject_id = petitions_petition.id "
        "AND r.cause = 'response' AND r.state = 'answered'"
    )
    op.execute(
        "UPDATE petitions_petition SET answered_at = NULL "
        f"WHERE answered_at IS NOT NULL AND NOT EXISTS ({answered})"
    )
