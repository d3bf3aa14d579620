"""The page of open data, and the list of dumps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from litestar import Response, get

from app.accounts.guards import anyone
from app.core.text.sizes import in_words
from app.opendata.contribution import Dataset, Frequency
from app.opendata.jobs import KEY
from app.opendata.shelf import DumpedDataset, Manifest
from app.opendata.web.asked import Asking, offer

FRESH = 600.0


class Shown(NamedTuple):
    """A dataset, and what of it the newest dump holds."""

    dataset: Dataset
    dumped: DumpedDataset | None

    @property
    def is_live(self) -> bool:
        return self.dataset.frequency == Frequency.CONTINUOUS

    def size(self, ending: str) -> str:
        return in_words(self.dumped.file(ending).size) if self.dumped else ""


@get("/data", name="opendata.page", guards=[anyone], sync_to_thread=True)
def page(request: Asking) -> Response[bytes]:
    """Every dataset with what it is, how fresh, how large, in which formats; the licence; feeds."""
    found, state = offer(request), request.app.state
    newest = found.shelf.newest()
    response: Response[bytes] = state.pages.public(
        "opendata/data.html",
        keys=(KEY,),
        fresh_for=FRESH,
        datasets=_shown(found.datasets, newest),
        newest=newest,
        late=found.is_late(newest, state.clock.now()),
        by=found.publisher,
        feeds=found.feeds,
        canonical_url=f"{state.settings.base_url}/data",
    )
    return response


def _shown(datasets: Sequence[Dataset], newest: Manifest | None) -> list[Shown]:
    return [Shown(dataset, newest.dataset(dataset.key) if newest else None) for dataset in datasets]


@get("/data/dumps", name="opendata.dumps", guards=[anyone], sync_to_thread=True)
def dump_list(request: Asking) -> Response[bytes]:
    """Every dump that is kept, the newest with its files and their digests."""
    found, state = offer(request), request.app.state
    manifests = list(found.shelf.manifests())
    newest = manifests[0] if manifests else None
    response: Response[bytes] = state.pages.public(
        "opendata/dumps.html",
        keys=(KEY,),
        fresh_for=FRESH,
        dumps=manifests,
        newest=newest,
        titles={dataset.key: dataset.title for dataset in found.datasets},
        late=found.is_late(newest, state.clock.now()),
        keep_days=found.policy.keep_days,
    )
    return response


HANDLERS = [page, dump_list]
