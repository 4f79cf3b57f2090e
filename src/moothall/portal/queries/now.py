"""The city now: every service's cards, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.utils.translation import gettext as _

from moothall.kernel.feeds import trouble
from moothall.kernel.keeping import kept
from moothall.kernel.registry import Service, house
from moothall.values.facts import Card, State
from moothall.values.observations import Origin

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityNow:
    """Every card the house has for the city at one instant."""

    cards: tuple[Card, ...]
    origins: frozenset[Origin]
    """How the facts shown came to be here."""
    made_at: datetime

    def named(self, origin: int) -> tuple[str, ...]:
        """The titles of the cards that show a fact of one origin."""
        return tuple(
            card.title for card in self.cards if any(fact.origin == origin for fact in card.facts)
        )

    @property
    def made_up(self) -> bool:
        """Whether nothing shown is of the real city."""
        return self.origins == {Origin.SIMULATED}

    @property
    def ranked(self) -> tuple[Card, ...]:
        """The cards, those that ask for attention first, else in the house's order."""
        return self.attention + tuple(card for card in self.cards if card not in self.attention)

    @property
    def unknown(self) -> tuple[Card, ...]:
        """The cards that cannot say how things are."""
        return tuple(card for card in self.cards if card.state is State.UNKNOWN)

    @property
    def attention(self) -> tuple[Card, ...]:
        """The cards that ask for attention, the gravest first."""
        grave = {State.BAD: 0, State.WATCH: 1}
        return tuple(
            sorted(
                (card for card in self.cards if card.state in grave),
                key=lambda card: grave[card.state],
            )
        )


def get_city_now(*, now: datetime) -> CityNow:
    """Return every service's cards, each asked at most once for each state of the lake."""
    made: CityNow = kept.keep("city now", now, lambda: _ask_all(now))
    return made


def _ask_all(now: datetime) -> CityNow:
    cards = tuple(card for service in house.services for card in _cards_of(service, now))
    origins = frozenset(Origin(fact.origin) for card in cards for fact in card.facts)
    return CityNow(cards=cards, origins=origins, made_at=now)


def _cards_of(service: Service, now: datetime) -> tuple[Card, ...]:
    """Return one service's cards, asked for anew only when its own feeds bring something."""
    cards: tuple[Card, ...] = kept.keep(
        ("cards", service.name),
        now,
        lambda: tuple(
            card for ask in service.cards if (card := _ask(service, ask, now)) is not None
        ),
        about=(service.name,),
    )
    return cards


def _ask(service: Service, ask: Callable[[datetime], Card | None], now: datetime) -> Card | None:
    """Ask for one card. A fault in one service is logged and said; it never takes the page."""
    try:
        return ask(now)
    except Exception as fault:
        if trouble.of(fault):
            raise
        log.exception("card_failed", service=service.name, card=getattr(ask, "__name__", ""))
        return Card(
            id=f"{service.name}-fault",
            title=_(service.title),
            lead=_("We cannot show this just now. The fault is ours and has been recorded."),
            state=State.UNKNOWN,
        )
