"""Cases of REVOKE_CERTIFICATE."""

from datetime import datetime

from case import Case
from cases._revocation import AT, CERTIFICATES, GOOD, ROWS, UNTOUCHED, revoked

CASES = [
    Case("with a reason", ("2038113", "device lost"), given=CERTIFICATES, then=revoked("device lost")),
    Case("without a reason", ("2038113", None), given=CERTIFICATES, then=revoked(None)),
    Case("a reason in another script", ("2038113", "紛失"), given=CERTIFICATES, then=revoked("紛失")),
    Case("a reason of 64 characters", ("2038113", "失" * 64), given=CERTIFICATES, then=revoked("失" * 64)),
    Case("a reason of 65 characters", ("2038113", "x" * 65), 1002, given=CERTIFICATES, then=UNTOUCHED),
    Case("an injection is a reason", ("2038113", "' OR 1=1 --"), given=CERTIFICATES, then=revoked("' OR 1=1 --")),
    Case("a repeat of one that was revoked at a moment", ("2038113", "lost"), 10,
         given=[*CERTIFICATES, ("REVOKE_CERTIFICATE_AT", "2038113", "lost", datetime(2025, 12, 24))],
         then={ROWS: [("2038113", 1, 1, "lost"), GOOD], AT: [(0,)]}),
    Case("a repeat keeps the first reason", ("2038113", "other"), 10,
         given=[*CERTIFICATES, ("REVOKE_CERTIFICATE", "2038113", "lost")], then=revoked("lost")),
    Case("a repeat keeps the first moment", ("2038113", None), 10,
         given=[*CERTIFICATES, ("mdm", "UPDATE CERTIFICATE_HISTORY SET REVOKED = 1, REVOKED_AT = '2020-01-01 00:00:00'"
                                       " WHERE CERT_SERIAL = '2038113'")],
         then={ROWS: [("2038113", 1, 1, None), GOOD], AT: [(0,)]}),
    Case("an unknown serial number", ("2038115", "lost"), 2004, given=CERTIFICATES, then=UNTOUCHED),
    Case("no serial number", (None, "lost"), 1001, given=CERTIFICATES, then=UNTOUCHED),
    Case("an empty serial number", ("", "lost"), 1002, given=CERTIFICATES, then=UNTOUCHED),
    Case("a serial number of 65 characters", ("2" * 65, "lost"), 1002),
    Case("an injection is no serial number", ("' OR 1=1 --", "lost"), 1002, given=CERTIFICATES, then=UNTOUCHED),
]
