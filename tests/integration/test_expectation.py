"""How long a job will take, learnt from the jobs that ran."""

import pytest

from motioncast.service.accounts import Accounts, Caller
from motioncast.service.database import Database, now_us
from motioncast.service.expectation import expected_s, jobs_ahead
from motioncast.service.predictions import NewPrediction, insert
from motioncast.service.submission import parse_submission
from motioncast.service.tables import metadata, predictions


@pytest.fixture
def books(tmp_path):
    """A database with one caller, and a way to put jobs in it."""
    database = Database(tmp_path / "app.sqlite")
    with database.write() as connection:
        metadata.create_all(connection)
    accounts = Accounts(database, 10.0)
    return database, accounts.authenticate(accounts.create_key("one"))


def job(database: Database, caller: Caller, engine: str, **ended: object) -> None:
    submission = parse_submission({"image": "http://a/b", "video": "http://a/c", "resolution": "720p"})
    new = NewPrediction(
        caller=caller,
        submission=submission,
        sources={"duration_s": 10.0},
        echo={"resolution": "720p"},
        fingerprint="",
        base_url="",
        engine=engine,
        cost_micro=0,
        warnings=[],
    )
    with database.write() as connection:
        row = insert(connection, new)
        if ended:
            connection.execute(predictions.update().where(predictions.c.id == row.id).values(**ended))


def test_it_is_the_pace_of_the_latest_jobs(books):
    database, caller = books
    now = now_us()
    for seconds in (23, 43, 2003):  # 2, 4 and 200 s a second of clip; the middle one counts
        ended = {"status": "completed", "attempts": 1, "started_at": now, "finished_at": now + seconds * 1_000_000}
        job(database, caller, "wan", **ended)
    with database.read() as connection:
        assert expected_s(connection, "wan", "720p", 20.0) == pytest.approx(83.0)
        assert expected_s(connection, "wan", "480p", 20.0) is None, "nothing like it has run"
        assert expected_s(connection, "puppet", "720p", 10.0) > expected_s(connection, "puppet", "480p", 10.0) > 5


def test_open_jobs_are_ahead(books):
    database, caller = books
    job(database, caller, "puppet")
    job(database, caller, "puppet", status="processing")
    job(database, caller, "puppet", status="failed")
    with database.read() as connection:
        assert jobs_ahead(connection) == 2
