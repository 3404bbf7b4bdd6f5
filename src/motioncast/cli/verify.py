"""`motioncast verify`."""

import json
from pathlib import Path
from typing import Annotated

import typer


def verify(
    file: Annotated[Path, typer.Argument(help="A video.")],
    trust: Annotated[Path | None, typer.Option(help="PEM file of the authorities to trust.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read where a video says it comes from, and whether that was tampered with."""
    from motioncast.safety.verification import read_provenance

    record = read_provenance(file, trust)
    if as_json:
        print(json.dumps(record.as_json()))
    else:
        print("\n".join(record.lines()))
    if not record.valid:
        raise typer.Exit(1)
