"""The playground from sign-in to download, in a real browser on a real server."""

import base64
import os
import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

from motioncast.media.probe import probe_video
from tests.acceptance.browser.chromium import PHONE
from tests.acceptance.command import motioncast

SKELETON = "svg polyline, svg path"


def pick(page: Page, kind: str, path) -> None:
    """Give a file to one of the two cards and wait until the server has looked at it."""
    page.locator(f'[data-input="{kind}"] input[type=file]').set_input_files(path)
    expect(page.locator(f'[data-input="{kind}"] .badge').first).to_be_visible(timeout=60_000)


def drop_on_page(page: Page, path, mime: str) -> None:
    """Drop a file somewhere on the page, as a mouse does."""
    page.evaluate(
        """async ([bytes, name, type]) => {
            const transfer = new DataTransfer();
            const data = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
            transfer.items.add(new File([data], name, { type }));
            for (const kind of ["dragenter", "dragover", "drop"])
                document.querySelector("main").dispatchEvent(
                    new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        [base64.b64encode(path.read_bytes()).decode(), path.name, mime],
    )


def ready(page: Page) -> None:
    """The job is priced and may be started."""
    expect(page.get_by_role("button", name="Generate")).to_have_attribute("aria-disabled", "false", timeout=60_000)
    expect(page.locator(".price li").first).to_be_visible(timeout=60_000)


def test_from_the_key_to_the_file(visit, caller, cutout, walker, tmp_path):
    """The whole story: a portrait and a clip of a whole person, so that there is something to warn of."""
    one = visit()
    page = one.open()
    page.get_by_label("API key").fill(caller.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Create")).to_be_visible()
    one.shoot("story-1-create")

    drop_on_page(page, cutout, "image/png")
    drop_on_page(page, walker, "video/mp4")
    for kind in ("image", "video"):
        expect(page.locator(f'[data-input="{kind}"] .badge').first).to_be_visible(timeout=60_000)
        assert page.locator(f'[data-input="{kind}"]').locator(SKELETON).count() > 3
    ready(page)
    expect(page.get_by_text("different aspect ratios")).to_be_visible()
    expect(page.get_by_text("The driving video shows a whole person")).to_be_visible()
    expect(page.locator(".price")).to_contain_text("$0.20")
    expect(page.locator(".price")).to_contain_text("of work")
    one.shoot("story-2-warnings")

    page.get_by_role("button", name="Generate").click()
    page.wait_for_url(re.compile(r"#/job/[0-9a-f]{32}$"))
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("frame 1 of 20")).to_be_visible()
    one.shoot("story-3-side-by-side")
    compare(one)

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "out.mp4")
    assert len(probe_video(tmp_path / "out.mp4").timeline) == 20
    assert download.value.suggested_filename.endswith(".mp4")
    expect(page.locator(".balance")).to_contain_text("$999,999.80")


def compare(one) -> None:
    """The wipe follows the keyboard; frames go one by one, in both videos."""
    page = one.page
    page.get_by_text("Wipe", exact=True).click()
    line = page.get_by_role("slider", name=re.compile("Dividing line"))
    line.focus()
    before = float(line.get_attribute("aria-valuenow"))
    page.keyboard.press("ArrowLeft")
    assert float(line.get_attribute("aria-valuenow")) < before
    one.shoot("story-4-wipe")
    for _ in range(3):
        page.get_by_role("button", name="One frame on").click()
    expect(page.get_by_text("frame 4 of 20")).to_be_visible()
    page.wait_for_function(
        "() => { const [a, b] = document.querySelectorAll('.player video');"
        " return !a.seeking && !b.seeking && Math.abs(a.currentTime - b.currentTime) < 0.04 && a.currentTime > 0.1; }"
    )
    page.get_by_role("button", name="One frame back").click()
    expect(page.get_by_text("frame 3 of 20")).to_be_visible()


def test_a_finished_job_can_be_shared_and_varied(visit, first, finished):
    one = visit()
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = one.sign_in(first.key)
    page.goto(f"{one.url}/#/job/{finished['id']}")
    expect(page.get_by_role("link", name="Download")).to_be_visible()

    page.get_by_role("button", name="Copy watch link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    guest = visit()
    guest.page.goto(link)
    expect(guest.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    guest.page.wait_for_function("document.querySelector('video').readyState > 1")
    guest.shoot("share")

    for name in ("cURL", "Python", "JavaScript"):
        page.get_by_role("tab", name=name).click()
        shown = page.get_by_role("tabpanel").inner_text()
        assert one.url in shown
        assert first.key not in shown
        assert "MOTIONCAST_KEY" in shown

    page.get_by_role("button", name="Make a variant").click()
    expect(page.get_by_role("heading", name="Compare two")).to_be_visible(timeout=120_000)
    expect(page.locator(".player")).to_have_count(2)
    one.shoot("variants")


def test_the_code_that_is_offered_runs(visit, first, finished, tmp_path):
    one = visit()
    page = one.sign_in(first.key)
    page.goto(f"{one.url}/#/job/{finished['id']}")
    page.get_by_role("tab", name="cURL").click()
    script = page.get_by_role("tabpanel").inner_text()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"MOTIONCAST_KEY": first.key},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    (video,) = tmp_path.glob("*.mp4")
    assert len(probe_video(video).timeline) == 25


def test_frames_show_while_they_are_rendered_and_the_job_can_be_stopped(visit, caller, cutout, long_talker):
    one = visit()
    job = caller.accepted(image=caller.upload(cutout), video=caller.upload(long_talker), resolution="720p")
    page = one.sign_in(caller.key)
    page.goto(f"{one.url}/#/job/{job['id']}")
    expect(page.get_by_role("progressbar")).to_be_visible()
    preview = page.get_by_role("img", name=re.compile("Rendered frame"))
    expect(preview.first).to_be_visible(timeout=120_000)
    assert preview.first.get_attribute("src").startswith("data:image/jpeg;base64,")
    one.shoot("live-preview")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("This job was cancelled.")).to_be_visible()
    assert caller.balance() == 1_000_000


def test_a_job_that_waits_for_its_files_is_cancelled(visit, caller, gate):
    one = visit()
    job = caller.accepted(image=gate.url(), video=gate.url("clip.mp4"))
    page = one.sign_in(caller.key)
    page.goto(f"{one.url}/#/job/{job['id']}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("This job was cancelled.")).to_be_visible()
    expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    one.shoot("cancelled")
    gate.open()
    page.get_by_role("button", name="Submit again").click()
    expect(page.get_by_text("This job failed.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("The image URL could not be read")).to_be_visible()
    one.shoot("failed")
    page.get_by_role("button", name="Change the inputs").click()
    expect(page.get_by_role("heading", name="Create")).to_be_visible()


def test_what_cannot_be_used_is_said_before_and_nothing_is_lost(visit, caller, cutout, tmp_path):
    one = visit()
    one.expected = ["status of 4"]
    page = one.sign_in(caller.key)
    pick(page, "image", cutout)
    page.get_by_role("textbox", name="Prompt").fill("a dancer in the rain")
    (tmp_path / "notes.txt").write_text("no video")
    page.locator('[data-input="video"] input[type=file]').set_input_files(tmp_path / "notes.txt")
    expect(page.get_by_text("notes.txt is neither a picture nor a video.")).to_be_visible()
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(400))
    page.locator('[data-input="video"] input[type=file]').set_input_files(tmp_path / "broken.mp4")
    expect(page.locator('[data-input="video"] [role=alert]')).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Generate")).to_have_attribute("aria-disabled", "true")
    one.shoot("unusable")
    page.reload()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("a dancer in the rain")
    expect(page.locator('[data-input="image"] .badge').first).to_be_visible(timeout=60_000)


def test_an_address_and_the_camera_are_inputs_too(visit, caller, web, portrait):
    address, folder = web
    (folder / "me.png").write_bytes(portrait.read_bytes())
    one = visit()
    page = one.sign_in(caller.key)
    card = page.locator('[data-input="image"]')
    card.get_by_role("button", name="Link").click()
    card.get_by_label("Web address of the picture").fill(f"{address}/me.png")
    page.keyboard.press("Enter")
    expect(card.locator(".badge").first).to_be_visible(timeout=60_000)
    page.locator('[data-input="video"]').get_by_role("button", name="Record").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Record").click()
    stop = dialog.get_by_role("button", name="Stop")
    expect(stop).to_be_visible(timeout=20_000)
    page.wait_for_timeout(2500)  # something has to be recorded
    stop.click()
    one.shoot("camera", whole=False)
    dialog.get_by_role("button", name="Use this video").click()
    expect(page.locator('[data-input="video"] .badge').first).to_be_visible(timeout=60_000)


def test_history_is_searched_reused_and_deleted(visit, caller, gate):
    jobs = [
        caller.accepted(image=gate.url(), video=gate.url("clip.mp4"), prompt=prompt, seed=seed)
        for seed, prompt in ((11, "a red dress"), (12, "a blue suit"))
    ]
    gate.open()
    for job in jobs:
        caller.ended(job["id"])
    one = visit()
    one.expected = ["status of 400"]  # what is used again has gone from its host meanwhile
    page = one.sign_in(caller.key)
    page.get_by_role("link", name="History").click()
    expect(page.locator(".history-card")).to_have_count(2)
    one.shoot("history")
    page.get_by_label("Search").fill("blue")
    expect(page.locator(".history-card")).to_have_count(1)
    page.get_by_role("button", name="Use again").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("a blue suit")
    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name=re.compile("^Delete ")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".history-card")).to_have_count(1)
    assert caller.listed()["total"] == 1


def test_on_a_phone_in_chinese(visit, caller, cutout, talker):
    one = visit(viewport=PHONE, locale="zh-CN", color_scheme="dark", has_touch=True, is_mobile=True)
    page = one.sign_in(caller.key)
    expect(page.get_by_role("heading", name="创作")).to_be_visible()
    pick(page, "image", cutout)
    pick(page, "video", talker)
    button = page.locator(".generate")
    expect(button).to_have_attribute("aria-disabled", "false", timeout=60_000)
    expect(page.locator(".price li").first).to_be_visible(timeout=60_000)
    assert one.overflow() <= 0
    one.shoot("phone-create-zh")
    button.tap()
    expect(page.locator("a[download]").first).to_be_visible(timeout=120_000)
    assert one.overflow() <= 0
    one.shoot("phone-result-zh")


def test_a_key_that_is_not_known_is_refused_and_a_revoked_one_signs_out(visit, server, caller):
    one = visit()
    one.expected = ["status of 401"]
    page = one.open()
    page.get_by_label("API key").fill("mc-nobody-has-this-key")
    page.keyboard.press("Enter")
    expect(page.get_by_text("not known or was revoked")).to_be_visible()
    one.shoot("refused")
    page.goto(f"{one.url}/#key={caller.key}")
    expect(page.get_by_role("heading", name="Create")).to_be_visible()
    assert caller.key not in page.url
    done = motioncast("keys", "revoke", caller.key, "--data-dir", server.data_dir, cwd=server.data_dir)
    assert done.code == 0, done.stderr
    page.wait_for_timeout(1500)  # the server remembers keys for a second
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("not known or was revoked")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_visible()


def test_signing_out_leaves_nothing_of_the_account(visit, caller, cutout):
    one = visit()
    page = one.sign_in(caller.key)
    pick(page, "image", cutout)
    page.get_by_role("textbox", name="Prompt").fill("mine")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    kept = page.evaluate("Object.values(localStorage).join()")
    assert caller.key not in kept
    assert "mine" not in kept
    page.get_by_label("API key").fill(caller.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("")
    expect(page.get_by_text("Choose or drop a picture")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_survives_a_server_that_goes_away(visit, first, finished, scheme):
    """The page tells it, and what was there stays."""
    one = visit(color_scheme=scheme)
    one.expected = ["ERR_INTERNET_DISCONNECTED"]
    page = one.sign_in(first.key)
    page.get_by_role("textbox", name="Prompt").fill("keep me")
    one.context.set_offline(True)
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("The server does not answer")).to_be_visible(timeout=20_000)
    one.context.set_offline(False)
    page.get_by_role("link", name="Create").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("keep me")
