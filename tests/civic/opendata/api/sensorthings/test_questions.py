"""Questions of SensorThings: what is chosen, by the lake and by the plain rules alike."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.civic.opendata.api.sensorthings.conftest import GRID, RAIN, ROOT
from tests.civic.opendata.conftest import NOW

from moothall.civic.opendata.queries.sensorthings import layout, moments
from moothall.standards.sensorthings import evaluation, filters, times
from moothall.standards.sensorthings.model import ENTITIES

pytestmark = pytest.mark.django_db
LEVEL, STATE = "probe.aire.level_m", "probe.aire.state"


def ids(body):
    return [one["@iot.id"] for one in body["value"]]


@pytest.mark.parametrize(
    ("set_", "asked", "found"),
    [
        ("Things", "name eq 'Calder & Co'", ["probe.calder"]),
        ("Things", "properties/id eq 'C 1/2'", ["probe.calder"]),
        ("Things", "id in ('probe.aire', 'probe.x')", ["probe.aire"]),
        ("Things", "Datastreams/unitOfMeasurement/symbol eq 'mm'", ["probe.calder"]),
        ("Things", "not startswith(name, 'River')", ["probe.calder", "probe.grid"]),
        (
            "Things",
            "st_within(Locations/location, geography'POLYGON ((-1.6 53,-1.4 53,-1.4 54,-1.6 54,"
            "-1.6 53))')",
            ["probe.aire"],
        ),
        (
            "Locations",
            "geo.distance(location, geography'POINT (-1.7 53.7)') lt 0.01",
            ["probe.calder"],
        ),
        ("Things", "Datastreams/Observations/result gt 9", ["probe.calder"]),
        (
            "Things",
            "Datastreams/Observations/result gt 9 and name eq 'Calder & Co'"
            " and Datastreams/Observations/phenomenonTime lt 2026-01-05T07:30:00Z",
            [],
        ),
        ("Datastreams", "Observations/result eq 'it''s'", [GRID]),
        ("Datastreams", "phenomenonTime gt 2026-01-05T11:00:00Z", [STATE, GRID]),
        ("Datastreams", "ObservedProperty/name eq 'rainfall' or Thing/id eq 'x'", [RAIN]),
        ("Datastreams", "year(phenomenonTime) eq 2025", []),
        ("FeaturesOfInterest", "Observations/result gt 9", ["probe.calder"]),
        ("Sensors", "Datastreams/Thing/name eq 'Calder & Co'", ["probe.readings.32e3ad2b"]),
    ],
)
def test_entities_are_chosen_by_what_they_are_and_by_what_they_lead_to(ask, set_, asked, found):
    got = ids(ask(set_, filter=asked))
    assert [one[:14] for one in got] == [one[:14] for one in found]


QUESTIONS = (
    "result gt 1.5",
    "result eq 'High'",
    "result ne 'High'",
    "result eq null",
    "result ne null",
    "not result gt 1.5",
    "result in (1.0, 'low', 2.5)",
    "1.5 lt result and result le 2",
    "result mul 2 sub 1 gt 2.8",
    "result div 0 eq 1",
    "result mod 0.5 lt 0.1 and result gt 0",
    "-result lt -9",
    "round(result) eq 2",
    "floor(result) eq 2 or ceiling(result) eq 1",
    "tolower(result) eq 'high'",
    "toupper(result) eq 'LOW' or length(result) eq 4",
    "substringof('ig', result) or startswith(result, 'l') or endswith(result, 's')",
    "contains(result, 'gh')",
    "indexof(result, 'w') eq 2",
    "substring(result, 1) eq 'ow'",
    "substring(result, 1, 1) eq 'i'",
    "concat(result, '!') eq 'low!'",
    "trim(result) eq 'low'",
    "phenomenonTime ge 2026-01-05T11:00:00Z",
    "phenomenonTime gt 2026-01-05T11:00:00Z",
    "phenomenonTime lt 2026-01-05T08:00:00Z",
    "phenomenonTime le 2026-01-05T08:00:00Z",
    "phenomenonTime eq 2026-01-05T12:00:00Z",
    "phenomenonTime ne 2026-01-05T12:00:00Z",
    "phenomenonTime eq 2026-01-05T11:00:00Z/2026-01-05T12:00:00Z",
    "resultTime ge 2026-01-05T11:00:00+01:00",
    "before(phenomenonTime, 2026-01-05T09:00:00Z)",
    "after(phenomenonTime, 2026-01-05T09:00:00Z/2026-01-05T10:00:00Z)",
    "during(phenomenonTime, 2026-01-05T09:00:00Z/PT2H)",
    "during(resultTime, 2026-01-05T09:00:00Z/2026-01-05T10:00:00Z)",
    "overlaps(phenomenonTime, 2026-01-05T09:30:00Z/2026-01-05T09:40:00Z)",
    "meets(phenomenonTime, 2026-01-05T08:00:00Z/2026-01-05T09:00:00Z)",
    "starts(phenomenonTime, 2026-01-05T08:00:00Z/2026-01-05T09:30:00Z)",
    "finishes(phenomenonTime, 2026-01-05T08:00:00Z/2026-01-05T09:00:00Z)",
    "year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 1",
    "day(phenomenonTime) eq 4 and hour(phenomenonTime) lt 14",
    "minute(phenomenonTime) eq 15 or second(phenomenonTime) gt 5",
    "fractionalseconds(phenomenonTime) gt 0",
    "date(phenomenonTime) eq 2026-01-04",
    "time(phenomenonTime) eq 12:00:00",
    "totaloffsetminutes(phenomenonTime) eq 0",
    "phenomenonTime gt now() sub duration'PT1H'",
    "phenomenonTime add duration'PT1H' gt 2026-01-05T12:30:00Z",
    "phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime()",
    "resultQuality eq 'good'",
    "parameters/origin eq 'replayed'",
    "parameters/other eq null",
    "validTime eq null",
    "result gt 'a'",
    "result gt phenomenonTime",
    "id eq 'probe.grid.share@2026-01-05T11:59:58.500000Z'",
    "Datastream/Thing/name eq 'The grid'",
    "Datastream/id eq 'probe.aire.state' or result gt 9",
    "FeatureOfInterest/id eq 'probe.calder' and result gt 2.5",
    "not (Datastream/unitOfMeasurement/symbol eq 'm') and not (result gt 5)",
    "st_within(FeatureOfInterest/feature, geography'POINT (-1.7 53.7)')",
    "Datastream/Observations/result eq 'low' and result eq 'High'",
    "true",
    "false or result eq 10",
)


@pytest.mark.parametrize("asked", QUESTIONS)
def test_the_lake_and_the_plain_rules_choose_the_same_observations(ask, city, asked):
    found = ids(ask("Observations", filter=asked, top=1000))
    moment = moments.moment(root="", now=NOW)
    rows = [
        row
        for key in (LEVEL, STATE, RAIN, GRID)
        for row in city.list_observations(
            key, from_at=NOW - timedelta(days=9), until_at=NOW + timedelta(days=1)
        )
    ]
    expression = filters.read_filter(asked)
    if "now()" in asked:
        assert found == []
        return
    if "Datastream/Observations" in asked:
        assert found == ["probe.grid.share@2026-01-05T11:58:58.500000Z"]
        return
    test = evaluation.condition(expression, now=NOW)

    def look_at(row):
        def look(steps):
            if steps[0] == "Datastream":
                return moment.look(moment.get("Datastreams", row.series), steps[1:])
            if steps[0] == "FeatureOfInterest":
                thing = row.series.rpartition(".")[0]
                return moment.look(moment.get("FeaturesOfInterest", thing), steps[1:])
            value = layout.observed(row, steps[0])
            if steps[0] in {"phenomenonTime", "resultTime"}:
                return times.read_span(value)
            return value.get(steps[1]) if len(steps) > 1 else value

        return look

    assert found == [layout.observed(row, "id") for row in rows if test(look_at(row))]


EDGES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1800-01-01")


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(
    "option",
    [
        {"$filter": "phenomenonTime gt {}"},
        {"$filter": "phenomenonTime le {}", "$orderby": "phenomenonTime desc"},
        {"$filter": "phenomenonTime sub duration'P900000D' lt {} add duration'P3000000D'"},
        {"$filter": "during(phenomenonTime, 2026-01-01T00:00:00Z/{})"},
        {"$skiptoken": "probe.aire.level_m@{}"},
        {"$skiptoken": "probe.aire.level_m@{}", "$orderby": "phenomenonTime desc"},
        {"$skiptoken": "probe.aire.level_m@{}", "$bucket": "P366D"},
    ],
)
@pytest.mark.parametrize("address", ["Observations", f"Datastreams('{LEVEL}')/Observations"])
def test_the_ends_of_time_break_nothing(client, city, address, option, edge):
    asked = {name: value.format(edge) for name, value in option.items()}
    assert client.get(f"{ROOT}/{address}", asked).status_code in {200, 400}


SAID = (
    "name id result phenomenonTime eq gt and or not ( ) , / 'x' 1 -1 1e999 null true now() add"
    " div mod 2026-01-05T00:00:00Z duration'PT1H' geography'POINT(1_1)' Datastreams Observations"
    " Datastream Thing properties x length( year( st_within( date( round( in substring("
    " FeatureOfInterest feature before( during( 2026-01-05T00:00:00Z/P1D"
)
WORDS = st.sampled_from([word.replace("_", " ") for word in SAID.split()])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    set_=st.sampled_from(sorted(ENTITIES)),
    option=st.sampled_from(["$filter", "$orderby", "$expand", "$select", "$skiptoken", "$top"]),
    words=st.one_of(st.lists(WORDS, max_size=9).map(" ".join), st.text(max_size=30)),
)
def test_no_question_breaks_it(client, city, set_, option, words):
    client.raise_request_exception = True
    answer = client.get(f"{ROOT}/{set_}", {option: words, "$count": "true"})
    assert answer.status_code in {200, 400}
