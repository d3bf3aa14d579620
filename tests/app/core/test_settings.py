"""An operator's environment is read once: what is wrong is named, what is weak is refused in production, secrets stay secret."""

from __future__ import annotations

from dataclasses import fields

import pytest

from app.core.settings import DEVELOPMENT_SECRET, PREFIX, BadSettings, Settings

SECRET = "0123456789abcdef0123456789abcdef"
PRODUCTION = {"MODE": "production", "SECRET_KEY": SECRET, "BASE_URL": "https://town.example"}


def read(**given: str) -> Settings:
    return Settings.from_environment({PREFIX + name: value for name, value in given.items()})


def faults(**given: str) -> list[str]:
    with pytest.raises(BadSettings) as wrong:
        read(**given)
    return wrong.value.faults


def test_a_developer_needs_to_set_nothing() -> None:
    settings = Settings.from_environment({})
    assert settings.mode == "development"
    assert (settings.rate_limits, settings.staff_second_factor) == ("off", "off")
    assert settings.is_sqlite
    assert settings.shows_letters
    assert not settings.secure


def test_a_sound_production_starts_with_every_control_on() -> None:
    settings = read(**PRODUCTION)
    assert (settings.rate_limits, settings.staff_second_factor) == ("on", "required")
    assert settings.secure
    assert not settings.shows_letters
    assert settings.origin == "https://town.example"


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", DEVELOPMENT_SECRET),
        ("SECRET_KEY", SECRET[:-1]),
        ("BASE_URL", "http://town.example"),
        ("BASE_URL", ""),
        ("RATE_LIMITS", "off"),
        ("STAFF_SECOND_FACTOR", "off"),
        ("DEBUG", "1"),
        ("DEBUG", "true"),
    ],
)
def test_production_refuses_each_weak_setting_and_names_it(name: str, weak: str) -> None:
    found = faults(**PRODUCTION | {name: weak})
    assert len(found) == 1
    assert found[0].startswith(f"{PREFIX}{name}:")
    assert SECRET[:-1] not in found[0], "a secret has no place in a message"


def test_production_names_all_that_is_weak_at_once() -> None:
    found = faults(MODE="production", RATE_LIMITS="off", STAFF_SECOND_FACTOR="off", DEBUG="yes")
    assert {f.partition(":")[0].removeprefix(PREFIX) for f in found} == {
        "SECRET_KEY",
        "BASE_URL",
        "RATE_LIMITS",
        "STAFF_SECOND_FACTOR",
        "DEBUG",
    }


@pytest.mark.parametrize("weak", ["RATE_LIMITS", "STAFF_SECOND_FACTOR"])
def test_the_same_may_be_off_elsewhere(weak: str) -> None:
    for mode in ("demo", "development"):
        assert read(MODE=mode, **{weak: "off"}).mode == mode


@pytest.mark.parametrize("off", ["", "0", "off", "false", "False"])
def test_debug_that_is_off_stops_no_production(off: str) -> None:
    assert read(**PRODUCTION, DEBUG=off).mode == "production"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("MODE", "prod"),
        ("TIME_ZONE", "Europe/Londn"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("BASE_URL", "town.example"),
        ("BASE_URL", "ftp://town.example"),
        ("BASE_URL", "https://"),
        ("DATABASE_URL", "mysql://town"),
        ("MAIL_URL", "sendmail"),
        ("RATE_LIMITS", "sometimes"),
        ("PAGE_CACHE", "yes"),
        ("STAFF_SECOND_FACTOR", "optional"),
        ("THREADS", "many"),
        ("THREADS", "0"),
        ("THREADS", "-1"),
        ("THREADS", "2.5"),
        ("INTAKE_BATCH", """ 0 """),
        ("FORM_MAX_BYTES", "64k"),
        ("FILES_MOST_MB", "0"),
        ("FILES_MOST_MB", "10 MB"),
        ("FILES_CLAMD", "localhost"),
        ("FILES_CLAMD", "clamd.ctl"),
        ("FILES_CLAMD", "http://localhost:3310"),
        ("FILES_CLAMD", "localhost:port"),
        ("INTAKE_WAIT_MS", "five"),
        ("INTAKE_WAIT_MS", "nan"),
        ("INTAKE_WAIT_MS", "-5"),
        ("INTAKE_BACKLOG_SECONDS", "inf"),
        ("INTAKE_BACKLOG_SECONDS", "nan"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, wrong: str) -> None:
    found = faults(**{name: wrong})
    assert len(found) == 1
    assert found[0].startswith(f"{PREFIX}{name}:")


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:3310", "clamd.internal:3310", "[::1]:3310", "/run/clamav/clamd.ctl"]
)
def test_a_virus_scanner_is_a_host_with_its_port_or_a_socket(address: str) -> None:
    assert read(FILES_CLAMD=address).files_clamd == address


