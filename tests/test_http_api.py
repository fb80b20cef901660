"""The HTTP-API over real sockets and several workers, on every engine.

What may be called by whom is written down here once more: the operations themselves must not say
what is right.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from http_server import ROLES, HttpServer, Said
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import open_session
from kenshin.http_api.auth import Caller
from kenshin.http_api.operations import OPERATIONS, Operation
from kenshin.http_api.perform import Service, Work
from kenshin.render import Declaration
from kenshin.rules import Rules
from proxy import Wire
from waiting import PATIENCE

TIME = "2026-04-01T09:30:00"

# Path: who may call it, and a body that is well-formed but finds nothing.
MATRIX: dict[str, tuple[set[str], dict[str, Any]]] = {
    "devices/register": (
        {"FACILITY"},
        {"rows": [{"class": "PD", "serial": "none", "type_id": 99, "ld_type_id": 101}]},
    ),
    "devices/install": (
        {"FACILITY"},
        {"rows": [{"class": "PD", "mac": "02000000EEEE", "ld_id": "none", "pd_id": "none"}]},
    ),
    "devices/clear": ({"FACILITY", "CUSTOMER"}, {"rows": [{"ld_id": "none"}]}),
    "devices/dispose": ({"FACILITY"}, {"rows": [{"mac": "02000000EEEE"}]}),
    "devices/search": ({"FACILITY", "CUSTOMER", "NMS"}, {"mac": "02000000EEEE"}),
    "devices/status": ({"FACILITY", "CUSTOMER", "NMS"}, {"mac": "02000000EEEE"}),
    "devices/reboot": ({"FACILITY", "CUSTOMER"}, {"rows": [{"mac": "02000000EEEE"}]}),
    "devices/reboot/status": ({"FACILITY", "CUSTOMER"}, {"reservation_id": "none"}),
    "logical-devices/add": (
        {"FACILITY"},
        {"rows": [{"pd_table_key": 999_999, "ld_address": 3, "ld_type_id": 102}]},
    ),
    "polling/start": ({"FACILITY", "CUSTOMER"}, {"rows": [{"ld_id": "none", "at": TIME}]}),
    "polling/stop": ({"FACILITY", "CUSTOMER"}, {"rows": [{"ld_id": "none", "at": TIME}]}),
    "control/relay": ({"CUSTOMER"}, {"ld_id": "none", "relay_state": 0}),
    "control/capacity": ({"CUSTOMER"}, {"ld_id": "none", "contract_capacity": "30"}),
    "control/capacity/reserve": ({"VPS"}, {"adr_action_id": 999_999}),
    "quotes/correct": (
        {"CUSTOMER"},
        {"rows": [{"ld_id": "none", "sub_number": 1, "measured_time": TIME, "usage": "1.5"}]},
    ),
    "usage/query": (
        {"CUSTOMER", "VPS"},
        {"ld_id": "none", "from": TIME, "to": "2026-04-02T00:00:00"},
    ),
}


# Of a path with concentrators too, the row of one.
CONCENTRATORS: dict[str, dict[str, Any]] = {
    "devices/register": {"class": "CO", "serial": "none", "type_id": 99},
    "devices/install": {"class": "CO", "mac": "02000000EEEE", "co_id": "none"},
}


def device(number: int, **more: Any) -> dict[str, Any]:
    return {
        "class": "PD",
        "serial": f"H{number}",
        "mac": f"02:00:00:01:00:{number:02X}",
        "type_id": 11,
        "ld_type_id": 101,
        "poll_config": 1,
        **more,
    }


def install(number: int) -> dict[str, Any]:
    return {
        "class": "PD",
        "mac": f"02000001{number:04X}",
        "ld_id": f"h-{number}",
        "pd_id": f"hd-{number}",
        "contract_capacity": "40.5",
    }


def in_database(config: Config, database: str, query: str) -> list[tuple[Any, ...]]:
    with open_session(config) as session:
        return session.execute(database, query)


# --- Who may ------------------------------------------------------------------------------


def test_the_matrix_has_every_path() -> None:
    assert set(MATRIX) == {operation.path for operation in OPERATIONS}


@pytest.mark.parametrize("path", MATRIX)
def test_every_path_is_for_its_roles_alone(path: str, http: HttpServer) -> None:
    allowed, body = MATRIX[path]
    for role in ROLES:
        said = http.post(role, path, body)
        if role in allowed:
            assert said.status not in (401, 403, 500), said.text
            assert said.code < 3000 or said.code == 6002, said.text
        else:
            assert (said.status, said.code, said.data) == (403, 4001, None), said.text


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Bearer 0123456789ab." + "A" * 43},
        {"Authorization": "Basic YTpi"},
    ],
    ids=str,
)
def test_nobody_comes_in_without_a_key(sent: dict[str, str], http: HttpServer) -> None:
    said = http.post(None, "devices/search", {}, sent)
    assert (said.status, said.code) == (401, 4001)
    assert said.headers["WWW-Authenticate"].startswith("Bearer")


# --- What is not understood ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", 1002, "body"),
        (b"[]", 1002, "body"),
        (b'"x"', 1002, "body"),
        (b"{", 1002, "body"),
        (b"\xff", 1002, "body"),
        (b"1" * 5000, 1002, "body"),
        ({"rows": []}, 1002, "rows"),
        ({}, 1001, "rows"),
        ({"rows": [{}]}, 1001, "rows.0: mac or serial must be given"),
        (b'"{\\"rows\\": [{\\"mac\\": \\"02000000EEEE\\"}]}"', 1002, "body"),
        (b'{"rows": ' + b"[" * 40_000 + b"]" * 40_000 + b"}", 1002, "body"),
        (b'{"rows": [{"mac": "02000000EEEE"}], "rows.\xff": 1}', 1002, "body"),
        ({"rows": [{"mac": "02000001000"}]}, 1002, "rows.0.mac"),
        ({"rows": [{"mac": "020000010001", "nonsense": 1}]}, 1002, "rows.0.nonsense"),
        ({"rows": [{"mac": None}]}, 1002, "rows.0.mac"),
        ({"rows": [{"mac": 20000010001}]}, 1002, "rows.0.mac"),
        ({"rows": [{"mac": "020000010001"}], "all_or_none": "yes"}, 1002, "all_or_none"),
        ({"rows": [{"serial": "\ud800"}]}, 1002, "rows.0.serial"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_is_not_as_declared(body: Any, code: int, says: str, http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/dispose", body)
    assert (said.status, said.code) == (400, code), said.text
    assert says in said.json["message"]
    assert "Value error" not in said.text


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        ({}, 1001, "rows.0: class must be given"),
        ({"class": "HE"}, 1003, "rows.0: class must be one of 'PD', 'CO'"),
        ({"class": "CO"}, 1001, "rows.0.CO: co_id or heid must be given"),
    ],
    ids=str,
)
def test_the_class_of_a_row(row: dict[str, Any], code: int, says: str, http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/install", {"rows": [{**row, "mac": "02000000EEEE"}]})
    assert (said.status, said.code) == (400, code), said.text
    assert said.json["message"] == says


@pytest.mark.parametrize(
    ("usage", "code"),
    [
        *((fits, 2002) for fits in ("1.5", 2, 2.0, "-0.0001", "99999999999999.9999")),
        *((far, 1004) for far in ("1.23456", "123456789012345", 10**15, -(10**30), 1e300)),
        *((none, 1002) for none in (1.5, "1e3", "NaN", True, "١", "1\n", "+1", ".5", "", [1])),
    ],
    ids=str,
)
def test_a_decimal_is_exact_or_refused(usage: Any, code: int, http: HttpServer) -> None:
    row = {"ld_id": "none", "sub_number": 1, "measured_time": TIME, "usage": usage}
    said = http.post("CUSTOMER", "quotes/correct", {"rows": [row]})
    assert said.code == code, said.text


@pytest.mark.parametrize(
    ("at", "code"),
    [
        *((day, 2002) for day in ("1900-01-01", "1999-12-31", "2199-12-31")),
        *((leap, 2002) for leap in ("1904-02-29", "2000-02-29", "2024-02-29", "2196-02-29")),
        *((none, 1002) for none in ("1899-12-31", "2200-01-01", "2026-00-01", "2026-13-01")),
        *((none, 1002) for none in ("1900-02-29", "2026-02-29", "2100-02-29", "2026-04-31")),
    ],
)
def test_every_day_of_three_centuries_and_no_other(at: str, code: int, http: HttpServer) -> None:
    said = http.post(
        "FACILITY", "polling/stop", {"rows": [{"ld_id": "none", "at": f"{at}T23:59:59"}]}
    )
    assert said.code == code, said.text


@pytest.mark.parametrize(
    "at",
    ["2026-04-01 09:30:00", "2026-04-01T09:30:00Z", "2026-04-01", "2026-04-01T24:00:00", 0, None],
)
def test_a_time_that_is_none(at: Any, http: HttpServer) -> None:
    said = http.post("FACILITY", "polling/stop", {"rows": [{"ld_id": "none", "at": at}]})
    assert (said.status, said.code) == (400, 1002)
    assert "YYYY-MM-DDTHH:MM:SS, from 1900 to 2199" in said.json["message"]


def broken(declared: Declaration) -> Iterator[tuple[str, Any]]:
    """Arguments of a rule, each with a value that its declaration does not take."""
    for name in declared.takes:
        if name in declared.forms:
            yield name, "no such form"
        if name in declared.longest:
            yield name, "x" * (declared.longest[name] + 1)
        for choice in declared.choices.get(name, ())[-1:]:
            yield name, choice + 1 if isinstance(choice, int) else "none"
        low, high = declared.ranges.get(name, (None, None))
        if low is not None:
            yield name, low - 1
        if high is not None:
            yield name, high + 1


def typed(declared: Declaration, row: dict[str, Any]) -> dict[str, Any]:
    """Fields of a request as arguments of a rule."""
    of_type = {"DATETIME": datetime.fromisoformat, "TIMESTAMP": datetime.fromisoformat}
    return {
        f"p_{name}": of_type.get(declared.takes[f"p_{name}"], lambda same: same)(value)
        for name, value in row.items()
        if f"p_{name}" in declared.takes
    }


def without(row: dict[str, Any], operation: Operation, rule: str) -> Iterator[dict[str, Any]]:
    """The row, each time without one of the things that must be given."""
    for need in operation.needed(rule):
        yield {name: value for name, value in row.items() if name not in need.split("|")}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.path)
def test_a_mistake_has_the_code_that_its_rule_gives_it(
    operation: Operation, http: HttpServer
) -> None:
    """The server looks at fields before it calls a rule: nobody can tell who refused."""
    (role, *_), body = MATRIX[operation.path]
    catalog = Catalog(http.config.dialect)
    with open_session(http.config) as session:
        rules = Rules(session, catalog)
        for class_, rule in operation.rules.items():
            declared = catalog.declaration(rule)
            if declared.kind == "view":
                continue
            row = body["rows"][0] if "rows" in body else body
            if class_ == "CO":
                row = CONCENTRATORS[operation.path]
            always = {f"p_{name}": "none" for name in operation.whole}
            always |= {f"p_{name}": "RESERVED" for name in operation.without if name == "state"}
            rows = list(without(row, operation, rule))
            for name, value in broken(declared):
                if name.removeprefix("p_") not in operation.without:
                    rows.append({**row, name.removeprefix("p_"): value})
            for wrong in rows:
                whole = {name: wrong.pop(name) for name in operation.whole if name in wrong}
                sent = {"rows": [wrong], **whole} if operation.kind == "rows" else wrong
                said = http.post(role, operation.path, sent)
                arguments = always | typed(declared, {**wrong, **whole})
                result = rules.call(rule, **arguments)
                assert said.code == result.code, (wrong, whole, said.text)
                assert said.status == 400 and 1000 < said.code < 1005, said.text
                assert said.data["fields"], said.text


# --- Bodies as they come over the wire ----------------------------------------------------


def test_too_many_rows(http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/dispose", {"rows": [{"mac": "02000000EEEE"}] * 51})
    assert (said.status, said.code) == (413, 3003), said.text


def test_too_much_at_a_time(http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/dispose", b'{"rows": "' + b"x" * 200_000 + b'"}')
    assert (said.status, said.code) == (413, 3003)
    http.pool.clear()  # the server reads no more on that connection


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


CHUNKED, GOOD = "Transfer-Encoding: chunked", b'{"serial": "none"}'


@pytest.mark.parametrize(
    ("header", "sent", "status", "code"),
    [
        (CHUNKED, chunk(GOOD[:5]) + chunk(GOOD[5:]) + chunk(b""), 200, 11),
        (CHUNKED, chunk(GOOD) + chunk(b" " * 200_000) + chunk(b""), 413, 3003),
        (CHUNKED, chunk(GOOD) + b"nonsense\r\n", 400, 1002),
        (CHUNKED, chunk(GOOD), 400, 1002),
        (f"Content-Length: {len(GOOD) + 100}", GOOD, 400, 1002),
        ("Content-Length: 0", b"", 400, 1002),
        ("X-Nothing: 0", b"", 400, 1002),
    ],
    ids=["chunks", "more than allowed", "no chunk", "no last chunk", "cut", "empty", "none"],
)
def test_a_body_counts_when_all_of_it_is_there(
    header: str, sent: bytes, status: int, code: int, http: HttpServer
) -> None:
    """What came of it is a good request, each time."""
    head = (
        "POST /api/v1/devices/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {http.keys['NMS']}\r\n{header}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", http.port), timeout=PATIENCE) as wire:
        wire.sendall(head.encode() + sent)
        wire.shutdown(socket.SHUT_WR)
        got = b""
        while piece := wire.recv(65536):
            got += piece
    top, _, text = got.decode().partition("\r\n\r\n")
    said = Said(int(top.split()[1]), {}, text)
    assert (said.status, said.code) == (status, code), got


def test_another_content_type(http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/search", b"{}", {"Content-Type": "text/plain"})
    assert (said.status, said.code) == (415, 1002)


@pytest.mark.parametrize(
    "headers", [{"Idempotency-Key": "with space"}, {"X-Request-ID": "a/b"}, {"X-Session": "é"}]
)
def test_a_header_that_is_none(headers: dict[str, str], http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/clear", {"rows": [{"ld_id": "none"}]}, headers)
    assert (said.status, said.code) == (400, 1002)


def test_an_answer_has_the_name_of_its_request(http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/search", {}, {"X-Request-ID": "night-7"})
    assert said.json["request_id"] == said.headers["X-Request-ID"] == "night-7"
    other = http.post("FACILITY", "devices/search", {})
    assert other.json["request_id"] == other.headers["X-Request-ID"] != "night-7"
    log = http.served.log.read_text()
    assert '"request_id": "night-7"' in log
    assert not any(key in log for key in http.keys.values())


# --- The flows ----------------------------------------------------------------------------


def test_a_device_from_the_register_to_its_end(http: HttpServer) -> None:
    said = http.post("FACILITY", "devices/register", {"rows": [device(1), device(2)]})
    assert (said.status, said.code) == (200, 0), said.text
    key = said.data["rows"][0]["pd_table_key"]
    again = http.post("FACILITY", "devices/register", {"rows": [device(1)]})
    assert (again.status, again.code) == (200, 10)

    said = http.post("FACILITY", "devices/install", {"rows": [install(1)]})
    assert (said.status, said.code) == (200, 0), said.text
    point = {"pd_table_key": key, "ld_address": 3, "ld_type_id": 102, "ld_id": "h-gas"}
    said = http.post("FACILITY", "logical-devices/add", {"rows": [point]})
    assert said.code == 0, said.text

    said = http.post("NMS", "devices/search", {"ld_id": "h-1"})
    (row,) = said.data["rows"]
    assert (row["table_key"], row["contract_capacity"]) == (key, "40.5000")
    assert row["prov_stat"] == "N" and row["poll_stop_at"] is None
    assert said.data["next"] is None

    stop = {"rows": [{"ld_id": "h-1", "at": TIME}]}
    assert http.post("CUSTOMER", "polling/stop", stop).code == 0
    said = http.post("NMS", "devices/search", {"table_key": key})
    assert {row["poll_stop_at"] for row in said.data["rows"]} == {TIME}

    said = http.post("CUSTOMER", "devices/clear", {"rows": [{"mac": "020000010001"}]})
    assert said.code == 0, said.text
    said = http.post("FACILITY", "devices/dispose", {"rows": [{"serial": "H1"}]})
    assert said.code == 0, said.text
    said = http.post("NMS", "devices/search", {"mac": "020000010001"})
    assert (said.status, said.code, said.data["rows"]) == (200, 11, [])


def test_a_concentrator_is_registered_and_installed(http: HttpServer) -> None:
    row = {"class": "CO", "serial": "HCO", "mac": "0200000200FF", "type_id": 2}
    said = http.post("FACILITY", "devices/register", {"rows": [row]})
    assert (said.code, list(said.data["rows"][0])) == (
        0,
        ["result_code", "message", "co_table_key"],
    )
    row = {"class": "CO", "serial": "HCO", "co_id": "h-co", "heid": 1}
    assert http.post("FACILITY", "devices/install", {"rows": [row]}).code == 0
    said = http.post("NMS", "devices/search", {"class": "CO", "co_id": "h-co"})
    assert [row["serial"] for row in said.data["rows"]] == ["HCO"]


def test_each_row_has_its_own_result(http: HttpServer) -> None:
    rows = [device(10), device(11, type_id=99), device(12)]
    said = http.post("FACILITY", "devices/register", {"rows": rows})
    assert (said.status, said.code) == (207, 2009), said.text
    assert [row["result_code"] for row in said.data["rows"]] == [0, 2009, 0]
    assert "1 of 3 refused; row 2" in said.json["message"]
    found = http.post("NMS", "devices/search", {"serial": "H1*"}).data["rows"]
    assert {"H10", "H12"} <= {row["serial"] for row in found}


def test_all_rows_or_none(http: HttpServer) -> None:
    rows = [device(20), device(21, type_id=99)]
    body = {"rows": rows, "all_or_none": True}
    said = http.post("FACILITY", "devices/register", body, {"Idempotency-Key": "all-20"})
    assert (said.status, said.code) == (404, 2009), said.text
    assert [row["result_code"] for row in said.data["rows"]] == [3002, 2009]
    assert http.post("NMS", "devices/search", {"serial": "H20"}).code == 11
    again = http.post("FACILITY", "devices/register", body, {"Idempotency-Key": "all-20"})
    assert again.text == said.text


def test_a_mass_reboot_is_reserved(http: HttpServer) -> None:
    http.post("FACILITY", "devices/register", {"rows": [device(30), device(31)]})
    rows = [{"serial": "H30"}, {"serial": "H31"}]
    said = http.post("CUSTOMER", "devices/reboot", {"rows": rows})
    assert (said.status, said.code) == (202, 0), said.text
    request = {"reservation_id": said.data["reservation_id"]}
    said = http.post("CUSTOMER", "devices/reboot/status", request)
    (row,) = said.data["rows"]
    assert (row["waiting"], row["done"]) == (2, 0)
    asked = "SELECT DISTINCT r.REQUESTED_BY FROM REBOOT_RESERVATION r"
    assert in_database(http.config, "mdm", asked) == [("test-customer",)]


def test_pages_end(http: HttpServer) -> None:
    http.post("FACILITY", "devices/register", {"rows": [device(n) for n in range(40, 47)]})
    seen: list[str] = []
    after: dict[str, Any] = {}
    for _ in range(10):
        said = http.post("NMS", "devices/search", {"serial": "H4*", "limit": 3, **after})
        seen += [row["serial"] for row in said.data["rows"]]
        if said.data["next"] is None:
            break
        after = {"after": said.data["next"]}
    assert seen == [f"H{number}" for number in range(40, 47)]


def test_usage_of_a_point_by_pages(http: HttpServer) -> None:
    """As the rules stored it, to the last digit."""
    config, catalog = http.config, Catalog(http.config.dialect)
    start = datetime(2026, 4, 1)
    with open_session(config) as session:
        for number in range(10):
            session.execute(
                "vps",
                "INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING,"
                " USAGE_VALUE, STATUS) VALUES (?, 1, ?, ?, ?, 0)",
                ["h-use", start + number * timedelta(minutes=30), number, Decimal("0.0001")],
            )
    asked = {"ld_id": "h-use", "from": "2026-04-01T00:00:00", "to": "2026-04-01T04:30:00"}
    seen: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    for _ in range(10):
        said = http.post("VPS", "usage/query", {**asked, "limit": 4, **after})
        assert said.code == 0, said.text
        seen += said.data["rows"]
        if said.data["next"] is None:
            break
        after = {"after": said.data["next"]}
    assert [row["measured_time"][11:16] for row in seen] == [
        f"{n // 2:02}:{n % 2 * 30:02}" for n in range(9)
    ]
    assert {row["usage_value"] for row in seen} == {"0.0001"}
    with open_session(config) as session:
        result = Rules(session, catalog).run(
            "QUERY_USAGE", p_ld_id="h-use", p_from=start, p_to=start + timedelta(hours=4.5)
        )
    assert len(result.rows) == len(seen) == 9


# --- Once ---------------------------------------------------------------------------------


def test_one_key_one_effect_one_answer(http: HttpServer) -> None:
    """Twelve at once, over both workers: the device is registered once, all get its answer."""
    key = {"Idempotency-Key": "once-50"}
    body = {"rows": [device(50)]}
    with ThreadPoolExecutor(12) as threads:
        said = list(
            threads.map(lambda _: http.post("FACILITY", "devices/register", body, key), range(12))
        )
    assert {one.text for one in said} == {said[0].text}
    assert (said[0].status, said[0].code) == (200, 0), said[0].text


def test_a_key_is_for_one_request_of_one_client(http: HttpServer) -> None:
    key = {"Idempotency-Key": "shared-60"}
    first = http.post("FACILITY", "devices/clear", {"rows": [{"ld_id": "none-60"}]}, key)
    other = http.post("FACILITY", "devices/clear", {"rows": [{"ld_id": "none-61"}]}, key)
    assert (other.status, other.code) == (409, 3001), other.text
    theirs = http.post("CUSTOMER", "devices/clear", {"rows": [{"ld_id": "none-61"}]}, key)
    assert theirs.code == first.code
    again = http.post("FACILITY", "devices/clear", {"rows": [{"ld_id": "none-60"}]}, key)
    assert again.text == first.text


@pytest.mark.parametrize("engine", ["mariadb"], indirect=True)
def test_a_reboot_whose_commit_is_not_answered_is_reserved_once(http: HttpServer) -> None:
    """The server makes the reservation's id: it must be the same when the work is done again."""
    http.post("FACILITY", "devices/register", {"rows": [device(70)]})
    to = http.config.connection
    wire = Wire(to.host, to.port)
    through = replace(to, host="127.0.0.1", port=wire.port, socket="")
    service = Service(replace(http.config, connection=through))
    (operation,) = (one for one in OPERATIONS if one.path == "devices/reboot")
    wire.lose_answer_to(b"\x03COMMIT")  # with the byte of a query
    body = {"rows": [{"serial": "H70"}]}
    work = Work(operation, Caller("tester", "FACILITY", ""), "r-70", "", "", "", body)
    answer = service.perform(work)
    service.pool.close()
    wire.cut()
    assert wire.lost and answer.code == 10, answer
    asked = "SELECT COUNT(*) FROM REBOOT_RESERVATION r WHERE r.REQUESTED_BY = 'tester'"
    assert in_database(http.config, "mdm", asked) == [(1,)]


