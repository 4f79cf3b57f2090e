"""Questions of entities that reach their observations: what of them the lake must answer."""

from collections.abc import Callable
from typing import Any

from moothall.civic.opendata.queries.sensorthings.moments import EITHER_ID
from moothall.standards.sensorthings import evaluation
from moothall.standards.sensorthings.filters import Call, Expression, Literal, Path
from moothall.standards.sensorthings.model import UnableToRead


def paths_of(expression: Expression) -> list[Path]:
    """List every path that an expression follows."""
    if isinstance(expression, Path):
        return [expression]
    if isinstance(expression, Call):
        return [path for part in expression.arguments for path in paths_of(part)]
    return []


def without_observations(
    expression: Expression,
    holding: Callable[[Expression, bool], tuple[str, ...]],
    *,
    of_features: bool = False,
) -> Expression:
    """Say of entities what was said of their observations.

    Shape:   `holding` names the streams, or the features, that have an observation of which a
             condition is true; the largest part of the question that speaks of one set of
             observations is asked whole. `of_features` says that features of interest are asked.
    """
    if not isinstance(expression, Call):
        return expression
    found = {_way(path.steps) for path in paths_of(expression)}
    if found == {None} or not found:
        return expression
    way = next(iter(found))
    if len(found) == 1 and way is not None and expression.name in evaluation.CONDITIONS:
        inner = _strip(expression, len(way) + 1)
        ids = holding(inner, way[-1] == "FeatureOfInterest" if way else of_features)
        listed = Call("list", tuple(Literal("string", id_) for id_ in ids))
        return Call("in", (Path((*way, EITHER_ID)), listed))
    if expression.name in {"and", "or"}:
        expression = _grouped(expression)
    if expression.name not in {"and", "or", "not"}:
        raise UnableToRead("$filter", "compare what is of Observations with a value by itself")
    parts = tuple(
        without_observations(part, holding, of_features=of_features)
        for part in expression.arguments
    )
    return Call(expression.name, parts)


def _grouped(call: Call) -> Call:
    """Bring together what `and` joins of the same observations: one of them must be all of it."""
    parts: list[Expression] = []
    waiting: list[Expression] = list(call.arguments)
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, Call) and part.name == call.name:
            waiting[:0] = part.arguments
        else:
            parts.append(part)
    groups: dict[Any, list[Expression]] = {}
    for place, part in enumerate(parts):
        ways = {_way(path.steps) for path in paths_of(part)}
        alone = len(ways) != 1 or ways == {None}
        groups.setdefault(("alone", place) if alone else ("way", *ways), []).append(part)
    joined = [Call(call.name, tuple(of)) if len(of) > 1 else of[0] for of in groups.values()]
    return Call(call.name, tuple(joined)) if len(joined) > 1 else call


def _way(steps: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the links before Observations; None where a path does not lead there."""
    return steps[: steps.index("Observations")] if "Observations" in steps else None


def _strip(expression: Expression, count: int) -> Expression:
    if isinstance(expression, Call):
        return Call(expression.name, tuple(_strip(part, count) for part in expression.arguments))
    return Path(expression.steps[count:]) if isinstance(expression, Path) else expression
