"""Cases of SEARCH_DEVICE."""

from datetime import datetime
from decimal import Decimal

from case import Case

ARGUMENTS = (
    "cls", "table_key", "heid", "co_id", "pd_id", "serial", "mac", "ld_id", "type_id", "cluster_id", "service",
    "ip_address", "prov_stat", "poll_config", "activation", "relay_state", "deleted", "capacity_from", "capacity_to",
    "name", "after", "limit",
)  # fmt: skip


def search(**given):
    assert set(given) <= set(ARGUMENTS)
    return tuple(given.get(name) for name in ARGUMENTS)


def mdm(statement):
    return ("mdm", statement)


# Two points at a multimeter behind a concentrator, a single meter, one in stock, one disposed of, and a
# device without a logical device.
DEVICES = [
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, SERIAL, MAC, TYPE_ID, POLL_CONFIG)"
        " VALUES (900, 'co-1', 2, 'C1', '112233000001', 2, 1)"),
    mdm("INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY, IP_ADDRESS, PROV_STAT, ACTIVATION)"
        " VALUES (900, '10.9.0.1', 'C', 1)"),
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, SERIAL, TYPE_ID, DELETED) VALUES (901, 'C2', 2, 1)"),
    mdm("INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY) VALUES (901)"),
    *(mdm("INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, SERIAL, MAC, TYPE_ID, PD_NAME, POLL_CONFIG, DELETED)"
          f" VALUES ({row})")
      for row in ("900, 'pd-1', 'co-1', 'S1', 'AABBCC000001', 12, 'north_1', 1, 0",
                  "901, 'pd-10', 'HE1', 'S10', 'AABBCC000010', 11, 'northx1', 1, 0",
                  "902, NULL, 'HE1', 'S2', 'AABBDD000002', 11, NULL, 0, 0",
                  "903, NULL, 'HE3', 'S3', 'AABBCC000003', 11, NULL, 0, 1",
                  "904, NULL, 'co-x', NULL, NULL, 11, NULL, 0, 0")),
    *(mdm(f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, IP_ADDRESS, PROV_STAT, ACTIVATION) VALUES ({row})")
      for row in ("900, '10.0.0.1', 'A', 1", "901, '10.0.0.10', 'D', 0", "902, NULL, 'N', 1", "903, '10.0.0.3', 'A', 1",
                  "904, NULL, 'N', 1")),
    mdm("UPDATE CONTROLLER_TRANSACTION SET PORT = 4059, CERT_SERIAL = 'X1', PASSWORD = 'secret', COMMON_KEY = 'secret',"
        " SESSION_KEY = 'secret', KEY_UPDATED_AT = '2026-04-01 00:00:00', POLL_START_AT = '2026-04-02 00:00:00',"
        " POLL_STOP_AT = '2026-04-03 00:00:00' WHERE TABLE_KEY = 900"),
    *(mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, CLUSTER_ID, LD_NAME, LD_ADDRESS, TYPE_ID,"
          f" CONTRACT_CAPACITY, RELAY_STATE, DELETED) VALUES ({row})")
      for row in ("900, 'p-1', 900, 'k-1', 'kitchen', 2, 101, 30, 1, 0",
                  "901, 'p-1g', 900, NULL, '厨房', 3, 102, 0, 0, 0",
                  "902, 'p-1', 900, NULL, NULL, 4, 101, 0, 1, 1",
                  "903, 'p-10', 901, 'k-10', NULL, 2, 101, 60, 1, 0",
                  "904, NULL, 902, NULL, NULL, 2, 101, 0, 1, 0",
                  "905, NULL, 903, NULL, NULL, 2, 101, 0, 1, 1")),
]  # fmt: skip
T1, T2, T3 = datetime(2026, 4, 1), datetime(2026, 4, 2), datetime(2026, 4, 3)
D1 = (900, 2, "co-1", "pd-1", "S1", "AABBCC000001", 12, "north_1", 1, 0, "10.0.0.1", 4059, "X1", "A", 1, T2, T3, T1)
D10 = (901, 1, "HE1", "pd-10", "S10", "AABBCC000010", 11, "northx1", 1, 0, "10.0.0.10", None, None, "D", 0) + (None,) * 3
D2 = (902, 1, "HE1", None, "S2", "AABBDD000002", 11, None, 0, 0, None, None, None, "N", 1) + (None,) * 3
D3 = (903, 3, "HE3", None, "S3", "AABBCC000003", 11, None, 0, 1, "10.0.0.3", None, None, "A", 1) + (None,) * 3
D4 = (904, None, "co-x", None, None, None, 11, None, 0, 0, None, None, None, "N", 1) + (None,) * 3
L1 = (*D1, 900, "p-1", 2, 101, "ELECTRICITY", "k-1", "kitchen", 30, 1, 0)
L1G = (*D1, 901, "p-1g", 3, 102, "GAS", None, "厨房", 0, 0, 0)
L1X = (*D1, 902, "p-1", 4, 101, "ELECTRICITY", None, None, 0, 1, 1)
L10 = (*D10, 903, "p-10", 2, 101, "ELECTRICITY", "k-10", None, 60, 1, 0)
L2 = (*D2, 904, None, 2, 101, "ELECTRICITY", None, None, 0, 1, 0)
L3 = (*D3, 905, None, 2, 101, "ELECTRICITY", None, None, 0, 1, 1)
L4 = (*D4, *(None,) * 10)
C1 = (900, 2, "co-1", None, "C1", "112233000001", 2, None, 1, 0, "10.9.0.1", None, None, "C", 1) + (None,) * 13
C2 = (901, 0, None, None, "C2", None, 2, None, 0, 1, None, None, None, "N", 1) + (None,) * 13
LIVE = [L1, L1G, L10, L2, L4]


