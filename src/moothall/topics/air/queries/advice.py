"""What each band of the index asks of people: the official advice, in our words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from moothall.topics.air import rules

SOURCE = "https://uk-air.defra.gov.uk/air-pollution/daqi?view=more-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a band asks of people at risk, and of everyone else."""

    band: rules.Band
    indices: str
    at_risk: str
    everyone: str


def get_advice(band: rules.Band) -> Advice:
    """Return what one band asks of people.

    Source:  the health advice that goes with the Daily Air Quality Index.
    """
    at_risk, everyone = {
        rules.Band.LOW: (
            _("Do outdoors what you usually do."),
            _("Do outdoors what you usually do."),
        ),
        rules.Band.MODERATE: (
            _(
                "Adults and children with lung problems, and adults with heart problems, who feel "
                "symptoms should think about doing less that is strenuous, above all outdoors."
            ),
            _("Do outdoors what you usually do."),
        ),
        rules.Band.HIGH: (
            _(
                "Adults and children with lung problems, and adults with heart problems, should do "
                "less that is strenuous, above all outdoors and if they feel symptoms. People with "
                "asthma may need their reliever inhaler more often. Older people should take it "
                "easier too."
            ),
            _(
                "Anyone with sore eyes, a cough or a sore throat should think about doing less, "
                "above all outdoors."
            ),
        ),
        rules.Band.VERY_HIGH: (
            _(
                "Adults and children with lung problems, adults with heart problems, and older "
                "people should avoid strenuous activity. People with asthma may need their "
                "reliever inhaler more often."
            ),
            _(
                "Everyone should do less that is strenuous, above all outdoors and if they have a "
                "cough or a sore throat."
            ),
        ),
    }[band]
    indices = {
        rules.Band.LOW: "1–3",
        rules.Band.MODERATE: "4–6",
        rules.Band.HIGH: "7–9",
        rules.Band.VERY_HIGH: "10",
    }[band]
    return Advice(band=band, indices=indices, at_risk=at_risk, everyone=everyone)


def list_advice() -> tuple[Advice, ...]:
    """Return what every band asks of people, the lowest first."""
    return tuple(get_advice(band) for band in rules.Band)
