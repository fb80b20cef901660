"""The running server against its own OpenAPI document: whatever Schemathesis thinks of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from http_server import HttpServer
from kenshin.http_api.operations import OPERATIONS

HERE = Path(__file__).parent
# What a request may get that is as declared: what a rule says of this station, or a head-end.
EXPECTED = '["2xx", "400", "404", "409", "502"]'
# What one must get that is not: too many rows are too much.
REFUSED = '["400", "413", "415"]'


def test_the_server_keeps_to_its_document(http: HttpServer, tmp_path: Path) -> None:
    lines = ["[checks.positive_data_acceptance]", f"expected-statuses = {EXPECTED}"]
    lines += ["[checks.negative_data_rejection]", f"expected-statuses = {REFUSED}"]
    for operation in OPERATIONS:
        bearer = f"Bearer {http.keys[operation.roles[0]]}"
        lines += ["[[operations]]", f'include-path = "/api/v1/{operation.path}"']
        lines += [f'headers = {{ Authorization = "{bearer}" }}']
    settings = tmp_path / "schemathesis.toml"
    settings.write_text("\n".join(lines) + "\n")
    said_before = len(http.served.lines)
    program = Path(sys.executable).with_name("schemathesis")
    run = subprocess.run(
        [
            *(str(program), "--config-file", str(settings), "run", f"{http.url}/openapi.json"),
            *("--checks", "all", "--max-examples", "10", "--seed", "1", "--workers", "2"),
            *("--generation-database", "none", "--no-color"),
        ],
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schema_checks.py")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert f"{len(OPERATIONS)} selected" in run.stdout
    wrong = [
        line for line in http.served.lines[said_before:] if line["message"] == "request failed"
    ]
    assert not wrong, wrong[0]
