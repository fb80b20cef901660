"""A real rsyslogd with a configuration of the test, in its own folder, without rights of root."""

import json
import re
import socket
from pathlib import Path
from typing import Any, ClassVar

from .base import Server
from .programs import ServerError, installed, run

DEPLOYED = Path(__file__).resolve().parents[2] / "deploy" / "rsyslog" / "kenshin.conf"
FIELDS = (
    "syslogfacility-text",
    "syslogseverity",
    "timereported",
    "hostname",
    "app-name",
    "procid",
    "msgid",
    "structured-data",
    "msg",
)
# A message as rsyslog has read it, and as it would pass it on.
TEMPLATES = (
    'template(name="fields" type="list" option.jsonf="on") {\n'
    + "".join(
        f'  property(outname="{name}" name="{name}" format="jsonf"'
        + (' dateFormat="rfc3339"' if name == "timereported" else "")
        + ")\n"
        for name in FIELDS
    )
    + "}\n"
)


class Rsyslog(Server):
    """rsyslogd. `port` is TCP and UDP; `local` a socket of datagrams, `stream` one of streams."""

    engine: ClassVar[str] = "rsyslog"

    def __init__(self, *, parent: Path | None = None, keep: bool = False) -> None:
        super().__init__(parent=parent, keep=keep)
        self.local = self.folder / "log"
        self.stream = self.folder / "stream"
        self.conf = self.folder / "rsyslog.conf"
        self.work = self.folder / "work"
        self.received = self.folder / "received.json"

    def text(self) -> str:
        """The configuration: whatever comes in goes to `received`."""
        return f"""
module(load="imuxsock" sysSock.use="off")
module(load="imudp")
module(load="imtcp")
module(load="imptcp")
input(type="imuxsock" socket="{self.local}" useSpecialParser="off" parseHostname="on"
      ignoreTimestamp="off")
input(type="imudp" address="127.0.0.1" port="{self.port}")
input(type="imtcp" address="127.0.0.1" port="{self.port}")
input(type="imptcp" path="{self.stream}")
{TEMPLATES}
action(type="omfile" file="{self.received}" template="fields")
"""

    def messages(self) -> list[dict[str, Any]]:
        """What came in, each as rsyslog reads it."""
        if not self.received.exists():
            return []
        lines = self.received.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def connect(self, *_: Any, **__: Any) -> socket.socket:
        return socket.create_connection((self.host, self.port))

    def _prepare(self) -> None:
        self.work.mkdir()

    def _command(self) -> list[str]:
        work = f'global(workDirectory="{self.work}")\n'
        self.conf.write_text(work + self.text(), encoding="utf-8")
        for left in (self.folder / "pid", self.local, self.stream):
            left.unlink(missing_ok=True)  # of one that was killed
        program = installed("rsyslogd", "rsyslog")
        return [program, "-n", "-f", str(self.conf), "-i", str(self.folder / "pid")]

    def _probe(self) -> str:
        if not self.local.exists():
            raise ServerError("its socket is not there yet")
        self.connect().close()
        return ""

    def checked(self) -> str:
        """What `rsyslogd -N1` says of the configuration. Raises ServerError when it is wrong."""
        self._prepare()
        _, *_ = self._command()
        return run([installed("rsyslogd", "rsyslog"), "-N1", "-f", str(self.conf)])


class Deployed(Rsyslog):
    """With deploy/rsyslog/kenshin.conf, whose places and programs are those of the test.

    Monitoring is a second rsyslogd, NMS.
    """

    def __init__(
        self, nms: Rsyslog, ingest: str, patience: int | None = None, **options: Any
    ) -> None:
        """INGEST: the command of `kenshin syslog-ingest`.

        PATIENCE: milliseconds that a stop waits for messages to be done; else as deployed.
        """
        super().__init__(**options)
        self._nms = nms
        self._ingest = ingest
        self._patience = patience

    def text(self) -> str:
        deployed = DEPLOYED.read_text(encoding="utf-8")
        for line, changed in (
            (r"/run/kenshin-syslog/log", str(self.local)),
            (r"#(module\(load=\"im(udp|tcp)\"\))", r"\1"),
            (r"#(input\(type=\"imudp\" port=)\"514\"", rf'\1"{self.port}"'),
            (r"#(input\(type=\"imtcp\" port=)\"601\"", rf'\1"{self.port}"'),
            (r'target="nms.example" port="601"', f'target="127.0.0.1" port="{self._nms.port}"'),
            (r"/var/log/kenshin.log", str(self.folder / "kenshin.log")),
            (r'binary="[^"]*"', f'binary="{self._ingest}"'),
            (r'resumeInterval="[0-9]+"', 'resumeInterval="1"'),
        ):
            deployed, count = re.subn(line, changed, deployed)
            assert count, f"the deployed configuration has no {line}"
        if self._patience is not None:
            patience = rf'\1"{self._patience}"'
            wait = r'(queue\.timeout(?:Shutdown|ActionCompletion)=)"[0-9]+"'
            deployed, count = re.subn(wait, patience, deployed)
            assert count, f"the deployed configuration has no {wait}"
        return f'module(load="imuxsock" sysSock.use="off")\n{deployed}'
