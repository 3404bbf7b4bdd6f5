"""The baseline of `python -m bench api`: the least that the service's own stack can do for a create and a poll.

Sync FastAPI routes over SQLAlchemy Core on SQLite (WAL, synchronous=NORMAL), the same key check (SHA-256, looked up in
the database, known for a second), one insert or one select, typed bodies and answers, run by uvicorn as the service
runs. No ledger, no queue, no checks of the inputs, no log, no metrics.

`python -m bench.bare_app DATABASE` makes the file, prints `KEY` and then `serves URL`, and runs until it is ended.
"""

import hashlib
import secrets
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

MODEL = "wavespeed-ai/wan-2.2/animate"
_CACHED_S = 1.0
_metadata = sa.MetaData()
_keys = sa.Table(
    "api_keys", _metadata, sa.Column("sha256", sa.String(64), primary_key=True), sa.Column("account", sa.String(32))
)
_predictions = sa.Table(
    "predictions",
    _metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("account", sa.String(32), nullable=False),
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("input", sa.JSON, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
_BY_ID = sa.select(_predictions).where(_predictions.c.id == sa.bindparam("prediction_id"))
_INSERT = _predictions.insert()


class Body(BaseModel):
    """The parameters of a job."""

    image: str
    video: str
    mode: str = "animate"
    prompt: str = ""
    resolution: str = "480p"
    seed: int = -1


class Prediction(BaseModel):
    """One job."""

    id: str
    model: str
    status: str
    outputs: list[str]
    created_at: int


class Answer(BaseModel):
    """The envelope."""

    code: int
    message: str
    data: Prediction


def create_app(engine: sa.Engine) -> FastAPI:
    """The two routes."""
    app = FastAPI()
    known: dict[str, tuple[float, str]] = {}
    turn = threading.Lock()  # one writer at a time, as the service does it

    def look_up(digest: str) -> str | None:
        with engine.connect() as connection:
            row = connection.execute(sa.select(_keys).where(_keys.c.sha256 == digest)).one_or_none()
        return None if row is None else str(row.account)

    async def account_of(request: Request) -> str:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        digest = hashlib.sha256(key.encode()).hexdigest()
        since, account = known.get(digest, (float("-inf"), None))
        if time.monotonic() - since >= _CACHED_S or account is None:
            account = await run_in_threadpool(look_up, digest)
            if account is None:
                raise HTTPException(401)
            known[digest] = (time.monotonic(), account)
        return account

    @app.post(f"/api/v3/{MODEL}")
    def create(body: Body, account: Annotated[str, Depends(account_of)]) -> Answer:
        values: dict[str, Any] = {"id": secrets.token_hex(16), "account": account, "model": MODEL, "status": "created"}
        values |= {"input": body.model_dump(), "created_at": time.time_ns() // 1000}
        with turn, engine.begin() as connection:
            connection.execute(_INSERT, values)
        return _answer(values)

    @app.get("/api/v3/predictions/{prediction_id}/result")
    def get_result(prediction_id: str, account: Annotated[str, Depends(account_of)]) -> Answer:
        with engine.connect() as connection:
            row = connection.execute(_BY_ID, {"prediction_id": prediction_id}).one_or_none()
        if row is None or row.account != account:
            raise HTTPException(404)
        return _answer(row._mapping)

    return app


def _answer(row: Any) -> Answer:
    shown = {name: row[name] for name in ("id", "model", "status", "created_at")}
    return Answer(code=200, message="success", data=Prediction(outputs=[], **shown))


def open_database(path: Path) -> tuple[sa.Engine, str]:
    """A fresh database and the one key that it knows."""
    engine = sa.create_engine(
        f"sqlite:///{path}", pool_size=20, max_overflow=40, connect_args={"timeout": 30, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    _metadata.create_all(engine)
    key = f"bare-{secrets.token_urlsafe(36)}"
    with engine.begin() as connection:
        digest = hashlib.sha256(key.encode()).hexdigest()
        connection.execute(_keys.insert(), {"sha256": digest, "account": secrets.token_hex(16)})
    return engine, key


def main() -> None:
    """Serve on a free port."""
    engine, key = open_database(Path(sys.argv[1]))
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    # asyncio sets it only on sockets that name their protocol; without it an answer's body waits 40 ms for the
    # acknowledgement of its headers
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"API key: {key}\nThe bare app serves http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(create_app(engine), log_config=None, access_log=False, server_header=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
