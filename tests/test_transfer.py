"""Transfers: whole files only, none lost, none twice, whatever breaks; all against real servers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from kenshin.config import Remote
from kenshin.transfer import (
    Entry,
    FileRefused,
    Patience,
    TransferError,
    deliver_all,
    fetch_new,
    open_place,
)
from kenshin.transfer.coming import Coming
from other_side import KINDS, Side, die, die_at, forked, side_of

AT_ONCE = Patience(pauses=(0, 0))
HASTY = Patience(pauses=(0, 0), still_seconds=0)
SIZE = 16 * 1024 * 1024
LOG = b"A,B\n1,2\n#END,1\n"


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Side]]:
    """Each way's server is started when a test first asks for it."""
    made: dict[str, Side] = {}
    folder = tmp_path_factory.mktemp("transfer")
    with ExitStack() as stack:

        def side(kind: str) -> Side:
            if kind not in made:
                made[kind] = stack.enter_context(side_of(kind, folder))
            return made[kind]

        yield side


@dataclass
class Link:
    """A folder there, one here, and the way between them."""

    side: Side
    there: Path
    here: Path

    @property
    def remote(self) -> Remote:
        return self.side.remote(self.there.name, timeout_seconds=20)

    def put(self, name: str, content: bytes = LOG) -> Path:
        path = self.there / name
        path.write_bytes(content)
        return path

    def fetch(
        self, progress: Callable[[str], None] = lambda _: None, patience: Patience = AT_ONCE
    ) -> list[str]:
        return [p.name for p in fetch_new(self.remote, self.here, "*.csv", progress, patience)]

    def deliver(self, progress: Callable[[str], None] = lambda _: None) -> list[str]:
        return [p.name for p in deliver_all(self.remote, self.here, "*.csv", progress, AT_ONCE)]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def link(kind: str, sides: Callable[[str], Side], tmp_path: Path) -> Link:
    return linked(sides(kind), tmp_path)


def linked(side: Side, tmp_path: Path) -> Link:
    there = side.home / tmp_path.name
    there.mkdir()
    here = tmp_path / "here"
    here.mkdir()
    return Link(side, there, here)


over_a_wire = pytest.mark.parametrize("kind", ("ftp", "ftps", "sftp"))


