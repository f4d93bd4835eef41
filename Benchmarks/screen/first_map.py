"""Measures what a person at the keyboard waits for: the first map, and each key's frame.

usage: first_map.py [--heed FILE] [--size 200x60] [--starts N] [--keys N] [--press KEYS] [--json] [-- HEED ARGUMENTS]

Runs heed on a pseudo-terminal that is read as fast as it writes, and prints medians of

  frame   from starting the process until the heading stands: before the model is loaded
  start   from starting the process until the first map is on the screen: until as many half-block
          glyphs have arrived as --glyphs says (a legend has fewer, a map has more)
  key     from writing `l` (then `h`, and so on, or one of KEYS after the other) to the last byte of the frame
          that answers it; `--press x]` knocks out a head in every other layer, and then the frame that says what
          that does is the last one

HEED ARGUMENTS default to the embedded sample. Needs nothing but Python's standard library.
"""

import argparse
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GLYPHS = ("▀".encode(), "▄".encode())
PATIENCE = 60  # seconds until a start counts as failed


class Screen:
    """A process on a pseudo-terminal of its own."""

    def __init__(self, command, columns, rows):
        self.started = time.perf_counter()
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                environment = {
                    key: value for key, value in os.environ.items()
                    if key not in ("COLORTERM", "NO_COLOR", "TMUX", "STY", "COLUMNS", "LINES")}
                environment |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
                os.execve(command[0], command, environment)
            finally:
                os._exit(127)

    def read(self, timeout):
        """The bytes that arrive within `timeout` seconds; None for nothing; b"" at the end."""
        ready, _, _ = select.select([self.descriptor], [], [], timeout)
        if not ready:
            return None
        try:
            return os.read(self.descriptor, 1 << 20)
        except OSError:  # Linux says EIO when the other side is gone
            return b""

    def quiet(self, seconds, limit):
        """Reads until nothing comes for `seconds`: when the last bytes came, and how many."""
        last, count, end = None, 0, time.perf_counter() + limit
        while time.perf_counter() < end:
            chunk = self.read(seconds)
            if chunk is None:
                return last, count
            if chunk == b"":
                raise EOFError
            last, count = time.perf_counter(), count + len(chunk)
        return last, count

    def first_map(self, glyphs):
        """Seconds from the start until the heading is there, and until the map is."""
        seen, word, found, heading = b"", b"", 0, None
        while (left := self.started + PATIENCE - time.perf_counter()) > 0:
            chunk = self.read(left)
            if chunk == b"":
                raise EOFError(seen.decode(errors="replace"))
            if heading is None and b"Atlas" in word + (chunk or b""):
                heading = time.perf_counter() - self.started
            word = (word + (chunk or b""))[-4:]  # a word may be cut in two, and so may a glyph
            seen = seen[-2:] + (chunk or b"")
            found += sum(seen.count(glyph) for glyph in GLYPHS)
            if found >= glyphs and heading is not None:
                return heading, time.perf_counter() - self.started
        raise TimeoutError(f"no map within {PATIENCE} s: {found} half blocks came")

    def close(self):
        os.close(self.descriptor)
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for _ in range(100):
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return
                time.sleep(0.01)
            os.kill(self.pid, sign)
        os.waitpid(self.pid, 0)


def summary(values):
    values = [value * 1000 for value in values]
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def screen_parser(description):
    """A parser of what every measure of the screen takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=str(ROOT / ".build/release/heed"))
    parser.add_argument("--size", default="200x60")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("arguments", nargs="*", default=[])
    return parser


def screen_options(parser):
    """The options, and the screen's columns and rows."""
    options = parser.parse_args()
    try:
        columns, rows = map(int, options.size.split("x"))
    except ValueError:
        parser.error(f"--size {options.size}: expected COLUMNSxROWS, such as 200x60")
    if not os.access(options.heed, os.X_OK):
        parser.error(f"{options.heed}: no such program; build it with `make build`")
    return options, columns, rows


def main():
    parser = screen_parser(__doc__)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--glyphs", type=int, default=60)
    parser.add_argument("--press", default="lh")
    options, columns, rows = screen_options(parser)
    if options.starts < 1 or options.keys < 1 or not options.press:
        parser.error("--starts and --keys are at least 1, and --press names a key")
    command = [os.path.abspath(options.heed), *options.arguments]

    frames, starts, keys, sizes, unanswered = [], [], [], [], 0
    try:
        for _ in range(options.starts):
            screen = Screen(command, columns, rows)
            try:
                frame, start = screen.first_map(options.glyphs)
                frames.append(frame)
                starts.append(start)
            finally:
                screen.close()
        screen = Screen(command, columns, rows)
        try:
            screen.first_map(options.glyphs)
            screen.quiet(1.0, PATIENCE)  # statistics still being computed repaint the screen
            for number in range(options.keys):
                sent = time.perf_counter()
                os.write(screen.descriptor, options.press[number % len(options.press)].encode())
                last, count = screen.quiet(0.2, 5)
                if last is None:
                    unanswered += 1
                else:
                    keys.append(last - sent)
                    sizes.append(count)
        finally:
            screen.close()
    except (EOFError, TimeoutError) as problem:
        sys.exit(f"{' '.join(command)}: {str(problem) or 'ended early'}")

    found = {
        "columns": columns, "rows": rows, "frame": summary(frames), "start": summary(starts),
        "unanswered": unanswered}
    if keys:
        found |= {"key": summary(keys), "bytesPerFrame": statistics.median(sizes)}
    if options.json:
        print(json.dumps(found))
        return
    print(f"{columns}x{rows}, milliseconds      median      min      max")
    names = {
        "frame": f"start to first frame ({len(frames)})", "start": f"start to first map ({len(starts)})",
        "key": f"key to last byte ({len(keys)})"}
    for name, title in names.items():
        if name in found:
            row = found[name]
            print(f"{title:28}{row['median']:9.1f}{row['min']:9.1f}{row['max']:9.1f}")
    if keys:
        print(f"a frame is {found['bytesPerFrame']:.0f} bytes (median)")
    if unanswered:
        print(f"{unanswered} keys were answered by nothing")


if __name__ == "__main__":
    main()
