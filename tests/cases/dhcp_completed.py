"""Cases of DHCP_COMPLETED."""

from case import Case

MAC = "AABBCC000001"
DEVICE = [
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'HE1', 'AABBCC000001', 11)"),
    ("mdm", "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT, IP_ADDRESS) VALUES (900, 'N', NULL)"),
]
STATE = "mdm:SELECT PROV_STAT, IP_ADDRESS FROM CONTROLLER_TRANSACTION WHERE TABLE_KEY = 900"
AUTHENTICATED = ("mdm", "UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'A', IP_ADDRESS = '10.0.0.1' WHERE TABLE_KEY = 900")

CASES = [
    Case("a new device gets its address", (MAC, "10.0.0.1"), given=DEVICE, then={STATE: [("D", "10.0.0.1")]}),
    Case("separators and lower case are normalised", ("aa:bb-cc:00:00:01", "10.0.0.1"), given=DEVICE,
         then={STATE: [("D", "10.0.0.1")]}),
    Case("an authenticated device keeps its state with its address", (MAC, "10.0.0.1"), given=[*DEVICE, AUTHENTICATED],
         then={STATE: [("A", "10.0.0.1")]}),
    Case("a new address puts an authenticated device back", (MAC, "10.0.0.2"), given=[*DEVICE, AUTHENTICATED],
         then={STATE: [("D", "10.0.0.2")]}),
    Case("a disposed device is refused", (MAC, "10.0.0.1"), 3002,
         given=[*DEVICE, ("mdm", "UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 900")], then={STATE: [("N", None)]}),
    Case("an unknown MAC", ("AABBCC00FFFF", "10.0.0.1"), 2001),
    Case("a MAC of eleven digits", ("AABBCC00000", "10.0.0.1"), 1002),
    Case("an address that is none", (MAC, "10.0.0.256"), 1002, given=DEVICE),
    Case("no address", (MAC, None), 1001),
    Case("an injection is no MAC", ("' OR 1=1 --", "10.0.0.1"), 1002),
]
