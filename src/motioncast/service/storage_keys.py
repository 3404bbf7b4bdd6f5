"""Where in the storage what lies."""


def upload_key(upload_id: str, extension: str) -> str:
    """A file that a caller uploaded."""
    return f"uploads/{upload_id}.{extension}"


def input_key(prediction_id: str, what: str, extension: str) -> str:
    """Inline data or a fetched file of one prediction."""
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
