"""What councils in England must publish: the Local Government Transparency Code 2015, as data.

For each duty: how often, how long after the time it tells of, and which columns its table needs.
The duties and how often follow the Code's part 2; the columns are written from memory of its annex
A and of the Local Government Association's guidance: a council should check them against both.

Source:   https://www.gov.uk/government/publications/local-government-transparency-code-2015
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GRACE = timedelta(days=31)
"""The Code gives a month after the quarter or the year that is told of."""


class Often(StrEnum):
    """How often something must be published."""

    QUARTERLY = "quarterly"
    ANNUALLY = "annually"
    ONCE = "once"


SPANS = {Often.QUARTERLY: timedelta(days=92), Often.ANNUALLY: timedelta(days=366)}


@dataclass(frozen=True, slots=True)
class Needed:
    """A column a table must have."""

    words: str
    called: tuple[str, ...]
    """What it may be called, as the beginnings of words that a heading must all hold."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that must be published."""

    code: str
    title: str
    what: str
    often: Often
    columns: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """How a table meets a duty."""

    on_time: bool
    missing: tuple[str, ...]
    """Columns it should have and has not."""


def _duty(code: str, title: str, what: str, often: Often, *columns: tuple[str, str]) -> Duty:
    needed = tuple(Needed(words, tuple(called.split("|"))) for words, called in columns)
    return Duty(code, title, what, often, needed)


_DATE = ("Date", "date|paid on|payment period")
_AMOUNT = ("Amount", "amount|value|sum|net|gross|cost|gbp")
_SUPPLIER = ("Beneficiary or supplier", "supplier|beneficiary|payee|vendor|creditor|merchant name")
_DEPARTMENT = ("Department", "department|service|directorate|division|section|team")
_SUMMARY = ("Purpose", "purpose|summary|description|narrative|expense|expenditure")
_CATEGORY = ("Merchant category", "merchant category|category|merchant|type")

