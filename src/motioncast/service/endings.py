"""What went wrong in a stage, in the words and with the code that its caller gets."""

from sqlalchemy.exc import OperationalError

from motioncast.errors import Cancelled, InputError, ProcessingError
from motioncast.service import conclusion
from motioncast.service.conclusion import Ending
from motioncast.service.database import is_full
from motioncast.service.running import TookTooLong


class Refused(Exception):
    """The operator's policy ends the job."""


def ending_of(error: Exception, input_code: int) -> Ending:
    """How an error ends a job; `input_code` is the code of an `InputError` in this stage."""
    if isinstance(error, Refused):
        return Ending("failed", conclusion.MODERATED, str(error))
    if isinstance(error, Cancelled):
        return conclusion.cancelled(str(error))
    if isinstance(error, TookTooLong):
        return Ending("timeout", conclusion.TOOK_TOO_LONG, str(error))
    if isinstance(error, InputError):
        return Ending("failed", input_code, str(error))
    if isinstance(error, MemoryError):
        message = "The job needs more memory than this server gives it: use a smaller picture or video."
        return Ending("failed", conclusion.EXECUTION, message)
    if isinstance(error, OperationalError) and is_full(error):
        return Ending("failed", conclusion.UNAVAILABLE, "The server's disk is full: the operator has to make room.")
    if isinstance(error, ProcessingError):
        full = "no space left" in str(error).lower()
        return Ending("failed", conclusion.UNAVAILABLE if full else conclusion.EXECUTION, str(error))
    return Ending("failed", conclusion.INTERNAL, "The job failed unexpectedly; the operator's log says more.")
