"""DATEX II, read from bytes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.standards import datex

LONDON = ZoneInfo("Europe/London")
REPORT = """<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0"><payloadPublication>
<publicationTime>2026-01-05T09:15:00Z</publicationTime>
<parkingFacilityStatus><parkingFacilityReference id="a"/>
<parkingFacilityStatus>open</parkingFacilityStatus>
<parkingFacilityStatus>spacesAvailable</parkingFacilityStatus>
<parkingFacilityStatusTime>2026-01-05T09:14:00Z</parkingFacilityStatusTime>
<totalNumberOfOccupiedParkingSpaces>{occupied}</totalNumberOfOccupiedParkingSpaces>
</parkingFacilityStatus></payloadPublication></d2LogicalModel>"""


def test_words_inside_a_report_are_not_reports():
    told = datex.read_publication(REPORT.format(occupied=7).encode(), zone=LONDON)

    assert told.at == datetime(2026, 1, 5, 9, 15, tzinfo=UTC)
    assert [(one.id, one.occupied, one.vacant, one.statuses) for one in told.facilities] == [
        ("a", 7, None, ("open", "spacesAvailable"))
    ]


def test_a_count_that_is_no_number_is_a_fault_of_its_item():
    told = datex.read_publication(REPORT.format(occupied="lots").encode(), zone=LONDON)

    assert told.facilities == ()
    assert told.issues[0].where == "parkingFacilityStatus[0]"
    assert "lots" in told.issues[0].item


BOMB = b"""<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>
<a><payloadPublication/><carParkIdentity>&y;</carParkIdentity></a>"""
STEALS = (
    b"""<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><payloadPublication/>&x;</a>"""
)


@pytest.mark.parametrize("body", [BOMB, STEALS], ids=["bomb", "file"])
def test_a_document_type_is_refused(body):
    with pytest.raises(ValueError, match="document type"):
        datex.read_publication(body, zone=LONDON)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html/>", b"<a><b></a>"])
def test_what_is_no_message_is_refused(body):
    with pytest.raises(ValueError, match=r"XML|DATEX"):
        datex.read_publication(body, zone=LONDON)


def test_metres_of_a_national_grid_are_not_a_position():
    body = b"""<m><payloadPublication/><parkingFacility id="a"><facilityLocation><latitude>5402496.0
    </latitude><longitude>512788.0</longitude></facilityLocation></parkingFacility></m>"""

    facility = datex.read_publication(body, zone=LONDON).facilities[0]

    assert (facility.lon, facility.lat) == (None, None)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_does_worse_than_a_value_error_or_a_fault(name, count):
    def escape(text: str) -> str:
        kept = "".join(c for c in text if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF)
        return kept.replace("&", "&amp;").replace("<", "&lt;")

    body = (
        "<m><payloadPublication/><situationRecord><carParkIdentity>"
        f"{escape(name)}</carParkIdentity><occupiedSpaces>{escape(count)}</occupiedSpaces>"
        "</situationRecord></m>"
    )
    told = datex.read_publication(body.encode(), zone=LONDON)

    assert len(told.facilities) + len(told.issues) == 1
