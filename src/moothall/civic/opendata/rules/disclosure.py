"""Whether a table might tell of a person: by what its headings say, and by what its cells do. Pure.

A finding is a question, never a verdict: a street may be called after somebody, a council has an
e-mail address of its own. What is found is mended, or published with a reason that is written down.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from moothall.civic.opendata.rules import magnitudes
from moothall.values.observations import Column

SMALL = 5
"""A count of people from 1 to 4 may name them."""
MOST_ROWS = 10
"""How many rows at fault are named."""
_MOSTLY = 0.5

SORTS = {
    "email": "E-mail addresses",
    "telephone": "Telephone numbers",
    "nhs-number": "Numbers that may be NHS numbers",
    "national-insurance": "National Insurance numbers",
    "person-name": "Names of people",
    "birth": "Dates of birth",
    "home": "Addresses of homes",
    "identity": "Numbers that stand for one person",
    "postcode-and-age": "Full postcodes beside ages, sexes or dates of birth",
    "small-count": "Counts of fewer than five people",
    "few-contributors": "Sums over fewer than three contributors",
    "dominance": "Sums that one or two contributors make up nearly alone",
    "email-in-faults": "E-mail addresses or telephone numbers in the list of faults",
}
"""Each sort of finding, as it is said."""

_HEADINGS = (
    ("person-name", r"surname|forename|first name|last name|full name|middle name|maiden name|given"
     r" name|family name|(applicant|client|claimant|contact|customer|tenant|patient|pupil|student|"
     r"employee|officer|owner|resident|driver|victim|witness)s?'? names?"),
    ("email", r"e ?mails?( address(es)?)?"),
    ("telephone", r"(tele)?phones?( (no|number)s?)?|mobiles?( (no|number)s?)?|tel( no)?"),
    ("birth", r"d ?o ?b|dates? of birth|birth ?dates?"),
    ("nhs-number", r"nhs (no|num|number)s?"),
    ("national-insurance", r"nino|national insurance( (no|number)s?)?|ni (no|number)"),
    ("home", r"home address(es)?|(applicant|client|tenant|patient|pupil)s?'? address(es)?"),
    ("identity", r"passport( (no|number)s?)?|driving licen[cs]e( (no|number)s?)?|upn|"
     r"(patient|pupil|client|person|case|employee|payroll) (id|no|number|ref|reference)|"
     r"ip address"),
)  # fmt: skip
_HEADING = tuple((sort, re.compile(rf"(.* )?({words})( .*)?")) for sort, words in _HEADINGS)
_EMAIL = r"(?i)[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}"
_PHONE = r"(^|[^0-9.])(\+44 ?\(?0?\)?|\(?0)[127][0-9]{2,3}\)?[ -]?[0-9]{3}[ -]?[0-9]{3,4}($|[^0-9])"
_NINO = r"(?i)\b[a-ceghj-prtw-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d]\b"
_TITLE = r"^(Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Rev)\.? [A-Z]"
_POSTCODE = r"(?i)^\s*[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][a-z]{2}\s*$"
_NHS = r"^[0-9]{3} ?[0-9]{3} ?[0-9]{4}$"
_AGE = re.compile(
    r"(.* )?(age|ages|sex|gender|d ?o ?b|date of birth|year of birth|ethnicity)( .*)?"
)
_PEOPLE = re.compile(
    r"(.* )?(people|persons?|residents?|patients?|pupils?|claimants?|deaths?|births?|victims?|"
    r"clients?|children|tenants?|(fe)?males?|(wo)?men|applicants?|households?|offenders?|staff|"
    r"employees|boys|girls|students?|carers?|refugees?)( .*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that may tell of a person."""

    sort: str
    column: str
    count: int
    """In how many rows."""
    rows: tuple[int, ...]
    """The first of them, as the file counts; () where the heading alone says it."""

    @property
    def words(self) -> str:
        """What was found."""
        return SORTS[self.sort]


