"""Marks of every minute, counted steps, kept figures, opinions by day, and reports of accessibility. Nobody's data."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from app.performance.rules.opinions import Grade

_GRADES = ", ".join(f"'{grade}'" for grade in Grade)


class Beat(Base):
    """In this minute something of this kind worked; however many processes say so, it is one row.

    Older ones are gone, and in :class:`UptimeDay`.
    """

    __tablename__ = "performance_beat"
    __table_args__ = (CheckConstraint("heart IN ('pages', 'work')", name="heart"),)

    heart: Mapped[str] = mapped_column(String(8), primary_key=True)
    #: its beginning
    minute: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    #: an administrator had switched the site to read-only
    read_only: Mapped[bool]


class UptimeDay(Base):
    """A local day that is over: minutes that count, and those in which it was up for everything, or to read only."""

    __tablename__ = "performance_uptime_day"
    __table_args__ = (
        CheckConstraint("heart IN ('pages', 'work')", name="heart"),
        CheckConstraint("minutes > 0 AND open >= 0 AND read_only >= 0", name="minutes"),
        CheckConstraint("open + read_only <= minutes", name="up"),
    )

    heart: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    minutes: Mapped[int]
    open: Mapped[int]
    read_only: Mapped[int]


class StepCount(Base):
    """How often a step of a journey was made on a local day, by anybody."""

    __tablename__ = "performance_step"
    __table_args__ = (CheckConstraint("times > 0", name="times"),)

    journey: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    times: Mapped[int] = mapped_column(BigInteger)


class Figure(Base):
    """What a measure said of a span: ``part`` of ``whole``; or of ``whole`` things the ``median`` and the time that
    nine in ten did not pass, in seconds."""

    __tablename__ = "performance_figure"
    __table_args__ = (
        CheckConstraint("period IN ('day', 'month', 'lately')", name="period"),
        CheckConstraint("whole > 0", name="whole"),
        CheckConstraint("part IS NULL OR (part >= 0 AND part <= whole)", name="part"),
        CheckConstraint("(part IS NULL) = (median IS NOT NULL)", name="unit"),
        CheckConstraint("(median IS NULL) = (ninetieth IS NULL)", name="times"),
    )

    measure: Mapped[str] = mapped_column(String(60), primary_key=True)
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    whole: Mapped[int] = mapped_column(BigInteger)
    part: Mapped[int | None] = mapped_column(BigInteger)
    median: Mapped[int | None] = mapped_column(BigInteger)
    ninetieth: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)


class OpinionDay(Base):
    """How many people gave an answer on a local day. Who they were, and of what, is stored nowhere."""

    __tablename__ = "performance_opinion"
    __table_args__ = (
        CheckConstraint(f"grade IN ({_GRADES})", name="grade"),
        CheckConstraint("people > 0", name="people"),
    )

    asked: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    grade: Mapped[str] = mapped_column(String(20), primary_key=True)
    people: Mapped[int]


class UsedNonce(Base):
    """A page's question that was answered: not twice. Gone once it could not be answered any more."""

    __tablename__ = "performance_used_nonce"

    nonce: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Report(Base):
    """Somebody tested how accessible the site is. Never changed; taken back where it was a mistake."""

    __tablename__ = "performance_report"
    __table_args__ = (
        CheckConstraint("passed >= 0 AND failed >= 0", name="counts"),
        CheckConstraint("(taken_back_at IS NULL) = (taken_back_reason = '')", name="taken_back"),
        Index("ix_performance_report_tested", "tested_on", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tested_on: Mapped[date]
    standard: Mapped[str] = mapped_column(String(200))
    tested_by: Mapped[str] = mapped_column(String(200))
    how: Mapped[str] = mapped_column(Text, default="")
    passed: Mapped[int]
    failed: Mapped[int]
    link: Mapped[str] = mapped_column(String(500), default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_reason: Mapped[str] = mapped_column(Text, default="")


class Problem(Base):
    """Something that did not work for everyone when it was tested, and since when it does."""

    __tablename__ = "performance_problem"
    __table_args__ = (Index("ix_performance_problem_report", "report_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("performance_report.id"))
    words: Mapped[str] = mapped_column(Text)
    mended_on: Mapped[date | None]
    by_id: Mapped[int | None] = mapped_column(BigInteger)
