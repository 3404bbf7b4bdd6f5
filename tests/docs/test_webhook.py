"""The directive `webhook`, on a receiver that verifies and on one that takes everything."""

import sys

import pytest

from tests.docs.snippets import Snippet
from tests.docs.webhook import check_receiver

RECEIVER = """\
import hashlib
import hmac
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = os.environ["WEBHOOK_SECRET"].removeprefix("whsec_").encode()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        expected = "v3," + hmac.new(KEY, signed, hashlib.sha256).hexdigest()
        self.send_response(204 if VERIFIED else 401)
        self.end_headers()


HTTPServer(("127.0.0.1", 9000), Handler).serve_forever()
"""


@pytest.mark.parametrize(
    ("verified", "fault"),
    [
        ("hmac.compare_digest(expected, self.headers['webhook-signature'])", None),
        ("True", "answered a copy that was changed with 204"),
    ],
)
def test_a_receiver_must_tell_deliveries_from_copies(caller, folder, verified, fault):
    snippet = Snippet("page.md", 7, "python", "webhook", RECEIVER.replace("VERIFIED", verified))
    arguments = (snippet, [sys.executable, "-S"], folder, caller)
    if fault is None:
        check_receiver(*arguments)
    else:
        with pytest.raises(pytest.fail.Exception, match=f"page.md:7: it {fault}"):
            check_receiver(*arguments)
