"""Commands that add those who hold an office, and the departments they act for."""

from __future__ import annotations

import sys
from typing import Any

import click

from app.accounts import service as accounts
from app.accounts.model import Account
from app.accounts.rules.roles import STAFF_ROLES, Role
from app.commands.ground import Failure, house_of, prepare, read_settings
from app.departments import queries as departments
from app.departments import service as founding


@click.group()
def staff() -> None:
    """Staff accounts."""


@staff.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(sorted(role.value for role in STAFF_ROLES)))
@click.option("--department", default="", help="Slug of the department that an officer, or an official, acts for.")
@click.option("--name", default="")
@click.option("--password-stdin", is_flag=True, help="Take the password from standard input.")
def staff_add(email: str, role: str, department: str, name: str, password_stdin: bool) -> None:
    """Add somebody; prints a one-time link to set a password."""
    settings = read_settings()
    if role == Role.OFFICER and not department:
        raise Failure("A department-officer needs --department.", 2)
    if department and role not in founding.ACT_FOR_ONE:
        raise Failure("--department is for a department-officer or an official: nobody else has one.", 2)
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    prepare(settings)
    with house_of(settings) as house:

        def add(db: Any) -> str:
            now = house.clock.now()
            account = accounts.add_staff(db, email, role, name, by=None, now=now)
            _appoint(db, account, department, now)
            if password_stdin:
                accounts.set_password(db, account, password, house.passwords, now=now)
                return ""
            return accounts.password_link(db, account, now)

        token = house.database.retrying(add)
        click.echo(f"{role} {email} added.")
        if token:
            click.echo(f"Set the password within three days: {settings.base_url}/set-password/{token}")


@staff.command("link")
@click.argument("email")
def staff_link(email: str) -> None:
    """Print a new one-time link to set a password."""
    settings = read_settings()
    prepare(settings)
    with house_of(settings) as house:
        token = house.database.retrying(lambda db: accounts.new_password_link(db, email, house.clock.now()))
    if token is None:
        raise Failure(f"There is no staff account with the address {email}.", 2)
    click.echo(f"Set the password within three days: {settings.base_url}/set-password/{token}")


@click.group()
def department() -> None:
    """Departments."""


@department.command("add")
@click.argument("slug")
@click.argument("name")
def department_add(slug: str, name: str) -> None:
    """Found a department."""
    settings = read_settings()
    prepare(settings)
    with house_of(settings) as house:
        now = house.clock.now()
        house.database.retrying(lambda db: founding.found(db, slug, name, by=None, now=now))
    click.echo(f"Department {slug} added.")


def _appoint(db: Any, account: Account, slug: str, now: Any) -> None:
    if slug:
        found = departments.by_slug(db, slug)
        if found is None:
            raise Failure(f"There is no department {slug!r}: add it with `townsquare department add`.", 2)
        founding.appoint(db, account.id, found, by=None, now=now)


COMMANDS = [staff, department]
