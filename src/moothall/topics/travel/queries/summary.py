"""Getting around as a whole: every card, what is near, and search."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from moothall.topics.travel.queries import buses, charging, cycling
from moothall.values.facts import Card, Hit


def list_cards(now: datetime) -> tuple[Card, ...]:
    """Return the cards of every way of getting around that this city reads."""
    made = (get_card(now) for get_card in (buses.get_card, cycling.get_card, charging.get_card))
    return tuple(card for card in made if card is not None)


def list_findable() -> Iterable[tuple[Hit, str]]:
    """Name counters and charge points to a search."""
    return chain(cycling.list_findable(), charging.list_findable())
