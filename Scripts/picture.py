#!/usr/bin/env python3
"""Makes the README's pictures, docs/console-light.png and docs/console-dark.png.

Starts a sample network as `make run` does, in a folder of its own, logs the clinic's doctor in with
headless Chromium, and takes the main patient's page. Needs .build/release/cairn (`make build`),
chromium and chromium-driver (`Scripts/install-packages.sh --tests`).
"""
import os
import signal
import subprocess
import sys
import tempfile

from browser import Browser, driver

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WIDTH, HEIGHT = 1280, 860
WHO = "doctor at Harbour Clinic"
PATIENT = "Castellanos"
SECONDS_MAX = 120


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


def main():
    port = int(os.environ.get("CAIRN_PORT", "18480"))
    signal.alarm(SECONDS_MAX)
    with tempfile.TemporaryDirectory() as folder:
        network = start(folder, port)
        program, driver_port = driver()
        try:
            for theme in ["light", "dark"]:
                browser = Browser(driver_port, WIDTH, HEIGHT, theme == "dark")
                browser.open(link(folder, port))
                browser.wait("location.pathname === '/patients'")
                browser.open(f"http://localhost:{port + 1}/patients?q={PATIENT}")
                browser.wait("document.querySelector('main a[href*=\"/patients/\"]')")
                browser.run("document.querySelector('main a[href*=\"/patients/\"]').click()")
                browser.wait("document.querySelector('#list li')")
                browser.wait("/2 of 2/.test(document.querySelector('.head').textContent)")
                browser.picture(f"{ROOT}/docs/console-{theme}.png")
                print(f"docs/console-{theme}.png")
                browser.quit()
        finally:
            program.terminate()
            network.send_signal(signal.SIGINT)
            network.communicate()


main()
