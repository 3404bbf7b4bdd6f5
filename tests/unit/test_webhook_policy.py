"""Which answers of a receiver end the attempts."""

import pytest

from motioncast.service.webhooks import Attempt, is_final


@pytest.mark.parametrize(
    ("status", "number", "final"),
    [
        (200, 1, True),
        (204, 1, True),
        (410, 1, True),
        (404, 1, False),
        (404, 2, False),
        (404, 3, True),
        (429, 3, False),
        (408, 9, False),
        (500, 9, False),
        (301, 9, False),
        (None, 9, False),
    ],
)
def test_what_ends_the_attempts(status, number, final):
    assert is_final(Attempt(status, "", 1), number) is final
