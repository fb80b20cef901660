"""What is kept from one process to the next: found again, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from kenshin.kept import kept
from kenshin.render import _rendered, _units
from kenshin.source import current


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "kenshin"


def made(*texts: str) -> tuple[list[int], bool]:
    """What is had for these texts, and whether it was made anew."""
    calls: list[int] = []

    def make() -> list[int]:
        calls.append(1)
        return [len(text) for text in texts]

    return kept(list, texts, make), bool(calls)


def test_it_is_made_once(cache: Path) -> None:
    assert made("a", "bc") == ([1, 2], True)
    assert made("a", "bc") == ([1, 2], False)
    assert made("ab", "c") == ([2, 1], True)
    assert len(list(cache.iterdir())) == 2


def test_a_spoilt_entry_is_made_anew(cache: Path) -> None:
    made("a")
    (entry,) = cache.iterdir()
    entry.write_bytes(b"no pickle")
    assert made("a") == ([1], True)
    assert made("a") == ([1], False)


def test_what_others_may_write_is_not_believed(cache: Path) -> None:
    made("a")
    cache.chmod(0o777)
    assert made("a") == ([1], True)


def test_without_a_cache_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert made("a") == ([1], True)


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "firebird"])
def test_what_is_kept_is_what_is_rendered(cache: Path, dialect: str) -> None:
    fresh = _rendered(dialect, "he", current())
    for _ in ("made and kept", "found"):
        assert _units.__wrapped__(dialect, "he", current()) == fresh
