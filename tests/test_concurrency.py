"""Random concurrent calls from eight connections on the same few devices, on every engine.

The station has installed points, accounts and policies, so that each rule has something to do;
a test below proves that each of them did.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from conftest import Installations
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import EngineError, Result, Session, TryAgain, base, open_session

CALLERS, CALLS, DEVICES = 8, 75, 6
WRAPPED = b"\x01\x04test" + bytes(60)
HASH = "$argon2id$v=19$m=65536,t=3,p=4$" + "A" * 22 + "$" + "B" * 43
AT = datetime(2026, 4, 1, 12)
SOON = datetime.now().replace(microsecond=0) + timedelta(days=3)
HOURS = [(None, None), ("08:00:00", "12:00:00"), ("11:00:00", "18:00:00"), ("22:00:00", "02:00:00")]

Arguments = dict[str, object]


def mac(number: int) -> str:
    return f"0200000000{number:02X}"


def terminal(number: int) -> str:
    return f"02000000F0{number:02X}"


def register(number: int) -> Arguments:
    return {
        "p_serial": f"S{number}",
        "p_mac": mac(number),
        "p_type_id": 11,
        "p_ld_type_id": 101,
        "p_poll_config": 1,
        "p_cert_serial": f"C{number}",
    }


def install(number: int, point: str) -> Arguments:
    return {
        "p_mac": mac(number),
        "p_ld_id": point,
        "p_pd_id": f"pd-{number}",
        "p_contract_capacity": 40,
    }


def account(number: int, point: str) -> Arguments:
    return {
        "p_customer_id": f"c-{number}",
        "p_ld_id": point,
        "p_start_date": date.today() + timedelta(days=1),
        "p_vps_account_id": f"a{number}@example.jp",
        "p_password_hash": HASH,
        "p_edit_right": 1,
        "p_state": 1,
        "p_ld_name": "x",
    }


class Caller:
    """One connection that calls what comes, and remembers what it was given."""

    def __init__(self, session: Session, catalog: Catalog, seed: int) -> None:
        self.session = session
        self.catalog = catalog
        self.chance = random.Random(seed)
        self.done: Counter[tuple[str, bool]] = Counter()
        self.wrong: list[str] = []
        self.tokens: list[str] = []
        self.policies: list[int] = [1]
        self.actions: list[int] = [1]
        self.reboots: list[tuple[str, int]] = []

    def call(self, rule: str, arguments: Arguments) -> Result | None:
        declared = self.catalog.declaration(rule)
        values = [arguments.get(name) for name in declared.takes]
        try:
            result = self.session.call(self.catalog.database_of(rule), rule, *values)
        except EngineError as error:
            self.wrong.append(f"{rule} {arguments}: {error}")
            return None
        if result.code not in declared.codes and result.code != 0:
            self.wrong.append(f"{rule} {arguments}: {result.code} {result.message}")
        self.done[rule, result.code == 0] += 1
        return result

    def step(self, among: Container[str] = ()) -> None:
        """One call that an actor could make at any moment, on one of the devices.

        among: only of these rules, where there are some.
        """
        makers = [one for one in MAKERS if one[0] in among] or MAKERS
        rule, make = self.chance.choice(makers)
        result = self.call(rule, make(self))
        if result is None or not result.rows:
            return
        first = result.rows[0]
        if rule == "LOGIN_BEGIN":
            self.tokens.append(str(first[1]))
        elif rule == "ADD_POLICY":
            self.policies.append(int(first[0]))
        elif rule == "RECEIVE_ADR_EVENT":
            self.actions += [int(row[0]) for row in result.rows]
        elif rule == "NEXT_REBOOT":
            self.reboots.append((str(first[0]), int(first[1])))

    def number(self) -> int:
        return self.chance.randrange(DEVICES)

    def point(self) -> str:
        return f"p-{self.number()}"

    def moment(self) -> datetime:
        return AT + timedelta(minutes=30 * self.chance.randrange(4))

    def window(self) -> Arguments:
        start, end = self.chance.choice(HOURS)
        return {"p_start_time": start, "p_end_time": end}

    def event(self) -> Arguments:
        start = SOON + timedelta(hours=6 * self.chance.randrange(4))
        return {
            "p_dras_event_id": f"e-{self.chance.randrange(12)}",
            "p_level": 1,
            "p_start_at": start,
            "p_end_at": start + timedelta(hours=5),
            "p_incentive": 1,
        }


# What each rule may be called with; those that take away are rarer than those that give.
MAKERS: list[tuple[str, Callable[[Caller], Arguments]]] = [
    ("REGISTER_CONTROLLER", lambda c: register(c.chance.randrange(DEVICES + 3))),
    ("DHCP_COMPLETED", lambda c: {"p_mac": mac(c.number()), "p_ip_address": "10.0.0.7"}),
    ("PROV_COMPLETED", lambda c: {"p_mac": mac(c.number())}),
    (
        "REVISE_COMMON_KEY",
        lambda c: {"p_class": "PD", "p_mac": mac(c.number()), "p_session_key": WRAPPED},
    ),
    *[
        (
            "RENEW_CERTIFICATE",
            lambda c: {"p_mac": mac(c.number()), "p_cert_serial": f"N{c.number()}"},
        )
    ]
    * 2,
    *[("INSTALL_CONTROLLER", lambda c: install(c.number(), c.point()))] * 4,
    ("CLEAR_INSTALLATION", lambda c: {"p_mac": mac(c.number())}),
    ("CLEAR_INSTALLATION", lambda c: {"p_ld_id": c.point(), "p_cancel": 1}),
    (
        "ADD_LOGICAL_DEVICE",
        lambda c: {
            "p_pd_table_key": c.chance.randrange(1, DEVICES + 3),
            "p_ld_id": f"g-{c.number()}",
            "p_ld_address": 3,
            "p_ld_type_id": 102,
        },
    ),
    ("DISPOSE_DEVICE", lambda c: {"p_mac": mac(DEVICES + c.chance.randrange(3))}),
    ("RESERVE_POLL_STOP", lambda c: {"p_mac": mac(c.number()), "p_at": c.moment()}),
    ("RESERVE_POLL_START", lambda c: {"p_ld_id": c.point(), "p_at": c.moment()}),
    ("SET_RELAY_STATE", lambda c: {"p_ld_id": c.point(), "p_relay_state": c.chance.randrange(2)}),
    (
        "SET_CONTRACT_CAPACITY",
        lambda c: {"p_ld_id": c.point(), "p_contract_capacity": c.chance.choice([30, 40, 50])},
    ),
    ("SEARCH_DEVICE", lambda c: {"p_mac": mac(c.number())}),
    ("RESERVE_REBOOT", lambda c: {"p_reservation_id": f"r-{c.number()}", "p_mac": mac(c.number())}),
    ("NEXT_REBOOT", lambda _: {}),
    (
        "FINISH_REBOOT",
        lambda c: (
            dict(
                zip(("p_reservation_id", "p_table_key"), c.reboots.pop(), strict=True),
                p_ok=c.chance.randrange(2),
            )
            if c.reboots
            else {"p_reservation_id": "r-0", "p_table_key": 1, "p_ok": 1}
        ),
    ),
    *[("ADD_ACCOUNT", lambda c: account(c.number(), c.point()))] * 2,
    (
        "EDIT_ACCOUNT",
        lambda c: {
            "p_vps_account_id": f"a{c.number()}@example.jp",
            "p_edit_right": c.chance.randrange(2),
        },
    ),
    (
        "ISSUE_TEMPORARY_PASSWORD",
        lambda c: {"p_vps_account_id": f"a{c.number()}@example.jp", "p_password_hash": HASH},
    ),
    ("LOGIN_BEGIN", lambda c: {"p_vps_account_id": f"a{c.number()}@example.jp"}),
    (
        "LOGIN_END",
        lambda c: {"p_token": c.tokens.pop() if c.tokens else "0" * 32, "p_ok": 1},
    ),
    (
        "ADD_VPA_DEVICE",
        lambda c: {
            "p_pd_id": f"pd-{c.number()}",
            "p_mac": terminal(c.chance.randrange(4 * DEVICES)),
            "p_password": WRAPPED,
        },
    ),
    (
        "EDIT_VPA_DEVICE",
        lambda c: {
            "p_pd_id": f"pd-{c.number()}",
            "p_mac": terminal(c.chance.randrange(4 * DEVICES)),
            "p_state": c.chance.randrange(2),
        },
    ),
    (
        "REVISE_VPA_COMMON_KEY",
        lambda c: {"p_mac": terminal(c.chance.randrange(4 * DEVICES)), "p_session_key": WRAPPED},
    ),
    *[
        (
            "ADD_POLICY",
            lambda c: {
                "p_ld_id": c.point(),
                "p_sub_number": 1,
                "p_policy_name": f"{c.number()}",
                "p_target_capacity": 5,
                **c.window(),
            },
        )
    ]
    * 3,
    (
        "EDIT_POLICY",
        lambda c: {"p_policy_id": c.chance.choice(c.policies), "p_ld_id": c.point(), **c.window()},
    ),
    (
        "EDIT_POLICY",
        lambda c: {"p_policy_id": c.chance.choice(c.policies), "p_active": c.chance.randrange(2)},
    ),
    *[("RECEIVE_ADR_EVENT", lambda c: c.event())] * 2,
    (
        "FINISH_ADR_ACTION",
        lambda c: {
            "p_adr_action_id": c.chance.choice(c.actions),
            "p_state": c.chance.choice(["RESERVED", "FAILED"]),
        },
    ),
    ("PURGE_HISTORY", lambda _: {"p_most": 100}),
]


@dataclass
class Crowd:
    """What became of all the calls."""

    config: Config
    done: Counter[tuple[str, bool]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def prepare(config: Config, catalog: Catalog) -> None:
    """Installed meters with valid certificates, and an account that may do all with policies."""
    with open_session(config) as session:
        one = Caller(session, catalog, 0)
        for number in range(DEVICES):
            one.call("REGISTER_CONTROLLER", register(number))
            one.call("INSTALL_CONTROLLER", install(number, f"p-{number}"))
        one.call("SET_CONFIG", {"p_name": "ALA_LINKED", "p_value": "1"})
        with session.transaction():
            serials = [f"C{number}" for number in range(DEVICES + 3)]
            for serial in serials + [f"N{number}" for number in range(DEVICES)]:
                session.execute(
                    "mdm", "INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL) VALUES (?)", [serial]
                )
            name = session.account_name(config.connection.user)
            session.execute(
                "vps", "INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES (?, 'VPS')", [name]
            )
        assert not one.wrong


@pytest.fixture(scope="module")
def crowd(engine: str, installations: Installations) -> Iterator[Crowd]:
    config = installations.new(engine, "crowd")
    release.apply(config)
    catalog = Catalog(config.dialect)
    prepare(config, catalog)
    came = Crowd(config)
    checked = base._checked

    def counting(result: Result) -> Result:
        try:
            return checked(result)
        except TryAgain as error:
            came.lost.append(str(error))
            raise

    def work(seed: int) -> Caller:
        with open_session(config) as session:
            caller = Caller(session, catalog, seed)
            for _ in range(CALLS):
                caller.step()
        return caller

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(CALLERS) as pool:
        patch.setattr(base, "_checked", counting)
        for caller in pool.map(work, range(1, CALLERS + 1)):
            came.done += caller.done
            came.wrong += caller.wrong
    yield came


def test_no_deadlock_reaches_a_caller(crowd: Crowd) -> None:
    """A caller without kenshin's client has nobody who calls again for it."""
    assert not crowd.wrong, "\n".join(crowd.wrong)
    assert not crowd.lost, "\n".join(crowd.lost)
    assert sum(crowd.done.values()) == CALLERS * CALLS


