"""Places as questions write them (well-known text) and as entities state them (GeoJSON)."""

import json
import re
from functools import lru_cache
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry

MOST_LONG = 8_000


@lru_cache(maxsize=256)
def read(text: str) -> BaseGeometry:
    """Read well-known text; errors: ValueError with a sentence."""
    text = re.sub(r"^\s*SRID\s*=\s*4326\s*;", "", text, flags=re.IGNORECASE)
    try:
        found = shapely.from_wkt(text)
    except shapely.errors.GEOSException as fault:
        raise ValueError(f"write a place as well-known text, not {text[:40]!r}") from fault
    return cast(BaseGeometry, found)


@lru_cache(maxsize=4_096)
def _of_json(text: str) -> BaseGeometry | None:
    try:
        return cast(BaseGeometry, shapely.from_geojson(text))
    except shapely.errors.GEOSException:
        return None


def of(value: Any) -> BaseGeometry | None:
    """Return the place a value states, if it states one."""
    if isinstance(value, BaseGeometry):
        return value
    if isinstance(value, dict):
        return _of_json(json.dumps(value.get("geometry") or value))
    return None
