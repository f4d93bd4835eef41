"""Measures a slow link: how long the screen keeps changing after the last of many key presses.

usage: slow_link.py [--heed FILE] [--rate BYTES] [--size 200x60] [--keys N] [--json] [-- HEED ARGUMENTS]

Runs heed on a pseudo-terminal that is read at --rate bytes a second (125000, which is 1 Mbit/s), opens
the map of a long text, presses `]` and `[` in turn N times, 50 ms apart, so that every frame is another
head's map, and prints

  settled   seconds from the last key to the last byte
  bytes     what was sent since the first key
  idle      how often heed was woken in three seconds without a key (voluntary context switches of
            all its threads)

Needs nothing but Python's standard library.
"""

import json
import os
import pathlib
import sys
import time

from first_map import PATIENCE, Screen, screen_options, screen_parser

# Long enough that the map fills the window.
TEXT = "to be or not to be, that is the question: " * 24


class SlowScreen(Screen):
    """A screen behind a link of so many bytes a second."""

    rate = 125_000

    def read(self, timeout):
        chunk = super().read(timeout)
        if chunk:
            time.sleep(len(chunk) / self.rate)
        return chunk


def woken(pid):
    """Voluntary context switches of a process's threads so far."""
    count = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                count += int(line.split()[1])
    return count


def main():
    parser = screen_parser(__doc__)
    parser.add_argument("--rate", type=int, default=125_000)
    parser.add_argument("--keys", type=int, default=20)
    options, columns, rows = screen_options(parser)
    if options.rate < 1 or options.keys < 1:
        parser.error("--rate and --keys are at least 1")
    SlowScreen.rate = options.rate
    arguments = options.arguments or [
        "explore", "sample:novels", "--text", TEXT, "--view", "map"]
    screen = SlowScreen([os.path.abspath(options.heed), *arguments], columns, rows)
    try:
        screen.first_map(60)
        screen.quiet(1.0, PATIENCE)
        count, last = 0, None
        for number in range(options.keys):
            os.write(screen.descriptor, b"]["[number % 2:][:1])
            due = time.perf_counter() + 0.05
            while (left := due - time.perf_counter()) > 0:
                chunk = screen.read(left)
                if chunk:
                    count, last = count + len(chunk), time.perf_counter()
        pressed = time.perf_counter()
        final, more = screen.quiet(0.5, PATIENCE)
        settled = max(0.0, (final or last or pressed) - pressed)
        before = woken(screen.pid)
        time.sleep(3)
        found = {
            "settled": settled, "bytes": count + more, "idle": woken(screen.pid) - before,
            "keys": options.keys, "rate": options.rate, "columns": columns, "rows": rows}
    except (EOFError, TimeoutError) as problem:
        sys.exit(f"{str(problem) or 'heed ended early'}")
    finally:
        screen.close()
    if options.json:
        print(json.dumps(found))
        return
    print(f"{columns}x{rows} at {options.rate} bytes/s, {options.keys} keys 50 ms apart:")
    print(f"  settled {found['settled']:.2f} s after the last key, {found['bytes']} bytes")
    print(f"  woken {found['idle']} times in 3 idle seconds")


if __name__ == "__main__":
    main()