def found(title, rows, **given):
    return Case(title, search(**given), 0 if rows else 11, given=DEVICES, rows=rows)


def refused(title, code, **given):
    return Case(title, search(**given), code, given=DEVICES, rows=[])


MANY = [
    *DEVICES,
    *(mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, TYPE_ID)"
          f" VALUES ({2000 + n}, '{'co-1' if n == 149 else 'HE4'}', 'M-{n:03d}', {13 if n == 149 else 11})") for n in range(150)),
    *(mdm(f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY) VALUES ({2000 + n})") for n in range(150)),
]  # fmt: skip


def bare(number, heid=4, co_id="HE4", type_id=11):
    return (2000 + number, heid, co_id, None, f"M-{number:03d}", None, type_id, None, 0, 0, None, None, None, "N", 1) + (
        None,
    ) * 13


CASES = [
    found("the logical devices of a meter", [L1, L1G], mac="AABBCC000001"),
    found("everything in service", LIVE),
    # Texts
    found("a MAC as people write it", [L1, L1G], mac="aa:bb-cc:00:00:01"),
    found("the beginning of a MAC", [L1, L1G, L10], mac="aa-bb-cc*"),
    found("the beginning of a MAC with a separator at its end", [L1, L1G, L10], mac="AA:BB:CC:*"),
    found("the beginning of a MAC, a whole one", [L10], mac="AABBCC00001*"),
    found("a serial number is not the beginning of another", [L1, L1G], serial="S1"),
    found("the beginning of a serial number", [L1, L1G, L10], serial="S1*"),
    found("a PD_ID", [L1, L1G], pd_id="pd-1"),
    found("the beginning of a PD_ID", [L1, L1G, L10], pd_id="pd-1*"),
    found("letters are as they are", [], serial="s1*"),
    found("a CO_ID", [L10, L2], co_id="HE1"),
    found("the beginning of a CO_ID", [L1, L1G, L4], co_id="co-*"),
    found("an address", [L1, L1G], ip_address="10.0.0.1"),
    found("the beginning of an address", [L1, L1G, L10], ip_address="10.0.0.1*"),
    found("an LD_ID finds its logical device alone", [L1], ld_id="p-1"),
    found("the beginning of an LD_ID", [L1, L1G, L10], ld_id="p-1*"),
    found("a cluster", [L1], cluster_id="k-1"),
    found("the beginning of a cluster", [L1, L10], cluster_id="k-1*"),
    found("an underscore stands for itself", [], serial="S_"),
    found("the beginning of a device's name gives all its points", [L1, L1G], name="north_"),
    found("the beginning of a point's name gives the point", [L1], name="kitch"),
    found("a name of other letters", [L1G], name="厨"),
    found("a percent sign stands for itself", [], name="%"),
    found("a bang stands for itself", [], name="!"),
    found("a name and a service", [L1G], name="north", service="GAS"),
    # Values
    found("a key", [L10], table_key=901),
    found("a key and a filter that it fails", [], table_key=901, mac="AABBCC000001"),
    found("an unknown key", [], table_key=77),
    found("a key below zero", [], table_key=-5),
    found("a head-end", [L1, L1G], heid=2),
    found("another head-end", [L10, L2], heid=1),
    found("a head-end without devices", [], heid=4),
    found("an unknown head-end", [], heid=9),
    found("a type", [L1, L1G], type_id=12),
    found("an unknown type", [], type_id=99),
    found("a provisioning state", [L2, L4], prov_stat="N"),
    found("a provisioning state and a head-end", [L2], prov_stat="N", heid=1),
    found("a provisioning state that none has", [], prov_stat="C"),
    found("set to be polled", [L1, L1G, L10], poll_config=1),
    found("not set to be polled", [L2, L4], poll_config=0),
    found("shut out of polling", [L10], activation=0),
    found("an open relay", [L1G], relay_state=0),
    found("a closed relay", [L1, L10, L2], relay_state=1),
    found("a service", [L1G], service="GAS"),
    found("a service that none has", [], service="WATER"),
    found("a capacity from", [L1, L10], capacity_from=Decimal("30")),
    found("a capacity to", [L1, L1G, L2], capacity_to=Decimal("30")),
    found("a capacity of exactly", [L1], capacity_from=Decimal("30"), capacity_to=Decimal("30")),
    found("all filters at once", [L1], cls="PD", table_key=900, heid=2, co_id="co-1", pd_id="pd-1", serial="S1",
          mac="AABBCC000001", ld_id="p-1", type_id=12, cluster_id="k-1", service="ELECTRICITY", ip_address="10.0.0.1",
          prov_stat="A", poll_config=1, activation=1, relay_state=1, deleted=0, capacity_from=Decimal("1"),
          capacity_to=Decimal("99"), name="kitchen", after=0, limit=1),
    *(found(f"a meter found by its MAC has another {name}", [], mac="AABBCC000001", **{name: value})
      for name, value in {"heid": 1, "co_id": "HE1", "pd_id": "pd-10", "serial": "S10", "ld_id": "p-10", "type_id": 11,
                          "cluster_id": "k-10", "service": "WATER", "ip_address": "10.0.0.10", "prov_stat": "D",
                          "poll_config": 0, "activation": 0, "deleted": 1, "capacity_from": Decimal("31"),
                          "name": "northx", "after": 900}.items()),
    *(found(f"the {name} found has another MAC", [], mac="AABBDD*", **{name: value})
      for name, value in {"serial": "S1", "pd_id": "pd-1", "ld_id": "p-1", "ip_address": "10.0.0.1", "name": "north",
                          "co_id": "co-1", "relay_state": 0, "cluster_id": "k-1", "prov_stat": "A", "type_id": 12,
                          "heid": 2}.items()),
    # Disposed devices
    found("disposed devices", [L3], deleted=1),
    found("devices in service alone", LIVE, deleted=0),
    found("both, with logical devices that were removed", [L1, L1G, L1X, L10, L2, L3, L4], deleted=2),
    found("a removed logical device by its LD_ID", [L1, L1X], deleted=2, ld_id="p-1"),
    found("a disposed device is not found", [], serial="S3"),
    found("a disposed device of a head-end", [L3], deleted=1, heid=3),
    found("a head-end's devices, disposed or not", [L3], deleted=2, heid=3),
    # Pages
    found("a page is cut by devices", [L1, L1G], limit=1),
    found("the next page", [L10, L2], after=900, limit=2),
    found("the last page", [L4], after=902, limit=2),
    found("behind the last page", [], after=904),
    found("a page of those that match", [L10], mac="AABBCC*", after=900, limit=1),
    found("a page of a provisioning state", [L4], prov_stat="N", after=902),
    found("a page of a type", [L2], type_id=11, after=901, limit=1),
    found("a page of a relay's position", [L10], relay_state=1, after=900, limit=1),
    found("a page of a name", [L10], name="north", after=900),
    found("a page of an LD_ID", [L10], ld_id="p-1*", after=900),
    found("a page of an address", [L10], ip_address="10*", after=900),
    found("a page of a concentrator", [L2], co_id="HE1", after=901),
    found("a page of a head-end", [L2], heid=1, after=901),
    Case("a page has 100 devices", search(serial="M*"), given=MANY, rows=[bare(n) for n in range(100)]),
    Case("the rest behind it", search(serial="M*", after=2099), given=MANY,
         rows=[*(bare(n) for n in range(100, 149)), bare(149, 2, "co-1", 13)]),
    Case("a page of 1000", search(co_id="HE4", limit=1000), given=MANY, rows=[bare(n) for n in range(149)]),
    Case("the last device of a head-end", search(heid=2, after=900), given=MANY, rows=[bare(149, 2, "co-1", 13)]),
    Case("the last device of a type", search(type_id=13), given=MANY, rows=[bare(149, 2, "co-1", 13)]),
    # Concentrators
    found("concentrators, no dummies", [C1], cls="CO"),
    found("disposed concentrators", [C2], cls="CO", deleted=1),
    found("all concentrators", [C1, C2], cls="CO", deleted=2),
    found("a page of concentrators", [C2], cls="CO", deleted=2, after=900, limit=1),
    found("a concentrator by all that it has", [C1], cls="CO", table_key=900, heid=2, co_id="co-1", serial="C1",
          mac="1122*", type_id=2, ip_address="10.9*", prov_stat="C", poll_config=1, activation=1),
    *(found(f"a concentrator of another {name}", [], cls="CO", co_id="co-1", **{name: value})
      for name, value in {"table_key": 901, "heid": 1, "serial": "C2", "mac": "1123*", "type_id": 3, "ip_address": "10.8*",
                          "prov_stat": "A", "poll_config": 0, "activation": 0, "pd_id": "pd-1", "ld_id": "p-1",
                          "name": "x", "relay_state": 1, "service": "GAS", "cluster_id": "k-1",
                          "capacity_from": Decimal("0"), "capacity_to": Decimal("9")}.items()),
    # Arguments
    refused("a MAC of 11 digits without a star", 1002, mac="AABBCC00000"),
    *(refused(f"a MAC as {mac}", 1002, mac=mac) for mac in ("A:ABBCC000001", "AA:-BB*", ":AA*", "*", "AA*BB*")),
    refused("a MAC of 12 digits and a star", 1002, mac="AABBCC000001*"),
    refused("a star alone", 1002, serial="*"),
    refused("a star inside", 1002, serial="S*1"),
    refused("a percent sign", 1002, serial="S%"),
    refused("an empty text", 1002, pd_id=""),
    refused("a PD_ID of 16 characters", 1002, pd_id="p" * 16),
    refused("a CO_ID of 16 characters", 1002, co_id="c" * 16),
    refused("an LD_ID of 33 characters", 1002, ld_id="p" * 33),
    refused("a cluster of 33 characters", 1002, cluster_id="k" * 33),
    refused("a serial number of 65 characters", 1002, serial="S" * 65),
    refused("an address that is none", 1002, ip_address="ten"),
    refused("a service of 17 characters", 1002, service="G" * 17),
    refused("a name of 129 characters", 1002, name="n" * 129),
    refused("an injection is no serial number", 1002, serial="S1' OR '1'='1"),
    refused("an unknown class", 1003, cls="XX"),
    refused("an unknown provisioning state", 1003, prov_stat="X"),
    refused("a polling setting of 2", 1004, poll_config=2),
    refused("an activation of 2", 1004, activation=2),
    refused("a relay of 2", 1004, relay_state=2),
    refused("a deletion of 3", 1004, deleted=3),
    refused("a capacity that ends before it begins", 1004, capacity_from=Decimal("2"), capacity_to=Decimal("1")),
    refused("a page of nothing", 1004, limit=0),
    refused("a page of 1001", 1004, limit=1001),
]