def test_two_unreadable_settings_are_named_together() -> None:
    found = faults(THREADS="many", INTAKE_BATCH="none")
    assert len(found) == 2


def test_settings_of_other_programs_are_not_read() -> None:
    settings = Settings.from_environment({"MODE": "production", "PATH": "/bin", "TOWNSQUARE_SITE_NAME": "Ourtown"})
    assert (settings.mode, settings.site_name) == ("development", "Ourtown")
    assert set(settings.environment) == {"TOWNSQUARE_SITE_NAME"}


def test_a_room_reads_its_own_section_only() -> None:
    settings = read(PETITIONS_RESPONSE_AT="10", PETITIONS_POSTCODE="", OUTCOMES_ANSWER_DAYS="28", SECRET_KEY=SECRET)
    assert settings.section("petitions") == {"response_at": "10"}
    assert settings.section("outcomes") == {"answer_days": "28"}


def test_addresses_end_without_a_slash() -> None:
    assert read(BASE_URL="https://town.example/").base_url == "https://town.example"


def test_rooms_are_a_list() -> None:
    assert read(ROOMS="petitions, townhall,").rooms == ("petitions", "townhall")


SECRETS = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://town:hunter2@db.example/town?sslmode=require",
    "MAIL_URL": "smtps://town%40example.org:hunter3%21@mail.example:465",
    "REDIS_URL": "redis://:hunter4@redis.example/0",
    "METRICS_TOKEN": "hunter5",
}


def test_the_effective_settings_show_no_secret() -> None:
    shown = read(**SECRETS).shown()
    everything = " ".join(shown.values())
    for secret in (SECRET, "hunter2", "hunter3", "hunter4", "hunter5"):
        assert secret not in everything
    assert shown["TOWNSQUARE_DATABASE_URL"] == "postgresql://town:…@db.example/town?sslmode=require"
    assert shown["TOWNSQUARE_MAIL_URL"] == "smtps://town%40example.org:…@mail.example:465"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example/town?user=town&password=hunter2",
        "postgresql:///town?host=/run/postgresql&password=hunter2&sslpassword=hunter2",
    ],
)
def test_a_password_at_the_end_of_an_address_is_no_more_shown(url: str) -> None:
    assert "hunter2" not in read(DATABASE_URL=url).shown()["TOWNSQUARE_DATABASE_URL"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEST_POSTGRES_URL", "postgresql://postgres:hunter2@127.0.0.1/postgres"),
        ("FILES_SECRET_KEY", "hunter2"),
        ("SECRETKEY", "hunter2"),
        ("FILES_TOKEN", "hunter2"),
        ("SMS_PASSWORD", "hunter2"),
    ],
)
def test_a_secret_under_a_name_we_do_not_know_is_not_shown_either(name: str, value: str) -> None:
    shown = read(**{name: value}).shown()
    assert PREFIX + name in shown, "a misspelt name must be seen"
    assert "hunter2" not in shown[PREFIX + name]


def test_every_setting_is_shown_with_its_value() -> None:
    shown = read(PETITIONS_RESPONSE_AT="10", THREADS="8").shown()
    assert set(shown) == {PREFIX + f.name.upper() for f in fields(Settings) if f.name != "environment"} | {
        "TOWNSQUARE_PETITIONS_RESPONSE_AT"
    }
    assert shown["TOWNSQUARE_THREADS"] == "8"
    assert shown["TOWNSQUARE_PETITIONS_RESPONSE_AT"] == "10"
    assert shown["TOWNSQUARE_DATABASE_URL"] == "sqlite:///var/townsquare.db"


def test_nobody_prints_the_environment_by_accident() -> None:
    assert "hunter2" not in repr(read(SMS_PASSWORD="hunter2"))
