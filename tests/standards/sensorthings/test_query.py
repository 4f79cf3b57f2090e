"""Questions of SensorThings: what the standard allows is read, the rest refused with the mend."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moothall.standards.sensorthings import filters, paths, query
from moothall.standards.sensorthings.filters import Call, Literal, Order, Path
from moothall.standards.sensorthings.model import ENTITIES, UnableToRead

RESULT = Path(("result",))


def number(text: str) -> Literal:
    return Literal("number", text)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("result gt 5", Call("gt", (RESULT, number("5")))),
        ("result eq -5.2e3", Call("eq", (RESULT, number("-5.2e3")))),
        ("name eq 'O''Neil'", Call("eq", (Path(("name",)), Literal("string", "O'Neil")))),
        (
            "Datastream/Thing/@iot.id eq 3",
            Call("eq", (Path(("Datastream", "Thing", "id")), number("3"))),
        ),
        (
            "properties/allergy eq null",
            Call("eq", (Path(("properties", "allergy")), Literal("null", "null"))),
        ),
        (
            "result mul 2 sub 1 eq 5",
            Call(
                "eq",
                (
                    Call("sub", (Call("mul", (RESULT, number("2"))), number("1"))),
                    number("5"),
                ),
            ),
        ),
        (
            "not result lt 1 or result gt 2 and result ne 3",
            Call(
                "or",
                (
                    Call("not", (Call("lt", (RESULT, number("1"))),)),
                    Call(
                        "and",
                        (Call("gt", (RESULT, number("2"))), Call("ne", (RESULT, number("3")))),
                    ),
                ),
            ),
        ),
        (
            "st_within(location, geography'POINT (1 2)')",
            Call("st_within", (Path(("location",)), Literal("geometry", "POINT (1 2)"))),
        ),
        (
            "phenomenonTime ge 2026-01-05T09:00:00.000Z",
            Call("ge", (Path(("phenomenonTime",)), Literal("time", "2026-01-05T09:00:00.000Z"))),
        ),
        (
            "during(phenomenonTime,2026-01-01T00:00:00Z/2026-02-01T00:00:00Z)",
            Call(
                "during",
                (
                    Path(("phenomenonTime",)),
                    Literal("interval", "2026-01-01T00:00:00Z/2026-02-01T00:00:00Z"),
                ),
            ),
        ),
        (
            "resultTime add duration'PT1H' gt now()",
            Call(
                "gt",
                (
                    Call("add", (Path(("resultTime",)), Literal("duration", "PT1H"))),
                    Call("now", ()),
                ),
            ),
        ),
        ("id in (1,2)", Call("in", (Path(("id",)), Call("list", (number("1"), number("2")))))),
        ("(result)", RESULT),
    ],
)
def test_a_condition_is_read_as_the_standard_means_it(text, tree):
    assert filters.read_filter(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "result gt",
        "gt 5",
        "result gt 5)",
        "(result gt 5",
        "result gt 5 6",
        "nosuch(result)",
        "length(a,b)",
        "result gt 'open",
        "result lt 1 lt 2",
        "result ; drop",
        "(" * 60 + "1" + ")" * 60,
        "x" * 9000,
    ],
)
def test_what_is_no_condition_is_refused_naming_the_option(text):
    with pytest.raises(UnableToRead, match=r"^\$filter: "):
        filters.read_filter(text)


def test_what_to_sort_by_may_be_several_and_each_its_own_way():
    assert filters.read_order("result desc,Datastream/name, phenomenonTime asc") == (
        Order(RESULT, True),
        Order(Path(("Datastream", "name")), False),
        Order(Path(("phenomenonTime",)), False),
    )


def ask(entity: str, **options: str) -> query.Query:
    return query.read(ENTITIES[entity], [(f"${name}", value) for name, value in options.items()])


def test_links_are_expanded_with_questions_of_their_own():
    asked = ask(
        "Things",
        expand="Locations,Datastreams($filter=name eq 'a;b(';$expand=Observations($top=1;"
        "$orderby=phenomenonTime desc),Sensor;$select=name,id)",
    )
    assert set(asked.expand) == {"Locations", "Datastreams"}
    streams = asked.expand["Datastreams"]
    assert streams.filter == Call("eq", (Path(("name",)), Literal("string", "a;b(")))
    assert streams.select == ("name", "id")
    assert streams.expand["Observations"].top == 1
    assert set(streams.expand) == {"Observations", "Sensor"}


def test_a_path_expands_each_of_its_links():
    asked = ask("Things", expand="Datastreams/Observations($top=2)")
    assert asked.expand["Datastreams"].expand["Observations"].top == 2


@pytest.mark.parametrize(
    ("entity", "options"),
    [
        ("Things", {"top": "-1"}),
        ("Things", {"top": "many"}),
        ("Things", {"skip": "1.5"}),
        ("Things", {"count": "yes"}),
        ("Things", {"select": "nosuch"}),
        ("Things", {"select": "name/first"}),
        ("Things", {"expand": "Observations"}),
        ("Things", {"expand": "Datastreams($top=1"}),
        ("Things", {"expand": "Datastreams)"}),
        ("Things", {"expand": "Datastreams($nosuch=1)"}),
        ("Things", {"expand": "Datastreams,Datastreams"}),
        ("Things", {"resultFormat": "dataArray"}),
        ("Observations", {"resultFormat": "CSV"}),
        ("Things", {"nosuch": "1"}),
        ("Things", {"expand": "/".join(["Datastreams/Thing"] * 5)}),
    ],
)
def test_an_option_that_cannot_be_is_refused(entity, options):
    with pytest.raises(UnableToRead):
        ask(entity, **options)


def test_an_option_given_twice_is_refused():
    with pytest.raises(UnableToRead, match="twice"):
        query.read(ENTITIES["Things"], [("$top", "1"), ("$top", "2")])


def test_addresses_follow_links():
    found = paths.read("Things(1)/Datastreams('a''b')/Observations")
    assert [(s.link, s.id, s.many) for s in found.steps] == [
        ("Things", "1", False),
        ("Datastreams", "a'b", False),
        ("Observations", None, True),
    ]
    assert paths.read("Observations(5)/Datastream/Thing/name/$value") == paths.Address(
        steps=paths.read("Observations(5)/Datastream/Thing").steps, of="name", value=True
    )
    assert paths.read("Datastreams(1)/unitOfMeasurement/symbol").members == ("symbol",)
    assert paths.read("Things(1)/Datastreams/$ref").ref


@pytest.mark.parametrize(
    "path",
    [
        "",
        "Nothings",
        "Things(1)/Observations",
        "Things/Datastreams",
        "Things(1)/nosuch",
        "Things(1)/name/first",
        "Datastreams(1)/Thing(2)",
        "Things/name",
        "/".join(["Things(1)"] * 20),
    ],
)
def test_addresses_of_nothing_are_not_found(path):
    with pytest.raises(paths.UnableToFindPath):
        paths.read(path)


@pytest.mark.parametrize("path", ["Things(abc)", "Things()", "Things(1.5)", "Things(1;2)"])
def test_an_id_that_is_none_is_refused(path):
    with pytest.raises(UnableToRead, match="give an id"):
        paths.read(path)


@given(st.text(max_size=80))
@settings(max_examples=300)
def test_any_text_is_a_condition_or_a_refusal(text):
    try:
        assert filters.read_filter(text)
    except UnableToRead as refusal:
        said = str(refusal)
    else:
        said = "$filter: read"
    assert said.startswith("$filter: ")
