#!/usr/bin/env python3
"""Makes the README's pictures, docs/console-light.png and docs/console-dark.png.

Starts a sample network as `make run` does, in a folder of its own, logs the clinic's doctor in with
headless Chromium, and takes the main patient's page. Needs .build/release/cairn (`make build`),
chromium and chromium-driver (`Scripts/install-packages.sh --tests`).
"""
import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WIDTH, HEIGHT = 1280, 860
WHO = "doctor at Harbour Clinic"
PATIENT = "Castellanos"
SECONDS_MAX = 120


class Browser:
    """Headless Chromium over WebDriver (W3C)."""

    def __init__(self, port, dark):
        self.url = f"http://127.0.0.1:{port}/session"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        made = self.ask("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"args": arguments}}}})
        self.url += "/" + made["sessionId"]
        self.devtools("Emulation.setDeviceMetricsOverride", {
            "width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False})
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
        end = time.monotonic() + 30
        while not self.run(f"return Boolean({condition})"):
            if time.monotonic() > end:
                sys.exit(f"the page never came to: {condition}")
            time.sleep(0.05)

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))
        print(os.path.relpath(path, ROOT))

    def quit(self):
        self.ask("DELETE", "")


def link(folder, port):
    """A new log-in link for the person, from a network that runs."""
    with open(f"{folder}/sample/people.tsv", encoding="utf-8") as page:
        rows = [line.rstrip("\n").split("\t") for line in page]
    person = next(row[1] for row in rows if f"{row[4]} at Harbour Clinic" == WHO
                  and row[0] == "clinic")
    return subprocess.run(
        [f"{ROOT}/.build/release/cairn", "link", "--person", person,
         "--server", f"http://localhost:{port + 1}",
         "--wallet", f"{folder}/clinic/wallets/administrator.wallet"],
        check=True, capture_output=True, text=True).stdout.strip()


def start(folder, port):
    """Starts both members, and waits until they are loaded."""
    environment = dict(os.environ, CAIRN_DATA=folder, CAIRN_PORT=str(port),
                       CAIRN_BINARY=f"{ROOT}/.build/release/cairn")
    network = subprocess.Popen([f"{ROOT}/Scripts/run.sh"], env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = ""
    for line in network.stdout:
        said += line
        if line.startswith("Ctrl-C"):
            return network
    sys.exit(f"the network did not start:\n{said}")


def driver():
    """chromedriver on a port that is free."""
    program = subprocess.Popen(["chromedriver", "--port=0"], text=True, stdout=subprocess.PIPE)
    for line in program.stdout:
        found = re.search(r"successfully on port (\d+)\.", line)
        if found:
            return program, int(found[1])
    sys.exit("chromedriver did not start")


def main():
    port = int(os.environ.get("CAIRN_PORT", "18480"))
    signal.alarm(SECONDS_MAX)
    with tempfile.TemporaryDirectory() as folder:
        network = start(folder, port)
        program, driver_port = driver()
        try:
            for theme in ["light", "dark"]:
                browser = Browser(driver_port, theme == "dark")
                browser.open(link(folder, port))
                browser.wait("location.pathname === '/patients'")
                browser.open(f"http://localhost:{port + 1}/patients?q={PATIENT}")
                browser.wait(f"document.querySelector('main a[href*=\"/patients/\"]')")
                browser.run("document.querySelector('main a[href*=\"/patients/\"]').click()")
                browser.wait("document.querySelector('#list li')")
                browser.wait("/2 of 2/.test(document.querySelector('.head').textContent)")
                browser.picture(f"{ROOT}/docs/console-{theme}.png")
                browser.quit()
        finally:
            program.terminate()
            network.send_signal(signal.SIGINT)
            network.communicate()


main()
