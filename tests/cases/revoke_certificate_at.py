"""Cases of REVOKE_CERTIFICATE_AT; those of REVOKE_CERTIFICATE, which runs it, are not repeated."""

from datetime import datetime, timedelta

from case import Case
from cases._revocation import AT, CERTIFICATES, GOOD, ROWS, UNTOUCHED, revoked

REVOKED_AT = "mdm:SELECT c.REVOKED_AT FROM CERTIFICATE_HISTORY c WHERE c.CERT_SERIAL = '2038113'"
MOMENT = datetime(2025, 12, 24, 18, 30, 15)
BEFORE = {ROWS: [("2038113", 1, 1, "lost"), GOOD], REVOKED_AT: [(MOMENT,)]}
GIVEN = [*CERTIFICATES, ("REVOKE_CERTIFICATE_AT", "2038113", "lost", MOMENT)]
TOMORROW = datetime.now().replace(microsecond=0) + timedelta(days=1)

CASES = [
    Case("when its issuer did", ("2038113", "lost", MOMENT), given=CERTIFICATES, then=BEFORE),
    Case("now", ("2038113", "lost", None), given=CERTIFICATES, then=revoked("lost")),
    Case("without a reason", ("2038113", None, MOMENT), given=CERTIFICATES,
         then={ROWS: [("2038113", 1, 1, None), GOOD], REVOKED_AT: [(MOMENT,)]}),
    Case("a moment just gone", ("2038113", "lost", datetime.now().replace(microsecond=0)), given=CERTIFICATES, then={AT: [(1,)]}),
    Case("a moment in the future", ("2038113", "lost", TOMORROW), 1004, given=CERTIFICATES, then=UNTOUCHED),
    Case("a repeat", ("2038113", "lost", MOMENT), 10, given=GIVEN, then=BEFORE),
    Case("a repeat keeps the first moment and reason", ("2038113", "stolen", datetime(2026, 1, 1)), 10, given=GIVEN, then=BEFORE),
    Case("a repeat keeps the moment of REVOKE_CERTIFICATE", ("2038113", "lost", MOMENT), 10,
         given=[*CERTIFICATES, ("REVOKE_CERTIFICATE", "2038113", "lost")], then=revoked("lost")),
    Case("a reason of 65 characters", ("2038113", "x" * 65, MOMENT), 1002, given=CERTIFICATES, then=UNTOUCHED),
    Case("an unknown serial number", ("2038115", "lost", MOMENT), 2004, given=CERTIFICATES, then=UNTOUCHED),
    Case("no serial number", (None, "lost", MOMENT), 1001, given=CERTIFICATES, then=UNTOUCHED),
    Case("an injection is no serial number", ("' OR 1=1 --", "lost", MOMENT), 1002, given=CERTIFICATES, then=UNTOUCHED),
]
