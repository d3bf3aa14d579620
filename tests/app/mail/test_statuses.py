"""What servers' codes say of a mailbox."""

from __future__ import annotations

import pytest

from app.mail.statuses import Weight, blames_mailbox, exact_status, status_in, weigh


@pytest.mark.parametrize("status", ["5.1.1", "5.1.10", "5.0.0", "5.2.1", "5.4.4", "5.1.2"])
def test_no_letter_will_ever_arrive(status: str):
    assert weigh(status) is Weight.HARD


@pytest.mark.parametrize(
    "status", ["4.2.2", "5.2.2", "5.7.1", "5.7.26", "5.1.8", "5.6.0", "5.4.7", "2.0.0", "", "what"]
)
def test_about_us_the_letter_or_the_day(status: str):
    assert weigh(status) is Weight.SOFT


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("550 5.1.1 <omar@example.org>: Recipient address rejected", "5.1.1"),
        ("5.1.1 The email account does not exist\n5.1.1 https://mail.example/", "5.1.1"),
        ("550-5.1.10", "5.1.10"),
        ("refused by 5.1.1.1", ""),
        ("from 10.5.1.1", ""),
        ("550 no such user", ""),
    ],
)
def test_the_code_in_a_servers_words(words: str, status: str):
    assert status_in(words) == status


@pytest.mark.parametrize(
    ("status", "diagnosis", "exact"),
    [
        ("5.1.1", "smtp; 550 5.7.1 other", "5.1.1"),
        ("5.1.1 (bad destination mailbox address)", "", "5.1.1"),
        ("5.0.0", "smtp; 550 5.1.1 unknown", "5.1.1"),
        ("5.0.0", "smtp; 550 5.7.1 blocked", "5.7.1"),
        ("5.0.0", "smtp; 552 over quota", "5.2.2"),
        ("5.0.0", "smtp; 550 unknown user", "5.0.0"),
        ("4.0.0", "smtp; 550 5.1.1 unknown", "4.0.0"),
        ("", "smtp; 550 unknown user", "5.0.0"),
        ("", "smtp; 451 later", "4.0.0"),
        ("", "", ""),
    ],
)
def test_a_report_that_says_no_more_than_the_class_is_read_further(status: str, diagnosis: str, exact: str):
    assert exact_status(status, diagnosis) == exact


def test_only_a_missing_address_counts_while_a_letter_is_handed_over():
    assert [s for s in ("5.1.1", "5.1.8", "5.2.1", "5.7.1", "4.1.1", "") if blames_mailbox(s)] == ["5.1.1"]
