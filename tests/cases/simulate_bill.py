"""Cases of SIMULATE_BILL, worked by hand."""

from datetime import datetime
from decimal import Decimal

from case import Case
from cases._archive import BEGUN
from cases._station import cluster, meter, prices, slot, time_of_use

# A Wednesday of January, which has 31 * 48 = 1488 half hours.
T = datetime(2026, 1, 14, 10, 0)
U = datetime(2026, 1, 14, 10, 30)
END = datetime(2026, 1, 14, 11, 0)
DAY = (datetime(2026, 1, 14), datetime(2026, 1, 15))
POINT = meter(901, 1, "P1")
# 10 a kWh up to 20 kWh, 15 up to 50, 25 beyond; 0.5 kg CO2 a kWh
TIERS = (10, 20, 15, 50, 25)
GLOBAL = prices("GLOBAL", tiers=TIERS)
QUOTES = "vps:SELECT QUOTE FROM QUOTE_HISTORY ORDER BY LD_ID, SUB_NUMBER, MEASURED_TIME"
ALL = ("vps:SELECT LD_ID, SUB_NUMBER, USAGE_VALUE, QUALITY, REVISION, QUOTE, CO2, SOURCE FROM QUOTE_HISTORY"
       " ORDER BY LD_ID, SUB_NUMBER, MEASURED_TIME")
REVISIONS = ("vps:SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, USAGE_VALUE, QUALITY, QUOTE, SOURCE, REASON"
             " FROM USAGE_REVISION ORDER BY REVISION")


def quotes(*values: str | None) -> dict:
    return {QUOTES: [(value,) for value in values]}


def used(*values: str | None, since: datetime = datetime(2026, 1, 14, 9, 30)) -> list:
    """The point with its prices, and slots in a row before T, T and after."""
    rows = [*POINT, *GLOBAL]
    for hour, value in zip(("09:30", "10:00", "10:30"), values, strict=False):
        rows += slot("P1", f"{since:%Y-%m-%d} {hour}:00", value)
    return rows


def tou(*rows: tuple[str, str, str], tiers: tuple = ()) -> list:
    return [*POINT, *prices("GLOBAL", tiers=tiers), *(time_of_use("GLOBAL", *row) for row in rows)]


NIGHT = [("WEEKDAY", "07:00:00", "30"), ("WEEKDAY", "23:00:00", "10")]
WEEKEND = [*NIGHT, ("SATURDAY", "09:30:00", "25"), ("HOLIDAY", "00:00:00", "20")]

