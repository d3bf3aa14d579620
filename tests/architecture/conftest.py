"""One house as it is in service, to be looked at from all sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.concurrency import get_asyncio_executor, set_asyncio_executor

from app.core.settings import Settings
from app.main import House


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    settings = Settings.from_environment({}, database_url=f"sqlite:///{folder}/town.db", mail_url=f"file://{folder}")
    built = House(settings, jobs=False)
    yield built
    if get_asyncio_executor() is built.pool:
        set_asyncio_executor(None)
    built.close()
