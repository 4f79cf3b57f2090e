"""Positions moved between reference systems: there and back, and beyond what a system can say."""

import numpy as np
import pytest

from moothall.standards.ogcapi import crs
from moothall.standards.ogcapi.crs import BRITISH, CRS84, MERCATOR, WGS84


@pytest.mark.parametrize("system", [WGS84, BRITISH, MERCATOR])
def test_what_is_moved_there_and_back_is_where_it_was(system):
    lon, lat = np.meshgrid(np.linspace(-6, 2, 30), np.linspace(50, 59, 30))
    x, y = crs.move(lon.ravel(), lat.ravel(), CRS84, system)
    there = crs.move(x, y, system, CRS84)
    # A ten-millionth of a degree is a centimetre.
    assert np.abs(np.array(there) - [lon.ravel(), lat.ravel()]).max() < 1e-7


def test_the_surveys_own_points_are_within_five_metres():
    """Test points of the transformation OSTN15, which is exact: Caister and St Mary's."""
    x, y = crs.move(
        np.array([1.716073973, -6.299777520]),
        np.array([52.658007833, 49.922263937]),
        CRS84,
        BRITISH,
    )
    off = np.hypot(x - [651_409.804, 91_492.146], y - [313_177.450, 11_318.804])
    assert (off < 5).all()
    assert BRITISH.accuracy_m >= 5


def test_what_a_system_cannot_say_is_infinite():
    x, _ = crs.move(np.array([-1.5, 400.0]), np.array([53.8, 95.0]), CRS84, BRITISH)
    assert np.isfinite(x).tolist() == [True, False]