CASES = [
    # tiers
    Case("the first tier", (T, U), given=[*POINT, *GLOBAL, *slot("P1", T, "2")],
         then={ALL: [("P1", 1, "2", "M", 0, "20", None, "S")], REVISIONS: []}),
    Case("up to the limit", (T, U), given=used("18", "2"), then=quotes(None, "20")),
    Case("from the limit", (T, U), given=used("20", "1"), then=quotes(None, "15")),
    Case("over the first limit", (T, U), given=used("19", "3"), then=quotes(None, "40")),
    Case("over both limits", (T, U), given=used("19", "40"), then=quotes(None, "685")),
    Case("beyond both limits", (T, U), given=used("60", "2"), then=quotes(None, "50")),
    Case("several slots climb the tiers", DAY, given=used("19", "3", "30"), then=quotes("190", "40", "470")),
    Case("tier 2 without a limit", (T, U), given=[*POINT, *prices("GLOBAL", tiers=(10, 20, 15)), *slot("P1", T, "100")],
         then=quotes("1400")),
    Case("tier 1 without a limit", (T, U), given=[*POINT, *prices("GLOBAL", tiers=(10,)), *slot("P1", T, "100")],
         then=quotes("1000")),
    Case("a set without prices", (T, U), given=[*POINT, *prices("GLOBAL"), *slot("P1", T, "100")], then=quotes("0")),
    Case("a slot without usage counts nothing", (T, END),
         given=[*POINT, *GLOBAL, *slot("P1", T, None, quality="N"), *slot("P1", U, "2")], then=quotes(None, "20")),
    Case("billed and corrected slots count before", (T, U),
         given=[*POINT, *GLOBAL, *slot("P1", "2026-01-02 00:30:00", "10", "B", "5"),
                *slot("P1", "2026-01-03 00:30:00", "9", "C", "6"), *slot("P1", T, "3")], then=quotes("5", "6", "40")),
    Case("another point's usage does not", (T, U),
         given=[*used("19", "3"), *meter(902, 1, "P2"), *slot("P2", T, "3")], then=quotes(None, "40", "30")),
    Case("rounded half up", (T, END),
         given=[*POINT, *prices("GLOBAL", co2="0.441", tiers=("30.57",)), *slot("P1", T, "0.0333"), *slot("P1", U, "0.0050")],
         then={ALL: [("P1", 1, "0.0333", "M", 0, "1.018", "0.0147", "S"), ("P1", 1, "0.005", "M", 0, "0.1529", "0.0022", "S")]}),
    Case("a half of the last digit", (T, END),
         given=[*POINT, *prices("GLOBAL", tiers=("0.1",)), *slot("P1", T, "0.0005"), *slot("P1", U, "-0.0005")],
         then=quotes("0.0001", "-0.0001")),
    # negative usage
    Case("negative usage", (T, U), given=used("10", "-2"), then=quotes(None, "-20")),
    Case("negative usage back over a limit", (T, U), given=used("21", "-2"), then=quotes(None, "-25")),
    Case("negative usage below the month's begin", (T, U), given=used("1", "-3"), then=quotes(None, "-30")),
    Case("usage after a negative one", DAY, given=used("-5", "24", "2"), then=quotes("-50", "240", "25")),
    # the billing month
    Case("a month begins behind its first midnight", (datetime(2026, 2, 1), datetime(2026, 2, 1, 1)),
         given=[*POINT, *GLOBAL, *slot("P1", "2026-01-10 00:30:00", "19.5"), *slot("P1", "2026-02-01 00:00:00", "1"),
                *slot("P1", "2026-02-01 00:30:00", "1")], then=quotes(None, "12.5", "10")),
    Case("a month begins at the closing day", (datetime(2026, 1, 15), datetime(2026, 1, 15, 1)),
         given=[*POINT, *GLOBAL, ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '15' WHERE NAME = 'CLOSING_DAY'"),
                *slot("P1", "2025-12-15 00:00:00", "100"), *slot("P1", "2025-12-15 00:30:00", "19.5"),
                *slot("P1", "2026-01-15 00:00:00", "1"), *slot("P1", "2026-01-15 00:30:00", "1")],
         then=quotes(None, None, "12.5", "10")),
    Case("a range over two months", (datetime(2026, 1, 31, 23), datetime(2026, 2, 1, 1)),
         given=[*POINT, *GLOBAL, *slot("P1", "2026-01-31 23:30:00", "19.5"), *slot("P1", "2026-02-01 00:00:00", "1"),
                *slot("P1", "2026-02-01 00:30:00", "1")], then=quotes("195", "12.5", "10")),
    Case("a range over the end of the year", (datetime(2025, 12, 31, 23), datetime(2026, 1, 1, 1)),
         given=[*POINT, *GLOBAL, *slot("P1", "2025-12-31 23:30:00", "19.5"), *slot("P1", "2026-01-01 00:00:00", "1"),
                *slot("P1", "2026-01-01 00:30:00", "1")], then=quotes("195", "12.5", "10")),
    # a snapshot behind one that was priced
    Case("after the snapshot before", (U, END), given=[*used("19", "3", "2"), ("SIMULATE_BILL", T, U)],
         then=quotes(None, "40", "30")),
    Case("after the snapshot before, priced twice", (U, END),
         given=[*used("19", "3", "2"), ("SIMULATE_BILL", T, U), ("vps", "UPDATE CORRECTION_PARAM SET TIER2_PRICE = 16"),
                ("SIMULATE_BILL", T, U)], then=quotes(None, "42", "32")),
    Case("after one that was corrected", (U, END),
         given=[*used("19", "3", "2"), ("SIMULATE_BILL", T, U), ("CORRECT_QUOTE", "P1", 1, T, Decimal("0.5"))],
         then=quotes(None, "5", "27.5")),
    Case("after one that was billed", (U, END),
         given=[*used("19", None, "2"), ("vps", f"UPDATE QUOTE_HISTORY SET USAGE_VALUE = 3, SOURCE = 'B' WHERE MEASURED_TIME = '{T}'"),
                ("SIMULATE_BILL", T, U)], then=quotes(None, None, "30")),
    Case("after one without usage, and one without a slot", (U, END),
         given=[*used("19", None, "3"), *meter(902, 1, "P2"), *slot("P2", "2026-01-14 09:30:00", "19"), *slot("P2", U, "3"),
                ("SIMULATE_BILL", datetime(2026, 1, 14, 9, 30), T), ("SIMULATE_BILL", T, U)],
         then=quotes("190", None, "40", "190", "40")),
    Case("a new point beside one with a sum", (U, END),
         given=[*used("19", "3", "2"), ("SIMULATE_BILL", T, U), *meter(902, 1, "P2"), *slot("P2", U, "2")],
         then=quotes(None, "40", "30", "20")),
    Case("slots closer than the interval", (U, END),
         given=[*used("19", "3", "2"), *slot("P1", "2026-01-14 10:10:00", "30"), ("SIMULATE_BILL", T, datetime(2026, 1, 14, 10, 5))],
         then=quotes(None, "40", None, "50")),
    Case("priced from both of them on", (U, END),
         given=[*used("19", "3", "2"), *slot("P1", "2026-01-14 10:10:00", "30"), ("SIMULATE_BILL", T, U)],
         then=quotes(None, "40", "470", "50")),
    Case("the sum of a month ends with it", (datetime(2026, 2, 1, 0, 30), datetime(2026, 2, 1, 1)),
         given=[*POINT, *GLOBAL, *slot("P1", "2026-01-31 23:30:00", "19.5"), *slot("P1", "2026-02-01 00:00:00", "1"),
                *slot("P1", "2026-02-01 00:30:00", "1"), ("SIMULATE_BILL", datetime(2026, 2, 1), datetime(2026, 2, 1, 0, 30))],
         then=quotes(None, "12.5", "10")),
    Case("an earlier snapshot, again", (T, U),
         given=[*used("19", "3", "2"), ("SIMULATE_BILL", T, U), ("SIMULATE_BILL", U, END),
                ("vps", "UPDATE CORRECTION_PARAM SET TIER2_PRICE = 16")], then=quotes(None, "42", "30")),
    # base charge: 297.6 for 10 A, 50 A: 1488 a month
    Case("the base charge of a month of 31 days", (T, U),
         given=[*meter(901, 1, "P1", capacity="50"), *prices("GLOBAL", base="297.6", tiers=TIERS), *slot("P1", T, "2")],
         then=quotes("21")),
    Case("the base charge of February", (datetime(2026, 2, 1, 0, 30), datetime(2026, 2, 1, 1)),
         given=[*meter(901, 1, "P1", capacity="50"), *prices("GLOBAL", base="297.6"), *slot("P1", "2026-02-01 00:30:00", "2")],
         then=quotes("1.1071")),
    Case("the base charge of the month round a closing day", (datetime(2026, 2, 10), datetime(2026, 2, 17)),
         given=[*meter(901, 1, "P1", capacity="50"), *prices("GLOBAL", base="297.6"),
                ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '15' WHERE NAME = 'CLOSING_DAY'"),
                *slot("P1", "2026-02-10 00:30:00", "2"), *slot("P1", "2026-02-16 00:30:00", "2")], then=quotes("1", "1.1071")),
    Case("a base charge without usage", (T, U),
         given=[*meter(901, 1, "P1", capacity="50"), *prices("GLOBAL", base="297.6", tiers=TIERS), *slot("P1", T, "0")],
         then=quotes("1")),
    Case("no capacity, no base charge", (T, U), given=[*POINT, *prices("GLOBAL", base="297.6"), *slot("P1", T, "1")],
         then=quotes("0")),
    # carbon dioxide
    Case("carbon dioxide", (T, U), given=[*POINT, *prices("GLOBAL", co2="0.5", tiers=TIERS), *slot("P1", T, "2.5")],
         then={ALL: [("P1", 1, "2.5", "M", 0, "25", "1.25", "S")]}),
    # time of use: a price holds from its time on, round midnight
    *(Case(f"time of use at {at}", (datetime.fromisoformat(f"2026-01-{at}"), datetime.fromisoformat(f"2026-01-{at[:-1]}1")),
           given=[*tou(*rows), *slot("P1", f"2026-01-{at}:00", "2")], then=quotes(quote))
      for rows, at, quote in [
          (NIGHT, "14 07:00", "20"), (NIGHT, "14 07:30", "60"), (NIGHT, "14 23:00", "60"), (NIGHT, "14 23:30", "20"),
          (NIGHT, "15 00:00", "20"), (NIGHT, "15 00:30", "20"), (NIGHT, "17 12:00", "60"), (NIGHT, "18 12:00", "60"),
          (WEEKEND, "16 12:00", "60"), (WEEKEND, "17 00:00", "20"), (WEEKEND, "17 00:30", "50"), (WEEKEND, "17 10:00", "50"),
          (WEEKEND, "18 00:00", "50"), (WEEKEND, "18 00:30", "40"), (WEEKEND, "19 00:00", "40"), (WEEKEND, "19 00:30", "20"),
      ]),
    Case("a holiday has Sunday's prices, to its last slot", (datetime(2026, 1, 14), datetime(2026, 1, 15, 1)),
         given=[*tou(*WEEKEND), ("vps", "INSERT INTO HOLIDAY (DAY_OFF) VALUES ('2026-01-14')"),
                *slot("P1", "2026-01-14 00:00:00", "2"), *slot("P1", "2026-01-14 12:00:00", "2"),
                *slot("P1", "2026-01-15 00:00:00", "2"), *slot("P1", "2026-01-15 00:30:00", "2")],
         then=quotes("20", "40", "40", "20")),
    Case("time of use replaces the tiers", (T, U), given=[*tou(*NIGHT, tiers=TIERS), *slot("P1", T, "100")],
         then=quotes("3000")),
    Case("time of use, negative, with a base charge", (T, U),
         given=[*meter(901, 1, "P1", capacity="50"), *prices("GLOBAL", base="297.6"), time_of_use("GLOBAL", *NIGHT[0]),
                *slot("P1", T, "-2")], then=quotes("-59")),
    Case("only days with prices of another kind", (T, U),
         given=[*tou(("SATURDAY", "00:00:00", "5")), *slot("P1", T, "2")], then=quotes("0")),
    # which set
    Case("the cluster's set before GLOBAL", (T, U),
         given=[*meter(901, 1, "P1", cluster="K"), *meter(902, 1, "P2"), *GLOBAL, *prices("WIND", tiers=(7,)),
                cluster("K", "WIND"), *slot("P1", T, "2"), *slot("P2", T, "2")], then=quotes("14", "20")),
    Case("a cluster without a set", (T, U),
         given=[*meter(901, 1, "P1", cluster="K"), *GLOBAL, cluster("K", None), *slot("P1", T, "2")], then=quotes("20")),
    Case("a cluster's set that does not hold yet", (T, U),
         given=[*meter(901, 1, "P1", cluster="K"), *GLOBAL, *prices("WIND", "2026-01-15", tiers=(7,)), cluster("K", "WIND"),
                *slot("P1", T, "2")], then=quotes("20")),
    Case("a cluster's set that ended", (T, U),
         given=[*meter(901, 1, "P1", cluster="K"), *GLOBAL, *prices("WIND", "2026-01-01", "2026-01-14", tiers=(7,)),
                cluster("K", "WIND"), *slot("P1", T, "2")], then=quotes("20")),
    Case("sets follow each other at midnight", (datetime(2026, 1, 14), END),
         given=[*POINT, *prices("GLOBAL", "2025-01-01", "2026-01-14", tiers=(10,)), *prices("GLOBAL", "2026-01-14", tiers=(7,)),
                *slot("P1", "2026-01-14 00:00:00", "2"), *slot("P1", T, "2")], then=quotes("14", "14")),
    Case("of two sets the one that began last", (T, U),
         given=[*POINT, *GLOBAL, *prices("GLOBAL", "2026-01-10", tiers=(7,)), *slot("P1", T, "2")], then=quotes("14")),
    Case("no set", (T, U), 11, given=[*POINT, *slot("P1", T, "2")], then={ALL: [("P1", 1, "2", "M", 0, None, None, "N")]}),
    # what is left alone
    Case("never a billed or corrected slot", DAY,
         given=[*POINT, *GLOBAL, *slot("P1", T, "2", "B", "5", "1"), *slot("P1", U, "2", "C", "6", "1")], code=11,
         then={ALL: [("P1", 1, "2", "M", 0, "5", "1", "B"), ("P1", 1, "2", "M", 0, "6", "1", "C")], REVISIONS: []}),
    Case("items that have no price", (T, U), 11,
         given=[*POINT, *meter(903, 1, "G1", 102), *GLOBAL, *slot("P1", T, "2", sub=2), *slot("G1", T, "2")],
         then=quotes(None, None)),
    Case("slots without usage", (T, U), 11, given=[*POINT, *GLOBAL, *slot("P1", T, None, quality="N")], then=quotes(None)),
    Case("the start is in the range, the end is not", (T, U), given=used("1", "1", "1"), then=quotes(None, "10", None)),
    # what it replaces
    Case("another bill is kept as a revision", (T, U),
         given=[*POINT, *GLOBAL, *slot("P1", T, "2", "S", "5")],
         then={ALL: [("P1", 1, "2", "M", 1, "20", None, "S")],
               REVISIONS: [("P1", 1, T, 0, "2", "M", "5", "S", "simulated again")]}),
    Case("the same bill is none", (T, U), 11, given=[*POINT, *GLOBAL, *slot("P1", T, "2"), ("SIMULATE_BILL", T, U)],
         then={ALL: [("P1", 1, "2", "M", 0, "20", None, "S")], REVISIONS: []}),
    Case("two more bills, two revisions", (T, U),
         given=[*POINT, *GLOBAL, *slot("P1", T, "2"), ("SIMULATE_BILL", T, U),
                ("vps", "UPDATE CORRECTION_PARAM SET TIER1_PRICE = 11"), ("SIMULATE_BILL", T, U),
                ("vps", "UPDATE CORRECTION_PARAM SET TIER1_PRICE = 12")],
         then={ALL: [("P1", 1, "2", "M", 2, "24", None, "S")],
               REVISIONS: [("P1", 1, T, 0, "2", "M", "20", "S", "simulated again"),
                           ("P1", 1, T, 1, "2", "M", "22", "S", "simulated again")]}),
    # arguments
    Case("nothing in the range", (T, U), 11, given=used("1"), then=quotes(None)),
    Case("no start", (None, U), 1001),
    Case("no end", (T, None), 1001),
    Case("an empty range", (T, T), 1004),
    Case("the end before the start", (U, T), 1004),
    # The archive
    Case("a range that begins in a month that is sealed", (datetime(2020, 7, 1), datetime(2020, 8, 1)), 3002, given=[*GLOBAL, *BEGUN],
         then={"vps:SELECT COUNT(*) FROM QUOTE_HISTORY WHERE SOURCE = 'S'": [(2,)]}),
    Case("one that begins behind it", (datetime(2020, 7, 1, 0, 30), datetime(2020, 8, 1)), 11, given=BEGUN),
]
