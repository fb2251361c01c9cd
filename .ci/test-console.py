"""A walk through the front page in headless Chromium: `make test-console`.

Needs `chromium` and `chromedriver`. The first argument is the binary `safelight`, the
second the folder for screenshots. Fails where the walk does, and on anything that the
browser writes to its console, such as what the page's own policy forbids.
"""
import base64
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

DEADLINE = 30
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
root = pathlib.Path(__file__).resolve().parent.parent
binary, shots = sys.argv[1], pathlib.Path(sys.argv[2])
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """A session of chromedriver, by the WebDriver protocol itself."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", "--no-proxy-server"]
        options = {"args": flags}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        capabilities = {"capabilities": {"alwaysMatch": wanted}}
        session = until("chromedriver starts", lambda: self.call("POST", "/session", capabilities))
        self.base += f"/session/{session['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with direct.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.call("POST", f"/element/{self.find(selector)}/click", {})

    def keys(self, selector, text):
        self.call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def screenshot(self, name):
        (shots / f"{name}.png").write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def media(self, scheme):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"features": [feature]}})


def until(what, condition):
    end = time.monotonic() + DEADLINE
    while True:
        try:
            if found := condition():
                return found
        except (urllib.error.URLError, ConnectionError):
            pass
        if time.monotonic() > end:
            raise SystemExit(f"waited {DEADLINE} s in vain until {what}")
        time.sleep(0.05)


def walk(browser, home):
    browser.call("POST", "/url", {"url": home})
    until("it is live", lambda: browser.run("return document.getElementById('live').textContent") == "live")
    browser.keys("#files", str(root / "docs/astronaut.jpg"))
    count = "return document.querySelectorAll('#gallery li').length"
    until("the upload is in the gallery", lambda: browser.run(count) == 1)
    until("its picture is there", lambda: browser.run("return document.querySelector('#gallery img').naturalWidth > 0"))
    browser.screenshot("gallery-light")
    browser.media("dark")
    browser.screenshot("gallery-dark")

    # By keyboard alone: to the picture, into it, and to its sliders.
    browser.run("document.querySelector('#gallery button').focus()")
    browser.keys("#gallery button", "\ue007")
    until("the editor is open", lambda: browser.run("return document.getElementById('editor').open"))
    original = "return document.getElementById('result').naturalWidth"
    until("the original is shown", lambda: browser.run(original) > 0)
    browser.keys("#blur", "\ue014" * 8)
    facts = "return document.getElementById('facts').textContent"
    told = ("Safelight", "fwd", "hit")
    until("the blurred image is shown", lambda: any(word in browser.run(facts) for word in told))
    url = browser.run("return document.getElementById('url').textContent")
    assert re.fullmatch(home + r"images/[0-9a-f-]{36}\?blur=4", url), url
    with direct.open(url, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg" and answer.headers["Cache-Status"], answer.headers
    browser.screenshot("editor-dark")
    browser.media("light")
    browser.screenshot("editor-light")
    browser.click("#share")
    message = "return document.getElementById('editor-message').textContent"
    until("sharing says what it can", lambda: browser.run(message) != "")

    browser.call("POST", "/window/rect", {"width": 390, "height": 844})
    browser.screenshot("editor-phone")
    wide = "return document.scrollingElement.scrollWidth > innerWidth"
    assert not browser.run(wide), "the page is wider than a phone"
    browser.click("#close")
    browser.screenshot("gallery-phone")
    assert not browser.run(wide), "the page is wider than a phone"

    # Someone else's change arrives by itself.
    photo = (root / "docs/astronaut-blurred.jpg").read_bytes()
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="other.jpg"\r\n\r\n'
    body = head + photo + b"\r\n--x--\r\n"
    request = urllib.request.Request(home + "images", body, {"Content-Type": "multipart/form-data; boundary=x"})
    direct.open(request, timeout=30).close()
    until("another's upload shows", lambda: browser.run(count) == 2)

    for left in (1, 0):
        browser.click("#gallery button")
        browser.click("#delete")
        until("the deleted image is gone", lambda left=left: browser.run(count) == left)
    # A share that the server cannot make, and a description that it does not have, are
    # answers like any other; everything else on the console is a fault.
    lines = browser.call("POST", "/se/log", {"type": "browser"})
    faults = [line["message"] for line in lines if not re.search(r"/(links|description) .*40[45]", line["message"])]
    assert not faults, faults


def main():
    shots.mkdir(parents=True, exist_ok=True)
    port, driver_port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        service = subprocess.Popen([
            binary, "serve", "--data-dir", folder, "--cache-listen", "127.0.0.1:0", "--processor-listen", "127.0.0.1:0",
            "--gateway-listen", f"127.0.0.1:{port}", "--log", "warn",
        ])
        driver = subprocess.Popen(["chromedriver", f"--port={driver_port}", "--log-level=SEVERE"])
        browser = None
        try:
            home = f"http://127.0.0.1:{port}/"
            until("the gateway listens", lambda: direct.open(home, timeout=5).status == 200)
            browser = Browser(driver_port)
            walk(browser, home)
        except BaseException:
            if browser:
                browser.screenshot("failed")
            raise
        finally:
            if browser:
                browser.call("DELETE", "")
            for process in (driver, service):
                process.terminate()
                process.wait()
    print(f"the front page works; screenshots are in {shots}")


main()
