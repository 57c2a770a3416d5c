"""The backend of `curl --parallel`: the program itself, one process for each pass, or several where one takes too few at a time.

The processes of the next pass are started, and have read all but their urls, before the clock runs: what is timed is from
handing them over to the end of the last transfer. No connection outlives a process, so a pass always begins with none.
Bodies go to files, since the program has but one standard output, and are checksummed when the clock has stopped.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "python"))

from worker import BEGINNING_BYTES, serve, too_long  # noqa: E402

# More transfers at a time are not taken by curl before 8.16: it makes 300 of any larger number.
MOST_PARALLEL = 300

# The largest number that it takes.
MOST_BYTES = 2**63 - 1

# What it is to say of each transfer, on standard error, which it does not buffer.
WRITE_OUT = r"%{stderr}%{urlnum}\t%{exitcode}\t%{time_total}\t%{http_code}\t%{url_effective}\t%{errormsg}\n"

KINDS = {
    "1": "unsupported", "3": "unsupported", "6": "dns", "7": "refused", "8": "protocol", "18": "body-short",
    "28": "timeout", "35": "tls", "47": "redirect-loop", "52": "closed-early", "60": "tls", "63": "body-too-large",
}

# What it says where the answer is at fault, under numbers that tell something else: what is no head is to it a body
# without one.
PROTOCOL = ("HTTP/0.9", "in HTTP response", "response headers", "chunked-encoding", "redirect target URL")


class Session:
    def __init__(self, open):
        self.open, self.folder = open, tempfile.mkdtemp(prefix="fetchbench-curl-")
        self.threads = self.processes = -(-open.concurrency // MOST_PARALLEL)
        self.readers = ThreadPoolExecutor(self.processes)
        self.next = self.start_all()

    def close(self):
        for curl in self.next:
            curl.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_all(self):
        """As many that wait for their urls as it takes, with the transfers at a time shared evenly."""
        each, more = divmod(self.open.concurrency, self.processes)
        return [self.start(each + (number < more)) for number in range(self.processes)]

    def start(self, parallel):
        """A curl that waits for its urls."""
        options = ["--disable", "--silent", "--no-progress-meter", "--noproxy", "*", "--http1.1"]
        options += ["--parallel", "--parallel-immediate"]
        options += ["--parallel-max", str(parallel), "--max-time", str(self.open.deadline)]
        options += ["--max-filesize", str(min(self.open.max_body, MOST_BYTES)), "--write-out", WRITE_OUT]
        if self.open.redirects:
            options += ["--location", "--max-redirs", str(self.open.redirects), "--proto-redir", "=http,https"]
        for name, value in self.open.headers.items():
            options += ["--header", f"{name}: {value}"]
        if self.open.cacert:
            path = os.path.join(self.folder, "roots.pem")
            with open_file(path, "w") as file:
                file.write(self.open.cacert)
            options += ["--cacert", path]
        pipe = subprocess.PIPE
        return subprocess.Popen(["curl", *options, "--config", "-"], stdin=pipe, stderr=pipe, text=True)

    def fetch_all(self, urls, start):
        if not urls:
            return []
        outcomes, refused = [None] * len(urls), [too_long(url) for url in urls]
        names = [os.path.join(self.folder, str(index)) for index in range(len(urls))]
        taken = [index for index, why in enumerate(refused) if not why]
        # Every so many-th of the urls is one process's, so that all have as many, give or take one.
        shares = [taken[first :: self.processes] for first in range(self.processes)]
        lines = [[f'url = "{urls[index]}"\noutput = "{names[index]}"\n' for index in share] for share in shares]
        heard = [self.readers.submit(self.hear, *work, outcomes, start) for work in zip(self.next, lines, shares)]
        for one in heard:
            one.result()
        self.next = self.start_all()
        return [
            [0, 0, "unsupported", why] if why else self.outcome(outcome, name)
            for why, outcome, name in zip(refused, outcomes, names)
        ]

    def hear(self, curl, lines, share, outcomes, start):
        """Hands a curl its share of the urls, a line for each, and notes what it says of each."""
        if not lines:
            # It would complain that there is nothing to fetch.
            curl.kill()
            curl.wait()
            return
        curl.stdin.write("".join(lines))
        curl.stdin.close()
        for line in curl.stderr:
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 6:
                raise ValueError(line.strip())
            number, code, total, status, url, message = fields
            elapsed = int(float(total) * 1e9)
            end = time.perf_counter_ns() - start
            outcomes[share[int(number)]] = [max(end - elapsed, 0), min(elapsed, end), code, int(status), url, message]
        curl.wait()

    def outcome(self, outcome, name):
        """What came of one transfer: after the clock has stopped."""
        if outcome is None:
            return [0, 0, "crashed", "curl said nothing of it"]
        *times, code, status, url, message = outcome
        if code == "1" and "redirect target URL" in message:
            return [*times, "unsupported", message]
        if code != "0" and any(words in message for words in PROTOCOL):
            return [*times, "protocol", message]
        if code == "56":
            return [*times, "reset" if "reset" in message.lower() else "body-short", message]
        if code != "0":
            return [*times, KINDS.get(code, "protocol"), message]
        # A body without a byte has no file.
        body = read_and_remove(name)
        if len(body) > self.open.max_body:
            return [*times, "body-too-large", f"the body is longer than {self.open.max_body} bytes"]
        details = {"beginning": b64encode(body[:BEGINNING_BYTES]).decode(), "url": url}
        return [*times, status, len(body), zlib.crc32(body), *([details] if self.open.details else [])]


open_file = open


def read_and_remove(name):
    try:
        with open_file(name, "rb") as file:
            body = file.read()
        os.remove(name)
        return body
    except FileNotFoundError:
        return b""


if __name__ == "__main__":
    version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    serve(f"curl {version}", "parallel", Session)
