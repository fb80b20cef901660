"""The processes that serve the HTTP-API: gunicorn, with an application made in each worker.

The application comes after the fork, for the embedded engine must not be in a process that
forks. So nothing here may import what counts or connects before a worker does.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import ssl
import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.errors import HaltServer  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.util import is_ipv6, parse_address  # type: ignore[import-untyped]
from werkzeug.middleware.proxy_fix import ProxyFix

from kenshin import __version__
from kenshin.config import Config, ConfigError, HttpApi
from kenshin.engines import open_session
from kenshin.http_api import logs, shared
from kenshin.http_api.worker import TlsSocket, Worker

if TYPE_CHECKING:
    from flask import Flask

# Of head-ends in one control at most: two that are open, the current, the order, its outcome.
_CALLS = 5
# Of DHCP: the way in, the telling, and both once more to take it back.
_DHCP_CALLS = 4
_MARGIN = 10  # seconds for the database and the way back
_AT_LEAST_ONE = (
    *("workers", "threads", "max_body_bytes", "max_rows", "requests_per_minute"),
    *("lock_seconds", "settle_seconds"),
)
_LONGEST_WAIT = 3600  # seconds for a lock: the rules that take one allow no more
_KEPT = 75  # seconds that an idle connection of a proxy is kept
_CONNECTIONS = 512  # of one worker: usually a process may have 1024 files
_HEARTBEAT = 60  # seconds without one, and a worker is replaced
_TAKEN = "another program listens there; stop it, or listen elsewhere"
_BOOT_FAILED = 3  # the exit status with which a worker tells gunicorn to give up

Listen = tuple[str, int] | str


def create_app(config: Config) -> Flask:
    """The HTTP-API's application; imported in the worker that calls this."""
    from kenshin.http_api.app import create_app as create

    return create(config)


def longest_request(config: Config) -> int:
    """The seconds that a request may take; what runs has as long to end when the server stops.

    For all its locks it waits lock_seconds together.
    """
    slowest = _CALLS * max((head.timeout_seconds for head in config.he_api.values()), default=0)
    if config.dhcp is not None:
        slowest = max(slowest, _DHCP_CALLS * config.dhcp.timeout_seconds)
    return config.http_api.lock_seconds + slowest + _MARGIN


def serve(
    read: Callable[[], Config],
    create: Callable[[Config], Flask] = create_app,
    grace: Callable[[Config], int] = longest_request,
) -> None:
    """Serve until a signal says stop; never returns.

    `read` gives the configuration: at once, and again on SIGHUP, when one that cannot be used
    changes nothing. `grace` says how many seconds a request has to end once its worker is to
    stop. Raises ConfigError when it cannot be used at the start, or when the address
    cannot be had.
    """
    config = read()
    context = checked(config)
    free(config.http_api.listen)
    logs.configure()
    with shared.folder():
        server = _Server(read, create, grace, config, context)
        logs.event("serving", release=__version__, listen=config.http_api.listen)
        _warn(config.http_api)
        try:
            Arbiter(server).run()
        except HaltServer as halt:  # a second worker failed while the first one's end was seen to
            sys.exit(halt.exit_status)


def checked(config: Config) -> ssl.SSLContext | None:
    """Look whether a configuration can be served; the context of TLS, when it has a certificate.

    Raises ConfigError.
    """
    http = config.http_api
    for name in _AT_LEAST_ONE:
        if getattr(http, name) < 1:
            raise ConfigError(f"[http_api] {name} = {getattr(http, name)}: must be at least 1")
    if http.lock_seconds > _LONGEST_WAIT:
        raise ConfigError(
            f"[http_api] lock_seconds = {http.lock_seconds}: must be at most {_LONGEST_WAIT}"
        )
    for heid, head in config.he_api.items():
        if head.timeout_seconds < 1:
            raise ConfigError(f"[he_api.{heid}] timeout_seconds = 0: must be at least 1")
    if config.dhcp is not None and config.dhcp.timeout_seconds < 1:
        raise ConfigError("[dhcp] timeout_seconds = 0: must be at least 1")
    listen = _address(http.listen)
    if isinstance(listen, str) and not http.proxies:
        raise ConfigError(
            f"[http_api] listen = {http.listen!r}: only a proxy reaches a local socket; "
            "set proxies to the number of them"
        )
    return _context(http)


def risk(http: HttpApi) -> str:
    """What is risky about an address that other machines reach; nothing when none is."""
    listen = _address(http.listen)
    if isinstance(listen, str) or _is_loopback(listen[0]):
        return ""
    if http.proxies:
        return (
            f"[http_api] listen = {http.listen!r}, proxies = {http.proxies}: whoever reaches the "
            "port past the proxy says himself where he is from; let nobody but the proxy reach it"
        )
    if http.certificate is None:
        return (
            f"[http_api] listen = {http.listen!r} without a certificate: keys go in the clear; "
            "set certificate and key, or listen at 127.0.0.1 behind a proxy"
        )
    return ""


