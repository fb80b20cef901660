"""A server of the HTTP-API in a process of its own, TLS for it, and nginx in front.

Run as a program it serves a small application instead of the HTTP-API's: `python serving.py
kenshin.toml FOLDER GRACE`. What that one does can be waited for in FOLDER. HURRY in the
environment is how many seconds a request has to arrive in, instead of those of the real one.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import urllib3

from servers.base import end_with_parent
from servers.programs import installed
from waiting import PATIENCE, until

ROOT = Path(__file__).parents[1]


def refused(port: int) -> bool:
    """Whether nobody listens at a port any more."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


@dataclass(frozen=True)
class Tls:
    """A certificate for 127.0.0.1 and localhost, its key, and itself as the authority."""

    certificate: Path
    key: Path


def make_tls(folder: Path, name: str = "tls") -> Tls:
    """A fresh certificate that signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Tls(folder / f"{name}.pem", folder / f"{name}.key")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    made.key.chmod(0o600)
    return made


class Served:
    """A server's process, with what it writes on standard error in a file."""

    def __init__(self, command: list[str], folder: Path, **environment: str) -> None:
        self.log = folder / "stderr"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                stdout=out,
                stderr=out,
                env={**os.environ, **environment},
                start_new_session=True,  # one group, to be ended as one
                preexec_fn=end_with_parent(),
            )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the log. Fails when one is no JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def workers(self) -> list[int]:
        """The processes that the server forked."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def ready(self, http: urllib3.PoolManager, url: str) -> None:
        """Wait until it answers."""

        def answers() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            try:
                return http.request("GET", url, retries=False, timeout=5).status < 500
            except urllib3.exceptions.HTTPError:
                return False

        until(answers, f"{url}: no answer")

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """The end of it and its workers, whatever state they are in."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # all of them have ended
        self.process.wait()


def kenshin_serve(config: Path, folder: Path, *options: str, **environment: str) -> Served:
    """The real verb with the real application."""
    command = [sys.executable, "-m", "kenshin.cli", "--config", str(config), "serve", *options]
    return Served(command, folder, **environment)


def small_app(config: Path, folder: Path, grace: int, **environment: str) -> Served:
    """The real server with the small application; GRACE: seconds to end in."""
    command = [sys.executable, __file__, str(config), str(folder), str(grace)]
    return Served(command, folder, **environment)


def nginx(folder: Path, upstream: int, port: int, tls: Tls) -> Served:
    """nginx with the configuration that deploy/ has, its marked lines changed."""
    text = (ROOT / "deploy" / "nginx" / "kenshin.conf").read_text()
    changes = {
        "server 127.0.0.1:8480;": f"server 127.0.0.1:{upstream};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        "mdm.example.org": "localhost",
        "/etc/kenshin/tls/certificate.pem": str(tls.certificate),
        "/etc/kenshin/tls/key.pem": str(tls.key),
    }
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old}: not once in kenshin.conf"
        text = text.replace(old, new)
    (folder / "kenshin.conf").write_text(text)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"user {_user()};\ndaemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\n"
        f"error_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}include {folder}/kenshin.conf;\n}}\n"
    )
    program = installed("nginx", "nginx-light")
    return Served([program, "-p", str(folder), "-c", f"{folder}/nginx.conf"], folder)


def _user() -> str:
    import grp
    import pwd

    return f"{pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid(os.getegid()).gr_name}"


# --- The small application --------------------------------------------------------------


def main(config: Path, folder: Path, grace: int) -> None:
    """Serve it."""
    from flask import Flask, jsonify, request

    from kenshin import config as configuration
    from kenshin.config import Config
    from kenshin.http_api import server, worker

    if "HURRY" in os.environ:
        worker._HEAD = worker._BODY = worker._REST = float(os.environ["HURRY"])

    def create(made_from: Config) -> Flask:
        from kenshin.http_api import health, metrics
        from kenshin.http_api.pool import Pool

        app = Flask("small")
        app.config["MAX_CONTENT_LENGTH"] = made_from.http_api.max_body_bytes
        app.register_blueprint(health.pages(Pool(made_from, 1)))

        @app.route("/who", methods=["GET", "POST"])
        def who() -> Any:
            metrics.request("who", 200, 0.01)
            return jsonify(
                pid=os.getpid(), address=request.remote_addr, scheme=request.scheme,
                threads=made_from.http_api.threads, size=len(request.get_data()),
            )  # fmt: skip

        @app.get("/wait/<name>")
        def wait(name: str) -> str:
            (folder / f"{name}.began").touch()
            until((folder / f"{name}.go").exists)
            return name

        @app.get("/broken")
        def broken() -> Any:
            return "", {"no name": "of a header"}

        @app.get("/fail")
        def fail() -> str:
            def quietly() -> None:
                raise KeyError("a value that is nobody's business")

            thread = threading.Thread(target=quietly)
            thread.start()
            thread.join()
            raise ValueError("a value that is nobody's business")

        return app

    server.serve(lambda: configuration.load(config), create, lambda _: grace)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
