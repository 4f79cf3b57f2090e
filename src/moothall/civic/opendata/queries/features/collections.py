"""Which datasets are collections of features: the open ones that say where things are."""

from dataclasses import dataclass
from datetime import datetime

from moothall.civic.opendata.queries import datasets, finding, tables
from moothall.civic.opendata.queries.datasets import Dataset, UnableToFindDataset
from moothall.civic.opendata.queries.features.frames import Frame, get_frame
from moothall.civic.opendata.queries.tables import UnableToFindTable

OURS = frozenset({"feed", "kind", "table"})
"""Sources of datasets whose rows are here: what is harvested is held elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A dataset, and its features as they stand."""

    dataset: Dataset
    frame: Frame

    @property
    def name(self) -> str:
        """Its name in an address: the dataset's."""
        return self.dataset.name


def may_be_placed(dataset: Dataset) -> bool:
    """Say whether a dataset may tell where things are; of a feed, only its data say."""
    return dataset.source in OURS and "geojson" in dataset.formats


def list_collections(now: datetime) -> tuple[Collection, ...]:
    """Return every collection of the city, by title."""
    found = (
        Collection(dataset=one, frame=get_frame(one, now))
        for one in finding.get_shelf(now).datasets
        if may_be_placed(one)
    )
    return tuple(one for one in found if one.dataset.source != "feed" or len(one.frame))


def get_collection(name: str, now: datetime) -> Collection:
    """Return one collection.

    Errors:  UnableToFindDataset with those that sound like it; TableWithdrawn.
    """
    dataset = _find(name, now)
    if dataset is None or not may_be_placed(dataset):
        placed = [one.name for one in finding.get_shelf(now).datasets if may_be_placed(one)]
        raise UnableToFindDataset(name, datasets.suggest(name, tuple(placed)))
    return Collection(dataset=dataset, frame=get_frame(dataset, now))


def _find(name: str, now: datetime) -> Dataset | None:
    # What officers withdraw is gone at once: the shelf may be a minute behind them.
    if name.startswith("table."):
        try:
            return datasets.tabled(tables.get_published(name), now)
        except UnableToFindTable:
            return None
    listed = finding.get_shelf(now)
    place = listed.numbers.get(f"/data/{name}/")
    return None if place is None else listed.datasets[place]
