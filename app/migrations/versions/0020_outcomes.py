"""Outcomes: life of a referral, handings, dates, drafts, feedback, promises, the desk."""

import sqlalchemy as sa
from alembic import op
from app.core.db import Instant

revision = "0020_outcomes"
down_revision = "0019_following"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("departments_department") as department:
        department.add_column(sa.Column("two_person", sa.Boolean(), nullable=False, server_default=sa.false()))
    _grow_referrals()
    _remember_how_it_was()
    with op.batch_alter_table("outcomes_answer") as answer:
        answer.add_column(sa.Column("examine_by", sa.Date(), nullable=True))
        answer.add_column(sa.Column("released_by_id", BIG_ID, nullable=True))
        answer.create_foreign_key(
            op.f("fk_outcomes_answer_released_by_id"), "accounts_account", ["released_by_id"], ["id"]
        )
    _make_tables()


def _grow_referrals() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    checks = {
        "state": "state IN ('received', 'accepted', 'answered', 'returned', 'closed')",
        "unanswered": "state NOT IN ('received', 'accepted') OR answered_at IS NULL",
        "answered": "state NOT IN ('answered', 'returned') OR answered_at IS NOT NULL",
        "closed": "(state = 'closed') = (closed_at IS NOT NULL)",
        "department": "department_id IS NOT NULL OR imported",
        "closed_why": "closed_why IS NULL OR closed_why IN ('undone', 'settled', 'dropped')",
    }
    with op.batch_alter_table("outcomes_referral") as referral:
        referral.add_column(sa.Column("sandbox", sa.Boolean(), nullable=False, server_default=sa.false()))
        referral.add_column(sa.Column("accepted_at", Instant(), nullable=True))
        referral.add_column(sa.Column("took", sa.BigInteger(), nullable=True))
        referral.add_column(sa.Column("closed_why", sa.String(length=12), nullable=True))
        referral.add_column(sa.Column("closed_reason", sa.Text(), nullable=False, server_default=sa.text("''")))
        referral.add_column(sa.Column("assignee_id", BIG_ID, nullable=True))
        referral.add_column(sa.Column("reminded", sa.String(length=40), nullable=True))
        referral.add_column(sa.Column("ruled", sa.Boolean(), nullable=False, server_default=sa.false()))
        referral.create_foreign_key(
            op.f("fk_outcomes_referral_assignee_id"), "accounts_account", ["assignee_id"], ["id"]
        )
    op.execute("UPDATE outcomes_referral SET closed_why = 'undone' WHERE state = 'closed'")
    op.execute("UPDATE outcomes_referral SET closed_at = received_at WHERE state = 'closed' AND closed_at IS NULL")
    with op.batch_alter_table("outcomes_referral") as referral:
        for name, rule in checks.items():
            if not sqlite and name in (
                "state",
                "answered",
                "department",
            ):  # SQLite's table is made anew, without its checks
                referral.drop_constraint(op.f(f"ck_outcomes_referral_{name}"), type_="check")
            referral.create_check_constraint(op.f(f"ck_outcomes_referral_{name}"), sa.text(rule))
    owed = sa.text("state IN ('received', 'accepted', 'returned')")
    op.create_index("ix_outcomes_referral_answered", "outcomes_referral", ["department_id", "answered_at"])
    op.create_index("ix_outcomes_referral_took", "outcomes_referral", ["department_id", "took"])
    op.create_index(
        "ix_outcomes_referral_owed", "outcomes_referral", ["due_at", "id"], sqlite_where=owed, postgresql_where=owed
    )


def _remember_how_it_was() -> None:
    """Every duty came to its department once, and every answer took its time."""
    op.create_table(
        "outcomes_handing",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), nullable=False),
        sa.Column("move", sa.String(length=12), nullable=False),
        sa.Column("from_id", BIG_ID, sa.ForeignKey("departments_department.id"), nullable=True),
        sa.Column("to_id", BIG_ID, sa.ForeignKey("departments_department.id"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=True),
        sa.CheckConstraint("move IN ('referred', 'not-ours', 'ruled', 'passed-on')", name="move"),
    )
    op.create_index("ix_outcomes_handing_referral", "outcomes_handing", ["referral_id", "id"])
    op.create_index("ix_outcomes_handing_from", "outcomes_handing", ["from_id", "at"])
    op.execute(
        "INSERT INTO outcomes_handing (referral_id, move, to_id, reason, at)"
        " SELECT id, 'referred', department_id, '', received_at FROM outcomes_referral"
        " WHERE department_id IS NOT NULL AND NOT imported ORDER BY id"
    )
    referral = sa.table(
        "outcomes_referral",
        sa.column("id", sa.BigInteger),
        sa.column("received_at", Instant()),
        sa.column("answered_at", Instant()),
        sa.column("took", sa.BigInteger),
    )
    bind = op.get_bind()
    answered = bind.execute(sa.select(referral).where(referral.c.answered_at.is_not(None))).all()
    for row in answered:
        took = max(0, int((row.answered_at - row.received_at).total_seconds()))
        bind.execute(referral.update().where(referral.c.id == row.id).values(took=took))


