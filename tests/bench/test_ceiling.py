from typing import Any

import pytest

from app.commands import serving
from bench import ceiling


def test_the_ceiling_is_served_as_the_site_is(monkeypatch: pytest.MonkeyPatch):
    """A setting that only one of them has would make the ratio between them meaningless."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda app, **settings: seen.update(settings))
    monkeypatch.setenv("TOWNSQUARE_SERVE_JOBS", "")
    serving.run_server("127.0.0.1", 8000, 1, jobs=False)
    own = {"factory", "host", "port", "workers"}
    assert {name: value for name, value in seen.items() if name not in own} == ceiling.UVICORN