def test_every_rule_had_something_to_do(crowd: Crowd) -> None:
    """Chance may leave one out among the crowd; then it is done behind it, by the same calls.

    Every other call is of a rule that is still missing: one call of EDIT_VPA_DEVICE in a hundred
    names a terminal that is there at its own meter.
    """
    missing = {rule for rule, _ in MAKERS} - {"PURGE_HISTORY"}
    missing -= {rule for rule, did in crowd.done if did}
    with open_session(crowd.config) as session:
        late = Caller(session, Catalog(crowd.config.dialect), 0)
        for turn in range(10_000):
            if not missing:
                break
            late.step(missing if turn % 2 else ())
            missing -= {rule for rule, did in late.done if did}
    assert not missing
    assert not late.wrong, "\n".join(late.wrong)


INVARIANTS = {
    "a device without its one transaction row": (
        "mdm",
        "SELECT d.TABLE_KEY FROM CONTROLLER d LEFT JOIN CONTROLLER_TRANSACTION x"
        " ON x.TABLE_KEY = d.TABLE_KEY WHERE x.TABLE_KEY IS NULL",
    ),
    "a device registered twice": (
        "mdm",
        "SELECT d.MAC FROM CONTROLLER d GROUP BY d.MAC HAVING COUNT(*) > 1",
    ),
    "a certificate to which two devices are bound": (
        "mdm",
        "SELECT x.CERT_SERIAL FROM CONTROLLER_TRANSACTION x JOIN CONTROLLER d"
        " ON d.TABLE_KEY = x.TABLE_KEY WHERE d.DELETED = 0"
        " GROUP BY x.CERT_SERIAL HAVING COUNT(*) > 1",
    ),
    "a device whose logical devices were doubled": (
        "mdm",
        "SELECT l.PD_TABLE_KEY FROM LOGICAL_DEVICE l WHERE l.DELETED = 0"
        " GROUP BY l.PD_TABLE_KEY, l.LD_ADDRESS HAVING COUNT(*) > 1",
    ),
    "a point at two meters": (
        "mdm",
        "SELECT l.LD_ID FROM LOGICAL_DEVICE l WHERE l.DELETED = 0 AND l.LD_ID IS NOT NULL"
        " GROUP BY l.LD_ID HAVING COUNT(*) > 1",
    ),
    "a point at a device that was disposed of": (
        "mdm",
        "SELECT l.LD_ID FROM LOGICAL_DEVICE l JOIN CONTROLLER d ON d.TABLE_KEY = l.PD_TABLE_KEY"
        " WHERE d.DELETED = 1 AND l.DELETED = 0",
    ),
    "a point that two customers hold": (
        "vps",
        "SELECT r.LD_ID FROM UC_LD_RELATION r WHERE r.DELETED = 0 AND r.TO_DATE IS NULL"
        " GROUP BY r.LD_ID HAVING COUNT(*) > 1",
    ),
    "an account without its customer": (
        "vps",
        "SELECT a.VPS_ACCOUNT_ID FROM VPS_ACCOUNT a LEFT JOIN UTILITY_CUSTOMER c"
        " ON c.CUSTOMER_ID = a.CUSTOMER_ID AND c.DELETED = 0"
        " WHERE a.DELETED = 0 AND c.CUSTOMER_ID IS NULL",
    ),
    "a customer without a point": (
        "vps",
        "SELECT c.CUSTOMER_ID FROM UTILITY_CUSTOMER c LEFT JOIN UC_LD_RELATION r"
        " ON r.CUSTOMER_ID = c.CUSTOMER_ID AND r.DELETED = 0"
        " WHERE c.DELETED = 0 AND r.LD_ID IS NULL",
    ),
    "two active policies of one point in the same hours": (
        "vps",
        "SELECT p.LD_ID FROM ADR_POLICY p WHERE p.DELETED = 0 AND p.ACTIVE = 1"
        " GROUP BY p.LD_ID, p.SUB_NUMBER, p.START_TIME HAVING COUNT(*) > 1",
    ),
    "a policy of the whole day beside another": (
        "vps",
        "SELECT p.LD_ID FROM ADR_POLICY p JOIN ADR_POLICY o ON o.LD_ID = p.LD_ID"
        " AND o.POLICY_ID <> p.POLICY_ID AND o.ACTIVE = 1 AND o.DELETED = 0"
        " WHERE p.ACTIVE = 1 AND p.DELETED = 0 AND p.START_TIME IS NULL",
    ),
    "an event stored twice": (
        "vps",
        "SELECT e.DRAS_EVENT_ID FROM ADR_EVENT_HISTORY e"
        " GROUP BY e.DRAS_EVENT_ID HAVING COUNT(*) > 1",
    ),
    "two saving actions of a point at one time": (
        "vps",
        "SELECT a.LD_ID FROM ADR_ACTION_HISTORY a JOIN ADR_ACTION_HISTORY o ON o.LD_ID = a.LD_ID"
        " AND o.ADR_ACTION_ID <> a.ADR_ACTION_ID AND o.START_AT < a.END_AT"
        " AND o.END_AT > a.START_AT AND o.STATE <> 'FAILED' WHERE a.STATE <> 'FAILED'",
    ),
}


@pytest.mark.parametrize("what", INVARIANTS)
def test_what_must_never_be_is_not(what: str, crowd: Crowd) -> None:
    database, query = INVARIANTS[what]
    with open_session(crowd.config) as session:
        assert session.execute(database, query) == []


def test_there_was_something_that_could_go_wrong(crowd: Crowd) -> None:
    """The invariants look at rows: of each kind there are some."""
    with open_session(crowd.config) as session:
        for table in ("UC_LD_RELATION", "VPS_ACCOUNT", "ADR_POLICY", "ADR_ACTION_HISTORY"):
            [(rows,)] = session.execute("vps", f"SELECT COUNT(*) FROM {table}")
            assert rows > 0, table
