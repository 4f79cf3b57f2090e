"""Other words for what cities have data of: people do not look for an office's words. Pure.

Each group is of words that mean nearly the same to somebody who looks for data.
"""

from collections import defaultdict
from collections.abc import Mapping

GROUPS = (
    "bin bins refuse rubbish waste trash garbage recycling litter landfill",
    "tree trees woodland arboriculture forestry planting",
    "park parks greenspace garden gardens playground recreation",
    "car cars vehicle vehicles motor",
    "parking carpark carparks garage spaces",
    "bus buses coach transit",
    "train trains rail railway station stations",
    "bike bikes bicycle bicycles cycle cycles cycling cyclist hire",
    "walk walking pedestrian pedestrians footfall footpath pavement",
    "road roads street streets highway highways carriageway",
    "roadworks works closures diversions",
    "accident accidents collision collisions crash crashes casualties stats19",
    "traffic congestion flow flows counts",
    "charger chargers charging chargepoint chargepoints ev electric",
    "flood floods flooding river rivers level levels water",
    "rain rainfall precipitation weather",
    "air pollution pollutant no2 nitrogen particulate pm10 pm25 smog quality emissions",
    "energy electricity power gas carbon co2",
    "crime crimes police offences antisocial asb",
    "school schools education pupils academy academies nursery",
    "doctor doctors gp surgery health clinic nhs hospital",
    "food hygiene restaurant restaurants takeaway takeaways",
    "house houses housing home homes dwelling dwellings tenancy",
    "council tax ctax rates",
    "planning application applications development permission",
    "spend spending expenditure payments invoices suppliers cost costs",
    "contract contracts procurement tender tenders",
    "grant grants funding voluntary charity charities",
    "salary salaries pay wages earnings",
    "vote votes voting election elections polling electoral",
    "councillor councillors member members ward wards",
    "people population residents census inhabitants demographics",
    "poverty deprivation deprived imd inequality inclusion",
    "job jobs work employment unemployment claimants vacancies",
    "library libraries books loans",
    "toilet toilets wc loo lavatory conveniences",
    "light lights lighting lamp lamps streetlight streetlights",
    "place places location locations gazetteer address addresses",
    "map maps boundary boundaries geography area areas",
    "event events festival festivals whatson",
    "shop shops shopping retail market markets",
    "museum museums gallery galleries heritage listed monuments",
    "licence licences licensing licensed premises pub pubs alcohol",
    "complaint complaints report reports reported request requests foi",
    "pothole potholes repair repairs defects",
    "sensor sensors iot monitor monitors monitoring",
    "sport sports leisure pitches pool pools gym",
)


def _laid_out() -> Mapping[str, tuple[str, ...]]:
    others: defaultdict[str, set[str]] = defaultdict(set)
    for group in GROUPS:
        words = group.split()
        for word in words:
            others[word].update(words)
    return {word: tuple(sorted(of - {word})) for word, of in others.items()}


_OTHERS = _laid_out()


def other_words(word: str) -> tuple[str, ...]:
    """Return the words somebody else might use for this one, in order."""
    return _OTHERS.get(word, ())
