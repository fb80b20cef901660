"""Cases of NEXT_REBOOT."""

from datetime import timedelta

from cases._reboot import ALERTS, DEVICES, LONG_AGO, QUEUE, job, minutes_ago, setting
from case import Case

STARTED = (
    "mdm:SELECT r.TABLE_KEY FROM REBOOT_RESERVATION r WHERE r.STARTED_AT > '2026-05-01 00:00:00' ORDER BY r.TABLE_KEY"
)
FIRST = ("r", 900, 3, "AABBCC000900", "S900", "10.0.0.0", 1)
SECOND = ("r", 901, None, "AABBCC000901", "S901", "10.0.0.1", 1)
DEAD = minutes_ago(12)


def alert(name):
    return (4, "REBOOT_FAILED", "NEXT_REBOOT", name, f"reboot of {name} failed: no answer", 0)


CASES = [
    Case("the device that waits", given=[*DEVICES, job("r", 900)], rows=[FIRST],
         then={QUEUE: [("r", 900, "RUNNING", 1, None, 0)], STARTED: [(900,)], ALERTS: []}),
    Case("the oldest of them", given=[*DEVICES, job("r", 900, LONG_AGO + timedelta(seconds=1)), job("r", 901)],
         rows=[SECOND], then={QUEUE: [("r", 900, "WAITING", 0, None, 0), ("r", 901, "RUNNING", 1, None, 0)]}),
    Case("of one moment the first request", given=[*DEVICES, job("r", 900), job("a", 901)],
         rows=[("a", *SECOND[1:])]),
    Case("of one request the first device", given=[*DEVICES, job("r", 901), job("r", 900)], rows=[FIRST]),
    Case("the next one", given=[*DEVICES, job("r", 900), job("r", 901), ("NEXT_REBOOT",)], rows=[SECOND],
         then={QUEUE: [("r", 900, "RUNNING", 1, None, 0), ("r", 901, "RUNNING", 1, None, 0)]}),
    Case("one that was tried before", given=[*DEVICES, job("r", 900, attempts=2)], rows=[(*FIRST[:6], 3)]),
    Case("a device without a MAC", given=[*DEVICES, job("r", 902)], rows=[("r", 902, 1, None, "S902", "10.0.0.2", 1)]),
    Case("all are taken", (), 11, rows=[], given=[*DEVICES, job("r", 900), ("NEXT_REBOOT",)],
         then={QUEUE: [("r", 900, "RUNNING", 1, None, 0)]}),
    Case("all are done or given up", (), 11, rows=[],
         given=[*DEVICES, job("r", 900, state="DONE"), job("r", 901, state="FAILED")],
         then={QUEUE: [("r", 900, "DONE", 0, None, 0), ("r", 901, "FAILED", 0, None, 0)]}),
    Case("an empty queue", (), 11, rows=[]),
    # Workers that died
    Case("before those that wait, one whose worker died", rows=[(*SECOND[:6], 2)],
         given=[*DEVICES, job("r", 900), job("r", 901, state="RUNNING", attempts=1, started=DEAD)],
         then={QUEUE: [("r", 900, "WAITING", 0, None, 0), ("r", 901, "RUNNING", 2, None, 0)], STARTED: [(901,)]}),
    Case("one worker is not dead yet", (), 11, rows=[],
         given=[*DEVICES, job("r", 901, state="RUNNING", attempts=1, started=minutes_ago(-120))],
         then={QUEUE: [("r", 901, "RUNNING", 1, None, 0)]}),
    Case("workers have the time that is set", (), 11, rows=[],
         given=[*DEVICES, setting("REBOOT_TIMEOUT_MINUTES", 600),
                job("r", 901, state="RUNNING", attempts=1, started=DEAD)]),
    Case("of two dead workers one device each time", rows=[(*FIRST[:6], 2)],
         given=[*DEVICES, *(job("r", key, state="RUNNING", attempts=1, started=DEAD) for key in (901, 900))],
         then={QUEUE: [("r", 900, "RUNNING", 2, None, 0), ("r", 901, "RUNNING", 1, None, 0)]}),
    Case("the last attempt was that of a dead worker", rows=[FIRST],
         given=[*DEVICES, job("r", 900), job("r", 901, state="RUNNING", attempts=3, started=DEAD)],
         then={QUEUE: [("r", 900, "RUNNING", 1, None, 0), ("r", 901, "FAILED", 3, "no answer", 1)],
               ALERTS: [alert("AABBCC000901")]}),
    Case("an alert of the severity that the station set", (), 11,
         given=[*DEVICES, ("mdm", "UPDATE ALERT_KIND SET SEVERITY = 6 WHERE ALERT_CODE = 'REBOOT_FAILED'"),
                job("r", 901, state="RUNNING", attempts=3, started=DEAD)],
         then={ALERTS: [(6, *alert("AABBCC000901")[1:])]}),
    Case("several were given up, none waits", (), 11, rows=[],
         given=[*DEVICES, *(job("r", key, state="RUNNING", attempts=3, started=DEAD) for key in (900, 902))],
         then={QUEUE: [("r", 900, "FAILED", 3, "no answer", 1), ("r", 902, "FAILED", 3, "no answer", 1)],
               ALERTS: [alert("AABBCC000900"), alert("S902")]}),
    Case("as many attempts as are set", (), 11, rows=[],
         given=[*DEVICES, setting("REBOOT_ATTEMPTS", 1), job("r", 901, state="RUNNING", attempts=1, started=DEAD)],
         then={QUEUE: [("r", 901, "FAILED", 1, "no answer", 1)]}),
]