# --- The document -------------------------------------------------------------------------


def test_the_document_and_its_page_need_no_other_host(http: HttpServer) -> None:
    document = http.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert {path.removeprefix("/api/v1/") for path in document["paths"]} == set(MATRIX)
    page = http.get("/swagger")
    assert page.status == 200 and "//" not in page.text.replace("// ", "")
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


HOSTILE = (
    "'; DROP TABLE CONTROLLER; --",
    '" OR ""="',
    "{must} %s {0} ${jndi}",
    "\\'; SELECT * FROM API_KEY; --",
    "<script>alert(1)</script>",
)
INSIDE = ("Traceback", "SQLSTATE", "sqlstate", ".py", "INSERT", "syntax", "errno", "CONTROLLER_T")


@pytest.mark.parametrize(("number", "text"), list(enumerate(HOSTILE, 80)))
def test_hostile_text_is_a_name_like_any_other(number: int, text: str, http: HttpServer) -> None:
    rows = [device(number, pd_name=text, ld_name=text)]
    assert http.post("FACILITY", "devices/register", {"rows": rows}).code == 0
    row = {**install(number), "pd_name": text, "ld_name": text}
    said = http.post("FACILITY", "devices/install", {"rows": [row]})
    assert said.code == 0, said.text
    said = http.post("NMS", "devices/search", {"name": text})
    assert [(row["pd_name"], row["ld_name"]) for row in said.data["rows"]] == [(text, text)]


