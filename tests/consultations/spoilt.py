"""How each line of ``verify`` about consultations is made to speak: (line, what spoils it, what it names)."""

from __future__ import annotations

FIGURES = (
    "INSERT INTO consultations_figures (consultation_id, roll_id, responses, left_out, small, questions, at) "
    "SELECT consultation_id, id, {responses}, 0, 5, '{questions}', at FROM consultations_roll"
)
TWO = (
    '[{"id": 2, "number": 1, "text": "", "tables": [{"caption": "", "rows": ["Yes"], "columns": [], '
    '"cells": [[2]], "row_people": [null], "people": null}]}]'
)
SPOILT = [
    (
        "Published figures are of the roll and of no few people",
        FIGURES.format(responses=4, questions="[]"),
        "count more than its roll",
    ),
    (
        "Published figures are of the roll and of no few people",
        FIGURES.format(responses=3, questions=TWO),
        "tell of fewer than 5 people",
    ),
    (
        "Responses to consultations are counted exactly",
        "UPDATE consultations_consultation SET response_count = response_count + 1",
        "shows 4 (0 late), has 3",
    ),
    (
        "Responses to consultations are counted exactly",
        "UPDATE consultations_consultation SET late_count = 1",
        "(1 late)",
    ),
    (
        "Responses to consultations have all their versions",
        "DELETE FROM consultations_response_version",
        "lacks a version",
    ),
    (
        "Responses that count are those of the published rolls",
        "UPDATE consultations_roll SET total = total + 1",
        "is not what was written",
    ),
    (
        "Responses that count are those of the published rolls",
        "UPDATE consultations_response SET state = 'rejected';"
        "UPDATE consultations_published_response SET ended_at = at, answers = '{}';UPDATE consultations_consultation SET response_count = 0",
        "lacks 3 responses",
    ),
    (
        "Nothing is published of a response without consent",
        "UPDATE consultations_published_batch SET undone_at = at",
        "though its batch was taken back",
    ),
    (
        "Nothing is published of a response without consent",
        "UPDATE consultations_response SET consent = 'anonymous'",
        "against its writer's wish",
    ),
    (
        "Draft texts have all their versions and clauses",
        "UPDATE consultations_text SET version = version + 1",
        "lacks a version",
    ),
    (
        "Draft texts have all their versions and clauses",
        "DELETE FROM consultations_clause_source;DELETE FROM consultations_clause_version WHERE place = 1",
        "clause",
    ),
]