def _make_tables() -> None:
    op.create_table(
        "outcomes_support",
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), primary_key=True),
        sa.Column("department_id", BIG_ID, sa.ForeignKey("departments_department.id"), primary_key=True),
        sa.Column("since", Instant(), nullable=False),
    )
    op.create_index("ix_outcomes_support_department_id", "outcomes_support", ["department_id"])
    op.create_table(
        "outcomes_due_change",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("before_at", Instant(), nullable=True),
        sa.Column("after_at", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=True),
        sa.CheckConstraint("kind IN ('extended', 'returned')", name="kind"),
        sa.CheckConstraint("before_at IS NULL OR after_at > before_at OR kind = 'returned'", name="later"),
    )
    op.create_index("ix_outcomes_due_change_referral", "outcomes_due_change", ["referral_id", "id"])
    op.create_table(
        "outcomes_route",
        sa.Column("topic", sa.String(length=80), primary_key=True),
        sa.Column("department_id", BIG_ID, sa.ForeignKey("departments_department.id"), primary_key=True),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.CheckConstraint("part IN ('lead', 'support')", name="part"),
    )
    op.create_table(
        "outcomes_answer_draft",
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), primary_key=True, autoincrement=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("examine_by", sa.String(length=40), nullable=False),
        sa.Column("promises", sa.JSON(), nullable=False),
        sa.Column("send_news", sa.Boolean(), nullable=False),
        sa.Column("after_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("waits_since", Instant(), nullable=True),
    )
    op.create_table(
        "outcomes_feedback_given",
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), primary_key=True, autoincrement=False),
        sa.Column("person", sa.BigInteger(), primary_key=True, autoincrement=False),
    )
    op.create_table(
        "outcomes_feedback_count",
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), primary_key=True, autoincrement=False),
        sa.Column("addressed", sa.String(length=8), primary_key=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("addressed IN ('yes', 'partly', 'no')", name="addressed"),
        sa.CheckConstraint("people > 0", name="people"),
    )
    _make_promises()
    op.create_table(
        "outcomes_desk_note",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    op.create_index("ix_outcomes_desk_note_referral", "outcomes_desk_note", ["referral_id", "id"])
    op.create_table(
        "outcomes_answer_template",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("department_id", BIG_ID, sa.ForeignKey("departments_department.id"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
    )
    op.create_index("ix_outcomes_answer_template_department", "outcomes_answer_template", ["department_id", "name"])
    op.create_table(
        "outcomes_card_read",
        sa.Column("account_id", BIG_ID, sa.ForeignKey("accounts_account.id"), primary_key=True, autoincrement=False),
        sa.Column("card", sa.String(length=40), primary_key=True),
        sa.Column("at", Instant(), nullable=False),
    )


def _make_promises() -> None:
    open_ones = sa.text("progress IN ('planned', 'under-way')")
    op.create_table(
        "outcomes_commitment",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("referral_id", BIG_ID, sa.ForeignKey("outcomes_referral.id"), nullable=True),
        sa.Column("department_id", BIG_ID, sa.ForeignKey("departments_department.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("progress", sa.String(length=12), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("updates", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=True),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("reminded", sa.String(length=40), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint("progress IN ('planned', 'under-way', 'done', 'dropped')", name="progress"),
        sa.CheckConstraint("(progress IN ('done', 'dropped')) = (ended_at IS NOT NULL)", name="ended"),
    )
    op.create_index("ix_outcomes_commitment_subject", "outcomes_commitment", ["subject_kind", "subject_id"])
    op.create_index("ix_outcomes_commitment_referral", "outcomes_commitment", ["referral_id"])
    op.create_index("ix_outcomes_commitment_department", "outcomes_commitment", ["department_id", "progress", "due_on"])
    op.create_index(
        "ix_outcomes_commitment_open",
        "outcomes_commitment",
        ["due_on", "id"],
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )
    op.create_table(
        "outcomes_progress_update",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("commitment_id", BIG_ID, sa.ForeignKey("outcomes_commitment.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("progress", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=True),
        sa.Column("due_after", sa.Date(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, sa.ForeignKey("accounts_account.id"), nullable=True),
        sa.CheckConstraint("progress IN ('planned', 'under-way', 'done', 'dropped')", name="progress"),
    )
    op.create_index(
        "uq_outcomes_progress_update_number", "outcomes_progress_update", ["commitment_id", "number"], unique=True
    )
    op.create_index("ix_outcomes_progress_update_at", "outcomes_progress_update", ["at"])
