"""What a user of the official Python client does. Runs in the client's own interpreter; prints one JSON object.

Arguments: address, key, picture, clip, address for webhooks, address of a picture that is not there.
"""

import json
import sys

from wavespeed import Client

MODEL = "wavespeed-ai/wan-2.2/animate"
address, key, picture, clip, hook, nowhere = sys.argv[1:]
client = Client(api_key=key, base_url=address)
with open(picture, "rb") as file:
    uploaded = {"path": client.upload(clip), "file": client.upload(file)}
inputs = {"image": uploaded["file"], "video": uploaded["path"], "seed": 7, "prompt": ""}
ran = client.run_no_throw(MODEL, {**inputs, "webhook_url": hook})
seen = {
    "upload": uploaded,
    "run": ran,
    "result": client.get_result(ran["task_id"]),
    "sync": client.run(MODEL, inputs, enable_sync_mode=True),
    "failed": client.run_no_throw(MODEL, {**inputs, "image": nowhere}),
    "failed at once": client.run_no_throw(MODEL, {**inputs, "image": nowhere}, enable_sync_mode=True),
    "refused": client.run_no_throw(MODEL, {"image": uploaded["file"]}),
    "stranger": Client(api_key="x" * 64, base_url=address).run_no_throw(MODEL, inputs),
}
try:
    client.get_result("0" * 32)
except RuntimeError as error:
    seen["unknown"] = str(error)
print(json.dumps(seen))
