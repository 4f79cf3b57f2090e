"""What sensors tell comes by the standard's own address: in bulk it is refused in words."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moothall.civic.opendata.feeds.sensed import ADDRESS, FEED, parse
from moothall.values.requests import Payload, Request


def test_a_payload_in_bulk_is_told_where_to_go():
    body = Path(__file__).with_name("sensed.json").read_bytes()
    at = datetime(2026, 1, 5, tzinfo=UTC)
    payload = Payload(body=body, request=Request(url="push:"), fetched_at=at)
    batch = parse(payload, {})
    assert ADDRESS in batch.issues[0].what
    assert not batch.observations
    with pytest.raises(ValueError, match="not JSON"):
        parse(replace(payload, body=b"["), {})


def test_every_column_of_its_records_says_what_it_means():
    assert all(column.meaning for kind in FEED.kinds for column in kind.columns)
