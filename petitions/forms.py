"""The room's forms: fields of people and of petitions, read once for pages and API alike."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from app.accounts.rules.names import read_shown_name
from app.core.i18n import _
from app.core.people.addresses import Address, read_address
from app.core.people.names import read_name
from app.core.people.places import read_country, read_postcode
from app.core.web.forms import Form
from petitions.policy import PetitionPolicy
from petitions.rules.texts import read_action, read_background, read_details
from petitions.service import drafting

PRIVACY_VERSION = "1"
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{22,64}\Z")
_YES = frozenset({"true", "yes", "on", "1"})


@dataclass(frozen=True, slots=True)
class PersonFields:
    """Who signs or creates, checked."""

    name: str
    address: Address
    country: str
    postcode: str
    notify: bool
    privacy: str
    #: code of the area that was chosen, or empty; whether there is one, who stores it says
    area: str = ""


@dataclass(frozen=True, slots=True)
class TextFields:
    """What a petition says, checked."""

    action: str
    background: str
    additional_details: str


class PersonForm(Form):
    """``name`` (or ``creator_name``), ``email``, ``country``, ``postcode``, ``area``, ``notify``, ``eligible``, ``privacy``."""

    name_field = "name"

    def person(self, policy: PetitionPolicy, home_country: str) -> PersonFields | None:
        """The checked fields, or None with every fault in ``errors``."""
        name = self.read(self.name_field, self.read_name)
        address = self.read("email", read_address)
        country = self.read("country", read_country)
        postcode = ""
        if policy.postcode == "home" and country == home_country:
            postcode = self.read("postcode", lambda text: read_postcode(text, home_country, home_country)) or ""
        if not is_yes(self.get("eligible")):
            self.refuse("eligible", _("Tick the box to say that you may sign petitions here."))
        if self.get("privacy") != PRIVACY_VERSION:
            self.refuse("privacy", _("The privacy notice has changed. Load the form again and read it."))
        if self.errors or name is None or address is None or country is None:
            return None
        notify, area = is_yes(self.get("notify")), self.get("area").strip() if country == home_country else ""
        return PersonFields(name, address, country, postcode, notify, PRIVACY_VERSION, area)

    def read_name(self, text: str) -> str:
        """A signer's is seen by nobody: whatever a person may be called."""
        return read_name(text)


class CreatorForm(PersonForm):
    name_field = "creator_name"

    def read_name(self, text: str) -> str:
        """The creator's stands beside the petition."""
        return read_shown_name(text)


def read_texts(form: Form) -> TextFields | None:
    """The three texts of a petition, or None with every fault in ``form.errors``."""
    action = form.read("action", read_action)
    background = form.read("background", read_background)
    details = form.read("additional_details", read_details)
    if action is None or background is None or details is None:
        return None
    return TextFields(action, background, details)


def draft_of(
    texts: TextFields, person: PersonFields, submission: str, client: str = "", area: str | None = None
) -> drafting.Draft:
    """What the service stores, from checked fields; ``area`` as the creator is counted for it."""
    return drafting.Draft(
        action=texts.action,
        background=texts.background,
        additional_details=texts.additional_details,
        creator_name=person.name,
        address=person.address,
        country=person.country,
        postcode=person.postcode,
        notify=person.notify,
        privacy=person.privacy,
        submission_id=_sent_as(submission, texts, person),
        client=client,
        area=area,
    )


def _sent_as(submission: str, texts: TextFields, person: PersonFields) -> str:
    """The same for every click on a form; another once it says something else, lest a correction be taken for a click.

    Whoever goes back from "we sent a letter" to mend a mistyped address sends the same random id.
    """
    if not _SUBMISSION.match(submission):
        return secrets.token_urlsafe(24)
    return hashlib.sha256(repr((submission, texts, person)).encode()).hexdigest()


def is_yes(text: str) -> bool:
    return text.strip().lower() in _YES


def words_only(values: Mapping[str, object]) -> dict[str, str]:
    """JSON values as a form would have sent them."""
    return {k: ("true" if v else "") if isinstance(v, bool) else str(v) for k, v in values.items() if v is not None}
