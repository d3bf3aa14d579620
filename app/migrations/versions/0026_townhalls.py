"""Town halls."""

import sqlalchemy as sa
from alembic import op

from app.core.db import Instant

revision = "0026_townhalls"
down_revision = "0025_consultation_life"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "townhall_hall",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=True),
        sa.Column("department_id", BIG_ID, nullable=False),
        sa.Column("created_by_id", BIG_ID, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("venue", sa.String(length=300), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=True),
        sa.Column("starts_at", Instant(), nullable=True),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("entry", sa.String(length=12), nullable=False),
        sa.Column("screening", sa.Boolean(), nullable=False),
        sa.Column("anonymous_allowed", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("captions", sa.String(length=300), nullable=False),
        sa.Column("sign_language", sa.String(length=300), nullable=False),
        sa.Column("access_notes", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("video_kind", sa.String(length=6), nullable=False),
        sa.Column("video_url", sa.String(length=500), nullable=False),
        sa.Column("sign_video_url", sa.String(length=500), nullable=False),
        sa.Column("recording_url", sa.String(length=500), nullable=False),
        sa.Column("recording_offset", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("scheduled_at", Instant(), nullable=True),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=False),
        sa.Column("wound_up_at", Instant(), nullable=True),
        sa.Column("erased_at", Instant(), nullable=True),
        sa.Column("host_id", BIG_ID, nullable=True),
        sa.Column("host_seen_at", Instant(), nullable=True),
        sa.Column("stage_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("slow_seconds", sa.Integer(), nullable=False),
        sa.Column("hides_reactions", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("hands_numbered", sa.Integer(), nullable=False),
        sa.Column("places_numbered", sa.Integer(), nullable=False),
        sa.Column("captions_numbered", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_townhall_hall_ended")),
        sa.CheckConstraint("entry IN ('registered', 'open')", name=op.f("ck_townhall_hall_entry")),
        sa.CheckConstraint("state <> 'cancelled' OR cancelled_reason <> ''", name=op.f("ck_townhall_hall_cancelled")),
        sa.CheckConstraint(
            "state IN ('draft', 'discarded') OR starts_at IS NOT NULL", name=op.f("ck_townhall_hall_timed")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'scheduled', 'live', 'ended', 'cancelled', 'discarded')",
            name=op.f("ck_townhall_hall_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('live', 'ended') OR started_at IS NOT NULL", name=op.f("ck_townhall_hall_started")
        ),
        sa.CheckConstraint("video_kind IN ('none', 'hls', 'link')", name=op.f("ck_townhall_hall_video")),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_townhall_hall_capacity")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_townhall_hall_times")),
        sa.CheckConstraint("taken >= 0 AND waiting >= 0 AND slow_seconds >= 0", name=op.f("ck_townhall_hall_counts")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["accounts_account.id"], name=op.f("fk_townhall_hall_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_townhall_hall_department_id")
        ),
        sa.ForeignKeyConstraint(["host_id"], ["accounts_account.id"], name=op.f("fk_townhall_hall_host_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_hall")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_townhall_hall_submission_id")),
    )
    op.create_index(
        "ix_townhall_hall_department", "townhall_hall", ["department_id", "state", "starts_at", "id"], unique=False
    )
    op.create_index("ix_townhall_hall_when", "townhall_hall", ["state", "starts_at", "id"], unique=False)
    op.create_index("uq_townhall_hall_code", "townhall_hall", ["code"], unique=True)
    op.create_table(
        "townhall_agenda_item",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("began_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_townhall_agenda_item_minutes")),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_agenda_item_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_agenda_item")),
    )
    op.create_index(op.f("ix_townhall_agenda_item_hall_id"), "townhall_agenda_item", ["hall_id"], unique=False)
    op.create_table(
        "townhall_caption",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("second", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.CheckConstraint("second >= 0", name=op.f("ck_townhall_caption_second")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_caption_by_id")),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_caption_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "number", name=op.f("pk_townhall_caption")),
    )
    op.create_table(
        "townhall_caption_text",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rev", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_caption_text_by_id")),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_caption_text_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "number", "rev", name=op.f("pk_townhall_caption_text")),
    )
    op.create_table(
        "townhall_command",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("sender", sa.LargeBinary(length=16), nullable=False),
        sa.Column("command_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_command_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "sender", "command_id", name=op.f("pk_townhall_command")),
    )
    op.create_index("ix_townhall_command_at", "townhall_command", ["at"], unique=False)
    op.create_table(
        "townhall_event",
        sa.Column("hall_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("staff_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("public_seq", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("thing_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_event_by_id")),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_event_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "staff_seq", name=op.f("pk_townhall_event")),
    )
    op.create_index("ix_townhall_event_thing", "townhall_event", ["hall_id", "kind", "thing_id"], unique=False)
    op.create_index("uq_townhall_event_public", "townhall_event", ["hall_id", "public_seq"], unique=True)
    op.create_table(
        "townhall_hall_department",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("department_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_townhall_hall_department_department_id")
        ),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_hall_department_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "department_id", name=op.f("pk_townhall_hall_department")),
    )
    op.create_index(
        op.f("ix_townhall_hall_department_department_id"), "townhall_hall_department", ["department_id"], unique=False
    )
    op.create_table(
        "townhall_hall_staff",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.CheckConstraint("part IN ('host', 'moderator', 'speaker')", name=op.f("ck_townhall_hall_staff_part")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_townhall_hall_staff_account_id")
        ),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_hall_staff_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "account_id", "part", name=op.f("pk_townhall_hall_staff")),
    )
    op.create_index(op.f("ix_townhall_hall_staff_account_id"), "townhall_hall_staff", ["account_id"], unique=False)
    op.create_table(
        "townhall_log_head",
        sa.Column("hall_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=16), nullable=False),
        sa.Column("public_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("staff_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_log_head_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", name=op.f("pk_townhall_log_head")),
    )
    op.create_table(
        "townhall_minutes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("drafted_at", Instant(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("saved_by_id", BIG_ID, nullable=True),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("published_by_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "(published_at IS NULL) = (published_by_id IS NULL)", name=op.f("ck_townhall_minutes_published")
        ),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_minutes_hall_id")),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["accounts_account.id"], name=op.f("fk_townhall_minutes_published_by_id")
        ),
        sa.ForeignKeyConstraint(["saved_by_id"], ["accounts_account.id"], name=op.f("fk_townhall_minutes_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_minutes")),
    )
    op.create_index(op.f("ix_townhall_minutes_hall_id"), "townhall_minutes", ["hall_id"], unique=False)
    op.create_table(
        "townhall_notice",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_notice_by_id")),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_notice_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_notice")),
    )
    op.create_index(op.f("ix_townhall_notice_hall_id"), "townhall_notice", ["hall_id"], unique=False)
    op.create_table(
        "townhall_participant",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("place", sa.String(length=12), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("privacy", sa.String(length=12), nullable=False),
        sa.Column("waiting_number", sa.Integer(), nullable=True),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("attended_at", Instant(), nullable=True),
        sa.Column("banned_at", Instant(), nullable=True),
        sa.Column("asked_last_at", Instant(), nullable=True),
        sa.CheckConstraint("(place = 'browser') = (address_key IS NULL)", name=op.f("ck_townhall_participant_known")),
        sa.CheckConstraint(
            "place IN ('pending', 'registered', 'waiting', 'cancelled', 'browser')",
            name=op.f("ck_townhall_participant_place"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_townhall_participant_account_id")
        ),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_participant_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_participant")),
    )
    op.create_index("ix_townhall_participant_account", "townhall_participant", ["account_id"], unique=False)
    op.create_index("ix_townhall_participant_place", "townhall_participant", ["hall_id", "place", "id"], unique=False)
    op.create_index(
        "ix_townhall_participant_waiting",
        "townhall_participant",
        ["hall_id", "waiting_number"],
        unique=False,
        sqlite_where=sa.text("place = 'waiting'"),
        postgresql_where=sa.text("place = 'waiting'"),
    )
    op.create_index(
        "uq_townhall_participant_address",
        "townhall_participant",
        ["hall_id", "address_key"],
        unique=True,
        sqlite_where=sa.text("address_key IS NOT NULL"),
        postgresql_where=sa.text("address_key IS NOT NULL"),
    )
    op.create_table(
        "townhall_poll",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("revealed_at", Instant(), nullable=True),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.CheckConstraint("(state = 'revealed') = (revealed_at IS NOT NULL)", name=op.f("ck_townhall_poll_revealed")),
        sa.CheckConstraint(
            "kind IN ('single', 'multiple', 'rating', 'ranking', 'cloud')", name=op.f("ck_townhall_poll_kind")
        ),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed', 'revealed')", name=op.f("ck_townhall_poll_state")),
        sa.CheckConstraint("answers >= 0", name=op.f("ck_townhall_poll_answers")),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_poll_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_poll")),
    )
    op.create_index("ix_townhall_poll_list", "townhall_poll", ["hall_id", "position", "id"], unique=False)
    op.create_table(
        "townhall_presence",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("process", sa.String(length=32), nullable=False),
        sa.Column("here", sa.Integer(), nullable=False),
        sa.Column("reactions", sa.JSON(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_presence_hall_id")),
        sa.PrimaryKeyConstraint("hall_id", "process", name=op.f("pk_townhall_presence")),
    )
    op.create_table(
        "townhall_speaker",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_speaker_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_speaker")),
    )
    op.create_index(op.f("ix_townhall_speaker_hall_id"), "townhall_speaker", ["hall_id"], unique=False)
    op.create_table(
        "townhall_ban",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_ban_by_id")),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_ban_hall_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["townhall_participant.id"], name=op.f("fk_townhall_ban_participant_id")
        ),
        sa.ForeignKeyConstraint(["undone_by_id"], ["accounts_account.id"], name=op.f("fk_townhall_ban_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_ban")),
    )
    op.create_index("ix_townhall_ban_participant", "townhall_ban", ["participant_id", "at"], unique=False)
    op.create_table(
        "townhall_hand",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("called_at", Instant(), nullable=True),
        sa.Column("lowered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_hand_hall_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["townhall_participant.id"], name=op.f("fk_townhall_hand_participant_id")
        ),
        sa.PrimaryKeyConstraint("hall_id", "participant_id", name=op.f("pk_townhall_hand")),
    )
    op.create_index("ix_townhall_hand_order", "townhall_hand", ["hall_id", "lowered_at", "number"], unique=False)
    op.create_table(
        "townhall_person",
        sa.Column("participant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["townhall_participant.id"],
            name=op.f("fk_townhall_person_participant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_townhall_person")),
    )
    op.create_table(
        "townhall_poll_answer",
        sa.Column("poll_id", BIG_ID, nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["townhall_participant.id"], name=op.f("fk_townhall_poll_answer_participant_id")
        ),
        sa.ForeignKeyConstraint(["poll_id"], ["townhall_poll.id"], name=op.f("fk_townhall_poll_answer_poll_id")),
        sa.PrimaryKeyConstraint("poll_id", "participant_id", name=op.f("pk_townhall_poll_answer")),
    )
    op.create_index(
        "ix_townhall_poll_answer_participant", "townhall_poll_answer", ["participant_id", "poll_id"], unique=False
    )
    op.create_table(
        "townhall_question",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("clerk_id", BIG_ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_before", sa.String(length=10), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("merged_into_id", BIG_ID, nullable=True),
        sa.Column("ahead", sa.Boolean(), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=False),
        sa.Column("shortlisted_at", Instant(), nullable=True),
        sa.Column("staged_at", Instant(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("department_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f("ck_townhall_question_merged")
        ),
        sa.CheckConstraint("NOT anonymous OR name = ''", name=op.f("ck_townhall_question_anonymous")),
        sa.CheckConstraint("origin = 'web' OR clerk_id IS NOT NULL", name=op.f("ck_townhall_question_clerk")),
        sa.CheckConstraint("origin IN ('web', 'phone', 'paper', 'room')", name=op.f("ck_townhall_question_origin")),
        sa.CheckConstraint(
            "state IN ('waiting', 'open', 'answered', 'archived', 'merged', 'rejected', 'hidden', 'withdrawn', 'removed')",
            name=op.f("ck_townhall_question_state"),
        ),
        sa.CheckConstraint("votes >= 0", name=op.f("ck_townhall_question_votes")),
        sa.ForeignKeyConstraint(["clerk_id"], ["accounts_account.id"], name=op.f("fk_townhall_question_clerk_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments_department.id"], name=op.f("fk_townhall_question_department_id")
        ),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_question_hall_id")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["townhall_question.id"], name=op.f("fk_townhall_question_merged_into_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["townhall_participant.id"], name=op.f("fk_townhall_question_participant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_question")),
    )
    op.create_index("ix_townhall_question_list", "townhall_question", ["hall_id", "state", "id"], unique=False)
    op.create_index("ix_townhall_question_merged", "townhall_question", ["merged_into_id"], unique=False)
    op.create_index("ix_townhall_question_participant", "townhall_question", ["participant_id", "id"], unique=False)
    op.create_table(
        "townhall_ticket",
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_ticket_hall_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["townhall_participant.id"],
            name=op.f("fk_townhall_ticket_participant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hall_id", "key", name=op.f("pk_townhall_ticket")),
    )
    op.create_index(op.f("ix_townhall_ticket_participant_id"), "townhall_ticket", ["participant_id"], unique=False)
    op.create_table(
        "townhall_merge",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("question_id", BIG_ID, nullable=False),
        sa.Column("into_id", BIG_ID, nullable=False),
        sa.Column("state_before", sa.String(length=10), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_merge_by_id")),
        sa.ForeignKeyConstraint(["into_id"], ["townhall_question.id"], name=op.f("fk_townhall_merge_into_id")),
        sa.ForeignKeyConstraint(["question_id"], ["townhall_question.id"], name=op.f("fk_townhall_merge_question_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["accounts_account.id"], name=op.f("fk_townhall_merge_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_townhall_merge")),
    )
    op.create_index("ix_townhall_merge_question", "townhall_merge", ["question_id", "at"], unique=False)
    op.create_table(
        "townhall_promise",
        sa.Column("commitment_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("hall_id", BIG_ID, nullable=False),
        sa.Column("question_id", BIG_ID, nullable=True),
        sa.Column("second", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_promise_by_id")),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["outcomes_commitment.id"], name=op.f("fk_townhall_promise_commitment_id")
        ),
        sa.ForeignKeyConstraint(["hall_id"], ["townhall_hall.id"], name=op.f("fk_townhall_promise_hall_id")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["townhall_question.id"], name=op.f("fk_townhall_promise_question_id")
        ),
        sa.PrimaryKeyConstraint("commitment_id", name=op.f("pk_townhall_promise")),
    )
    op.create_index(op.f("ix_townhall_promise_hall_id"), "townhall_promise", ["hall_id"], unique=False)
    op.create_index("ix_townhall_promise_question", "townhall_promise", ["question_id"], unique=False)
    op.create_table(
        "townhall_question_text",
        sa.Column("question_id", BIG_ID, nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts_account.id"], name=op.f("fk_townhall_question_text_by_id")),
        sa.ForeignKeyConstraint(
            ["question_id"], ["townhall_question.id"], name=op.f("fk_townhall_question_text_question_id")
        ),
        sa.PrimaryKeyConstraint("question_id", "rev", name=op.f("pk_townhall_question_text")),
    )
    op.create_table(
        "townhall_upvote",
        sa.Column("question_id", BIG_ID, nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["townhall_participant.id"], name=op.f("fk_townhall_upvote_participant_id")
        ),
        sa.ForeignKeyConstraint(["question_id"], ["townhall_question.id"], name=op.f("fk_townhall_upvote_question_id")),
        sa.PrimaryKeyConstraint("question_id", "participant_id", name=op.f("pk_townhall_upvote")),
    )
    op.create_index(
        "ix_townhall_upvote_participant", "townhall_upvote", ["participant_id", "question_id"], unique=False
    )