def _warn(http: HttpApi) -> None:
    if found := risk(http):
        logs.event(found, logging.WARNING)


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; of a name only localhost is known to be so."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def free(listen: str) -> None:
    """Look whether an address can be listened at. Raises ConfigError."""
    address = _address(listen)
    why = _socket_file(address) if isinstance(address, str) else _port(address)
    if why:
        raise ConfigError(f"[http_api] listen = {listen!r}: {why}")


def _port(address: tuple[str, int]) -> str:
    """Why a port cannot be listened at; nothing when it can."""
    family = socket.AF_INET6 if is_ipv6(address[0]) else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(address)
            tried.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return _TAKEN
            if error.errno == errno.EACCES:
                return "a port below 1024 needs CAP_NET_BIND_SERVICE, or a proxy in front"
            return f"{error.strerror}; is it an address of this machine?"
    return ""


def _socket_file(path: str) -> str:
    """Why a local socket cannot be made; nothing when it can. One that nobody has is replaced."""
    with socket.socket(socket.AF_UNIX) as tried:
        try:
            tried.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            writable = os.access(os.path.dirname(path), os.W_OK | os.X_OK)
            return "" if writable else "its folder is not there, or cannot be written"
        except OSError as error:
            return str(error.strerror or error)
    return _TAKEN


def _address(listen: str) -> Listen:
    """Host and port, or the path of a local socket. Raises ConfigError."""
    wrong = ConfigError(
        f"[http_api] listen = {listen!r}: must be address:port, [address]:port or unix:/path"
    )
    try:
        address = parse_address(listen)
    except (RuntimeError, ValueError):
        raise wrong from None
    if isinstance(address, str) and listen.startswith("unix:/"):
        return address
    if not isinstance(address, tuple) or not listen.endswith(f":{address[1]}"):
        raise wrong
    if not 0 < address[1] < 65536:
        raise wrong
    return str(address[0]), int(address[1])


def _context(http: HttpApi) -> ssl.SSLContext | None:
    if (http.certificate is None) != (http.key is None):
        raise ConfigError("[http_api] certificate and key: give both, or none")
    if http.certificate is None or http.key is None:
        return None
    for name, path in (("certificate", http.certificate), ("key", http.key)):
        try:
            path.open("rb").close()
        except OSError as error:
            raise ConfigError(f"[http_api] {name} = {str(path)!r}: {error.strerror}") from None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.sslsocket_class = TlsSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key with a passphrase is refused: nobody is there to type it.
        context.load_cert_chain(http.certificate, http.key, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError):
        raise ConfigError(
            f"[http_api] certificate = {str(http.certificate)!r}: it and the key must be PEM, "
            "belong together, and the key have no passphrase"
        ) from None
    return context


class _Lines(Logger):  # type: ignore[misc]
    """What gunicorn itself has to say, in the form of all other lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.Lines())


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn's view of a configuration."""

    def __init__(
        self,
        read: Callable[[], Config],
        create: Callable[[Config], Flask],
        grace: Callable[[Config], int],
        config: Config,
        context: ssl.SSLContext | None,
    ) -> None:
        self._read = read
        self._create = create
        self._grace = grace
        self._config = config
        self._context = context
        self._app: Flask | None = None
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings."""
        for name, value in self._settings().items():
            self.cfg.set(name, value)

    def reload(self) -> None:
        """Read the configuration anew; what cannot be used leaves everything as it is."""
        try:
            config = self._read()
            context = checked(config)
            if config.http_api.listen != self._config.http_api.listen:
                free(config.http_api.listen)
        except ConfigError as error:
            logs.event(f"configuration kept: {error}", logging.ERROR)
            return
        self._config, self._context = config, context
        _warn(config.http_api)
        super().reload()

    def load(self) -> Any:
        """The application of the worker that calls this."""
        try:
            # Here, for in a thread it would take the signals when it likes.
            open_session(self._config).load_library()
            self._app = self._create(self._config)
        except Exception as error:
            logs.failure("no worker can be started", error)
            sys.exit(_BOOT_FAILED)
        proxies = self._config.http_api.proxies  # with none, what they would say counts for nothing
        return ProxyFix(self._app, x_for=proxies, x_proto=proxies, x_host=0, x_prefix=0)

    def _settings(self) -> dict[str, Any]:
        http = self._config.http_api
        return {
            "bind": http.listen,
            "workers": http.workers,
            "threads": http.threads,
            "worker_class": Worker,
            "worker_connections": _CONNECTIONS + http.threads,
            "timeout": _HEARTBEAT,
            "graceful_timeout": self._grace(self._config),
            "keepalive": _KEPT,
            "certfile": str(http.certificate) if http.certificate else None,
            "keyfile": str(http.key) if http.key else None,
            "ssl_context": self._tls,
            "forwarded_allow_ips": "",  # ProxyFix looks at what proxies say, and nothing else
            "proc_name": "kenshin-serve",
            "logger_class": _Lines,
            "control_socket_disable": True,
            "worker_exit": self._worker_exit,
            "child_exit": _child_exit,
        }

    def _tls(self, _config: object, _default: object) -> ssl.SSLContext | None:
        return self._context

    def _worker_exit(self, _arbiter: object, _worker: object) -> None:
        service = self._app.extensions.get("kenshin") if self._app else None
        if service is not None:
            service.close()


def _child_exit(_arbiter: object, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
