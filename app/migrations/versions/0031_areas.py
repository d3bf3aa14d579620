"""Areas with shapes, populations and postcodes; where signers live."""

import sqlalchemy as sa
from alembic import op

revision = "0031_areas"
down_revision = "0030_townhall_outcomes"
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _areas()
    _imports()
    _signatures()


def _areas() -> None:
    op.create_table(
        "areas_area",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("region_code", sa.String(20), server_default=sa.text("''"), nullable=False),
        sa.Column("region", sa.String(120), server_default=sa.text("''"), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("box_left", sa.Integer(), nullable=False),
        sa.Column("box_top", sa.Integer(), nullable=False),
        sa.Column("box_width", sa.Integer(), nullable=False),
        sa.Column("box_height", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("population IS NULL OR population > 0", name=op.f("ck_areas_area_population")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_area")),
        sa.UniqueConstraint("code", name=op.f("uq_areas_area_code")),
    )
    op.create_table(
        "areas_map",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("layer", sa.String(60), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("postcodes", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_areas_map_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_map")),
    )
    op.create_table(
        "areas_postcode",
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("postcode", sa.String(10), nullable=False),
        sa.Column("area_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas_area.id"], name=op.f("fk_areas_postcode_area_id")),
        sa.PrimaryKeyConstraint("edition", "postcode", name=op.f("pk_areas_postcode")),
    )


def _imports() -> None:
    op.create_table(
        "areas_import",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("file", sa.String(200), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("created", "updated", "unchanged", "refused", "retired")
        ),
        sa.CheckConstraint("kind IN ('areas', 'populations', 'postcodes')", name=op.f("ck_areas_import_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas_import")),
    )


def _signatures() -> None:
    op.add_column("petitions_signature", sa.Column("area", sa.String(20), nullable=True))
    op.add_column(
        "petitions_area_count", sa.Column("seen", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "petitions_area_count", sa.Column("withheld", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index("ix_petitions_area_count_code", "petitions_area_count", ["code", "seen"])
    moved = sa.text("validated <> seen")
    op.create_index(
        "ix_petitions_area_count_moved",
        "petitions_area_count",
        ["petition_id"],
        sqlite_where=moved,
        postgresql_where=moved,
    )
    op.create_table(
        "petitions_area_figures",
        sa.Column("petition_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("unplaced", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["petition_id"], ["petitions_petition.id"], name=op.f("fk_petitions_area_figures_petition_id")
        ),
        sa.PrimaryKeyConstraint("petition_id", name=op.f("pk_petitions_area_figures")),
    )
