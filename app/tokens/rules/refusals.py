"""Why a program may not come in. A program is told what is wrong with what it showed, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.errors import Forbidden, Refusal
from app.core.i18n import _


class NoToken(Refusal):
    status = 401
    code = "token-missing"
    title = _("Show a token")
    message = _("Send the department's token in the header Authorization: Bearer tsq_…. Cookies do not count here.")
    #: RFC 6750: what a challenge says besides; nothing where no token was shown
    challenge = ""

    @property
    def headers(self) -> Mapping[str, str]:
        return {"www-authenticate": 'Bearer realm="townsquare"' + self.challenge}


class TokenUnknown(NoToken):
    code = "token-unknown"
    title = _("Nobody knows this token")
    message = _("It is mistyped, cut off, or of another site. Nothing was changed.")
    challenge = ', error="invalid_token", error_description="unknown"'


class TokenExpired(NoToken):
    code = "token-expired"
    title = _("This token has expired")
    message = _("An administrator can issue another one. Nothing was changed.")
    challenge = ', error="invalid_token", error_description="expired"'


class TokenRevoked(NoToken):
    code = "token-revoked"
    title = _("This token was revoked")
    message = _("It will not work again. An administrator can issue another one. Nothing was changed.")
    challenge = ', error="invalid_token", error_description="revoked"'


class ScopeMissing(Forbidden):
    """``scope`` is the one that the token lacks."""

    code = "scope-missing"
    title = _("This token may not do that")
    message = _("It lacks the scope {scope}. An administrator can issue one that has it. Nothing was changed.")

    @property
    def headers(self) -> Mapping[str, str]:
        scope = self.values["scope"]
        return {"www-authenticate": f'Bearer realm="townsquare", error="insufficient_scope", scope="{scope}"'}