@pytest.mark.parametrize("path", MATRIX)
def test_a_refusal_tells_nothing_of_what_was_sent(path: str, http: HttpServer) -> None:
    (role, *_), body = MATRIX[path]
    long = "x" * 5000
    for wrong in (
        {**body, "' OR 1=1 --": 1, long: 1},
        {**body, "rows": [{"class": "' OR 1=1 --", "mac": "' OR 1=1 --", "ld_id": "' OR 1=1 --"}]},
        dict.fromkeys(body, "' OR 1=1 --"),
    ):
        said = http.post(role, path, wrong)
        assert said.status < 500, said.text
        values = said.text.replace("' OR 1=1 --:", "").replace('"field":"\' OR 1=1 --"', "")
        assert "OR 1=1" not in values, said.text
        assert long not in said.text and not any(word in said.text for word in INSIDE), said.text


@contextmanager
def keys_taken(http: HttpServer, behind: int) -> Iterator[None]:
    """The next devices find rows of their keys, which no rule expects."""
    keys = range(behind + 1, behind + 21)
    with open_session(http.config) as session:
        for key in keys:
            session.execute(
                "mdm", "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY) VALUES (?)", [key]
            )
        yield
        session.execute("mdm", "DELETE FROM CONTROLLER_TRANSACTION WHERE TABLE_KEY > ?", [behind])


def test_a_failure_tells_nothing_of_what_is_inside(http: HttpServer) -> None:
    """A rule fails in the engine: the answer says that, and the log where, both without values."""
    said = http.post("FACILITY", "devices/register", {"rows": [device(90)]})
    with keys_taken(http, said.data["rows"][0]["pd_table_key"]):
        said = http.post(
            "FACILITY", "devices/register", {"rows": [device(91)]}, {"X-Request-ID": "fails-91"}
        )
    assert (said.status, said.code, said.data) == (500, 9000, None), said.text
    assert not any(word in said.text for word in (*INSIDE, "H91", "CONTROLLER", "23000")), said.text
    lines = [line for line in http.served.lines if line.get("request_id") == "fails-91"]
    (failure,) = (line for line in lines if line["message"] == "request failed")
    (numbers,) = (one for one in failure["exceptions"] if "sqlstate" in one)
    assert (numbers["rule"], numbers["sqlstate"]) == ("REGISTER_CONTROLLER", "23000")
    assert int(numbers["errno"]) > 0
    assert "H91" not in str(lines) and "INSERT" not in str(lines)
    assert http.post("FACILITY", "devices/register", {"rows": [device(91)]}).code == 0