DUTIES = (
    _duty(
        "spending",
        "Expenditure exceeding £500",
        "Each item of spending, grant or contract payment above £500.",
        Often.QUARTERLY,
        _DATE,
        _DEPARTMENT,
        _SUPPLIER,
        _SUMMARY,
        _AMOUNT,
        ("VAT that cannot be recovered", "vat|irrecoverable|unrecoverable"),
        _CATEGORY,
    ),
    _duty(
        "procurement-cards",
        "Government Procurement Card transactions",
        "Every payment made with a procurement card.",
        Often.QUARTERLY,
        _DATE,
        _DEPARTMENT,
        _SUPPLIER,
        _AMOUNT,
        ("VAT that cannot be recovered", "vat|irrecoverable|unrecoverable"),
        _SUMMARY,
        _CATEGORY,
    ),
    _duty(
        "procurement",
        "Procurement information",
        "Invitations to tender, contracts, orders and framework agreements above £5,000.",
        Often.QUARTERLY,
        ("Reference number", "reference|ref|contract id|contract number"),
        ("Title", "title|name of contract|contract name|agreement"),
        _DEPARTMENT,
        ("Description", "description|summary|details"),
        ("Start", "start|begin|commencement"),
        ("End", "end|expiry|finish"),
        ("Review date", "review"),
        ("Supplier", "supplier|contractor|provider|vendor"),
        _AMOUNT,
    ),
    _duty(
        "land",
        "Local authority land",
        "Land and buildings: freehold and leasehold, offices, surplus and let property.",
        Often.ANNUALLY,
        ("Unique Property Reference Number", "uprn|property reference"),
        ("Unique asset identity", "asset id|asset ref|asset identity|unique asset|asset number"),
        ("Name of the land or building", "name|building"),
        ("Address and postcode", "address|postcode|street"),
        ("Map reference", "easting|northing|geox|geoy|latitude|longitude|map ref|geometry"),
        ("Freehold or leasehold", "tenure|freehold|leasehold|interest"),
        ("Purpose", "purpose|use|asset type|category"),
    ),
    _duty(
        "social-housing",
        "Social housing asset value",
        "The value of social housing by postal sector, and whether it is occupied.",
        Often.ANNUALLY,
        ("Postal sector", "postal sector|postcode|post code"),
        ("Value band", "band|range|valuation band"),
        ("Number of homes", "number|count|dwellings|total homes"),
        ("Value", "value|market|euv|aggregate|average"),
        ("Occupied or vacant", "occupied|vacant|occupancy|tenanted"),
    ),
    _duty(
        "grants",
        "Grants to voluntary, community and social enterprise organisations",
        "Every grant, or the items of spending that are grants.",
        Often.ANNUALLY,
        ("Date awarded", "date|awarded"),
        ("Time period", "period|duration|term|year"),
        _DEPARTMENT,
        ("Beneficiary", "beneficiary|recipient|organisation|organization"),
        ("Registration number", "charity number|company number|registration|identifier"),
        ("Purpose", "purpose|summary|description|title"),
        _AMOUNT,
    ),
    _duty(
        "organisation-chart",
        "Organisation chart",
        "The staff of the top three levels of the organisation.",
        Often.ANNUALLY,
        ("Grade", "grade|level|band"),
        ("Job title", "job title|post title|title|role"),
        _DEPARTMENT,
        ("Permanent or temporary", "permanent|temporary|contract type|status"),
        ("Contact", "contact|email|telephone|phone"),
        ("Salary in £5,000 brackets", "salary"),
        ("Salary ceiling", "ceiling|maximum|max"),
    ),
    _duty(
        "union-facility-time",
        "Trade union facility time",
        "How many staff are union representatives, for how long, and what it costs.",
        Often.ANNUALLY,
        ("Number of representatives", "number|representatives|headcount|fte"),
        ("Names of the unions", "union"),
        ("Cost or share of the pay bill", "cost|pay bill|percentage|spending"),
    ),
    _duty(
        "car-park-account",
        "Parking account",
        "Income and spending of the account for controlled places to park, and use of a surplus.",
        Often.ANNUALLY,
        ("Item", "item|description|category|type|account"),
        ("Income or spending", "income|expenditure|spend|amount|surplus|deficit"),
        ("Year", "year|period|date"),
    ),
    _duty(
        "car-park-spaces",
        "Parking spaces",
        "The number of marked out controlled spaces, on and off the street.",
        Often.ANNUALLY,
        ("Place", "location|name|place|street|car park|area"),
        ("Number of spaces", "spaces|number|count|bays|capacity"),
    ),
    _duty(
        "senior-salaries",
        "Senior salaries",
        "Posts paid £50,000 and more, with responsibilities, budget and staff.",
        Often.ANNUALLY,
        ("Job title", "job title|post title|title|post|role"),
        ("Salary", "salary|remuneration|pay"),
        ("Services and functions responsible for", "responsib|service|function"),
        ("Budget held", "budget"),
        ("Number of staff", "number staff|staff|employees|reports"),
        ("Bonus and benefits in kind", "bonus|benefit|expenses"),
    ),
    _duty(
        "constitution",
        "Constitution",
        "The council's constitution.",
        Often.ANNUALLY,
        ("Document", "document|title|part|section|name"),
        ("Where it can be read", "link|url|address|web"),
    ),
    _duty(
        "pay-multiple",
        "Pay multiple",
        "The ratio of the highest taxable earnings to the median of the whole workforce.",
        Often.ANNUALLY,
        ("Year", "year|period|date"),
        ("Highest earnings", "highest|top|chief|maximum"),
        ("Median earnings", "median|average"),
        ("Ratio", "ratio|multiple"),
    ),
    _duty(
        "fraud",
        "Fraud",
        "Use of powers against fraud, staff working against it, and cases investigated.",
        Often.ANNUALLY,
        ("Year", "year|period|date"),
        ("Use of the powers of 2014", "powers|occasions|regulations"),
        ("Staff who investigate", "staff|employees|fte|investigat"),
        ("Specialists", "specialist|accredited|professional"),
        ("Cost", "cost|spend|amount|value"),
        ("Cases", "cases"),
    ),
    _duty(
        "waste-contracts",
        "Waste contracts",
        "The contracts for the collection of waste that stand, published once.",
        Often.ONCE,
        ("Contract", "contract|title|reference|name"),
        ("Contractor", "contractor|supplier|provider"),
        ("Start and end", "start|end|date|term"),
        _AMOUNT,
    ),
)
"""Everything the Code names: three duties a quarter, eleven a year, one once."""


def get_duty(code: str) -> Duty:
    """Return a duty; errors: KeyError."""
    return _BY_CODE[code]


_BY_CODE = {duty.code: duty for duty in DUTIES}


def check(duty: Duty, *, columns: Iterable[str], at: datetime, now: datetime) -> Met:
    """Say how a table meets a duty.

    Shape:   `at` is when its newest version came.
    """
    headings = [_plain(name) for name in columns]
    missing = tuple(
        needed.words for needed in duty.columns if not any(_is(one, needed) for one in headings)
    )
    span = SPANS.get(duty.often)
    return Met(on_time=span is None or now - at <= span + GRACE, missing=missing)


def _plain(heading: str) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    return re.sub(r"[^a-z0-9]+", " ", apart.lower()).strip()


def _is(heading: str, needed: Needed) -> bool:
    words = heading.split()
    return any(
        all(any(word.startswith(part) for word in words) for part in called.split())
        for called in needed.called
    )
