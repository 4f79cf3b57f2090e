"""Each import contract holds, and each is seen to fail when it is broken on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BROKEN = {
    "storeys": {"values/broken.py": "import moothall.kernel.clock\n"},
    "topics-apart": {
        "topics/one/queries.py": "import moothall.topics.two.queries\n",
        "topics/two/queries.py": "",
    },
    "civic-apart": {
        "civic/one/queries.py": "import moothall.civic.two.queries\n",
        "civic/two/queries.py": "",
    },
    "rooms": {
        "topics/one/rules.py": "import moothall.topics.one.views\n",
        "topics/one/views.py": "",
    },
    "doors": {
        "topics/one/queries.py": "import moothall.civic.one.models\n",
        "civic/one/models.py": "",
    },
    "portal-doors": {
        "portal/broken.py": "import moothall.topics.one.queries\n",
        "topics/one/queries.py": "",
    },
    "pure": {"topics/one/feeds/source.py": "import sqlite3\n"},
    "network": {"kernel/identity/broken.py": "import httpx\n"},
    "acyclic": {
        "kernel/one/__init__.py": "import moothall.kernel.two\n",
        "kernel/two/__init__.py": "import moothall.kernel.one\n",
    },
}


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the house in a folder."""
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--config", str(folder / "pyproject.toml"), "--no-cache", *chosen],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_holds():
    done = lint(ROOT)

    assert done.returncode == 0, done.stdout[-3000:]


def test_every_contract_is_broken_on_purpose_below():
    written = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    named = {line.split('"')[1] for line in written.splitlines() if line.startswith('id = "')}
    assert named == set(BROKEN)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with every storey and no rooms but what the contracts name."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    house = folder / "src" / "moothall"
    packages = (
        "", "values", "standards", "kernel", "ui", "civic", "topics", "portal", "site",
        "civic/one", "civic/two", "topics/one", "topics/one/feeds", "topics/two",
        "kernel/identity", "kernel/feeds", "kernel/outbox", "kernel/places",
        "kernel/places/feeds",
    )  # fmt: skip
    for package in packages:
        (house / package).mkdir(parents=True, exist_ok=True)
        (house / package / "__init__.py").touch()
    modules = ("kernel/registry.py", "kernel/clock.py", "kernel/feeds/http.py")
    for module in (*modules, "kernel/feeds/mqtt.py", "kernel/outbox/sending.py"):
        (house / module).touch()
    (house / "kernel" / "feeds" / "http.py").write_text("import httpx\n")
    (house / "civic" / "one" / "rules.py").touch()
    (house / "topics" / "one" / "rules.py").touch()
    (house / "civic" / "one" / "feeds").mkdir()
    (house / "civic" / "one" / "feeds" / "__init__.py").touch()
    return folder


@pytest.mark.parametrize("contract", BROKEN)
def test_a_contract_that_is_broken_is_seen(shell, tmp_path, contract):
    folder = tmp_path / "broken"
    shutil.copytree(shell, folder)
    whole = lint(folder, contract)
    assert whole.returncode == 0, whole.stdout[-2000:] + whole.stderr[-2000:]

    for name, text in BROKEN[contract].items():
        path = folder / "src" / "moothall" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text)

    done = lint(folder, contract)
    assert done.returncode == 1
    assert "BROKEN" in done.stdout
