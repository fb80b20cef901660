"""Cases of STORE_BOUNDARY_READINGS."""

from datetime import datetime
from decimal import Decimal

from case import Case

AT, LATER = datetime(2026, 4, 1, 9, 30), datetime(2026, 4, 2)
ROWS = (
    "mdm:SELECT b.LD_ID, b.SUB_NUMBER, b.READ_AT, b.KIND, b.PD_TABLE_KEY, b.READING"
    " FROM BOUNDARY_READING b ORDER BY b.SUB_NUMBER, b.READ_AT, b.KIND"
)


def store(text, at=AT, kind="I", device=900, type_id=101):
    return ("P1", device, type_id, kind, at, text)


BEFORE = [("STORE_BOUNDARY_READINGS", *store("1=5;2=7"))]
FIVE, SEVEN = ("P1", 1, AT, "I", 900, 5), ("P1", 2, AT, "I", 900, 7)

CASES = [
    Case("one item", store("1=1234.5678"), then={ROWS: [("P1", 1, AT, "I", 900, Decimal("1234.5678"))]}),
    Case("several items in any order", store("3=0;1=5"), then={ROWS: [FIVE, ("P1", 3, AT, "I", 900, 0)]}),
    Case("a negative value", store("1=-5.25"), then={ROWS: [("P1", 1, AT, "I", 900, Decimal("-5.25"))]}),
    Case("the longest number", store("1=99999999999.9999"),
         then={ROWS: [("P1", 1, AT, "I", 900, Decimal("99999999999.9999"))]}),
    Case("a repeat", store("1=5;2=7"), 10, given=BEFORE, then={ROWS: [FIVE, SEVEN]}),
    Case("a repeat without moment", store("1=5;2=7", None), 10, given=BEFORE, then={ROWS: [FIVE, SEVEN]}),
    Case("other digits of the same value", store("1=5.0;2=7.00"), 10, given=BEFORE),
    Case("one item more", store("1=5;3=1"), given=BEFORE, then={ROWS: [FIVE, SEVEN, ("P1", 3, AT, "I", 900, 1)]}),
    Case("another moment", store("1=5", LATER), given=BEFORE,
         then={ROWS: [FIVE, ("P1", 1, LATER, "I", 900, 5), SEVEN]}),
    Case("another kind", store("1=5", kind="R"), given=BEFORE, then={ROWS: [FIVE, ("P1", 1, AT, "R", 900, 5), SEVEN]}),
    Case("another value at this moment", store("1=6"), 3001, given=BEFORE, then={ROWS: [FIVE, SEVEN]}),
    Case("another meter at this moment", store("1=5", device=901), 3001, given=BEFORE),
    Case("no readings", store(None), 10, then={ROWS: []}),
    Case("an item that the device does not have", store("1=5;9=1"), 1003, then={ROWS: []}),
    Case("an item of another type", store("2=5", type_id=102), 1003),
    Case("an item twice", store("1=5;1=6"), 1002, then={ROWS: []}),
    Case("an item twice with others between", store("1=5;2=1;1=5"), 1002),
    Case("11 is not 1", store("11=5"), 1003, then={ROWS: []}),
    Case("an empty text", store(""), 1002),
    Case("no value", store("1="), 1002),
    Case("no item", store("=5"), 1002),
    Case("a value that is no number", store("1=x"), 1002),
    Case("twelve digits before the point", store("1=123456789012"), 1002),
    Case("five digits behind the point", store("1=1.00001"), 1002),
    Case("a comma for the point", store("1=1,5"), 1002),
    Case("a semicolon at the end", store("1=5;"), 1002),
    Case("blanks", store("1=5; 2=7"), 1002),
    Case("a leading zero of the item", store("01=5"), 1002),
    Case("an injection", store("1=5; DROP TABLE BOUNDARY_READING"), 1002),
    Case("a line end", store("1=5\n"), 1002),
]
