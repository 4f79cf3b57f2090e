"""A file that was made once is given again, in parts too, while its rows are the same."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moothall.civic.opendata.queries import rows
from moothall.civic.opendata.views import kept
from moothall.values.observations import Batch, Observation

pytestmark = pytest.mark.django_db
CSV = "/data/probe.readings.csv"
PAST = f"{CSV}?until=2026-01-05T00:00:00Z"


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.STORES = tmp_path


def take(client, address, **headers):
    answer = client.get(address, headers={name.replace("_", "-"): v for name, v in headers.items()})
    return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_second_asker_is_told_the_length_and_nothing_is_read_again(client, probes, monkeypatch):
    first, body = take(client, CSV)
    assert "Content-Length" not in first
    monkeypatch.setattr(rows, "stream_rows", None)
    second, again = take(client, CSV)
    assert again == body
    assert second["Content-Length"] == str(len(body))
    assert second["Content-Type"] == first["Content-Type"]
    assert second["Content-Disposition"] == 'attachment; filename="probe.readings.csv"'
    assert client.head(CSV)["Content-Length"] == str(len(body))


@pytest.mark.parametrize("begun", [True, False])
def test_who_lost_the_line_gets_the_rest(client, probes, begun):
    mark = client.head(CSV)["ETag"]
    if begun:
        take(client, CSV)
    answer, rest = take(client, CSV, range="bytes=100-", if_range=mark)
    _, whole = take(client, CSV)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert rest == whole[100:]


def test_the_rest_of_another_state_is_the_whole_of_this_one(client, probes):
    mark = take(client, CSV)[0]["ETag"]
    late = Observation(
        series="probe.aire.level_m", at=datetime(2026, 1, 5, 12, 5, tzinfo=UTC), result=9.0
    )
    probes.append(
        Batch(observations=(late,)), feed="probe.readings", key="late", now=datetime.now(UTC)
    )
    answer, body = take(client, CSV, range="bytes=100-", if_range=mark)
    assert answer.status_code == 200
    assert answer["ETag"] != mark
    assert b",9," in body


def test_a_span_that_is_over_stays_the_same_file_while_new_rows_come(client, probes):
    mark = client.head(PAST)["ETag"]
    new = Observation(
        series="probe.aire.level_m", at=datetime(2026, 1, 5, 12, 5, tzinfo=UTC), result=9.0
    )
    probes.append(
        Batch(observations=(new,)), feed="probe.readings", key="new", now=datetime.now(UTC)
    )
    assert client.head(PAST)["ETag"] == mark
    revised = Observation(
        series="probe.aire.level_m", at=datetime(2026, 1, 4, 12, 15, tzinfo=UTC), result=9.0
    )
    probes.append(
        Batch(observations=(revised,)), feed="probe.readings", key="old", now=datetime.now(UTC)
    )
    assert client.head(PAST)["ETag"] != mark


def test_who_has_it_is_given_nothing(client, probes):
    mark = client.head(CSV)["ETag"]
    answer, body = take(client, CSV, if_none_match=mark)
    assert (answer.status_code, body) == (304, b"")


def test_a_part_beyond_the_end_is_refused_with_the_size(client, probes):
    _, whole = take(client, CSV)
    answer, _ = take(client, CSV, range="bytes=99999999-")
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(whole)}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=" + "9" * 40, "x"]
)
def test_what_is_no_part_is_answered_with_the_whole(client, probes, asked):
    _, whole = take(client, CSV)
    answer, body = take(client, CSV, range=asked)
    assert answer.status_code == 200
    assert body == whole


@given(
    size=st.integers(1, 50),
    first=st.integers(0, 60) | st.none(),
    last=st.integers(0, 60) | st.none(),
)
def test_a_part_is_what_python_would_cut(size, first, last):
    whole = bytes(range(size))
    said = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    if first is None:
        expected = whole[-last:] if last else b""
    else:
        expected = whole[first:] if last is None else whole[first : last + 1]
    try:
        span = kept._read_range(said, size)
    except IndexError:
        assert not expected or last == 0
        return
    if span is None:
        assert (first is None and last is None) or (first is not None and last < first)
    else:
        assert whole[span[0] : span[1] + 1] == expected


def test_what_is_cut_short_is_not_kept(client, probes, tmp_path):
    answer = client.get(CSV)
    next(iter(answer.streaming_content))
    answer.close()
    assert list((tmp_path / "files").iterdir()) == []


def test_a_disk_without_room_keeps_nothing_and_gives_everything(
    client, probes, tmp_path, monkeypatch
):
    monkeypatch.setattr(kept, "FREE", 2**62)
    _, body = take(client, CSV)
    assert body.count(b"\r\n") + body.count(b"\n") >= 97
    assert list((tmp_path / "files").iterdir()) == []


def test_what_was_not_asked_for_the_longest_is_let_go_of(client, probes, tmp_path, monkeypatch):
    take(client, CSV)
    size = sum(path.stat().st_size for path in (tmp_path / "files").iterdir())
    monkeypatch.setattr(kept, "MOST", size + 1)
    take(client, PAST)
    names = [path.name for path in (tmp_path / "files").iterdir()]
    assert names == [f"{client.head(PAST)['ETag'].strip(chr(34))}.csv"]


def test_a_disk_that_others_fill_meanwhile_keeps_nothing_more(client, probes, monkeypatch):
    free = iter([2**62, 0, 0, 0, 0, 0, 0, 0])
    usage = kept.shutil.disk_usage
    monkeypatch.setattr(
        kept.shutil, "disk_usage", lambda path: usage(path)._replace(free=next(free))
    )
    answer, body = take(client, CSV)
    assert answer.status_code == 200
    assert body
    assert list(kept._folder().iterdir()) == []
