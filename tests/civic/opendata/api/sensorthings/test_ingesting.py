"""Many observations in one request: each kept once, a wrong one left out by itself."""

import pytest
from tests.civic.opendata.api.sensorthings.bodies import FEATURE, WHOLE

pytestmark = pytest.mark.django_db
HERE = "Datastreams(1)/Observations"


@pytest.fixture
def stream(send):
    """A stream of numbers, and a feature besides."""
    send("POST", "Things", WHOLE)
    send("POST", "FeaturesOfInterest", FEATURE)


def array(rows, components=("phenomenonTime", "result"), stream=1):
    return [{"Datastream": {"@iot.id": stream}, "components": [*components], "dataArray": rows}]


def minutes(count, hour=10):
    return [[f"2026-01-05T{hour}:{n:02}:00Z", n / 2] for n in range(count)]


def test_every_row_has_its_address_and_sent_again_the_same(send, see, stream):
    told = send("POST", "CreateObservations", array(minutes(50))).json()
    assert len(set(told)) == 50
    assert see(told[3])["result"] == 1.5
    assert send("POST", "CreateObservations", array(minutes(50))).json() == told
    # Some known, some new, some older than all there is.
    more = [["2026-01-04T00:00:00Z", 1], *minutes(60)]
    again = send("POST", "CreateObservations", array(more)).json()
    assert again[1:51] == told
    assert see(HERE, count="true", top=0)["@iot.count"] == 61
    changed = send("POST", "CreateObservations", array([["2026-01-05T10:00:00Z", 9]])).json()
    assert changed[0] not in told
    assert see(changed[0])["phenomenonTime"] == "2026-01-05T10:00:00Z"


def test_what_is_wrong_is_an_error_by_itself(send, see, stream):
    rows = [
        ["2026-01-05T10:00:00Z", 1],
        ["2026-01-05T10:01:00Z", "warm"],
        ["yesterday", 1],
        ["2026-02-30T10:01:00Z", 1],
        [7, 1],
        ["2026-01-05T10:02:00Z", None],
        ["2026-01-05T10:03:00Z"],
        "row",
        ["2026-01-05T10:04:00Z", 2],
    ]
    told = send("POST", "CreateObservations", array(rows)).json()
    assert [one == "error" for one in told] == [False, *[True] * 7, False]
    assert send("POST", "CreateObservations", array(minutes(2), stream=9)).json() == ["error"] * 2
    assert see(HERE, count="true")["@iot.count"] == 2


def test_every_component_is_kept(send, see, stream):
    names = (
        "phenomenonTime",
        "result",
        "resultTime",
        "resultQuality",
        "validTime",
        "parameters",
        "FeatureOfInterest/id",
    )
    row = [
        "2026-01-05T10:00:00Z/2026-01-05T11:00:00Z",
        3,
        "2026-01-05T12:00:00Z",
        "odd",
        "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z",
        {"a": 1},
        1,
    ]
    wrong = [*row[:-1], 77]
    told = send("POST", "CreateObservations", array([row, wrong], names)).json()
    assert told[1] == "error"
    body = see(told[0], expand="FeatureOfInterest")
    assert [body[name] for name in names[:-1]] == row[:-1]
    assert body["FeatureOfInterest"]["@iot.id"] == 1
    assert send("POST", "CreateObservations", array([row], names)).json() == told[:1]
    nobody = send("POST", "CreateObservations", array([[1], [1]], ("result",))).json()
    assert len(set(nobody)) == 2
    same = see("Observations", resultFormat="dataArray", top=9)["value"]
    assert sum(group["dataArray@iot.count"] for group in same) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        [1],
        [{"Datastream": {"@iot.id": 1}}],
        array([], ("phenomenonTime",)),
        array([], ("result", "result")),
        array([], ("result", "color")),
        [{"components": ["result"], "dataArray": []}],
        b"[",
    ],
)
def test_a_body_that_is_none_is_refused_whole(send, stream, body):
    assert send("POST", "CreateObservations", body, status=400).json()["errors"]


def test_rows_read_by_columns_are_what_they_are_one_by_one(send, see, stream, monkeypatch):
    from moothall.civic.opendata.actions.sensorthings import columns

    send("POST", "Things", WHOLE)
    rows = [[f"2026-01-05T10:00:{n:02}Z", value] for n, value in enumerate((1, 2.5, -3, 0.125))]
    taken = []
    real = columns.take
    monkeypatch.setattr(columns, "take", lambda *a: taken.append(real(*a)) or taken[-1])
    for few, number in ((1, 1), (9, 2)):
        monkeypatch.setattr(columns, "FEWEST", few)
        send("POST", "CreateObservations", array(rows, stream=number))
    assert taken[0] is not None
    assert taken[1] is None
    first, second = (
        [
            {name: value for name, value in one.items() if "@" not in name}
            for one in see(f"Datastreams({number})/Observations")["value"]
        ]
        for number in (1, 2)
    )
    assert first == second
    monkeypatch.setattr(columns, "FEWEST", 1)
    for odd in (
        [["2026-01-06T10:00:00+00:00", 1]],
        [["2026-01-06 10:00:00Z", 1]],
        [["2026-02-30T10:00:00Z", 1]],
        [["2026-01-06T10:00:01Z", 1], ["2026-01-06T10:00:00Z", 1]],
        [["2026-01-06T10:00:02Z", True]],
        [["2026-01-06T10:00:03Z", 2**60]],
        [["2026-01-06T10:00:04Z"]],
        [{"a": 1, "b": 2}],
    ):
        send("POST", "CreateObservations", array(odd))
        assert taken[-1] is None, odd


@pytest.mark.postgres
def test_it_is_the_same_on_postgresql(own_postgres, tmp_path, make_key, send, see):
    from moothall.kernel.observations import lake as lakes

    lakes.use(lakes.Lake(database_url=own_postgres, store=str(tmp_path / "other")))
    key = make_key("School")
    send("POST", "Things", WHOLE, key=key)
    one = {"phenomenonTime": "2026-01-05T10:00:00Z", "result": 1}
    told = [send("POST", HERE, one, key=key)["Location"] for _ in range(3)]
    told += [send("POST", HERE, {**one, "result": 2}, key=key)["Location"]]
    assert len(set(told)) == 2
    send("POST", "CreateObservations", array(minutes(55, hour=11)), key=key)
    assert see(HERE, count="true")["@iot.count"] == 57
    send("DELETE", told[0], key=key)
    assert see(HERE, count="true")["@iot.count"] == 56
    lakes.current().database.close()
