"""Cases of FINISH_REBOOT."""

from cases._reboot import ALERTS, DEVICES, QUEUE, job, minutes_ago, setting
from case import Case

RUNNING = [*DEVICES, job("r", 900, state="RUNNING", attempts=1, started=minutes_ago(1)), job("r", 901)]
LAST = [*DEVICES, job("r", 900, state="RUNNING", attempts=3, started=minutes_ago(1)), job("r", 901)]
BARE = [*DEVICES, job("r", 902, state="RUNNING", attempts=3, started=minutes_ago(1))]
WAITS, RUNS = ("r", 901, "WAITING", 0, None, 0), ("r", 900, "RUNNING", 1, None, 0)
DONE, AGAIN = ("r", 900, "DONE", 1, "rebooting", 1), ("r", 900, "WAITING", 1, "no answer", 0)
FAILED = ("r", 900, "FAILED", 3, "no answer", 1)
UNTOUCHED = {QUEUE: [RUNS, WAITS], ALERTS: []}


def alert(reason="no answer", name="AABBCC000900", cleared=0):
    return (4, "REBOOT_FAILED", "FINISH_REBOOT", name, f"reboot of {name} failed: {reason}", cleared)


def in_other_request(state):
    return [
        ("FINISH_REBOOT", "r", 900, 0, "no answer", None),
        job("s", 900, state="RUNNING", attempts=3, started=minutes_ago(1)),
        *state,
    ]


CASES = [
    Case("the meter reboots", ("r", 900, 1, "rebooting", None), given=RUNNING, then={QUEUE: [DONE, WAITS], ALERTS: []}),
    Case("without a word", ("r", 900, 1, None, None), given=RUNNING, then={QUEUE: [("r", 900, "DONE", 1, None, 1), WAITS]}),
    Case("it failed and is tried again", ("r", 900, 0, "no answer", None), given=RUNNING,
         then={QUEUE: [AGAIN, WAITS], ALERTS: []}),
    Case("it failed for the last time", ("r", 900, 0, "no answer", None), given=LAST,
         then={QUEUE: [FAILED, WAITS], ALERTS: [alert()]}),
    Case("it failed as often as is set", ("r", 900, 0, "no answer", None), given=[*RUNNING, setting("REBOOT_ATTEMPTS", 1)],
         then={QUEUE: [("r", 900, "FAILED", 1, "no answer", 1), WAITS], ALERTS: [alert()]}),
    Case("it failed for no reason", ("r", 900, 0, None, None), given=LAST, then={ALERTS: [alert("no reason given")]}),
    Case("a device without a MAC failed", ("r", 902, 0, "no answer", None), given=BARE, then={ALERTS: [alert(name="S902")]}),
    Case("the last attempt succeeds", ("r", 900, 1, "rebooting", None), given=LAST,
         then={QUEUE: [("r", 900, "DONE", 3, "rebooting", 1), WAITS], ALERTS: []}),
    Case("it fails in another request too", ("s", 900, 0, "busy", None), given=[*LAST, *in_other_request([])],
         then={ALERTS: [alert()]}),
    Case("it succeeds in another request", ("s", 900, 1, None, None), given=[*LAST, *in_other_request([])],
         then={ALERTS: [alert(cleared=1)]}),
    Case("it fails again after it succeeded", ("t", 900, 0, "busy", None),
         given=[*LAST, *in_other_request([("FINISH_REBOOT", "s", 900, 1, None, None),
                                          job("t", 900, state="RUNNING", attempts=3, started=minutes_ago(1))])],
         then={ALERTS: [alert(cleared=1), alert("busy")]}),
    Case("another device's success clears nothing", ("s", 902, 1, None, None),
         given=[*LAST, ("FINISH_REBOOT", "r", 900, 0, "no answer", None),
                job("s", 902, state="RUNNING", attempts=1, started=minutes_ago(1))],
         then={ALERTS: [alert()]}),
    # Repeats
    Case("a repeat of success", ("r", 900, 1, "x", None), 10, given=[*RUNNING, ("FINISH_REBOOT", "r", 900, 1, "rebooting", None)],
         then={QUEUE: [DONE, WAITS]}),
    Case("a repeat of failure", ("r", 900, 0, "x", None), 10, given=[*RUNNING, ("FINISH_REBOOT", "r", 900, 0, "no answer", None)],
         then={QUEUE: [AGAIN, WAITS]}),
    Case("a repeat of the last failure", ("r", 900, 0, "x", None), 10,
         given=[*LAST, ("FINISH_REBOOT", "r", 900, 0, "no answer", None)], then={QUEUE: [FAILED, WAITS], ALERTS: [alert()]}),
    # What nobody has taken
    Case("a failure of what nobody took", ("r", 901, 0, "x", None), 3002, given=RUNNING, then=UNTOUCHED),
    Case("a success of what nobody took", ("r", 901, 1, "x", None), 3002, given=RUNNING, then=UNTOUCHED),
    Case("a success of what waits again", ("r", 900, 1, "x", None), 3002,
         given=[*RUNNING, ("FINISH_REBOOT", "r", 900, 0, "no answer", None)], then={QUEUE: [AGAIN, WAITS]}),
    Case("a failure of what is done", ("r", 900, 0, "x", None), 3002,
         given=[*RUNNING, ("FINISH_REBOOT", "r", 900, 1, "rebooting", None)], then={QUEUE: [DONE, WAITS]}),
    Case("a success of what was given up", ("r", 900, 1, "x", None), 3002,
         given=[*LAST, ("FINISH_REBOOT", "r", 900, 0, "no answer", None)], then={QUEUE: [FAILED, WAITS]}),
    # Arguments
    Case("the worker that has it", ("r", 900, 1, "rebooting", 1), given=RUNNING, then={QUEUE: [DONE, WAITS]}),
    Case("a worker given up on decides nothing", ("r", 900, 0, "late", 2), 3002, given=LAST,
         then={QUEUE: [("r", 900, "RUNNING", 3, None, 0), WAITS], ALERTS: []}),
    Case("a device of no request", ("r", 902, 1, None, None), 2001, given=RUNNING, then=UNTOUCHED),
    Case("an unknown request", ("x", 900, 1, None, None), 2001, given=RUNNING, then=UNTOUCHED),
    Case("no request", (None, 900, 1, None, None), 1001, given=RUNNING, then=UNTOUCHED),
    Case("no device", ("r", None, 1, None, None), 1001, given=RUNNING, then=UNTOUCHED),
    Case("no outcome", ("r", 900, None, None, None), 1001, given=RUNNING, then=UNTOUCHED),
    Case("an outcome of 2", ("r", 900, 2, None, None), 1004, given=RUNNING, then=UNTOUCHED),
    Case("a message of 512 characters", ("r", 900, 0, "名" * 512, None), given=LAST,
         then={ALERTS: [alert(("名" * 512)[:512 - len("reboot of AABBCC000900 failed: ")])]}),
    Case("a message of 513 characters", ("r", 900, 0, "名" * 513, None), 1002, given=RUNNING, then=UNTOUCHED),
    Case("a request of 37 characters", ("r" * 37, 900, 1, None, None), 1002, given=RUNNING, then=UNTOUCHED),
    Case("an injection is a message", ("r", 900, 1, "x', STATE = 'WAITING", None), given=RUNNING,
         then={QUEUE: [("r", 900, "DONE", 1, "x', STATE = 'WAITING", 1), WAITS]}),
]
