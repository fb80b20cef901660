"""Cases of SET_CONFIG."""

from case import Case


def value(name):
    return f"mdm:SELECT c.\"VALUE\" FROM MDM_CONFIG c WHERE c.NAME = '{name}'"


CASES = [
    Case("a value of the list", ("HE_ALLOCATION", "BALANCE"), then={value("HE_ALLOCATION"): [("BALANCE",)]}),
    Case("the last value of the list", ("INTERVAL_MINUTES", "60"), then={value("INTERVAL_MINUTES"): [("60",)]}),
    Case("a value of the range", ("CLOSING_DAY", "15"), then={value("CLOSING_DAY"): [("15",)]}),
    Case("the first of the range", ("LOG_GRACE_MINUTES", "0"), then={value("LOG_GRACE_MINUTES"): [("0",)]}),
    Case("the last of the range", ("CLOSING_DAY", "28"), then={value("CLOSING_DAY"): [("28",)]}),
    Case("free text", ("STATION_ID", "高津 'x' --"), then={value("STATION_ID"): [("高津 'x' --",)]}),
    Case("free text of 255 characters", ("STATION_ID", "x" * 255), then={value("STATION_ID"): [("x" * 255,)]}),
    Case("the value that it has", ("HE_ALLOCATION", "FILL"), 10),
    Case("free text of 256 characters", ("STATION_ID", "x" * 256), 1004, then={value("STATION_ID"): [("STATION1",)]}),
    Case("a value not of the list", ("HE_ALLOCATION", "RANDOM"), 1004, then={value("HE_ALLOCATION"): [("FILL",)]}),
    Case("a part of a value of the list", ("HE_ALLOCATION", "BAL"), 1004),
    Case("two values of the list", ("HE_ALLOCATION", "FILL|BALANCE"), 1004),
    Case("lower case is another value", ("HE_ALLOCATION", "balance"), 1004),
    Case("nothing of the list", ("HE_ALLOCATION", ""), 1004),
    Case("below the range", ("CLOSING_DAY", "0"), 1004, then={value("CLOSING_DAY"): [("1",)]}),
    Case("above the range", ("CLOSING_DAY", "29"), 1004),
    Case("no number", ("CLOSING_DAY", "x"), 1004),
    Case("no whole number", ("CLOSING_DAY", "1.5"), 1004),
    Case("a leading zero", ("CLOSING_DAY", "07"), 1004),
    Case("a negative number", ("CLOSING_DAY", "-1"), 1004),
    Case("a number of 30 digits", ("CLOSING_DAY", "9" * 30), 1004),
    Case("an unknown name", ("CLOSING_HOUR", "1"), 1003),
    Case("an injection is no name", ("' OR 1=1 --", "1"), 1003, then={value("HE_SYNC"): [("1",)]}),
    Case("no name", (None, "1"), 1001),
    Case("no value", ("CLOSING_DAY", None), 1001),
]
