"""A headless chromium for tests, driven over the DevTools protocol through two pipes: no port, no dependency."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 20.0  # seconds for one answer, or for something to come true


def chromium() -> str | None:
    """Return the browser that the tests use; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One page. What it logs, and what it asks the network for, is kept in `console` and `requests`."""

    def __init__(self, profile: Path) -> None:
        path = chromium()
        assert path is not None
        options = [
            "--headless=new",
            "--remote-debugging-pipe",
            "--disable-gpu",
            "--no-first-run",
            "--hide-scrollbars",
        ]
        options += [
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
        ]
        options += [
            "--disable-extensions",
            "--disable-sync",
            "--no-default-browser-check",
            f"--user-data-dir={profile}",
        ]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        commands, self._to_browser = os.pipe()
        self._from_browser, answers = os.pipe()
        ours = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (commands, answers)]

        def connect() -> None:
            """The browser reads commands from descriptor 3 and writes answers to 4."""
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        self._process = subprocess.Popen(
            [path, *options],
            preexec_fn=connect,
            pass_fds=(3, 4),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for end in (commands, answers, *ours):
            os.close(end)
        self._rest, self._number, self._session = b"", 0, ""
        self.console: list[str] = []
        self.requests: list[str] = []
        self.loaded = False
        self._before = ""

    def __enter__(self) -> Self:
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._to_browser)
        os.close(self._from_browser)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result. Raises AssertionError where the browser refuses it."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        command |= {"sessionId": self._session} if self._session else {}
        os.write(self._to_browser, json.dumps(command).encode() + b"\0")
        while True:
            told = self._receive()
            if told.get("id") == self._number:
                assert "error" not in told, told["error"]
                result: dict[str, Any] = told["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from_browser], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            read = os.read(self._from_browser, 1 << 20)
            assert read, "the browser is gone"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        self._note(told.get("method", ""), told.get("params", {}))
        return told

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Runtime.consoleAPICalled":
            self.console.append(f"{told['type']}: {told['args']}")
        elif method == "Runtime.exceptionThrown":
            self.console.append(str(told["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.console.append(told["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def size(
        self, width: int, height: int, *, scheme: str = "light", phone: bool = False, medium: str = ""
    ) -> None:
        """Give the page a size in CSS pixels, its reader a colour scheme; `medium` may be "print"."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features, media=medium)

    def open(self, file: Path, fragment: str = "") -> None:
        """Open a report from disk, and wait until it shows itself."""
        self.send("Page.navigate", url="about:blank")
        self.console.clear()
        self.requests.clear()
        self.send("Page.navigate", url=file.resolve().as_uri() + fragment)
        self.until("document.body && document.body.dataset.ready")

    def show(self, fragment: str) -> None:
        """Go to another address of the open page, and wait until it is shown."""
        self.ask(f"location.hash = {fragment!r}; 1")
        self.until(f"document.body.dataset.shown === {fragment!r}")

    def before(self, script: str) -> None:
        """Run a script in each page that is opened from now on, before its own; "" for none."""
        if self._before:
            self.send("Page.removeScriptToEvaluateOnNewDocument", identifier=self._before)
        self._before = ""
        if script:
            told = self.send("Page.addScriptToEvaluateOnNewDocument", source=script)
            self._before = str(told["identifier"])

    def frames(self) -> None:
        """Wait until the page was drawn twice: by then it has noticed a new size or scheme."""
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def ask(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript, awaited where it is a promise."""
        told = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait for an expression to be true."""
        end = time.monotonic() + PATIENCE
        while not self.ask(f"Boolean({expression})"):
            assert time.monotonic() < end, f"never true: {expression}; {self.console}"
            time.sleep(0.02)

    def key(self, key: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, **text)

    def mouse(self, x: float, y: float, kind: str = "mouseMoved") -> None:
        """Move the pointer, or press or release its button there."""
        button = {"button": "left", "clickCount": 1} if kind != "mouseMoved" else {}
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Write a screenshot as PNG."""
        told = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(told["data"]))