def names(folder: Path) -> list[str]:
    """What lies in a folder and below, hidden files as well."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


def large(size: int = SIZE) -> bytes:
    """Bytes that are nowhere the same, with a last line."""
    numbers = b"".join(b"%015d\n" % n for n in range(size // 16))
    return numbers + b"#END,1\n"


def once_at(percent: int, deed: Callable[[], object]) -> Callable[[str], None]:
    """Does something when a file is so far, the first time."""
    done: list[str] = []

    def progress(text: str) -> None:
        if not done and int(text.split()[-2]) >= percent:
            done.append(text)
            deed()

    return progress


# --- The ordinary way -------------------------------------------------------------------


def test_files_come_in_the_order_of_their_names_and_go_to_done(link: Link) -> None:
    for name in ("b.csv", "a.csv", "ä ü€.csv"):
        link.put(name, name.encode() + b"\n#END,0\n")
    left = (".a.csv", "c.csv.part", "c.csv.tmp", "c.csv.filepart", "C.CSV.TMP", "x.txt")
    for name in left:
        link.put(name)
    (link.there / "folder.csv").mkdir()
    said: list[str] = []
    assert link.fetch(said.append) == ["a.csv", "b.csv", "ä ü€.csv"]
    assert said == ["a.csv 100 %", "b.csv 100 %", "ä ü€.csv 100 %"]
    assert names(link.here) == ["a.csv", "b.csv", "ä ü€.csv"]
    assert (link.here / "ä ü€.csv").read_bytes() == "ä ü€.csv".encode() + b"\n#END,0\n"
    assert names(link.there) == sorted([*left, "done/a.csv", "done/b.csv", "done/ä ü€.csv"])
    assert link.fetch() == []


def test_files_are_delivered_in_the_order_of_their_names_and_go_to_sent(link: Link) -> None:
    for name in ("b.csv", "a.csv", "ä ü€.csv", "no.txt", ".hidden.csv", "c.csv.part"):
        (link.here / name).write_bytes(name.encode())
    (link.here / "empty.csv").touch()
    said: list[str] = []
    assert link.deliver(said.append) == ["a.csv", "b.csv", "empty.csv", "ä ü€.csv"]
    assert names(link.there) == ["a.csv", "b.csv", "empty.csv", "ä ü€.csv"]
    assert (link.there / "ä ü€.csv").read_bytes() == "ä ü€.csv".encode()
    assert names(link.here) == sorted(
        [".hidden.csv", "c.csv.part", "no.txt"]
        + [f"sent/{name}" for name in ("a.csv", "b.csv", "empty.csv", "ä ü€.csv")]
    )
    assert link.deliver() == []


def test_without_a_remote_nothing_moves(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(LOG)
    assert fetch_new(None, tmp_path, "*.csv", print) == []
    assert deliver_all(None, tmp_path, "*.csv", print) == []
    assert names(tmp_path) == ["a.csv"]


def test_nothing_to_deliver_needs_no_connection(tmp_path: Path) -> None:
    nobody = Remote("ftp://nobody@127.0.0.1:1/x")
    assert deliver_all(nobody, tmp_path, "*.csv", print) == []
    assert deliver_all(nobody, tmp_path / "none", "*.csv", print) == []


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for number in range(5000):
        (folder / f"HE2_{number:04}.csv").touch()
    (folder / "HE1_1.csv").write_bytes(LOG)
    return folder


def test_five_thousand_names(link: Link, many: Path) -> None:
    (link.side.home / "many").symlink_to(many)
    with open_place(link.side.remote("many")) as place:
        assert [entry.name for entry in place.entries("HE1_*.csv")] == ["HE1_1.csv"]
        entries = place.entries("HE2_*")
    assert [entry.name for entry in entries] == [f"HE2_{n:04}.csv" for n in range(5000)]


# --- Breaks -----------------------------------------------------------------------------


@over_a_wire
def test_fetching_goes_on_where_a_break_left_it(link: Link) -> None:
    link.put("a.csv", large())
    before: list[int] = []

    def cut() -> None:
        before.append(len(link.side.moved()))
        link.side.cut()

    assert link.fetch(once_at(40, cut)) == ["a.csv"]
    assert (link.here / "a.csv").read_bytes() == large()
    again = link.side.moved()[before[0] :]
    assert sum(count for _, _, count in again) < SIZE * 0.75
    assert names(link.there) == ["done/a.csv"]
    assert names(link.here) == ["a.csv"]


@over_a_wire
def test_delivering_goes_on_where_a_break_left_it(link: Link) -> None:
    (link.here / "a.csv").write_bytes(large())
    before: list[int] = []

    def cut() -> None:
        before.append(len(link.side.moved()))
        link.side.cut()

    assert link.deliver(once_at(60, cut)) == ["a.csv"]
    assert (link.there / "a.csv").read_bytes() == large()
    again = [(at, count) for what, at, count in link.side.moved()[before[0] :] if what == "WRITE"]
    assert sum(count for _, count in again) < SIZE * 0.75
    assert names(link.there) == ["a.csv"]
    assert names(link.here) == ["sent/a.csv"]


@over_a_wire
def test_a_server_that_is_gone_is_named_and_the_next_run_goes_on(link: Link) -> None:
    link.put("a.csv", large())
    (link.here / "u.csv").write_bytes(large())
    with pytest.raises(TransferError, match="3 tries") as caught:
        link.fetch(once_at(50, link.side.kill))
    assert link.remote.url in str(caught.value)
    assert "a.csv" in str(caught.value)
    assert 0 < (link.here / ".a.csv.part").stat().st_size < len(large())
    with pytest.raises(TransferError):
        link.deliver()
    link.side.start()
    before = len(link.side.moved())
    assert link.fetch() == ["a.csv"]
    assert (link.here / "a.csv").read_bytes() == large()
    assert sum(count for what, _, count in link.side.moved()[before:]) < SIZE * 0.75
    (link.here / "a.csv").unlink()

    with pytest.raises(TransferError, match=r"u\.csv"):
        link.deliver(once_at(70, link.side.kill))
    link.side.start()
    before = len(link.side.moved())
    assert link.deliver() == ["u.csv"]
    assert (link.there / "u.csv").read_bytes() == large()
    written = [count for what, _, count in link.side.moved()[before:] if what == "WRITE"]
    assert sum(written) < SIZE * 0.75


@over_a_wire
def test_what_is_another_file_by_then_is_not_gone_on_with(link: Link) -> None:
    remote = link.put("a.csv", large())
    (link.here / "u.csv").write_bytes(large())
    given_up = Patience(pauses=())
    with pytest.raises(TransferError):
        fetch_new(link.remote, link.here, "*.csv", once_at(50, link.side.cut), given_up)
    with pytest.raises(TransferError):
        deliver_all(link.remote, link.here, "u.csv", once_at(50, link.side.cut), given_up)
    assert (link.there / ".u.csv.part").stat().st_size
    other = large().replace(b"0", b"x")
    remote.write_bytes(other)
    os.utime(remote, (1, 1))
    (link.here / "u.csv").write_bytes(other)
    assert link.fetch() == ["a.csv"]
    assert (link.here / "a.csv").read_bytes() == other
    (link.here / "a.csv").unlink()
    assert link.deliver() == ["u.csv"]
    assert (link.there / "u.csv").read_bytes() == other


@over_a_wire
def test_a_part_that_is_not_ours_is_not_gone_on_with(link: Link) -> None:
    (link.here / "u.csv").write_bytes(large())
    with pytest.raises(TransferError):
        deliver_all(
            link.remote, link.here, "u.csv", once_at(50, link.side.cut), Patience(pauses=())
        )
    part = link.there / ".u.csv.part"
    size = part.stat().st_size
    part.write_bytes(bytes(size))  # a disk that forgot
    assert link.deliver() == ["u.csv"]
    assert (link.there / "u.csv").read_bytes() == large()


def test_killed_in_mid_file(link: Link) -> None:
    link.put("a.csv", large())
    assert forked(lambda: link.fetch(once_at(50, die))) == "killed"
    assert not (link.here / "a.csv").exists()
    assert link.fetch() == ["a.csv"]
    assert (link.here / "a.csv").read_bytes() == large()
    assert names(link.here) == ["a.csv"]
    assert forked(lambda: link.deliver(once_at(50, die))) == "killed"
    assert not (link.there / "a.csv").exists()
    assert link.deliver() == ["a.csv"]
    assert names(link.there) == ["a.csv", "done/a.csv"]
    assert (link.there / "a.csv").read_bytes() == large()


@pytest.mark.parametrize("kind", ("file", "ftp"))
def test_killed_at_every_step_of_fetching(link: Link) -> None:
    for step in range(1, 1000):
        link.put("a.csv", b"%d\n" % step + LOG)  # a new file of a known name

        def dying(step: int = step) -> object:
            die_at(step, link.side.home.parent)
            return link.fetch()

        ended = forked(dying)
        # What came before it died is taken in by others at once, as it may be.
        taken = [p.read_bytes() for p in link.here.glob("*.csv")]
        for path in link.here.glob("*.csv"):
            path.unlink()
        link.fetch()
        taken += [p.read_bytes() for p in link.here.glob("*.csv")]
        assert taken == [b"%d\n" % step + LOG], step
        assert [n for n in names(link.here) if n != "a.csv"] == []
        done = names(link.there)
        assert all(n.startswith("done/") for n in done), (step, done)
        assert len(done) == 1, (step, done)
        (link.there / done[0]).unlink()
        (link.here / "a.csv").unlink(missing_ok=True)
        if ended != "killed":
            assert step > 5
            return
    raise AssertionError("it never ends")


@pytest.mark.parametrize("kind", ("file", "ftp"))
@pytest.mark.parametrize("consumed", (False, True))
def test_killed_at_every_step_of_delivering(link: Link, consumed: bool) -> None:
    for step in range(1, 1000):
        content = b"%d\n" % step + LOG
        (link.here / "a.csv").write_bytes(content)

        def dying(step: int = step) -> object:
            die_at(step, link.side.home.parent)
            return link.deliver()

        ended = forked(dying)
        arrived = [p.read_bytes() for p in link.there.glob("*.csv")]
        if consumed:  # billing waits for nobody
            for path in link.there.glob("*.csv"):
                path.unlink()
        link.deliver()
        if consumed:
            arrived += [p.read_bytes() for p in link.there.glob("*.csv")]
        else:
            arrived = [p.read_bytes() for p in link.there.glob("*.csv")]
        assert arrived == [content], step
        assert names(link.there) in (["a.csv"], []), step
        assert names(link.here) == ["sent/a.csv"], step
        assert (link.here / "sent/a.csv").read_bytes() == content
        (link.here / "sent/a.csv").unlink()
        (link.there / "a.csv").unlink(missing_ok=True)
        if ended != "killed":
            assert step > 5
            return
    raise AssertionError("it never ends")


# --- Writers that are not done ----------------------------------------------------------


def test_a_file_that_grows_is_left_for_the_next_run(link: Link) -> None:
    path = link.put("a.csv", large())

    def grow() -> None:
        with path.open("ab") as file:
            file.write(LOG)

    assert link.fetch(once_at(30, grow)) == []
    assert names(link.there) == ["a.csv"]
    assert not (link.here / "a.csv").exists()
    assert link.fetch() == ["a.csv"]
    assert (link.here / "a.csv").read_bytes() == large() + LOG


def test_a_file_that_is_written_anew_is_left_for_the_next_run(link: Link) -> None:
    path = link.put("a.csv", large())
    other = large().replace(b"0", b"x")

    def write() -> None:
        with path.open("r+b") as file:
            file.write(other)
        os.utime(path, (1, 1))

    assert link.fetch(once_at(30, write)) == []
    assert names(link.there) == ["a.csv"]
    assert not (link.here / "a.csv").exists()
    assert link.fetch() == ["a.csv"]
    assert (link.here / "a.csv").read_bytes() == other


def test_a_file_without_its_last_line_waits_until_it_is_still(link: Link) -> None:
    path = link.put("a.csv", b"A,B\n1,2\n")
    link.put("b.csv")
    assert link.fetch() == ["b.csv"]
    assert (link.there / "a.csv").exists()
    note = link.here / ".a.csv.fetch"
    long_ago(note)
    with path.open("ab") as file:  # it was being written: it waits anew
        file.write(b"3,")
    assert "a.csv" not in link.fetch()
    long_ago(note)
    assert "a.csv" in link.fetch()
    assert (link.here / "a.csv").read_bytes() == b"A,B\n1,2\n3,"
    assert (link.there / "done/a.csv").exists()
    assert names(link.here) == ["a.csv", "b.csv"]


def long_ago(note: Path) -> None:
    """Let what was seen have been seen a while ago."""
    known = json.loads(note.read_text())
    note.write_text(json.dumps({**known, "seen": known["seen"] - 301}))


@pytest.mark.parametrize("content", (b"", b"x" * 100, b"#END,\n", b"A\n#END,1\n2\n", b"A#END,1\n"))
@pytest.mark.parametrize("kind", ("file",))
def test_what_is_no_last_line(link: Link, content: bytes) -> None:
    link.put("a.csv", content)
    assert link.fetch() == []
    assert link.fetch(patience=HASTY) == ["a.csv"]


@pytest.mark.parametrize("content", (b"#END,0", b"A\r\n#END,0\r\n", b"A\n#END,12345678\n"))
@pytest.mark.parametrize("kind", ("file",))
def test_what_is_a_last_line(link: Link, content: bytes) -> None:
    link.put("a.csv", content)
    assert link.fetch() == ["a.csv"]


# --- Names ------------------------------------------------------------------------------


def test_a_waiting_file_is_kept_and_the_other_waits_too(link: Link) -> None:
    for content in (LOG.replace(b"1", b"3"), LOG + LOG):
        (link.here / "a.csv").write_bytes(LOG)
        link.put("a.csv", content)
        assert link.fetch() == []
        assert (link.here / "a.csv").read_bytes() == LOG
        assert (link.there / "a.csv").exists()
        (link.here / "a.csv").unlink()
        assert link.fetch() == ["a.csv"]
        assert (link.here / "a.csv").read_bytes() == content


def test_a_file_that_waits_for_long_is_told(link: Link) -> None:
    (link.here / "a.csv").write_bytes(LOG)
    link.put("a.csv", LOG + LOG)
    link.put("b.csv", b"A\n")
    assert link.fetch() == []
    for name in ("a.csv", "b.csv"):
        note = link.here / f".{name}.fetch"
        known = json.loads(note.read_text())
        note.write_text(json.dumps({**known, "first": known["first"] - 3601}))
    link.put("b.csv", b"A\n1,2\n")  # it grows, and grows
    with pytest.raises(FileRefused) as caught:
        link.fetch()
    assert "a.csv: it has waited for 1.0 h: another a.csv waits to be taken in" in str(caught.value)
    assert "b.csv: it has waited for 1.0 h: b.csv has no last line yet" in str(caught.value)
    (link.here / "a.csv").unlink()
    link.put("b.csv")
    assert link.fetch() == ["a.csv", "b.csv"]
    assert names(link.here) == ["a.csv", "b.csv"]


@pytest.mark.parametrize("kind", ("file",))
def test_a_file_that_was_taken_waits_for_another_of_its_name(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before it had its name, and then somebody puts one of that name there."""
    link.put("a.csv")

    def end(_: Coming) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Coming, "_rename", end)
        with pytest.raises(KeyboardInterrupt):
            link.fetch()
    (link.here / "a.csv").write_bytes(LOG + LOG)
    assert link.fetch() == []
    assert (link.here / "a.csv").read_bytes() == LOG + LOG
    (link.here / "a.csv").unlink()
    assert link.fetch() == ["a.csv"]
    assert (link.here / "a.csv").read_bytes() == LOG


