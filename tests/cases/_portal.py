"""The rows that the cases of portal accounts start from, and what they look at afterwards."""

from __future__ import annotations

import hashlib

from case import Call

PARAMETERS = "$argon2id$v=19$m=65536,t=3,p=4$"
HASH, OTHER_HASH = (PARAMETERS + letter * 22 + "$" + letter * 43 for letter in "AQ")
MAIL = "portal@example.jp"
TOKEN = "0123456789abcdef" * 2
EVER, PAST = "2099-01-01 00:00:00", "2020-01-01 00:00:00"


def mdm(statement: str) -> Call:
    return ("mdm", statement)


def vps(statement: str) -> Call:
    return ("vps", statement)


# A device with two points, and a point that was removed.
METERS = [
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, TYPE_ID, PD_NAME) VALUES (900, 'PD1', 'HE1', 12, 'd')"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, LD_NAME, TYPE_ID, CONTRACT_CAPACITY)"
        " VALUES (900, 'P1', 900, 'old', 101, 30)"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID)"
        " VALUES (901, 'P2', 900, 3, 102)"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID, DELETED)"
        " VALUES (902, 'P9', 900, 4, 102, 1)"),
]  # fmt: skip


def customer(name: str = "C-1", deleted: int = 0) -> Call:
    return vps(f"INSERT INTO UTILITY_CUSTOMER (CUSTOMER_ID, NAME, DELETED) VALUES ('{name}', 'N', {deleted})")


def relation(
    name: str = "C-1", point: str = "P1", start: str = "2026-01-01", end: str | None = None, deleted: int = 0
) -> Call:
    to = "NULL" if end is None else f"'{end}'"
    return vps("INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE, TO_DATE, DELETED)"
               f" VALUES ('{name}', '{point}', '{start}', {to}, {deleted})")  # fmt: skip


def account(
    mail: str = MAIL, name: str = "C-1", password: str = HASH, state: int = 1, deleted: int = 0,
    temporary: int = 0, failed: int = 0, locked: str | None = None, edit: int = 1,
) -> Call:
    until = "NULL" if locked is None else f"'{locked}'"
    return vps("INSERT INTO VPS_ACCOUNT (VPS_ACCOUNT_ID, CUSTOMER_ID, PASSWORD_HASH, TEMPORARY, FAILED_LOGINS,"
               " LOCKED_UNTIL, EDIT_RIGHT, STATE, DELETED)"
               f" VALUES ('{mail}', '{name}', '{password}', {temporary}, {failed}, {until}, {edit}, {state}, {deleted})")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def token(text: str = TOKEN, until: str = EVER, mail: str = MAIL, password: str = HASH) -> Call:
    """A login that has begun."""
    return vps("INSERT INTO LOGIN_TOKEN (VPS_ACCOUNT_ID, TOKEN_SHA256, PASSWORD_SHA256, EXPIRES_AT)"
               f" VALUES ('{mail}', '{sha256(text)}', '{sha256(password)}', '{until}')")  # fmt: skip


OPEN = [*METERS, customer(), relation(), account()]

CUSTOMERS = "vps:SELECT c.CUSTOMER_ID, c.DELETED FROM UTILITY_CUSTOMER c ORDER BY c.CUSTOMER_ID"
RELATIONS = (
    "vps:SELECT r.CUSTOMER_ID, r.LD_ID, r.FROM_DATE, r.TO_DATE, r.DELETED FROM UC_LD_RELATION r"
    " ORDER BY r.CUSTOMER_ID, r.LD_ID, r.FROM_DATE"
)
# Mail, customer, password, temporary, failures, locked now, edit right, state, deleted.
ACCOUNTS = (
    "vps:SELECT a.VPS_ACCOUNT_ID, a.CUSTOMER_ID, a.PASSWORD_HASH, a.TEMPORARY, a.FAILED_LOGINS,"
    " CASE WHEN a.LOCKED_UNTIL > LOCALTIMESTAMP THEN 1 WHEN a.LOCKED_UNTIL IS NOT NULL THEN 0 END,"
    " a.EDIT_RIGHT, a.STATE, a.DELETED FROM VPS_ACCOUNT a ORDER BY a.VPS_ACCOUNT_ID"
)
CHANGED = "vps:SELECT a.VPS_ACCOUNT_ID FROM VPS_ACCOUNT a WHERE a.UPDATED_AT IS NOT NULL"
NAMES = "mdm:SELECT l.LD_NAME FROM LOGICAL_DEVICE l ORDER BY l.TABLE_KEY"
TOKENS = "vps:SELECT k.VPS_ACCOUNT_ID, k.TOKEN_SHA256, k.PASSWORD_SHA256 FROM LOGIN_TOKEN k ORDER BY k.TOKEN_SHA256"
PLAIN = (MAIL, "C-1", HASH, 0, 0, None, 1, 1, 0)
