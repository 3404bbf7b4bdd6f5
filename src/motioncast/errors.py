"""What can go wrong, in the user's words."""


class MotioncastError(Exception):
    """Base of every error Motioncast raises on purpose; its text is one sentence fit for a user."""


class InputError(MotioncastError):
    """The caller can repair this: a bad parameter, an unreadable file, a video without a person."""


class ProcessingError(MotioncastError):
    """The job failed although its inputs were acceptable (a missing model file, a full disk)."""


class Cancelled(MotioncastError):
    """The caller asked to stop. Raise it from a progress callback to end a job early."""
