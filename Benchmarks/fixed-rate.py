#!/usr/bin/env python3
"""Asks a server for paths at a fixed rate and says how long the answers took.

The clock of a request starts when it was due, not when it was sent: a server that stalls is charged
for all requests that had to wait (no coordinated omission). One JSON object goes to stdout.

usage: fixed-rate.py [--rate N] [--seconds N] [--connections N] [--header TEXT]... URL PATH...
"""

import argparse
import asyncio
import json
import re
import time
from urllib.parse import urlsplit

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One connection, one request at a time."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self, request):
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not length:
            raise ValueError("an answer without Content-Length")
        await self.reader.readexactly(int(length.group(1)))
        return int(head[9:12])


def percentile(times, part):
    return times[min(len(times) - 1, int(len(times) * part))]


async def measure(options):
    url = urlsplit(options.url)
    fields = "".join(f"{field}\r\n" for field in [f"Host: {url.netloc}", *options.header])
    requests = [f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode() for path in options.path]
    free = asyncio.Queue()
    for _ in range(options.connections):
        free.put_nowait(Connection(*await asyncio.open_connection(url.hostname, url.port or 80)))
    times, statuses = [], {}

    async def one(request, due):
        connection = await free.get()
        status = await connection.ask(request)
        times.append((time.perf_counter() - due) * 1000)
        statuses[status] = statuses.get(status, 0) + 1
        free.put_nowait(connection)

    start = time.perf_counter() + 0.05
    count = options.rate * options.seconds
    async with asyncio.TaskGroup() as group:
        for index in range(count):
            due = start + index / options.rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(one(requests[index % len(requests)], due))
    elapsed = time.perf_counter() - start
    times.sort()
    return {
        "rate": round(count / elapsed, 1),
        "statuses": statuses,
        "p50_ms": round(percentile(times, 0.5), 3),
        "p90_ms": round(percentile(times, 0.9), 3),
        "p99_ms": round(percentile(times, 0.99), 3),
        "p999_ms": round(percentile(times, 0.999), 3),
        "max_ms": round(times[-1], 3),
    }


def main():
    parser = argparse.ArgumentParser(description="Read at a fixed rate.")
    parser.add_argument("--rate", type=int, default=1000, help="requests a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--header", action="append", default=[], help="'Name: value'")
    parser.add_argument("url", help="http://HOST:PORT")
    parser.add_argument("path", nargs="+")
    print(json.dumps(asyncio.run(measure(parser.parse_args()))))


if __name__ == "__main__":
    main()
