"""Tables of the service's own database. Times are microseconds since 1970 (UTC), money is micro-dollars."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Id = sa.String(32)
_Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only where the type is INTEGER

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("balance_micro", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("account_id", _Id, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("prefix", sa.String(12), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("webhook_secret", sa.String(80), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger),
)

predictions = sa.Table(
    "predictions",
    metadata,
    sa.Column("seq", _Big, primary_key=True, autoincrement=True),
    sa.Column("id", _Id, nullable=False, unique=True),
    sa.Column("account_id", _Id, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("key_id", _Id, sa.ForeignKey("api_keys.id"), nullable=False),
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("input", sa.JSON, nullable=False),  # as echoed to the caller
    sa.Column("sources", sa.JSON, nullable=False),  # where image and video come from
    sa.Column("seed", sa.Integer, nullable=False),  # the one used
    sa.Column("engine", sa.String(20), nullable=False),
    sa.Column("base_url", sa.String(500), nullable=False),
    sa.Column("webhook_url", sa.String(2048)),
    sa.Column("base64_output", sa.Boolean, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),  # SHA-256 of the submitted request
    sa.Column("caller", sa.String(8), nullable=False),  # answered, waiting, gone
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("deadline_at", sa.BigInteger),
    sa.Column("max_cost_micro", sa.BigInteger),
    sa.Column("cost_micro", sa.BigInteger, nullable=False),  # held, then charged
    sa.Column("started_at", sa.BigInteger),
    sa.Column("finished_at", sa.BigInteger),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("deleted_at", sa.BigInteger),
    sa.Column("cleared_at", sa.BigInteger),  # its files are gone
    sa.Column("attempts", sa.Integer, nullable=False),  # times a worker began, less those handed back
    sa.Column("stage", sa.String(20), nullable=False),
    sa.Column("progress", sa.Float, nullable=False),  # 0..1
    sa.Column("eta_s", sa.Float),
    sa.Column("preview", sa.Integer, nullable=False),  # frames rendered when the last preview was stored
    sa.Column("warnings", sa.JSON, nullable=False),
    sa.Column("code", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("nsfw", sa.Boolean, nullable=False),
    sa.Column("output_key", sa.String(200)),
    sa.Column("output_sha256", sa.String(64)),
    sa.Column("output_expires_at", sa.BigInteger),
    sa.Column("timings", sa.JSON, nullable=False),  # milliseconds
    sa.Index(None, "account_id", "seq"),
    sa.Index(None, "status", "seq"),
    sa.Index(None, "key_id", "fingerprint"),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", _Big, primary_key=True, autoincrement=True),
    sa.Column("uuid", _Id, nullable=False, unique=True),
    sa.Column("account_id", _Id, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("key_id", _Id),
    sa.Column("prediction_id", _Id),
    sa.Column("kind", sa.String(10), nullable=False),  # credit, hold, raise, settle, release, refund
    sa.Column("amount_micro", sa.BigInteger, nullable=False),  # change of the balance
    sa.Column("price_micro", sa.BigInteger, nullable=False),  # what a billing shows; 0 where it shows nothing
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("prediction_id", "kind"),
    sa.Index(None, "account_id", "created_at"),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("account_id", _Id, primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("prediction_id", _Id, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("account_id", _Id, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("filename", sa.String(255), nullable=False),
    sa.Column("ticket_sha256", sa.String(64)),  # None once the bytes are here
    sa.Column("ticket_expires_at", sa.BigInteger),
    sa.Column("kind", sa.String(10), nullable=False),  # image, video, audio
    sa.Column("extension", sa.String(8), nullable=False),
    sa.Column("mime", sa.String(100), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("stored_at", sa.BigInteger),
    sa.Column("duration_s", sa.Float),
    sa.Column("problem", sa.Text, nullable=False),  # why it cannot be used, as far as known
    sa.Index(None, "created_at"),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("prediction_id", _Id, primary_key=True),
    sa.Column("key_id", _Id, nullable=False),
    sa.Column("url", sa.String(2048), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # pending, delivered, failed
    sa.Column("round", sa.Integer, nullable=False),  # 1, and one more for every redelivery
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index(None, "state", "created_at"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", _Big, primary_key=True, autoincrement=True),
    sa.Column("prediction_id", _Id, nullable=False, index=True),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Integer),  # None where no answer came
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("duration_ms", sa.Integer, nullable=False),
)

executors = sa.Table(
    "executors",
    metadata,
    sa.Column("id", sa.String(100), primary_key=True),
    sa.Column("beat", sa.BigInteger, nullable=False),  # counts up while the process lives
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
