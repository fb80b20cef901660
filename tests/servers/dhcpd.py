"""A real ISC dhcpd in a network of its own, whose OMAPI answers at a port of this machine.

dhcpd serves no loopback interface, and must not hear another one of the machine. So it runs in a
new network namespace, in a user namespace where this user may do that, with one end of a cable in
it; meters are at the other end. Run as a program this module is what carries OMAPI across.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import secrets
import selectors
import signal
import socket
import struct
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any, ClassVar

from pypureomapi import Omapi, OmapiError, OmapiErrorNotFound

from kenshin.config import Dhcp

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from servers.base import Server, end_with_parent
from servers.programs import ServerError, installed
from waiting import until

NEW_USER, NEW_NET = 0x10000000, 0x40000000  # of unshare
SERVER_END, METER_END = "kenshin0", "kenshin1"
INSIDE = 7911  # the port of OMAPI in the namespace
KEY = "kenshin-test"
CLOSED = -1  # what a closed socket says of itself
_MAGIC = b"\x63\x82\x53\x63"
_DISCOVER, _OFFER = 1, 2


class Dhcpd(Server):
    """dhcpd with `deny unknown-clients`, its leases in a file of its own."""

    engine: ClassVar[str] = "dhcpd"

    def __init__(self, *, more: str = "", **options: Any) -> None:
        """`more` stands in dhcpd.conf too."""
        super().__init__(**options)
        self._more = more
        self.secret = b64encode(secrets.token_bytes(16)).decode()
        self.leases = self.folder / "dhcpd.leases"
        self.key_file = self.folder / "omapi.key"

    def connect(self) -> Omapi:
        return Omapi(self.host, self.port, KEY.encode(), self.secret.encode(), timeout=5)

    def has(self, mac: str) -> bool:
        """Whether the running server has a host with this MAC, as another client sees it."""
        omapi = self.connect()
        try:
            omapi.lookup_by_host(mac=_pairs(mac))
            return True
        except OmapiErrorNotFound:
            return False
        finally:
            omapi.close()

    def settings(self, **more: Any) -> Dhcp:
        """What kenshin.toml has of it."""
        return Dhcp(
            **{"host": self.host, "port": self.port, "key_name": KEY, "key_file": self.key_file}
            | more
        )

    @property
    def toml(self) -> str:
        """The same as text."""
        return (
            f'[dhcp]\nhost = "{self.host}"\nport = {self.port}\nkey_name = "{KEY}"\n'
            f'key_file = "{self.key_file}"\n'
        )

    def hosts_in_file(self) -> set[str]:
        """The MACs that the leases file has in the end: what a restart would read."""
        found: dict[str, str] = {}
        for name, body in re.findall(r"host (\S+) \{(.*?)\n\}", self.leases.read_text(), re.DOTALL):
            mac = re.search(r"hardware ethernet ([0-9a-f:]+);", body)
            if "deleted;" in body:
                found.pop(name, None)
            elif mac:
                found[name] = mac[1].replace(":", "").upper()
        return set(found.values())

    def offered(self, mac: str) -> bool:
        """Whether a meter with this MAC, which asks for an address, is offered one."""
        spoken = self.log.stat().st_size
        inside = ["nsenter", "--preserve-credentials", "-U", "-n", "-t", str(self.pid)]
        program = [sys.executable, __file__, "discover", mac, str(self.log), str(spoken)]
        done = subprocess.run([*inside, *program], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"no meter can ask: {done.stderr[-500:]}")
        return done.stdout.strip() == "offered"

    @property
    def process(self) -> int:
        """The process of dhcpd itself, behind the one that carries OMAPI."""
        return int((self.folder / "dhcpd.pid").read_text())

    def pause(self) -> None:
        """It takes connections from now on, and says nothing."""
        os.kill(self.process, signal.SIGSTOP)

    def go_on(self) -> None:
        """What it was asked meanwhile is answered first; until then it resets new connections."""
        os.kill(self.process, signal.SIGCONT)
        until(self._answers, "dhcpd does not go on")

    def _answers(self) -> bool:
        try:
            self._probe()
        except (OSError, OmapiError):
            return False
        return True

    def _prepare(self) -> None:
        self.leases.touch()
        self.key_file.write_text(self.secret + "\n")
        self.key_file.chmod(0o600)
        (self.folder / "dhcpd.conf").write_text(
            f"omapi-port {INSIDE};\n"
            f"key {KEY} {{ algorithm hmac-md5; secret {self.secret}; }};\n"
            f"omapi-key {KEY};\n"
            "authoritative;\ndeny unknown-clients;\nping-check false;\n"
            "subnet 10.77.0.0 netmask 255.255.0.0 { range 10.77.1.1 10.77.9.250; }\n"
            f"{self._more}"
        )

    def _command(self) -> list[str]:
        return [sys.executable, __file__, "serve", str(self.folder), str(self.port)]

    def _probe(self) -> str:
        self.connect().close()
        return "4"


def _pairs(mac: str) -> str:
    return ":".join(mac[n : n + 2] for n in range(0, 12, 2))


# --- In the namespace -------------------------------------------------------------------------


def serve(folder: Path, port: int) -> None:
    """Run dhcpd in a new network, and carry connections to its OMAPI until it ends."""
    listener = socket.create_server(("127.0.0.1", port))  # of the network outside
    _new_network()
    for words in (
        "link set lo up",
        f"link add {SERVER_END} type veth peer name {METER_END}",
        f"addr add 10.77.0.1/16 dev {SERVER_END}",
        f"link set {SERVER_END} up",
        f"link set {METER_END} up",
    ):
        subprocess.run([installed("ip", "iproute2"), *words.split()], check=True)
    files = ["-cf", "dhcpd.conf", "-lf", str(folder / "dhcpd.leases"), "--no-pid"]
    dhcpd = subprocess.Popen(
        [installed("dhcpd", "isc-dhcp-server"), "-4", "-f", "-d", *files, SERVER_END],
        cwd=folder,
        preexec_fn=end_with_parent(),
    )
    (folder / "dhcpd.pid").write_text(str(dhcpd.pid))
    # One that is stopped would not end before it goes on.
    signal.signal(signal.SIGTERM, lambda *_: (dhcpd.kill(), os._exit(0)))
    # Of one that is stopped comes this signal too.
    signal.signal(signal.SIGCHLD, lambda *_: None if dhcpd.poll() is None else os._exit(1))
    _carry(listener)


def _new_network() -> None:
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_USER | NEW_NET):
        raise ServerError(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"0 {user} 1"),
        ("gid_map", f"0 {group} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text)


def _carry(listener: socket.socket) -> None:
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is listener:
                outer = listener.accept()[0]
                try:
                    inner = socket.create_connection(("127.0.0.1", INSIDE))
                except OSError:
                    outer.close()
                    continue
                waiting.register(outer, selectors.EVENT_READ, inner)
                waiting.register(inner, selectors.EVENT_READ, outer)
            elif key.fileobj.fileno() != CLOSED:  # its other end may just have closed it
                _pass_on(waiting, key.fileobj, key.data)


def _pass_on(waiting: selectors.BaseSelector, source: Any, target: Any) -> None:
    try:
        data = source.recv(65536)
        target.sendall(data)
    except OSError:
        data = b""
    if not data:
        for end in (source, target):
            waiting.unregister(end)
            end.close()


# --- A meter ----------------------------------------------------------------------------------


def discover(mac: str, log: Path, spoken: int) -> str:
    """Ask for an address as a meter does; `spoken`: bytes of the log that were there before."""
    transaction = secrets.token_bytes(4)
    hardware = bytes.fromhex(mac)
    pairs = _pairs(mac).lower()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as wire:
        wire.bind((METER_END, 0))
        wire.send(_frame(hardware, transaction))
        wire.settimeout(0.05)
        for _ in range(2000):
            with contextlib.suppress(TimeoutError):
                if _is_offer(wire.recv(2048), transaction):
                    return "offered"
            # The server says that it has looked at it, and has nothing.
            with log.open("rb") as file:
                file.seek(spoken)
                said = file.read().decode(errors="replace")
            if re.search(rf"DHCPDISCOVER from {pairs} .*: (network|unknown|no free).*", said):
                return "ignored"
    return "no word of it"


def _frame(hardware: bytes, transaction: bytes) -> bytes:
    request = struct.pack("!BBBB4sHH16x16s64x128x", 1, 1, 6, 0, transaction, 0, 0x8000, hardware)
    request += _MAGIC + bytes([53, 1, _DISCOVER, 255])
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(request), 0) + request
    head = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4
    )
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
    return b"\xff" * 6 + hardware + b"\x08\x00" + head + datagram


def _is_offer(frame: bytes, transaction: bytes) -> bool:
    reply = frame[14 + 20 + 8 :]
    return reply[:1] == b"\x02" and reply[4:8] == transaction and bytes([53, 1, _OFFER]) in reply


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Path(sys.argv[2]), int(sys.argv[3]))
    print(discover(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
