"""Where the database programs are, and how one built against a newer libc is started."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class ServerError(Exception):
    """A database server is missing, does not start or does not end."""


def build_folder() -> Path:
    return Path(os.environ.get("KENSHIN_BUILD") or REPOSITORY / "build")


@dataclass(frozen=True)
class Tree:
    """An engine unpacked under build/engines/ by tools/setup/fetch-*."""

    root: Path
    version: str

    @property
    def libraries(self) -> Path:
        return next((self.root / "usr/lib").glob("*-linux-gnu"))

    def command(self, program: str) -> list[str]:
        """PROGRAM under the tree's own loader: the machine's libc is too old for it."""
        loader = next(self.libraries.glob("ld-linux-*.so.*"))
        return [str(loader), "--library-path", str(self.libraries), str(self.root / program)]


def fetched(name: str) -> Tree:
    root = build_folder() / "engines" / name
    try:
        version = (root / ".version").read_text().split()[1]
    except FileNotFoundError:
        verb = f"fetch-{name.partition('-')[0]}"
        raise ServerError(f"{root} is missing: run tools/setup/{verb}") from None
    return Tree(root, version)


def installed(program: str, package: str) -> str:
    # /usr/sbin is not on an ordinary user's path.
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path is None:
        raise ServerError(f"{program} is missing: run tools/setup/apt-packages ({package})")
    return path


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """What COMMAND printed; a ServerError with the end of it if it failed."""
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise ServerError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}"
        )
    return done.stdout


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def template(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder filled once by FILL and kept for all later servers, in every process."""
    kept = build_folder() / "servers" / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    with _locked(kept.parent / f".{name}.lock"):
        if not kept.exists():
            part = kept.with_name(f".{name}.part")
            shutil.rmtree(part, ignore_errors=True)
            fill(part)
            # The rename is the last step, so a folder that has its place is whole.
            part.rename(kept)
    return kept
