"""`motioncast config | backup`."""

from pathlib import Path
from typing import Annotated

import typer

from motioncast.cli.service import DataDir


def config(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List every setting. They are read from the environment, or from the TOML file that MOTIONCAST_CONFIG names."""
    import json

    from motioncast.engines.wan.settings import WanSettings
    from motioncast.service.settings import ServiceSettings
    from motioncast.settings import Settings, describe, read_settings

    kinds: tuple[type, ...] = (Settings, ServiceSettings, WanSettings)
    entries = [entry for kind in kinds for entry in describe(read_settings(kind))]
    if as_json:
        print(json.dumps({variable: value for variable, value, _ in entries}, indent=2))
        return
    for variable, value, meaning in entries:
        print(f"{variable}={value}\n    {meaning}")


def backup(
    target: Annotated[Path, typer.Argument(help="Folder to make; it must not exist. It is a data directory itself.")],
    data_dir: DataDir = None,
) -> None:
    """Copy databases, secrets and stored files to a folder while the service may be running."""
    from motioncast.service.backup import back_up
    from motioncast.service.settings import ServiceSettings
    from motioncast.settings import read_settings

    back_up(read_settings(ServiceSettings, {"data_dir": data_dir}), target)
    print(f"Wrote {target}; `motioncast serve --data-dir {target}` runs from it.")
