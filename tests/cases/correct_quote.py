"""Cases of CORRECT_QUOTE."""

from datetime import datetime

from case import Case
from cases._archive import AT, BEGUN, JUNE
from cases._station import meter, prices, slot

T, U = datetime(2026, 1, 14, 10, 0), datetime(2026, 1, 14, 10, 30)
POINT = [*meter(901, 1, "P1", capacity="50"), *prices("GLOBAL", co2="0.5", base="297.6", tiers=(10, 20, 15, 50, 25))]
GAP = [*POINT, *slot("P1", T, None, quality="N")]
ALL = ("vps:SELECT MEASURED_TIME, SUB_NUMBER, USAGE_VALUE, QUALITY, REVISION, QUOTE, CO2, SOURCE FROM QUOTE_HISTORY"
       " ORDER BY MEASURED_TIME, SUB_NUMBER")
REVISIONS = ("vps:SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, USAGE_VALUE, QUALITY, QUOTE, SOURCE, REASON"
             " FROM USAGE_REVISION ORDER BY REVISION")

CASES = [
    Case("a gap is settled and priced", ("P1", 1, T, 2), given=GAP,
         then={ALL: [(T, 1, "2", "C", 1, "21", "1", "C")],
               REVISIONS: [("P1", 1, T, 0, None, "N", None, "N", "corrected by hand")]}),
    Case("what the month used before counts", ("P1", 1, T, "3.5"),
         given=[*GAP, *slot("P1", "2026-01-01 00:30:00", "19"), *slot("P1", "2026-01-01 00:00:00", "100")],
         then={ALL: [(datetime(2026, 1, 1), 1, "100", "M", 0, None, None, "N"),
                     (datetime(2026, 1, 1, 0, 30), 1, "19", "M", 0, None, None, "N"),
                     (T, 1, "3.5", "C", 1, "48.5", "1.75", "C")]}),
    Case("later slots keep their bills", ("P1", 1, T, 30), given=[*GAP, *slot("P1", U, "2", "S", "21", "1")],
         then={ALL: [(T, 1, "30", "C", 1, "351", "15", "C"), (U, 1, "2", "M", 0, "21", "1", "S")]}),
    Case("a billed slot is corrected", ("P1", 1, T, 2), given=[*POINT, *slot("P1", T, "4", "B", "99", "3")],
         then={ALL: [(T, 1, "2", "C", 1, "21", "1", "C")],
               REVISIONS: [("P1", 1, T, 0, "4", "M", "99", "B", "corrected by hand")]}),
    Case("a corrected slot is corrected again", ("P1", 1, T, 3), given=[*GAP, ("CORRECT_QUOTE", "P1", 1, T, 2)],
         then={ALL: [(T, 1, "3", "C", 2, "31", "1.5", "C")],
               REVISIONS: [("P1", 1, T, 0, None, "N", None, "N", "corrected by hand"),
                           ("P1", 1, T, 1, "2", "C", "21", "C", "corrected by hand")]}),
    Case("a repeat", ("P1", 1, T, "2.0"), 10, given=[*GAP, ("CORRECT_QUOTE", "P1", 1, T, 2)],
         then={ALL: [(T, 1, "2", "C", 1, "21", "1", "C")]}),
    Case("zero", ("P1", 1, T, 0), given=GAP, then={ALL: [(T, 1, "0", "C", 1, "1", "0", "C")]}),
    Case("negative", ("P1", 1, T, -2), given=GAP, then={ALL: [(T, 1, "-2", "C", 1, "-19", "-1", "C")]}),
    Case("the measured value, confirmed", ("P1", 1, T, 2), given=[*POINT, *slot("P1", T, "2", "S", "21", "1")],
         then={ALL: [(T, 1, "2", "C", 1, "21", "1", "C")],
               REVISIONS: [("P1", 1, T, 0, "2", "M", "21", "S", "corrected by hand")]}),
    Case("an item without a price keeps its bill", ("P1", 2, T, 2), given=[*POINT, *slot("P1", T, "4", "B", "9", sub=2)],
         then={ALL: [(T, 2, "2", "C", 1, "9", None, "C")]}),
    Case("without a correction set the bill stays", ("P1", 1, T, 2),
         given=[*meter(901, 1, "P1"), *slot("P1", T, "4", "B", "9", "3")], then={ALL: [(T, 1, "2", "C", 1, "9", "3", "C")]}),
    Case("a simulation leaves it alone afterwards", ("P1", 1, T, 2), 10,
         given=[*GAP, ("CORRECT_QUOTE", "P1", 1, T, 2), ("vps", "UPDATE CORRECTION_PARAM SET TIER1_PRICE = 99"),
                ("SIMULATE_BILL", T, U)], then={ALL: [(T, 1, "2", "C", 1, "21", "1", "C")]}),
    Case("an unknown point", ("P9", 1, T, 2), 2002, given=GAP),
    Case("an unknown item", ("P1", 2, T, 2), 2002, given=GAP),
    Case("an unknown time", ("P1", 1, U, 2), 2002, given=GAP),
    Case("another case", ("p1", 1, T, 2), 2002, given=GAP),
    Case("an LD_ID that no index takes", ("\U0001f600" * 1024, 1, T, 2), 1002, given=GAP),
    Case("an injection", ("P1' OR '1'='1", 1, T, 2), 1002, given=GAP, then={ALL: [(T, 1, None, "N", 0, None, None, "N")]}),
    Case("no point", (None, 1, T, 2), 1001, given=GAP),
    Case("no item", ("P1", None, T, 2), 1001, given=GAP),
    Case("no time", ("P1", 1, None, 2), 1001, given=GAP),
    Case("no usage", ("P1", 1, T, None), 1001, given=GAP, then={ALL: [(T, 1, None, "N", 0, None, None, "N")], REVISIONS: []}),
    # The archive
    Case("a slot of a month that is sealed", ("P1", 1, datetime(2020, 7, 1), 2), 3002, given=BEGUN,
         then={"vps:SELECT COUNT(*) FROM USAGE_REVISION": [(0,)]}),
    Case("the first slot behind it", ("P1", 1, datetime(2020, 7, 1, 0, 30), 2), given=BEGUN,
         then={"vps:SELECT COUNT(*) FROM USAGE_REVISION": [(1,)]}),
    Case("a repeat, when it was sealed since", ("P1", 1, datetime(2020, 7, 1), 2), 10,
         given=[*BEGUN[:-1], ("CORRECT_QUOTE", "P1", 1, datetime(2020, 7, 1), 2), BEGUN[-1]]),
    Case("its revisions are sealed", ("P1", 1, datetime(2020, 7, 1), 2), 3002,
         given=[*BEGUN[:-1], ("BEGIN_ARCHIVE", "USAGE_REVISION", JUNE, AT)]),
]
