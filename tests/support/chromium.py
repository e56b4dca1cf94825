"""A page in a real Chromium, driven over its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time


class Page:
    """One page of a Chromium of its own, without a window. Use as a context manager.

    The protocol runs over a pair of pipes: no port, and the browser ends when they are closed.
    """

    PATIENCE = 60  # seconds, for any one thing

    def __init__(self, width=1000, height=800):
        self._profile = tempfile.mkdtemp(prefix="chromium-test-")
        from_browser, its_output = os.pipe()
        its_input, to_browser = os.pipe()
        command = ["chromium", "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", f"--window-size={width},{height}",
                   f"--user-data-dir={self._profile}", "--remote-debugging-pipe", "about:blank"]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # the sandbox refuses to run as root

        # Chromium reads from descriptor 3 and writes to 4. A shell moves them there: a pipe may have one of the two
        # numbers already, so both go out of the way first.
        move = f'exec 8<&{its_input} 9>&{its_output}; exec 3<&8 4>&9; exec 8<&- 9>&-; exec "$@"'
        self._browser = subprocess.Popen(["bash", "-c", move, "bash", *command], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         pass_fds=(its_input, its_output))
        os.close(its_input)
        os.close(its_output)
        self._write = os.fdopen(to_browser, "wb")
        self._read = from_browser
        os.set_blocking(self._read, False)
        self._buffer = b""
        self._last_id = 0
        self._session = None
        self.complaints = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")
        self._call("Runtime.enable")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._write.close()
        try:
            self._browser.wait(10)
        except subprocess.TimeoutExpired:
            self._browser.kill()
            self._browser.wait()
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, url):
        failure = self._call("Page.navigate", url=url).get("errorText")
        if failure:
            raise RuntimeError(f"{url}: {failure}")
        self.wait_for("document.readyState === 'complete'")

    def evaluate(self, expression):
        """The value of a JavaScript expression; promises are waited for."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, expression):
        """Waits until a JavaScript expression is true, and gives its value."""
        deadline = time.monotonic() + self.PATIENCE
        while not (value := self.evaluate(expression)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{expression} did not become true; the page reads:\n" +
                                   self.evaluate("document.body.innerText"))
            time.sleep(0.02)
        return value

    def screenshot(self, path):
        with open(path, "wb") as image:
            image.write(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def emulate(self, **features):
        """Media features, such as prefers_color_scheme="dark"."""
        pairs = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._call("Emulation.setEmulatedMedia", features=pairs)

    def resize(self, width, height):
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def _call(self, method, **parameters):
        self._last_id += 1
        request = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        self._write.write(json.dumps(request).encode() + b"\0")
        self._write.flush()
        deadline = time.monotonic() + self.PATIENCE
        while True:
            message = self._next_message(deadline, method)
            if message.get("id") == self._last_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def _note(self, event):
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(event["params"]["exceptionDetails"])
        elif event.get("method") == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "warning"):
            self.complaints.append(event["params"]["args"])

    def _next_message(self, deadline, method):
        while b"\0" not in self._buffer:
            if self._browser.poll() is not None:
                raise RuntimeError(f"{method}: Chromium has ended with {self._browser.returncode}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method}: no answer from Chromium")
            try:
                self._buffer += os.read(self._read, 1 << 16)
            except BlockingIOError:
                time.sleep(0.005)
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)
