"""How long HE synchronisation takes when few of many devices have changed."""

from __future__ import annotations

from bench.station import Measured, NotHere, Station, Wrong, expect, load, medians, seconds_of

_CHANGED = 100
_LIMIT = 80_000  # physical devices that a station may have


def measure(station: Station) -> list[Measured]:
    """A hundred devices change, all over the register; SYNC_HE brings them over."""
    devices = station.world.rows
    if devices > _LIMIT:
        raise NotHere(f"a station has at most {_LIMIT:,} devices")
    found = Measured("sync", None)
    step = max(1, devices // _CHANGED)
    changed = min(_CHANGED, devices)
    with station.session() as session:
        station.say("first time")
        expect(station.call(session, "SYNC_HE"), "SYNC_HE")
        for number in range(1, station.runs + 1):
            station.say(f"run {number}")
            session.execute(
                "mdm",
                f"UPDATE CONTROLLER SET SERIAL = SERIAL || 'X' WHERE MOD(TABLE_KEY, {step}) = 0"
                f" AND TABLE_KEY <= {step * changed}",
            )
            before, rows = load(), []

            def sync() -> None:
                result = expect(station.call(session, "SYNC_HE"), "SYNC_HE")
                rows.extend(result.rows)  # noqa: B023 - called at once

            found.runs.append({"load": before, "seconds": seconds_of(sync)})
            counts = {str(row[0]).strip(): row[1:] for row in rows}
            if tuple(counts["CONTROLLER"]) != (0, changed, 0):
                raise Wrong(f"SYNC_HE counted {counts['CONTROLLER']}")
    found.value = medians(found.runs)["seconds"]
    return [found]
