"""Programs by the hundred: one process that has read the release, and a fork of it for each call.

A fork runs the command line as a program of its own does, and can be killed like one; reading the
release anew costs each real call more than a cycle of a small station. Run as a program it takes
orders on standard input: a line of JSON with the words of the call and the file for its output.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from servers.base import end_with_parent


class Call:
    """A call of a verb that is under way."""

    def __init__(self, mother: Mother, pid: int, output: Path) -> None:
        self._mother, self.pid, self._output = mother, pid, output
        self.status: int | None = None

    def poll(self) -> int | None:
        """The exit status if it has ended; -9 when it was killed."""
        if self.status is None and self._mother.has_said_more():
            self.status = int(self._mother.line())
        return self.status

    def kill(self) -> bool:
        """SIGKILL; whether it came in time."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        return self.wait()[0] == -signal.SIGKILL

    def wait(self) -> tuple[int, str]:
        """The exit status, and what was said."""
        if self.status is None:
            self.status = int(self._mother.line())
        return self.status, self._output.read_text(errors="replace").strip()


class Mother:
    """The process that is forked. One call at a time."""

    def __init__(self, dialect: str, folder: Path) -> None:
        self._output = folder / "said"
        self._process = subprocess.Popen(
            [sys.executable, __file__, dialect],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            preexec_fn=end_with_parent(),
        )
        assert self.line() == "ready"

    def start(self, *words: str) -> Call:
        """Call the command line with these words."""
        assert self._process.stdin is not None
        order = {"words": words, "output": str(self._output)}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return Call(self, int(self.line()), self._output)

    def line(self) -> str:
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, "the process that is forked has ended"
        return said.decode().strip()

    def has_said_more(self) -> bool:
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def main() -> None:
    """Take orders; each fork leaves the loop and ends as the command line does."""
    from kenshin.catalog import Catalog
    from kenshin.cli import main as kenshin
    from kenshin.transfer import Patience, run

    # A server that is down stays down for the call: nothing is gained by long pauses.
    run.Patience = partial(Patience, pauses=(0.05, 0.1))  # type: ignore[misc,assignment]
    _ = Catalog(sys.argv[1]).objects
    end = end_with_parent()
    print("ready", flush=True)
    while line := sys.stdin.buffer.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            if end is not None:
                end()
            _redirect(order["output"])
            sys.argv = ["kenshin", *order["words"]]
            kenshin()
            return
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _redirect(output: str) -> None:
    out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, number)


if __name__ == "__main__":
    main()
