"""Areas of the home country, the postcodes in them, and what was imported when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Area(Base):
    """One area. A retired one keeps its figures, and nobody is counted for it any more.

    ``path`` is its outline in the map's own units (:class:`AreaMap`), the other four the box round it.
    """

    __tablename__ = "areas_area"
    __table_args__ = (CheckConstraint("population IS NULL OR population > 0", name="population"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    region_code: Mapped[str] = mapped_column(String(20), default="", server_default=text("''"))
    region: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    population: Mapped[int | None]
    path: Mapped[str] = mapped_column(Text)
    left: Mapped[int] = mapped_column("box_left")
    top: Mapped[int] = mapped_column("box_top")
    width: Mapped[int] = mapped_column("box_width")
    height: Mapped[int] = mapped_column("box_height")
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class AreaMap(Base):
    """The one map that all areas are drawn in, and which edition of the postcode table is in force."""

    __tablename__ = "areas_map"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: what its areas are called, such as ``ward``
    layer: Mapped[str] = mapped_column(String(60))
    width: Mapped[int]
    height: Mapped[int]
    #: None while there is no table
    edition: Mapped[int | None]
    postcodes: Mapped[int] = mapped_column(default=0)


class AreaPostcode(Base):
    """Where people with this postcode, or with one that begins so, live. An edition that is not in force is nobody's."""

    __tablename__ = "areas_postcode"

    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    postcode: Mapped[str] = mapped_column(String(10), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("areas_area.id"))


class AreaImport(Base):
    """One file that was imported: by whom (None: at the command line), and what became of its rows."""

    __tablename__ = "areas_import"
    __table_args__ = (CheckConstraint("kind IN ('areas', 'populations', 'postcodes')", name="kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    file: Mapped[str] = mapped_column(String(200))
    created: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    refused: Mapped[int]
    retired: Mapped[int]
