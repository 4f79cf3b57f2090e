"""Zip archives from strangers."""

import io
import zipfile

import pytest

from moothall.standards import zipped


def make_zip(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return held.getvalue()


def test_files_are_read_by_name():
    archive = zipped.Archive(make_zip(a=b"one", b=b"two"), max_bytes=100)

    assert list(archive.names()) == ["a", "b"]
    assert (archive.read("b"), archive.read("a")) == (b"two", b"one")


def test_a_bomb_is_not_unpacked():
    bomb = make_zip(big=b"\0" * 5_000_000)
    assert len(bomb) < 10_000

    with pytest.raises(ValueError, match="more than is allowed"):
        zipped.Archive(bomb, max_bytes=1_000_000).read("big")


def test_the_allowance_is_for_all_files_together():
    archive = zipped.Archive(make_zip(a=b"x" * 60, b=b"y" * 60), max_bytes=100)
    archive.read("a")

    with pytest.raises(ValueError, match="more than is allowed"):
        archive.read("b")


def test_an_archive_of_very_many_files_is_refused():
    crowd = make_zip(**{f"f{number}": b"" for number in range(zipped.MAX_MEMBERS + 1)})

    with pytest.raises(ValueError, match="files in the archive"):
        zipped.Archive(crowd, max_bytes=100)


@pytest.mark.parametrize("cut", [10, 40, -10])
def test_a_broken_archive_is_said_to_be_broken(cut):
    whole = make_zip(a=b"hello" * 50)

    with pytest.raises(ValueError, match=r"zip archive|cannot unpack"):
        zipped.Archive(whole[:cut], max_bytes=1000).read("a")


def test_a_damaged_member_is_said_to_be_damaged():
    whole = bytearray(make_zip(a=b"hello there, you" * 50))
    whole[40] ^= 0xFF

    with pytest.raises(ValueError, match="cannot unpack"):
        zipped.Archive(bytes(whole), max_bytes=10_000).read("a")
