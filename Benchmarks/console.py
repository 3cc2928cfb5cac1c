#!/usr/bin/env python3
"""Measures how fast a patient's page comes in headless Chromium: a timeline of many records.

Starts a node in a folder of its own, loads one sample patient with at least RECORDS records, logs a
browser in, and opens the page again and again with an empty cache. Prints milliseconds since the
navigation began: first contentful paint; interactive, when the timeline is drawn and takes keys;
and beside them the same browser's first contentful paint of the log-in page, which needs no data.

usage: Benchmarks/console.py CAIRN [RECORDS [RUNS]]        (needs chromium and chromium-driver)
"""
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Scripts"))
from browser import Browser, driver  # noqa: E402

PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
INTERACTIVE = "performance.getEntriesByName('interactive')[0]?.startTime"
SCRIPTS = """performance.getEntriesByType('resource').filter(r => r.name.endsWith('.js'))
             .reduce((sum, r) => sum + r.decodedBodySize, 0)"""


def start(cairn, folder):
    node = subprocess.Popen(
        [cairn, "serve", "--sample", "--data", f"{folder}/data", "--listen", "localhost:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in node.stdout:
        if line.startswith("ready "):
            return node, line.split()[1]
    sys.exit("the node did not start")


def told(name, values):
    print(f"{name}: median {statistics.median(values):.0f} ms, "
          f"{min(values):.0f} to {max(values):.0f}, {len(values)} runs")


def main():
    cairn = os.path.realpath(sys.argv[1])
    records = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 15
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        node, server = start(cairn, folder)
        program, port = driver()

        def run(*arguments):
            return subprocess.run(
                [cairn, *arguments], check=True, capture_output=True, text=True, cwd=folder,
                env=dict(os.environ, CAIRN_SERVER=server)).stdout.strip()
        try:
            run("sample", "--patients", "1", "--timeline", str(records), "--out", "sample")
            run("load", "sample/clinic")
            browser = Browser(port)
            browser.devtools("Network.enable", {})
            browser.open(run("link"))
            browser.wait("document.querySelector('#results a')")
            page = browser.run("return document.querySelector('#results a').href")
            paints, interactives, frames = [], [], []
            for _ in range(runs):
                browser.devtools("Network.clearBrowserCache", {})
                browser.open(f"{server}/livez")
                browser.open(page)
                browser.wait(f"{INTERACTIVE} && {PAINT}")
                paints.append(browser.run(f"return {PAINT}"))
                interactives.append(browser.run(f"return {INTERACTIVE}"))
            shown = browser.run("return document.getElementById('lanes-state').textContent")
            scripts = browser.run(f"return {SCRIPTS}")
            browser.devtools("Network.clearBrowserCookies", {})
            for _ in range(runs):
                browser.devtools("Network.clearBrowserCache", {})
                browser.open(f"{server}/livez")
                browser.open(server)
                browser.wait(PAINT)
                frames.append(browser.run(f"return {PAINT}"))
            browser.quit()
        finally:
            program.terminate()
            node.terminate()
            node.wait()
    print(f"shown: {shown.split('.')[0]}; scripts: {scripts} bytes")
    told("first contentful paint", paints)
    told("interactive", interactives)
    told("log-in page, first contentful paint", frames)
    bound = statistics.median(frames)
    print(f"ratio of the log-in page to the patient's: paint {bound / statistics.median(paints):.2f}, "
          f"interactive {bound / statistics.median(interactives):.2f}")


main()
