"""Killed in the midst of taking observations in: none acknowledged is lost, none is there twice."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.civic.opendata.api.sensorthings import sender
from tests.civic.opendata.api.sensorthings.bodies import WHOLE, observation

from moothall.civic.opendata.actions.sensorthings import creating, quick
from moothall.civic.opendata.actions.sensorthings.session import writing
from moothall.standards.sensorthings import bodies
from moothall.standards.sensorthings.model import ENTITIES

ROOT = Path(__file__).parents[5]


@pytest.mark.django_db
def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(sensed, tmp_path):
    stream = {**WHOLE["Datastreams"][0], "Observations": [observation(0, "2026-01-01T00:00:00Z")]}
    with writing(by="me", now=sender.BEGIN) as session:
        draft = bodies.read_new(ENTITIES["Things"], {**WHOLE, "Datastreams": [stream]})
        creating.create(session, draft)
    where = [f"sqlite:///{tmp_path / 'lake.sqlite3'}", str(tmp_path / "lake")]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "moothall.site.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    acknowledged, first = [], 0
    for lines in (37, 61):
        command = [sys.executable, sender.__file__, *where, str(first)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as one:
            for _ in range(lines):
                number, *ids = one.stdout.readline().split()
                acknowledged += ids
            one.kill()
        # As a sender does that was not answered: the last is sent again.
        first = int(number)
    quick.settle(sender.BEGIN)
    kept = sensed.query('SELECT series, "at" FROM observations').to_pylist()
    found = Counter(f"{one['series']}@{one['at']:%Y-%m-%dT%H:%M:%SZ}" for one in kept)
    assert set(acknowledged) <= set(found)
    assert max(found.values()) == 1
    assert len(set(acknowledged)) > 400
