"""The library's camera and its answers to videos, in a Chromium with cameras that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.npm import FROZEN

from kerasport.assets import CLIENT_SCRIPT, web_asset
from kerasport.parity.browsers.chromium import CHROMIUM_FLAGS, find_chromium

pytestmark = pytest.mark.browser

DEVICES = "--use-fake-device-for-media-stream=device-count={}"


def opened(browser: Any, address: str, *permissions: str) -> Any:
    """Return a page with the classifier loaded as `classifier`."""
    page = browser.new_context(permissions=list(permissions)).new_page()
    page.goto(address)
    page.evaluate("kerasport.loadClassifier().then((loaded) => { classifier = loaded; })")
    return page


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    document = tmp_path_factory.mktemp("camera") / "page.html"
    scripts = (web_asset(CLIENT_SCRIPT), FROZEN / "model.js")
    tags = "".join(f'<script src="{script.as_uri()}"></script>' for script in scripts)
    document.write_text(f"<!doctype html>{tags}<script>let classifier;</script>", "utf-8")
    return document.as_uri()


def launched(browser: Any, devices: int) -> Any:
    return browser.browser_type.launch(
        executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, DEVICES.format(devices)]
    )


@pytest.fixture(scope="module")
def camera_browser(browser: Any) -> Iterator[Any]:
    """A Chromium with two cameras."""
    own = launched(browser, 2)
    yield own
    own.close()


@pytest.fixture(scope="module")
def page(camera_browser: Any, address: str) -> Iterator[Any]:
    """A page that may use them."""
    page = opened(camera_browser, address, "camera")
    yield page
    page.context.close()


def test_a_camera_is_answered_until_it_is_switched_off(page: Any) -> None:
    """Each answer has the picture that it answers; the loop ends with the camera."""
    seen = page.evaluate("""async () => {
      const camera = await kerasport.openCamera();
      const [track] = camera.stream.getTracks();
      const seen = { devices: camera.devices.length, facesUser: camera.facesUser, answers: 0 };
      for await (const answer of classifier.classifyVideo(camera.video, { topK: 1 })) {
        const again = await classifier.classify(answer.frame);
        seen.isOfItsFrame = again.probabilities.every((p, i) => p === answer.probabilities[i]);
        seen.size = [answer.frame.width, answer.frame.height];
        seen.classes = answer.predictions.length;
        if (++seen.answers === 3) camera.stop();
      }
      return { ...seen, track: track.readyState, source: camera.video.srcObject };
    }""")

    assert seen["size"][0] > seen["size"][1] > 0
    del seen["size"]
    assert seen == {
        "devices": 2,
        "facesUser": True,
        "answers": 3,
        "isOfItsFrame": True,
        "classes": 1,
        "track": "ended",
        "source": None,
    }


def test_a_signal_ends_the_loop_and_switches_the_camera_off(page: Any) -> None:
    """One signal for both: its reason is thrown, also while the loop waits for a picture."""
    seen = page.evaluate("""async () => {
      const stop = new AbortController();
      const { signal } = stop;
      const { video, stream } = await kerasport.openCamera({ signal });
      try {
        for await (const _ of classifier.classifyVideo(video, { signal })) {
          video.pause();
          setTimeout(() => stop.abort('enough'), 50);
        }
      } catch (reason) {
        return [reason, stream.getTracks()[0].readyState];
      }
    }""")

    assert seen == ["enough", "ended"]


def test_a_camera_is_chosen_and_shown_where_the_page_wants_it(page: Any) -> None:
    """In the page's own element, by the device; another one takes the place of the first."""
    seen = page.evaluate("""async () => {
      const video = document.createElement('video');
      const first = await kerasport.openCamera({ video, facing: 'user' });
      const other = first.devices.find(({ deviceId }) => deviceId !== first.deviceId);
      const second = await kerasport.openCamera({ video, deviceId: other.deviceId });
      first.stop();
      const seen = [second.deviceId === other.deviceId, video.srcObject === second.stream,
        video.muted, video.playsInline, video.paused];
      second.stop();
      return seen;
    }""")

    assert seen == [True, True, True, True, False]


def test_pictures_are_left_out_while_one_is_answered(page: Any) -> None:
    """Each answer is of what the video shows by then; what stands still is answered once."""
    seen = page.evaluate("""async () => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 8;
      const paint = canvas.getContext('2d');
      const show = (color) => { paint.fillStyle = color; paint.fillRect(0, 0, 8, 8); };
      const stream = canvas.captureStream();
      const video = Object.assign(document.createElement('video'), { muted: true });
      video.srcObject = stream;
      show('rgb(0, 0, 0)');
      await video.play();
      const levels = [];
      for await (const { frame } of classifier.classifyVideo(video)) {
        levels.push(frame.getContext('2d').getImageData(4, 4, 1, 1).data[0]);
        if (levels.at(-1) > 200) stream.getTracks()[0].stop();
        for (const level of [90, 180, 255]) {
          show(`rgb(${level}, ${level}, ${level})`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
      return levels;
    }""")

    assert seen[0] < 60
    assert seen[-1] > 200
    assert len(seen) <= 3


@pytest.mark.parametrize(
    ("expression", "code", "words"),
    [
        ("kerasport.openCamera({deviceId: 'none such'})", "camera-missing", "ask for another"),
        ("kerasport.openCamera({facing: 'back'})", "invalid-argument", "'environment' or 'user'"),
        ("kerasport.openCamera({video: 5})", "invalid-argument", "a <video> element"),
        ("kerasport.openCamera(5)", "invalid-argument", "The options are 5"),
        ("classifier.classifyVideo(null).next()", "invalid-argument", "as openCamera() has it"),
        (
            "classifier.classifyVideo(document.createElement('video')).next()",
            "invalid-argument",
            "a <video> without a source",
        ),
        ("classifier.classifyVideo(5, {topK: 0}).next()", "invalid-argument", "'topK' is 0"),
    ],
)
def test_what_is_given_wrongly_is_named(expression: str, code: str, words: str, page: Any) -> None:
    """The error says what came and what is taken, and no camera is on."""
    error = page.evaluate(
        f"{expression}.then(() => null, ({{ code, message }}) => [code, message])"
    )

    assert error[0] == code
    assert words in error[1]


def test_a_page_without_permission_is_told(camera_browser: Any, address: str) -> None:
    """The error names the two places where a camera is allowed."""
    page = opened(camera_browser, address)

    error = page.evaluate("kerasport.openCamera().catch(({ code, message }) => [code, message])")

    assert error[0] == "camera-refused"
    assert 'allow="camera"' in error[1]
    page.context.close()


def test_a_device_without_a_camera_is_told(browser: Any, address: str) -> None:
    """Nor is it told to connect one where the browser gives the page none at all."""
    bare = launched(browser, 0)
    page = opened(bare, address, "camera")

    missing = page.evaluate("kerasport.openCamera().catch(({ code }) => code)")
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    insecure = page.evaluate("kerasport.openCamera().catch(({ code }) => code)")

    assert (missing, insecure) == ("camera-missing", "camera-insecure")
    bare.close()
