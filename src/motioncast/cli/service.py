"""`motioncast serve | keys | account`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from motioncast.service.accounts import Accounts
    from motioncast.service.settings import ServiceSettings

DataDir = Annotated[Path | None, typer.Option(help="Databases, uploads and outputs (MOTIONCAST_DATA_DIR).")]

keys = typer.Typer(help="API keys of the service.", no_args_is_help=True)
account = typer.Typer(help="Money of the service's accounts.", no_args_is_help=True)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (8000); 0 takes a free one.")] = None,
    data_dir: DataDir = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes (1).")] = None,
    engine: Annotated[str | None, typer.Option(help="auto, puppet or wan.")] = None,
    public_url: Annotated[str | None, typer.Option(help="Base of the URLs in answers, if not the Host asked.")] = None,
) -> None:
    """Run the service: HTTP API, job engine and workers, with everything it keeps in one folder."""
    from motioncast.service.logs import configure_logging
    from motioncast.service.startup import prepared

    settings = _settings(host=host, port=port, data_dir=data_dir, workers=workers, engine=engine, public_url=public_url)
    configure_logging(settings.log_format, process="server")
    with prepared(settings) as ground:
        from motioncast.service.api.server import serve as run  # only now: workers are loading meanwhile

        run(ground)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    account: Annotated[str, typer.Option(help="Account whose balance it spends; made if it does not exist.")] = "local",
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it. It is not stored and cannot be shown again."""
    print(_accounts(data_dir).create_key(name, account))


@keys.command("list")
def list_keys(data_dir: DataDir = None) -> None:
    """Show every key by id, beginning and name."""
    from motioncast.service.prediction_view import timestamp

    for key in _accounts(data_dir).list_keys():
        state = "revoked" if key.revoked_at else "active"
        print(f"{key.id}  {key.prefix}…  {state:7}  {key.account}  {timestamp(key.created_at)[:10]}  {key.name}")


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="The key itself, its id or its name.")], data_dir: DataDir = None
) -> None:
    """Make a key useless, within a second."""
    info = _accounts(data_dir).revoke_key(key)
    print(f"Revoked {info.prefix}… ({info.name}).")


@account.command("credit", context_settings={"ignore_unknown_options": True})  # a negative amount is no option
def credit(
    key: Annotated[str, typer.Argument(help="A key of the account: itself, its id or its name.")],
    amount: Annotated[float, typer.Argument(help="US dollars to add; a negative amount takes away.")],
    data_dir: DataDir = None,
) -> None:
    """Add to the balance of a key's account."""
    print(f"The balance is now ${_accounts(data_dir).credit(key, amount):,.2f}.")


@account.command("refund")
def refund(
    prediction: Annotated[str, typer.Argument(help="Id of a completed prediction.")], data_dir: DataDir = None
) -> None:
    """Give the charge of a completed prediction back."""
    from motioncast.errors import InputError
    from motioncast.service import ledger, predictions
    from motioncast.service.data_dir import open_data

    with open_data(_settings(data_dir=data_dir)).write() as connection:
        row = predictions.find_even_deleted(connection, prediction)
        if row is None or not ledger.refund(connection, predictions.payer(row)):
            raise InputError("There is no charge to give back for this prediction.")
    print(f"Refunded ${row.cost_micro / 1e6:.2f}.")


def _accounts(data_dir: Path | None) -> "Accounts":
    from motioncast.service.accounts import Accounts
    from motioncast.service.data_dir import open_data

    settings = _settings(data_dir=data_dir)
    return Accounts(open_data(settings), settings.opening_balance)


def _settings(**options: object) -> "ServiceSettings":
    from motioncast.service.settings import ServiceSettings
    from motioncast.settings import read_settings

    return read_settings(ServiceSettings, options)
