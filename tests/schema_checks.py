"""A check of our own that Schemathesis runs beside all of its own."""

from __future__ import annotations

import schemathesis


@schemathesis.check
def what_is_as_declared_is_refused_by_rules_alone(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """A 400 to a request that the document allows comes from a rule, which knows the station.

    That is why 400 is among the statuses expected of valid data; it must not be one that the
    check of the fields gave, which would be stricter than the document.
    """
    if response.status_code != 400 or case.meta is None:
        return
    if case.meta.generation.mode.is_positive:
        fields = (response.json().get("data") or {}).get("fields")
        assert not fields, f"allowed by the document, refused by the check of fields: {fields}"