def test_the_same_file_again_is_the_one_that_waits(link: Link) -> None:
    (link.here / "a.csv").write_bytes(LOG)
    link.put("a.csv")
    assert link.fetch() == ["a.csv"]
    assert names(link.here) == ["a.csv"]
    assert names(link.there) == ["done/a.csv"]


def test_done_keeps_what_has_the_name(link: Link) -> None:
    for number in range(3):
        link.put("a.csv", b"%d\n" % number + LOG)
        assert link.fetch() == ["a.csv"]
        (link.here / "a.csv").unlink()
    assert names(link.there) == ["done/a.csv", "done/a.csv.1", "done/a.csv.2"]
    assert (link.there / "done/a.csv").read_bytes() == b"0\n" + LOG


def test_another_file_of_the_name_is_not_overwritten(link: Link) -> None:
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        (link.here / name).write_bytes(LOG)
    link.put("a.csv", LOG.replace(b"1", b"3"))  # another one, as long
    link.put("b.csv", LOG + b"\n")
    link.put("c.csv", LOG)  # the same: brought by a run that broke off
    with pytest.raises(TransferError) as caught:
        link.deliver()
    assert "another file has the name a.csv" in str(caught.value)
    assert "another file has the name b.csv" in str(caught.value)
    assert [path.name for path in caught.value.done] == ["c.csv", "d.csv"]
    assert (link.there / "a.csv").read_bytes() == LOG.replace(b"1", b"3")
    assert names(link.here) == ["a.csv", "b.csv", "sent/c.csv", "sent/d.csv"]


def test_names_that_hold_what_no_name_should(link: Link) -> None:
    link.put("a.csv")
    for name in ("x\ny.csv", "x\x1b[1m.csv", f"{'x' * 210}.csv"):
        link.put(name)
    Path(os.fsdecode(os.fsencode(link.there) + b"/\xff.csv")).write_bytes(LOG)
    with suppress(TransferError):  # who lists by lines may show one as two names, or none
        link.fetch()
    assert names(link.here) == ["a.csv"]
    assert len(list(link.there.glob("*.csv"))) == 4
    if link.side.kind in ("file", "sftp"):
        with pytest.raises(TransferError) as caught:
            link.fetch()
        assert str(caught.value).count("is left alone") == 4
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name", ("../x.csv", "/etc/x.csv", "a/../../x.csv", "a\\x.csv", "a\x00.csv")
)
def test_names_that_lead_out_of_the_folder(name: str, tmp_path: Path) -> None:
    with open_place(Remote(f"file://{tmp_path}")) as place:
        with pytest.raises(FileRefused, match="left alone"):
            place.fetch(Entry(name, 1), tmp_path)
        with pytest.raises(FileRefused, match="left alone"):
            place.move(name, "done")
