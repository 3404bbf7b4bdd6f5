"""Structured logs on standard error: one JSON object a line, or one readable line."""

import json
import logging
import time
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

#: Facts about the request or job in hand that go into every line.
context: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=MappingProxyType({}))


def configure_logging(format_: str, process: str) -> None:
    """Set up the root logger of this process."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter(process) if format_ == "json" else _TextFormatter(process))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("httpx2", "httpcore2", "alembic", "dbos", "numba"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _JsonFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "process": self._process,
            "message": record.getMessage(),
            **context.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    def __init__(self, process: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)s {process}: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        facts = {**context.get(), **getattr(record, "facts", {})}
        return super().format(record) + "".join(f" {name}={_one_line(value)}" for name, value in facts.items())


def _one_line(value: object) -> str:
    """A value that may come from a caller, without line breaks or control characters."""
    text = str(value)
    return text if text.isprintable() else repr(text)
