"""Cases of EDIT_VPA_DEVICE."""

from case import Case

ORDER = ("pd_id", "mac", "signature_type", "cipher_suite", "state")
TERMINALS = [
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, TYPE_ID) VALUES (900, 'PD1', 'HE1', 11)"),
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, TYPE_ID) VALUES (901, 'PD2', 'HE1', 11)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES ('P1', 900, 101)"),
    *(("vps", "INSERT INTO VPA_DEVICE (VPA_DEVICE_ID, PD_ID, LD_ID, MAC, SIGNATURE_TYPE, CIPHER_SUITE)"
              f" VALUES ({key}, 'PD1', 'P1', '0200000000F{key - 900}', 'RSA', 'AES128')") for key in (901, 902)),
    *(("vps", f"INSERT INTO VPA_DEVICE_TRANSACTION (VPA_DEVICE_ID, PASSWORD) VALUES ({key}, 'wrapped')") for key in (901, 902)),
]
ROWS = (
    "vps:SELECT v.PD_ID, v.LD_ID, v.MAC, v.SIGNATURE_TYPE, v.CIPHER_SUITE, v.STATE, v.DELETED, x.PASSWORD, x.KEY_UPDATED_AT,"
    " x.STATE FROM VPA_DEVICE v JOIN VPA_DEVICE_TRANSACTION x ON x.VPA_DEVICE_ID = v.VPA_DEVICE_ID ORDER BY v.VPA_DEVICE_ID"
)


def row(pd_id="PD1", ld_id="P1", mac="0200000000F1", signature="RSA", cipher="AES128", state=1, deleted=0, key_state=1):
    return (pd_id, ld_id, mac, signature, cipher, state, deleted, "wrapped", None, key_state)


OTHER = row(mac="0200000000F2")
UNTOUCHED = {ROWS: [row(), OTHER]}
SUSPENDED = [*TERMINALS, ("EDIT_VPA_DEVICE", None, "0200000000F1", None, None, 0)]
DELETED = [*TERMINALS, ("vps", "UPDATE VPA_DEVICE SET DELETED = 1 WHERE VPA_DEVICE_ID = 901")]


def edit(**given):
    return tuple({"mac": "0200000000F1", **given}.get(name) for name in ORDER)


def refused(title, code, **given):
    return Case(title, edit(**given), code, given=TERMINALS, then=UNTOUCHED)


CASES = [
    Case("suspended, its keys too", edit(state=0), given=TERMINALS, then={ROWS: [row(state=0, key_state=0), OTHER]}),
    Case("resumed", edit(state=1), given=SUSPENDED, then=UNTOUCHED),
    Case("resumed where the keys alone are suspended", edit(state=1),
         given=[*TERMINALS, ("vps", "UPDATE VPA_DEVICE_TRANSACTION SET STATE = 0 WHERE VPA_DEVICE_ID = 901")], then=UNTOUCHED),
    Case("resumed where its keys are in use", edit(state=1),
         given=[*TERMINALS, ("vps", "UPDATE VPA_DEVICE SET STATE = 0 WHERE VPA_DEVICE_ID = 901")], then=UNTOUCHED),
    Case("all at once", edit(pd_id="PD2", signature_type="ECDSA", cipher_suite="AES256", state=0), given=TERMINALS,
         then={ROWS: [row("PD2", None, signature="ECDSA", cipher="AES256", state=0, key_state=0), OTHER]}),
    Case("a signature type alone", edit(signature_type="ECDSA"), given=TERMINALS, then={ROWS: [row(signature="ECDSA"), OTHER]}),
    Case("a cipher suite alone", edit(cipher_suite="AES256"), given=TERMINALS, then={ROWS: [row(cipher="AES256"), OTHER]}),
    Case("a suspended one stays so", edit(cipher_suite="AES256"), given=SUSPENDED,
         then={ROWS: [row(cipher="AES256", state=0, key_state=0), OTHER]}),
    Case("separators and lower case are normalised", edit(mac="02-00-00:00:00:f1", state=0), given=TERMINALS,
         then={ROWS: [row(state=0, key_state=0), OTHER]}),
    # Another device
    Case("another device does not have the point", edit(pd_id="PD2"), given=TERMINALS, then={ROWS: [row("PD2", None), OTHER]}),
    Case("after an exchange of the meter the point stays", edit(pd_id="PD2"),
         given=[*TERMINALS, ("mdm", "UPDATE LOGICAL_DEVICE SET PD_TABLE_KEY = 901")], then={ROWS: [row("PD2"), OTHER]}),
    Case("the same device keeps a point that it lost", edit(pd_id="PD1", state=0),
         given=[*TERMINALS, ("mdm", "UPDATE LOGICAL_DEVICE SET PD_TABLE_KEY = 901")],
         then={ROWS: [row(state=0, key_state=0), OTHER]}),
    Case("a removed point is of no device", edit(pd_id="PD2"),
         given=[*TERMINALS, ("mdm", "UPDATE LOGICAL_DEVICE SET PD_TABLE_KEY = 901, DELETED = 1")],
         then={ROWS: [row("PD2", None), OTHER]}),
    Case("a terminal without a device", edit(pd_id="PD1"),
         given=[*TERMINALS, ("vps", "UPDATE VPA_DEVICE SET PD_ID = NULL WHERE VPA_DEVICE_ID = 901")], then=UNTOUCHED),
    # A repeat
    Case("nothing to change", edit(), 10, given=TERMINALS, then=UNTOUCHED),
    Case("a repeat", edit(pd_id="PD1", signature_type="RSA", cipher_suite="AES128", state=1), 10, given=TERMINALS, then=UNTOUCHED),
    Case("a repeat of a suspension", edit(state=0), 10, given=SUSPENDED, then={ROWS: [row(state=0, key_state=0), OTHER]}),
    # Arguments
    refused("no MAC", 1001, mac=None, state=0),
    refused("a MAC that is none", 1002, mac="02000000F1", state=0),
    refused("an injection is no MAC", 1002, mac="' OR 1=1 --", state=0),
    refused("a PD_ID of 16 characters", 1002, pd_id="P" * 16),
    refused("a signature type of 33 characters", 1002, signature_type="x" * 33),
    refused("a cipher suite of 65 characters", 1002, cipher_suite="x" * 65),
    refused("a state of 2", 1004, state=2),
    refused("a state of -1", 1004, state=-1),
    refused("an unknown MAC", 2001, mac="0200000000FF", state=0),
    refused("an unknown device", 2001, pd_id="PD9"),
    Case("a disposed device", edit(pd_id="PD2"), 2001, given=[*TERMINALS, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")], then=UNTOUCHED),
    Case("a removed terminal", edit(state=0), 2001, given=DELETED, then={ROWS: [row(deleted=1), OTHER]}),
]
