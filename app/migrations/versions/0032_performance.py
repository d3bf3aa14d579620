"""Figures of the service: a mark a minute, counted steps, kept figures, opinions, reports of accessibility."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0032_performance"
down_revision = "0031_areas"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GRADES = "grade IN ('very-satisfied', 'satisfied', 'neither', 'dissatisfied', 'very-dissatisfied')"
HEARTS = "heart IN ('pages', 'work')"


def upgrade() -> None:
    _uptime()
    _figures()
    _opinions()
    _reports()


def _uptime() -> None:
    op.create_table(
        "performance_beat",
        sa.Column("heart", sa.String(length=8), nullable=False),
        sa.Column("minute", Instant(), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.CheckConstraint(HEARTS, name=op.f("ck_performance_beat_heart")),
        sa.PrimaryKeyConstraint("heart", "minute", name=op.f("pk_performance_beat")),
    )
    op.create_table(
        "performance_uptime_day",
        sa.Column("heart", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("read_only", sa.Integer(), nullable=False),
        sa.CheckConstraint(HEARTS, name=op.f("ck_performance_uptime_day_heart")),
        sa.CheckConstraint(
            "minutes > 0 AND open >= 0 AND read_only >= 0", name=op.f("ck_performance_uptime_day_minutes")
        ),
        sa.CheckConstraint("open + read_only <= minutes", name=op.f("ck_performance_uptime_day_up")),
        sa.PrimaryKeyConstraint("heart", "day", name=op.f("pk_performance_uptime_day")),
    )


def _figures() -> None:
    op.create_table(
        "performance_step",
        sa.Column("journey", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_performance_step_times")),
        sa.PrimaryKeyConstraint("journey", "day", "step", name=op.f("pk_performance_step")),
    )
    op.create_table(
        "performance_figure",
        sa.Column("measure", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("whole", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=True),
        sa.Column("median", sa.BigInteger(), nullable=True),
        sa.Column("ninetieth", sa.BigInteger(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("period IN ('day', 'month', 'lately')", name=op.f("ck_performance_figure_period")),
        sa.CheckConstraint("whole > 0", name=op.f("ck_performance_figure_whole")),
        sa.CheckConstraint(
            "part IS NULL OR (part >= 0 AND part <= whole)", name=op.f("ck_performance_figure_part")
        ),
        sa.CheckConstraint("(part IS NULL) = (median IS NOT NULL)", name=op.f("ck_performance_figure_unit")),
        sa.CheckConstraint("(median IS NULL) = (ninetieth IS NULL)", name=op.f("ck_performance_figure_times")),
        sa.PrimaryKeyConstraint("measure", "period", "first_day", name=op.f("pk_performance_figure")),
    )


def _opinions() -> None:
    op.create_table(
        "performance_opinion",
        sa.Column("asked", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint(GRADES, name=op.f("ck_performance_opinion_grade")),
        sa.CheckConstraint("people > 0", name=op.f("ck_performance_opinion_people")),
        sa.PrimaryKeyConstraint("asked", "day", "grade", name=op.f("pk_performance_opinion")),
    )
    op.create_table(
        "performance_used_nonce",
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_performance_used_nonce")),
    )


def _reports() -> None:
    op.create_table(
        "performance_report",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tested_on", sa.Date(), nullable=False),
        sa.Column("standard", sa.String(length=200), nullable=False),
        sa.Column("tested_by", sa.String(length=200), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_back_at", Instant(), nullable=True),
        sa.Column("taken_back_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("passed >= 0 AND failed >= 0", name=op.f("ck_performance_report_counts")),
        sa.CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_reason = '')", name=op.f("ck_performance_report_taken_back")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_report")),
    )
    op.create_index("ix_performance_report_tested", "performance_report", ["tested_on", "id"])
    op.create_table(
        "performance_problem",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("report_id", BIG_ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("mended_on", sa.Date(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["performance_report.id"], name=op.f("fk_performance_problem_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performance_problem")),
    )
    op.create_index("ix_performance_problem_report", "performance_problem", ["report_id", "id"])
