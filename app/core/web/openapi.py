"""What the description of the API says of the whole; each call says its own."""

from __future__ import annotations

from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, License, SecurityScheme

from app import __version__
from app.core.settings import Settings


def described(settings: Settings, cookie: str) -> OpenAPIConfig:
    """``cookie``: the name of the one that holds a session."""
    return OpenAPIConfig(
        title=settings.site_name,
        version=__version__,
        description=(
            "Read what people ask and what departments answer; start petitions, sign and confirm; answer for a "
            "department with a token. Errors are RFC 9457 problems."
        ),
        components=Components(
            security_schemes={
                "departmentToken": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="tsq_…",
                    description="A department's token with the scope that is named. Administrators issue them.",
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name=cookie,
                    security_scheme_in="cookie",
                    description="The session of somebody who is signed in, sent by their browser from this site.",
                ),
            }
        ),
        contact=Contact(email=settings.contact_email) if "@" in settings.contact_email else None,
        license=License(name="MIT", identifier="MIT"),
        path="/schema-is-served-at-openapi.json",
        render_plugins=[JsonRenderPlugin()],  # without one, Litestar shows browsers that load foreign scripts
        use_handler_docstrings=True,
    )
