"""A score is a whole number with a reason for each point lost; nothing bad ever raises it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.rules import quality
from moothall.civic.opendata.rules.quality import RULES, WEIGHTS, Measured, Standing, score
from moothall.values.observations import Mender

GOOD = Measured(
    told={"title": True, "summary": True},
    by=Mender.PUBLISHER,
    open_licence=True,
    standing=Standing.KEPT,
    rows=1000,
    missing=0,
    cells=5000,
    faults={},
    looked_at=1000,
    columns=5,
    columns_told=5,
    forms=frozenset({"csv"}),
    codes=1,
    links=1,
    addressed=True,
    places=1000,
    bad_places=0,
)
counts = st.integers(0, 10**7)
maybe = st.none() | counts


@st.composite
def measured(draw):
    """Anything that might be counted."""
    cells, columns = draw(counts), draw(st.integers(0, 2000))
    return Measured(
        told=draw(st.dictionaries(st.sampled_from(["title", "theme", "contact"]), st.booleans())),
        by=draw(st.sampled_from(Mender)),
        open_licence=draw(st.none() | st.booleans()),
        standing=draw(st.sampled_from(Standing)),
        rows=draw(counts),
        missing=draw(st.none() | st.integers(0, cells)),
        cells=cells,
        faults=draw(
            st.none()
            | st.dictionaries(
                st.tuples(st.sampled_from(list(WEIGHTS)), st.sampled_from(Mender)), counts
            )
        ),
        looked_at=draw(counts),
        columns=columns,
        columns_told=draw(st.integers(0, columns)),
        forms=draw(st.frozensets(st.sampled_from(["csv", "xlsx", "pdf", "json"]))),
        codes=draw(maybe),
        links=draw(maybe),
        addressed=draw(st.booleans()),
        places=draw(maybe),
        bad_places=draw(maybe),
    )


def test_the_rules_hold_a_hundred_points():
    assert sum(points for _, points, _ in RULES) == 100
    assert score(GOOD).points == 100
    assert score(GOOD).reasons == ()
    assert score(GOOD).stars.count == 5


@given(measured())
def test_every_point_lost_has_a_reason_and_somebody_to_mend_it(one):
    found = score(one)
    assert 0 <= found.points <= 100
    assert found.points == 100 - sum(part.lost for part in found.parts)
    for part in found.parts:
        assert 0 <= part.lost <= part.points
        assert bool(part.reason) == (part.mender is not None)
        assert part.reason or not part.lost
    assert score(one) == found


@given(measured(), st.sampled_from(list(WEIGHTS)), st.sampled_from(Mender), st.integers(1, 10**6))
def test_another_fault_never_raises_a_score(one, severity, mender, more):
    faults = dict(one.faults or {})
    before = score(replace(one, faults=faults)).points
    faults[severity, mender] = faults.get((severity, mender), 0) + more
    assert score(replace(one, faults=faults)).points <= before


@given(measured(), st.integers(1, 1000))
def test_a_cell_or_a_place_that_is_lost_never_raises_a_score(one, more):
    if one.missing is not None and one.missing + more <= one.cells:
        assert score(replace(one, missing=one.missing + more)).points <= score(one).points
    if one.places and one.bad_places is not None:
        worse = replace(one, bad_places=one.bad_places + more)
        assert score(worse).points <= score(one).points


@given(measured())
def test_a_description_that_says_more_never_lowers_a_score(one):
    told = dict.fromkeys(one.told, True)
    assert score(replace(one, told=told)).points >= score(one).points
    assert score(replace(one, columns_told=one.columns)).points >= score(one).points


@pytest.mark.parametrize(
    ("change", "lost", "reason", "mender"),
    [
        ({"told": {"title": True, "theme": False}}, 6, "not-told", Mender.PUBLISHER),
        ({"open_licence": None}, 12, "no-licence", Mender.PUBLISHER),
        ({"open_licence": False}, 12, "not-open", Mender.PUBLISHER),
        ({"standing": Standing.LATE, "late_by": Mender.US}, 16, "late", Mender.US),
        ({"standing": Standing.SIMULATED}, 16, "simulated", Mender.US),
        ({"standing": Standing.UNPROMISED}, 6, "unpromised", Mender.PUBLISHER),
        ({"rows": 0}, 12, "no-rows", Mender.PUBLISHER),
        ({"missing": 2500}, 6, "missing-cells", Mender.PUBLISHER),
        ({"missing": None}, 6, "unknown", Mender.US),
        ({"columns_told": 0}, 10, "columns-untold", Mender.PUBLISHER),
        ({"forms": frozenset({"xlsx"})}, 5, "owned-form", Mender.PUBLISHER),
        ({"forms": frozenset({"pdf"})}, 10, "no-form", Mender.PUBLISHER),
        ({"codes": 0}, 6, "no-codes", Mender.PUBLISHER),
        ({"bad_places": 500}, 3, "bad-places", Mender.PUBLISHER),
    ],
)
def test_each_rule_takes_its_points_for_its_own_reason(change, lost, reason, mender):
    found = score(replace(GOOD, **change))
    assert found.points == 100 - lost
    assert [(part.reason, part.mender) for part in found.reasons] == [(reason, mender)]


def test_ten_errors_in_a_hundred_rows_leave_nothing_and_a_remark_hardly_anything():
    error, info = (next(iter(WEIGHTS)), Mender.PUBLISHER), (list(WEIGHTS)[-1], Mender.US)
    assert score(replace(GOOD, faults={error: 100})).points == 84
    assert score(replace(GOOD, faults={error: 10**6})).points == 84
    remarked = score(replace(GOOD, faults={info: 1}))
    assert remarked.points == 100
    assert [part.reason for part in remarked.reasons] == ["faults"]


@pytest.mark.parametrize(
    ("change", "stars", "wanted"),
    [
        ({"open_licence": None}, 0, "licence"),
        ({"forms": frozenset({"pdf"})}, 1, "structure"),
        ({"forms": frozenset({"xlsx"})}, 2, "open-form"),
        ({"addressed": False}, 3, "addresses"),
        ({"links": 0}, 4, "links"),
    ],
)
def test_a_star_is_earned_only_upon_those_before_it(change, stars, wanted):
    found = score(replace(GOOD, **change)).stars
    assert (found.count, found.wanted) == (stars, wanted)


def test_every_score_lies_in_one_band():
    assert [quality.band(points) for points in (100, 90, 89, 75, 50, 49, 0)] == [
        *("90", "90", "75", "75", "50", "0", "0")
    ]
