"""Cases of PROV_COMPLETED."""

from case import Case

MAC = "AABBCC000001"
CO_MAC = "112233445566"


def device(state):
    return [
        ("mdm", f"INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'HE1', '{MAC}', 11)"),
        ("mdm", f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT) VALUES (900, '{state}')"),
        ("mdm", f"INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'c1', '{CO_MAC}', 2)"),
        ("mdm", "INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY, PROV_STAT) VALUES (900, 'D')"),
    ]


PD = "mdm:SELECT x.PROV_STAT FROM CONTROLLER_TRANSACTION x WHERE x.TABLE_KEY = 900"
CO = "mdm:SELECT x.PROV_STAT FROM CONCENTRATOR_TRANSACTION x WHERE x.TABLE_KEY = 900"

CASES = [
    Case("a device with an address is configured", (MAC,), given=device("D"), then={PD: [("C",)], CO: [("D",)]}),
    Case("a concentrator too", (CO_MAC,), given=device("D"), then={PD: [("D",)], CO: [("C",)]}),
    Case("separators and lower case are normalised", ("aa:bb:cc:00-00-01",), given=device("D"), then={PD: [("C",)]}),
    Case("a repeat", (MAC,), 10, given=device("C"), then={PD: [("C",)]}),
    Case("an authenticated device stays so", (MAC,), 10, given=device("A"), then={PD: [("A",)]}),
    Case("a device without an address", (MAC,), 3002, given=device("N"), then={PD: [("N",)]}),
    Case("a disposed device", (MAC,), 3002,
         given=[*device("D"), ("mdm", "UPDATE CONTROLLER SET DELETED = 1")], then={PD: [("D",)]}),
    Case("an unknown MAC", ("AABBCC00FFFF",), 2001),
    Case("no MAC", (None,), 1001),
    Case("an empty MAC", ("",), 1002),
    Case("a MAC of thirteen digits", ("AABBCC0000011",), 1002),
    Case("an injection is no MAC", ("' OR 1=1 --",), 1002, given=device("D"), then={PD: [("D",)]}),
]
