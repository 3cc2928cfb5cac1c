"""Headless Chromium, driven over WebDriver (W3C) by Debian's chromium-driver. For scripts."""
import base64
import json
import re
import subprocess
import sys
import time
import urllib.request

SECONDS_MAX = 30


class Browser:
    """Headless Chromium over WebDriver (W3C)."""

    def __init__(self, port, width=1280, height=860, dark=False):
        self.url = f"http://127.0.0.1:{port}/session"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", f"--window-size={width},{height}"]
        made = self.ask("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments}}}})
        self.url += "/" + made["sessionId"]
        self.devtools("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.devtools("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method, headers={"content-type": "application/json"},
            data=json.dumps(body or {}).encode() if method == "POST" else None)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def devtools(self, command, parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def wait(self, condition):
        end = time.monotonic() + SECONDS_MAX
        while not self.run(f"return Boolean({condition})"):
            if time.monotonic() > end:
                sys.exit(f"the page never came to: {condition}")
            time.sleep(0.05)

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def quit(self):
        self.ask("DELETE", "")


def driver():
    """chromedriver on a port that is free."""
    program = subprocess.Popen(["chromedriver", "--port=0"], text=True, stdout=subprocess.PIPE)
    for line in program.stdout:
        found = re.search(r"successfully on port (\d+)\.", line)
        if found:
            return program, int(found[1])
    sys.exit("chromedriver did not start")
