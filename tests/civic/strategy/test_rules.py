"""A strategy is read whole, its links hold, and every fault of a pack's table is named."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.strategy import rules

PACKS = Path(__file__).resolve().parents[3] / "packs"


def a_table():
    words = {"one": "Aim", "many": "Aims", "words": "w", "link": "Serves", "back": "Served by"}
    return {
        "title": "A plan",
        "lead": "What it is.",
        "source": "https://example.org/",
        "licence": "CC0-1.0",
        "level": [{"id": "aim", **words}, {"id": "project", **words}],
        "node": [
            {"id": "warm-homes", "level": "aim", "title": "Warm homes", "words": "Warm."},
            {
                "id": "retrofit",
                "level": "project",
                "title": "Retrofit",
                "words": "Insulate.",
                "serves": ["warm-homes"],
                "source": "https://example.org/retrofit",
            },
        ],
    }


def load(city):
    return tomllib.loads((PACKS / city / "strategy.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("city", ["leicester", "leeds"])
def test_each_founding_city_states_a_strategy_without_fault(city):
    assert list(rules.list_faults(load(city))) == []


def test_leicester_states_every_part_of_its_strategy():
    outline = rules.read_outline(load("leicester"))
    counts = {level.id: len(outline.of(level)) for level in outline.levels}
    assert counts == {
        "vision": 1,
        "challenge": 6,
        "priority": 7,
        "aim": 2,
        "theme": 6,
        "objective": 21,
        "outcome": 5,
        "solution": 16,
        "project": 9,
        "promise": 9,
    }


def test_leeds_states_every_part_of_its_strategy():
    outline = rules.read_outline(load("leeds"))
    counts = {level.id: len(outline.of(level)) for level in outline.levels}
    assert counts == {"ambition": 1, "priority": 3, "programme": 10, "involvement": 2}


@pytest.mark.parametrize("city", ["leicester", "leeds"])
def test_everything_serves_something_up_to_the_top(city):
    outline = rules.read_outline(load(city))
    tops = [node.id for node in outline.nodes if not node.serves]
    assert len(tops) == 1
    for node in outline.nodes:
        assert {other.id for other in outline.serves(node)} == set(node.serves)
        assert all(node in outline.served_by(other) for other in outline.serves(node))


@pytest.mark.parametrize("city", ["leicester", "leeds"])
def test_the_nested_list_holds_every_node_once(city):
    outline = rules.read_outline(load(city))

    def flat(branches):
        for branch in branches:
            yield branch
            yield from flat(branch.branches)

    branches = list(flat(rules.grow(outline)))
    assert sorted(b.node.id for b in branches) == sorted(node.id for node in outline.nodes)
    for branch in branches:
        assert len(branch.also) == max(0, len(branch.node.serves) - 1)


def test_a_node_without_a_source_of_its_own_has_the_strategys():
    outline = rules.read_outline(a_table())
    assert outline.find("warm-homes").source == "https://example.org/"
    assert outline.find("retrofit").source == "https://example.org/retrofit"
    assert outline.find("nothing") is None


def test_a_pack_without_a_strategy_has_none():
    assert rules.read_outline({}) is None


def broken(change):
    table = a_table()
    change(table)
    return table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("licence"), 'the strategy has no "licence"'),
        (lambda t: t.update(titel="x"), '(did you mean "title"?)'),
        (lambda t: t["level"][0].pop("many"), '[[level]] aim has no "many"'),
        (lambda t: t["level"].append(t["level"][0]), "[[level]] aim is there 2 times"),
        (lambda t: t["node"][0].pop("words"), '[[node]] warm-homes has no "words"'),
        (lambda t: t["node"][0].update(severs=[]), '(did you mean "serves"?)'),
        (lambda t: t["node"].append(t["node"][0]), "[[node]] warm-homes is there 2 times"),
        (lambda t: t["node"][1].update(level="projct"), '(did you mean "project"?)'),
        (lambda t: t["node"][1].update(serves=["warm-home"]), '(did you mean "warm-homes"?)'),
        (lambda t: t["node"][0].update(serves=["retrofit"]), "that is a circle"),
        (lambda t: t["node"][0].update(id="Warm homes"), "not named in small letters"),
    ],
)
def test_each_fault_of_a_table_is_named_and_the_table_refused(change, said):
    table = broken(change)
    assert any(said in fault for fault in rules.list_faults(table))
    with pytest.raises(ValueError, match=r"strategy|\[\["):
        rules.read_outline(table)


IDS = st.sampled_from(["a", "b", "c", "d"])


@given(st.dictionaries(IDS, st.lists(IDS, max_size=3, unique=True), min_size=1))
def test_a_graph_is_refused_exactly_if_it_is_broken_or_runs_in_a_circle(links):
    table = a_table()
    table["node"] = [
        {"id": id, "level": "aim", "title": id, "words": id, "serves": serves}
        for id, serves in links.items()
    ]
    whole = all(other in links for serves in links.values() for other in serves)

    def reaches(one, goal, seen=()):
        return any(
            other == goal or (other not in seen and reaches(other, goal, (*seen, other)))
            for other in links.get(one, ())
        )

    sound = whole and not any(reaches(id, id) for id in links)
    assert (list(rules.list_faults(table)) == []) is sound
