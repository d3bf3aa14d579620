"""Moderation complete: leases, origins, notes, appeals, batches, immunity, the public log, the illegal-content track."""

import sqlalchemy as sa
from alembic import op
from app.core.append_only import guard
from app.core.db import Instant

revision = "0014_moderation_desk"
down_revision = "0013_accounts"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXTS = sa.text("state = 'waiting' AND origin IN ('new', 'edit', 'resubmission', 'signal')")
REPORTS = sa.text("state = 'waiting' AND origin = 'report'")
CLAIMED = sa.text("claimed_by_id IS NOT NULL")


def upgrade() -> None:
    _cases()
    _decisions()
    _reports()
    _beside_cases()
    _appeals()
    _log()
    _illegal()


def _cases() -> None:
    for column in (
        sa.Column("origin", sa.String(length=12), nullable=False, server_default="new"),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("excerpt", sa.String(length=200), nullable=False, server_default=sa.text("''")),
        sa.Column("context_kind", sa.String(length=40), nullable=True),
        sa.Column("context_id", sa.BigInteger(), nullable=True),
        sa.Column("signals", sa.JSON(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("claimed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_since", Instant(), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("previous_case_id", sa.BigInteger(), nullable=True),
    ):
        op.add_column("moderation_case", column)
    op.drop_index("uq_moderation_case_waiting", "moderation_case")
    for name, waits in (("waiting", TEXTS), ("reported", REPORTS)):
        op.create_index(
            f"uq_moderation_case_{name}",
            "moderation_case",
            ["subject_kind", "subject_id"],
            unique=True,
            sqlite_where=waits,
            postgresql_where=waits,
        )
    op.drop_index("ix_moderation_case_queue", "moderation_case")
    op.create_index("ix_moderation_case_queue", "moderation_case", ["state", "opened_at", "id"])
    op.create_index("ix_moderation_case_decided", "moderation_case", ["state", "decided_at", "id"])
    op.create_index(
        "ix_moderation_case_claimed",
        "moderation_case",
        ["claimed_by_id"],
        sqlite_where=CLAIMED,
        postgresql_where=CLAIMED,
    )
    op.create_index("ix_moderation_case_author", "moderation_case", ["author_id", "opened_at"])


def _decisions() -> None:
    verdicts = "'publish', 'return', 'reject', 'hide', 'restore', 'dismiss', 'uphold', 'overturn', 'remove'"
    checks = {
        "ck_moderation_decision_verdict": f"verdict IN ({verdicts})",
        "ck_moderation_decision_reason": (
            "(verdict IN ('return', 'reject', 'hide')) = (reason_code IS NOT NULL)"
        ),
    }
    sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("moderation_decision") as decision:
        for name, rule in checks.items():
            if not sqlite:  # whose table is made anew, without its checks
                decision.drop_constraint(op.f(name), type_="check")
            decision.create_check_constraint(op.f(name), sa.text(rule))
        decision.add_column(sa.Column("origin", sa.String(length=12), nullable=False, server_default="new"))
        decision.add_column(sa.Column("internal", sa.Text(), nullable=False, server_default=sa.text("''")))
        decision.add_column(sa.Column("seconds_open", sa.Integer(), nullable=True))
        decision.add_column(sa.Column("batch_id", sa.BigInteger(), nullable=True))
        decision.add_column(sa.Column("undone_at", Instant(), nullable=True))
    op.create_index("ix_moderation_decision_batch", "moderation_decision", ["batch_id"])
    op.create_index("ix_moderation_decision_by", "moderation_decision", ["by_id", "at"])
    op.add_column("moderation_reason", sa.Column("notifies", sa.Boolean(), nullable=False, server_default=sa.true()))


def _reports() -> None:
    op.add_column("moderation_report", sa.Column("reporter_id", sa.BigInteger(), nullable=True))
    op.add_column("moderation_report", sa.Column("reporter_key", sa.LargeBinary(length=32), nullable=True))
    op.add_column("moderation_report", sa.Column("trusted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("moderation_report", sa.Column("digest", sa.LargeBinary(length=32), nullable=True))
    for person in ("reporter_id", "reporter_key"):
        known = sa.text(f"{person} IS NOT NULL")
        op.create_index(
            f"uq_moderation_report_{person}",
            "moderation_report",
            ["subject_kind", "subject_id", "digest", person],
            unique=True,
            sqlite_where=known,
            postgresql_where=known,
        )


def _beside_cases() -> None:
    op.create_table(
        "moderation_note",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], name=op.f("fk_moderation_note_case_id")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_moderation_note_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_note")),
    )
    op.create_index(op.f("ix_moderation_note_case_id"), "moderation_note", ["case_id"])
    op.create_table(
        "moderation_recusal",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], name=op.f("fk_moderation_recusal_case_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_moderation_recusal_account_id")),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_moderation_recusal")),
    )
    op.create_table(
        "moderation_sketch",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], name=op.f("fk_moderation_sketch_case_id")),
        sa.PrimaryKeyConstraint("case_id", "band", name=op.f("pk_moderation_sketch")),
    )
    op.create_index("ix_moderation_sketch_value", "moderation_sketch", ["value", "band"])
    op.create_table(
        "moderation_word",
        sa.Column("id", BIG, nullable=False),
        sa.Column("word", sa.String(length=80), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_word")),
        sa.UniqueConstraint("word", name=op.f("uq_moderation_word_word")),
    )
    op.create_table(
        "moderation_immunity",
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "digest", name=op.f("pk_moderation_immunity")),
    )
    op.create_table(
        "moderation_duty",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_moderation_duty_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_moderation_duty")),
    )
    op.create_table(
        "moderation_batch",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_moderation_batch_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_batch")),
    )


