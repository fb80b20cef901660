"""Cases of ADD_VPA_DEVICE."""

from case import Case

ORDER = ("pd_id", "mac", "signature_type", "cipher_suite", "password", "ld_id")
# A nonce, a key of 16 bytes and a tag, as wrapping makes them.
WRAPPED = b"\x01\x04test" + b"n" * 12 + b"w" * 16 + b"t" * 16
SHORTEST, LONGEST = b"\x01\x01k" + b"w" * 29, b"\x01\x10" + b"w" * 510
METERS = [
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, TYPE_ID) VALUES (900, 'PD1', 'HE1', 11)"),
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, TYPE_ID) VALUES (901, 'PD2', 'HE1', 11)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES ('P1', 900, 101)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES ('P2', 901, 101)"),
]
ROWS = (
    "vps:SELECT v.PD_ID, v.LD_ID, v.MAC, v.SIGNATURE_TYPE, v.CIPHER_SUITE, v.STATE, v.DELETED, x.PASSWORD, x.COMMON_KEY,"
    " x.SESSION_KEY, CASE WHEN x.KEY_UPDATED_AT IS NOT NULL THEN 1 ELSE 0 END, x.STATE"
    " FROM VPA_DEVICE v JOIN VPA_DEVICE_TRANSACTION x ON x.VPA_DEVICE_ID = v.VPA_DEVICE_ID ORDER BY v.VPA_DEVICE_ID"
)


def add(**given):
    return tuple({"pd_id": "PD1", "mac": "0200000000F1", **given}.get(name) for name in ORDER)


WHOLE = add(signature_type="RSA", cipher_suite="AES128", password=WRAPPED, ld_id="P1")
STORED = ("PD1", "P1", "0200000000F1", "RSA", "AES128", 1, 0, WRAPPED, None, None, 1, 1)
BARE = ("PD1", None, "0200000000F1", None, None, 1, 0, None, None, None, 0, 1)
TAKEN = [*METERS, ("ADD_VPA_DEVICE", *WHOLE)]


def refused(title, code, **given):
    return Case(title, add(**given), code, given=METERS, then={ROWS: []})


CASES = [
    Case("a terminal that shows a point", WHOLE, given=METERS, then={ROWS: [STORED]}),
    Case("everything by default", add(), given=METERS, then={ROWS: [BARE]}),
    Case("separators and lower case are normalised", add(mac="02:00:00-00:00:f1"), given=METERS, then={ROWS: [BARE]}),
    Case("the number of the terminal is given again", add(), 10, rows=[(900,)],
         given=[*METERS, ("vps", "INSERT INTO VPA_DEVICE (VPA_DEVICE_ID, PD_ID, MAC) VALUES (900, 'PD1', '0200000000F1')")]),
    Case("a second terminal of the device", add(mac="0200000000F2"), given=TAKEN,
         then={ROWS: [STORED, ("PD1", None, "0200000000F2", *BARE[3:])]}),
    Case("the shortest wrapped password", add(password=SHORTEST), given=METERS,
         then={ROWS: [(*BARE[:7], SHORTEST, None, None, 1, 1)]}),
    Case("the longest", add(password=LONGEST), given=METERS, then={ROWS: [(*BARE[:7], LONGEST, None, None, 1, 1)]}),
    # A repeat
    Case("a repeat", WHOLE, 10, given=TAKEN, then={ROWS: [STORED]}),
    Case("a repeat keeps the password", add(signature_type="RSA", cipher_suite="AES128", password=LONGEST, ld_id="P1"), 10,
         given=TAKEN, then={ROWS: [STORED]}),
    *(Case(f"the MAC is taken: {title}", add(**given), 3001, given=TAKEN, then={ROWS: [STORED]}) for title, given in [
        ("by another device", {"pd_id": "PD2", "signature_type": "RSA", "cipher_suite": "AES128"}),
        ("another point", {"signature_type": "RSA", "cipher_suite": "AES128"}),
        ("another signature", {"signature_type": "DSA", "cipher_suite": "AES128", "ld_id": "P1"}),
        ("another cipher suite", {"signature_type": "RSA", "ld_id": "P1"})]),
    Case("the MAC is taken by the same terminal of another device", add(pd_id="PD2"), 3001, given=[*METERS, ("ADD_VPA_DEVICE", *add())],
         then={ROWS: [BARE]}),
    Case("the MAC is taken by one without a signature type", add(signature_type="RSA"), 3001,
         given=[*METERS, ("ADD_VPA_DEVICE", *add())], then={ROWS: [BARE]}),
    Case("a removed terminal keeps its MAC", WHOLE, 3001, given=[*TAKEN, ("vps", "UPDATE VPA_DEVICE SET DELETED = 1")],
         then={ROWS: [(*STORED[:6], 1, *STORED[7:])]}),
    # Arguments
    refused("no device", 1001, pd_id=None),
    refused("no MAC", 1001, mac=None),
    refused("a MAC that is none", 1002, mac="02000000F1"),
    refused("a PD_ID of 16 characters", 1002, pd_id="P" * 16),
    refused("an injection is no PD_ID", 1002, pd_id="PD1' OR 1=1--"),
    refused("an injection is no cipher suite", 1002, cipher_suite="x'; DELETE FROM VPA_DEVICE; --"),
    refused("a signature type of 33 characters", 1002, signature_type="x" * 33),
    refused("a cipher suite of 65 characters", 1002, cipher_suite="x" * 65),
    refused("an LD_ID of 33 characters", 1002, ld_id="P" * 33),
    refused("a bare key is no wrapped password", 1002, password=b"k" * 16),
    refused("a bare key of 44 bytes is none", 1002, password=b"k" * 44),
    refused("a password of a byte too few", 1002, password=SHORTEST[:-1]),
    refused("a password of 513 bytes", 1002, password=LONGEST + b"w"),
    refused("an unknown device", 2001, pd_id="PD9"),
    Case("a disposed device", WHOLE, 2001, given=[*METERS, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")], then={ROWS: []}),
    refused("an unknown point", 2002, ld_id="P9"),
    Case("a removed point", WHOLE, 2002, given=[*METERS, ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1")], then={ROWS: []}),
    refused("a point of another device", 3004, ld_id="P2"),
]
