"""Keys of devices, wrapped for the database, and hashes of passwords.

Whoever calls the SQL-API directly may import this module: it needs `cryptography` and
`argon2-cffi`, and nothing else of kenshin.

A wrapped key is at most 512 bytes, in this order:

    1 byte        version of the layout: 1
    1 byte        n, the length of the key id, 1 to 16
    n bytes       id of the key-encryption key, ASCII
    12 bytes      nonce, random
    the rest      AES-256-GCM ciphertext, as long as the secret, with its tag of 16 bytes

The tag also covers the 2 + n bytes of the header, and behind them the context (UTF-8): the
column and the device that the secret is for, see `context_of`.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
BLOB_BYTES = 512
ENVIRONMENT = "KENSHIN_KEK"

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_COLUMN = re.compile(r"[A-Z][A-Z0-9_]*")
_MAC = re.compile(r"[0-9A-F]{12}")
_KEY_FILE_BYTES = 65536

_HASHER = PasswordHasher(
    time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
)
_PASSWORD_BYTES = 1024
# A hash that would cost far more than ours is not one that a caller made in good faith.
_MOST_MEMORY_KIB, _MOST_PASSES, _MOST_LANES = 2**20, 16, 16


class SecretError(Exception):
    """A key, a wrapped secret or a password is unusable; the message never shows any of it."""


class UnknownKey(SecretError):
    """The key-encryption key that a blob names is not at hand."""


# --- Wrapping ---------------------------------------------------------------------------


def context_of(column: str, *, mac: str | None = None, serial: str | None = None) -> str:
    """What a wrapped secret belongs to: a column of one device.

    A device is known by its MAC address, in any notation, and by its serial number only when
    it has no MAC. Raises SecretError when neither is given or one is badly formed.
    """
    if not _COLUMN.fullmatch(column):
        raise SecretError(f"column {column!r}: a name in upper-case letters")
    if mac:
        plain = mac.replace(":", "").replace("-", "").upper()
        if not _MAC.fullmatch(plain):
            raise SecretError(f"MAC {mac!r}: twelve hexadecimal digits")
        return f"{column} MAC {plain}"
    if serial:
        return f"{column} SERIAL {serial}"
    raise SecretError("a secret is wrapped for a device: give its MAC, or its serial number")


class KeyRing:
    """Key-encryption keys: the active one wraps, all of them unwrap."""

    def __init__(self, keys: Iterable[tuple[str, bytes]]) -> None:
        """Take keys of 32 bytes by their ids, the active one first. Raises SecretError."""
        self._ciphers: dict[str, AESGCM] = {}
        seen: set[bytes] = set()
        for key_id, key in keys:
            if not _KEY_ID.fullmatch(key_id):
                raise SecretError("a key id is 1 to 16 letters, digits, _ and -")
            if key_id in self._ciphers:
                raise SecretError(f"two keys have the id {key_id}")
            if len(key) != KEY_BYTES:
                raise SecretError(f"key {key_id} is not {KEY_BYTES} bytes long")
            if key in seen:
                raise SecretError(f"key {key_id} is another key under a new id")
            seen.add(key)
            self._ciphers[key_id] = AESGCM(key)
        if not self._ciphers:
            raise SecretError("there is no key")
        self.active = next(iter(self._ciphers))

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read a key file, which nobody but its owner may read. Raises SecretError."""
        return cls._parsed(private_text(path), str(path))

    @classmethod
    def from_environment(cls) -> KeyRing:
        """Read the text of a key file from KENSHIN_KEK. Raises SecretError."""
        if ENVIRONMENT not in os.environ:
            raise SecretError(f"{ENVIRONMENT} is not set")
        return cls._parsed(os.environ[ENVIRONMENT], ENVIRONMENT)

    @classmethod
    def _parsed(cls, text: str, source: str) -> KeyRing:
        try:
            return cls(_keys_in(text))
        except SecretError as error:
            raise SecretError(f"{source}: {error}") from None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys, the active one first."""
        return tuple(self._ciphers)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.ids)})"

    def __reduce__(self) -> str:
        raise TypeError("a key ring is not written anywhere")

    def wrap(self, secret: bytes, context: str = "") -> bytes:
        """Encrypt a secret with the active key, for one context.

        Raises SecretError for an empty secret, and for one whose blob would exceed 512 bytes:
        466 bytes always fit.
        """
        header = bytes([VERSION, len(self.active)]) + self.active.encode("ascii")
        room = BLOB_BYTES - len(header) - NONCE_BYTES - TAG_BYTES
        if not 1 <= len(secret) <= room:
            raise SecretError(f"a secret must be 1 to {room} bytes long, this one is {len(secret)}")
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.active].encrypt(nonce, bytes(secret), header + _bytes(context))
        return header + nonce + sealed

    def unwrap(self, blob: bytes, context: str = "") -> bytes:
        """Decrypt a blob that was wrapped for the same context.

        Raises UnknownKey, which names the key, or SecretError: the blob is damaged, or it
        belongs to another device or column, which no cipher can tell apart.
        """
        header, nonce, sealed = _parts(blob)
        key_id = header[2:].decode("ascii")
        if key_id not in self._ciphers:
            raise UnknownKey(f"wrapped with key {key_id}, which is not at hand")
        try:
            return self._ciphers[key_id].decrypt(nonce, sealed, header + _bytes(context))
        except InvalidTag:
            raise SecretError(
                f"damaged, or not wrapped for {context or 'no context'} (key {key_id})"
            ) from None

    def rewrap(self, blob: bytes, context: str = "") -> bytes:
        """Wrap a wrapped secret anew with the active key, for the same context."""
        return self.wrap(self.unwrap(blob, context), context)


def key_id_of(blob: bytes) -> str:
    """The id of the key that wrapped a blob. Raises SecretError for what cannot be a blob."""
    return _parts(blob)[0][2:].decode("ascii")


def _parts(blob: bytes) -> tuple[bytes, bytes, bytes]:
    """The header, the nonce and the rest of a blob."""
    blob = bytes(blob)
    if not 2 <= len(blob) <= BLOB_BYTES or blob[0] != VERSION:
        raise SecretError(f"damaged: not a wrapped secret of version {VERSION}")
    end = 2 + blob[1]
    header, nonce, sealed = blob[:end], blob[end : end + NONCE_BYTES], blob[end + NONCE_BYTES :]
    if not _KEY_ID.fullmatch(header[2:].decode("latin-1")) or len(sealed) <= TAG_BYTES:
        raise SecretError("damaged: its key id or its length is wrong")
    return header, nonce, sealed


# --- The key file -----------------------------------------------------------------------


def new_key_line(key_id: str) -> str:
    """A line of a key file with a fresh random key. Raises SecretError for a bad id."""
    key = os.urandom(KEY_BYTES)
    KeyRing([(key_id, key)])
    return f"{key_id} {base64.b64encode(key).decode('ascii')}\n"


def _keys_in(text: str) -> Iterable[tuple[str, bytes]]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 2:
            raise SecretError(f"line {number}: a key id, a space, and the key in base64")
        try:
            key = base64.b64decode(words[1], validate=True)
        except (binascii.Error, ValueError):
            raise SecretError(f"line {number}: the key is no base64") from None
        if len(key) != KEY_BYTES:
            raise SecretError(f"line {number}: the key is not {KEY_BYTES} bytes long")
        yield words[0], key


def private_text(path: Path, what: str = "key file") -> str:
    """The text of a file of secrets, which nobody but its owner may read. Raises SecretError."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SecretError(f"{path}: not a file")
            if status.st_mode & 0o077:
                raise SecretError(f"{path}: others may read it; chmod 600 {path}")
            content = file.read(_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise SecretError(f"{path}: {error.strerror}") from None
    if len(content) > _KEY_FILE_BYTES or not content.isascii():
        raise SecretError(f"{path}: not a {what}")
    return content.decode("ascii")


def new_private(path: Path) -> BinaryIO:
    """A new file, open to be written, that nobody but its owner may read. Raises OSError."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


# --- Passwords --------------------------------------------------------------------------


def hash_password(text: str) -> str:
    """The argon2id PHC string of a password: 64 MiB, 3 passes, 4 lanes.

    Raises SecretError for an empty password and one of more than 1024 bytes in UTF-8.
    """
    return _HASHER.hash(_password(text))


def check_password(phc: str, text: str) -> bool:
    """Whether a password is the one of a PHC string; for a malformed string it never is."""
    if not _is_argon2id(phc):
        return False
    try:
        return _HASHER.verify(phc, _password(text))
    except (VerificationError, InvalidHashError, SecretError):
        return False


def needs_rehash(phc: str) -> bool:
    """Whether a PHC string has other figures than today's: hash the password anew at login."""
    return not _is_argon2id(phc) or _HASHER.check_needs_rehash(phc)


def _is_argon2id(phc: str) -> bool:
    try:
        given = extract_parameters(phc)
    except (InvalidHashError, ValueError):
        return False
    return (
        given.type is Type.ID
        and given.memory_cost <= _MOST_MEMORY_KIB
        and given.time_cost <= _MOST_PASSES
        and given.parallelism <= _MOST_LANES
    )


def _password(text: str) -> bytes:
    encoded = _bytes(text)
    if not 1 <= len(encoded) <= _PASSWORD_BYTES:
        raise SecretError(f"a password must be 1 to {_PASSWORD_BYTES} bytes long")
    return encoded


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        # The error itself would carry the text.
        raise SecretError("text that UTF-8 cannot write") from None