def _appeals() -> None:
    op.create_table(
        "moderation_appeal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("decision_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.Column("heard_by_id", BIG, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'upheld', 'overturned', 'moot')", name=op.f("ck_moderation_appeal_state")),
        sa.ForeignKeyConstraint(["decision_id"], ["moderation_decision.id"], name=op.f("fk_moderation_appeal_decision_id")),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], name=op.f("fk_moderation_appeal_case_id")),
        sa.ForeignKeyConstraint(["heard_by_id"], ["accounts_account.id"], name=op.f("fk_moderation_appeal_heard_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_appeal")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_moderation_appeal_decision_id")),
        sa.UniqueConstraint("case_id", name=op.f("uq_moderation_appeal_case_id")),
    )


def _log() -> None:
    op.create_table(
        "moderation_log",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("standards_version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("seconds_waited", sa.BigInteger(), nullable=False),
        sa.Column("seconds_open", sa.Integer(), nullable=True),
        sa.Column("about_id", sa.BigInteger(), nullable=True),
        sa.Column("moderator_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_log")),
    )
    op.create_index("ix_moderation_log_at", "moderation_log", ["at"])
    op.create_index("ix_moderation_log_about", "moderation_log", ["about_id", "verdict"])
    op.create_index("ix_moderation_log_times", "moderation_log", ["seconds_waited", "origin", "verdict", "at", "id"])
    head = op.create_table(
        "moderation_log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_moderation_log_head_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_log_head")),
    )
    op.bulk_insert(head, [{"id": 1, "lines": 0, "digest": b"\0" * 32}])
    op.create_table(
        "moderation_log_beside",
        sa.Column("log_id", BIG, autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("moderator_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["log_id"], ["moderation_log.id"], name=op.f("fk_moderation_log_beside_log_id")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_moderation_log_beside")),
    )
    op.create_index("ix_moderation_log_beside_decision", "moderation_log_beside", ["decision_id"])
    op.create_index("ix_moderation_log_beside_subject", "moderation_log_beside", ["subject_kind", "subject_id"])
    for statement in guard("moderation_log", op.get_bind().dialect.name):
        op.execute(statement)


def _illegal() -> None:
    op.create_table(
        "moderation_illegal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("evidence_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("proposed_by_id", BIG, nullable=True),
        sa.Column("proposed_at", Instant(), nullable=True),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("submission_id", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'proposed', 'removed', 'dismissed')", name=op.f("ck_moderation_illegal_state")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["moderation_case.id"], name=op.f("fk_moderation_illegal_case_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["accounts_account.id"], name=op.f("fk_moderation_illegal_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts_account.id"], name=op.f("fk_moderation_illegal_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_illegal")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_moderation_illegal_submission_id")),
    )
    op.create_index("ix_moderation_illegal_queue", "moderation_illegal", ["state", "at"])
    op.create_index("ix_moderation_illegal_case", "moderation_illegal", ["case_id"])
    op.create_table(
        "moderation_reading",
        sa.Column("id", BIG, nullable=False),
        sa.Column("illegal_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["illegal_id"], ["moderation_illegal.id"], name=op.f("fk_moderation_reading_illegal_id")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_moderation_reading_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_reading")),
    )
    op.create_index(op.f("ix_moderation_reading_illegal_id"), "moderation_reading", ["illegal_id"])
