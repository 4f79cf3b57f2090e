"""Numbers as strangers write them."""

from math import inf

from moothall.values.observations import excerpt


def read_number(told: object, *, least: float = -inf, most: float = inf, unit: str = "") -> float:
    """Read a number that may be a text: finite, and within what can be.

    Units:   `unit` is the sign that stands after the number in the words of a refusal.
    Errors:  ValueError for what is no number, is not finite, or cannot be.
    """
    if isinstance(told, str):
        # Python also reads 1_000 and the digits of other scripts: no publisher here means those.
        if not told.isascii() or "_" in told:
            raise ValueError(f"not a number: {told!r:.60}")
    elif isinstance(told, bool) or not isinstance(told, int | float):
        raise ValueError(f"not a number: {excerpt(told)[:60]}")
    try:
        number = float(told)
    except OverflowError:
        raise ValueError("a number too large to be one") from None
    except ValueError:
        raise ValueError(f"not a number: {told!r:.60}") from None
    # Nothing compares with a NaN, so it is between nothing and nothing.
    if not least <= number <= most or number in (inf, -inf):
        between = f" between {least:g} and {most:g}" if -inf < least <= most < inf else ""
        raise ValueError(f"not a number that can be{between}{unit and f' {unit}'}: {number}")
    return number


def read_count(told: object, *, least: int = 0, most: int = 1_000_000) -> int:
    """Read a count that may be a text, or written as 61.0; errors: ValueError if it is none."""
    number = read_number(told, least=least, most=most)
    if not number.is_integer():
        raise ValueError(f"not a count: {number}")
    return int(number)
