"""Where in the storage what lies."""

from motioncast.service.ids import new_id


def upload_key(upload_id: str, extension: str) -> str:
    """A file that a caller uploaded."""
    return f"uploads/{upload_id}.{extension}"


def arriving_key() -> str:
    """Bytes of an upload while they arrive and until they are recognised."""
    return f"arriving/{new_id()}"


def input_key(prediction_id: str, what: str, extension: str) -> str:
    """A file that was fetched for one prediction."""
    return f"inputs/{prediction_id}/{what}.{extension}"


def inputs_prefix(prediction_id: str) -> str:
    """All inputs that one prediction brought along."""
    return f"inputs/{prediction_id}"


def work_prefix(prediction_id: str) -> str:
    """Finished work of a prediction that is not finished."""
    return f"work/{prediction_id}"


def preview_key(prediction_id: str) -> str:
    """The latest preview of a running prediction, a JPEG."""
    return f"{work_prefix(prediction_id)}/preview.jpg"


def output_key(prediction_id: str) -> str:
    """The finished video."""
    return f"outputs/{prediction_id}.mp4"


def poster_key(prediction_id: str) -> str:
    """A picture of the finished video, a JPEG."""
    return f"outputs/{prediction_id}.jpg"
