"""Two certificates, of which a rule revokes the first."""

CERTIFICATES = [
    ("mdm", f"INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, SUBJECT) VALUES ('{serial}', 'CN=x')")
    for serial in ("2038113", "2038114")
]
ROWS = (
    "mdm:SELECT c.CERT_SERIAL, c.REVOKED, CASE WHEN c.REVOKED_AT IS NULL THEN 0 ELSE 1 END, c.REVOKE_REASON"
    " FROM CERTIFICATE_HISTORY c ORDER BY c.CERT_SERIAL"
)
AT = (
    "mdm:SELECT COUNT(*) FROM CERTIFICATE_HISTORY c"
    " WHERE c.REVOKED_AT > '2026-01-01 00:00:00' AND c.REVOKED_AT <= LOCALTIMESTAMP(0)"
)
GOOD = ("2038114", 0, 0, None)
UNTOUCHED = {ROWS: [("2038113", 0, 0, None), GOOD]}


def revoked(reason):
    return {ROWS: [("2038113", 1, 1, reason), GOOD], AT: [(1,)]}