def check(
    table: pa.Table, columns: Sequence[Column], *, faults: pa.Table, row: str
) -> tuple[Finding, ...]:
    """List what in a table, and in what is told of its faults, may tell of a person.

    Shape:   `row` is the column that says where a row stood in its file.
    """
    numbers = table[row].combine_chunks()
    found = [
        one
        for column in columns
        for one in _look_at(column, table[column.name].combine_chunks(), numbers)
    ]
    found += _postcodes(table, columns, numbers)
    for sort, find in (
        ("few-contributors", magnitudes.find_few),
        ("dominance", magnitudes.find_dominated),
    ):
        for name, mask in find(table, columns, _plain):
            found += _finding(sort, name, mask, numbers)
    values = faults["value"].combine_chunks()
    telling = pc.or_(_matches(values, _EMAIL), _matches(values, _PHONE))
    found += _finding("email-in-faults", "", telling, faults["row"].combine_chunks())
    return tuple(found)


def _plain(heading: str) -> str:
    """Write a heading as words: "DateOfBirth", "date_of_birth" and "Date of birth" alike."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    return re.sub(r"[^a-z0-9']+", " ", apart.lower()).strip()


def _look_at(column: Column, values: Any, numbers: Any) -> Iterator[Finding]:
    heading, told = _plain(column.name), set()
    if column.type == "string":
        for sort, pattern in (
            ("email", _EMAIL),
            ("telephone", _PHONE),
            ("national-insurance", _NINO),
            ("person-name", _TITLE),
        ):
            for one in _finding(sort, column.name, _matches(values, pattern), numbers):
                told.add(sort)
                yield one
    if column.type in {"string", "integer"}:
        for one in _nhs(column.name, values, numbers):
            told.add("nhs-number")
            yield one
    for sort, pattern in _HEADING:
        if sort not in told and pattern.fullmatch(heading):
            filled = len(values) - values.null_count
            yield Finding(sort=sort, column=column.name, count=filled, rows=())
    if column.type == "integer" and (column.people or _PEOPLE.fullmatch(heading)):
        few = pc.and_(pc.greater(values, 0), pc.less(values, SMALL))
        yield from _finding("small-count", column.name, few, numbers)


def _matches(values: Any, pattern: str) -> Any:
    """Test each text once, however often it stands there."""
    coded = values.dictionary_encode()
    matched = pc.match_substring_regex(coded.dictionary, pattern)
    return pc.fill_null(matched.take(coded.indices), False)


def _finding(sort: str, column: str, mask: Any, numbers: Any) -> Iterator[Finding]:
    where = pc.indices_nonzero(pc.fill_null(mask, False))
    if len(where):
        rows = numbers.take(where[:MOST_ROWS]).to_pylist()
        yield Finding(
            sort=sort,
            column=column,
            count=len(where),
            rows=tuple(number for number in rows if number is not None),
        )


def _nhs(name: str, values: Any, numbers: Any) -> Iterator[Finding]:
    texts = values.cast(pa.string())
    coded = texts.dictionary_encode()
    known = pa.array([_is_nhs(text.as_py()) for text in coded.dictionary], pa.bool_())
    mask = pc.fill_null(known.take(coded.indices), False) if len(known) else known
    filled = len(texts) - texts.null_count
    # One number in eleven passes by chance: only a column of them is a column of them.
    if filled and (pc.sum(mask).as_py() or 0) > filled * _MOSTLY:
        yield from _finding("nhs-number", name, mask, numbers)


def _is_nhs(text: str) -> bool:
    """Test the check digit of an NHS number.

    Source:   https://www.datadictionary.nhs.uk/attributes/nhs_number.html
    """
    if not re.fullmatch(_NHS, text):
        return False
    digits = [int(digit) for digit in text if digit != " "]
    check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return len(set(digits)) > 1 and check % 11 == digits[9] and check != 10


def _postcodes(table: pa.Table, columns: Sequence[Column], numbers: Any) -> Iterator[Finding]:
    if not any(_AGE.fullmatch(_plain(column.name)) for column in columns):
        return
    for column in columns:
        if column.type == "string":
            values = table[column.name].combine_chunks()
            mask = _matches(values, _POSTCODE)
            filled = len(values) - values.null_count
            if filled and pc.sum(mask).as_py() > filled * _MOSTLY:
                yield from _finding("postcode-and-age", column.name, mask, numbers)
