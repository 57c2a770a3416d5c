"""The line protocol of docs/protocol.md, for clients in Python: all of it that is not the client's own.

A client module opens a session, an object with `fetch_all(urls)`, and hands it to `serve`. What makes a fetch what it is
for every backend stands here: its times, its deadline, the cap of its body, its length and checksum, its class of failure.
"""

import ctypes
import errno
import json
import os
import queue
import sys
import threading
import time
import zlib
from base64 import b64encode

import redirect

BEGINNING_BYTES = 40
URL_MAX = 65534
PIECE_BYTES = 64 << 10
MESSAGE_LENGTH = 300

# Whether the backend's option asks for HTTP/2.
HTTP2 = "+h2" in sys.argv[1:]


class Failed(Exception):
    """A fetch that failed, with the class that all backends share."""

    def __init__(self, kind, message, accepted=False):
        super().__init__(message)
        self.kind, self.accepted = kind, accepted


class Open:
    """What to fetch, and within which limits."""

    def __init__(self, order):
        self.urls = order["urls"]
        self.visits = order["visits"]
        self.concurrency = order["concurrency"]
        self.deadline = order["deadline_ms"] / 1000
        self.max_body = order["max_body"]
        self.redirects = order["redirects"]
        self.connections = order["connections"]
        self.cacert = order.get("cacert")
        self.details = order.get("details", False)
        self.user_agent = order.get("user_agent", "fetchbench")

    @property
    def keeps(self):
        """Whether connections are kept at all."""
        return self.connections != "per-fetch"

    @property
    def headers(self):
        """The headers of every request. HTTP/2 has none for a connection."""
        headers = {"User-Agent": self.user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        return headers if self.keeps or HTTP2 else {**headers, "Connection": "close"}

    def of_visit(self, visit):
        """The urls of a visit."""
        return [f"{url}/{visit}" for url in self.urls] if self.visits else self.urls


class Received:
    """A body while it arrives: counted, checksummed and held to its cap, but not kept."""

    def __init__(self, max_body):
        self.bytes, self.crc32, self.beginning, self.max_body = 0, 0, b"", max_body

    def push(self, piece):
        self.bytes += len(piece)
        if self.bytes > self.max_body:
            raise Failed("body-too-large", f"the body is longer than {self.max_body} bytes")
        self.crc32 = zlib.crc32(piece, self.crc32)
        if len(self.beginning) < BEGINNING_BYTES:
            self.beginning += piece[: BEGINNING_BYTES - len(self.beginning)]


class Fetch:
    """One fetch: begun when this is made, ended by `answered` or `failed`."""

    def __init__(self, open, start):
        self.open, self.start, self.began = open, start, time.perf_counter_ns()
        self.body, self.hops = Received(open.max_body), 0

    def follow(self, url, status, lines):
        """Where an answer with these `location` lines leads, and None if it is the last one."""
        if self.open.redirects == 0:
            return None
        try:
            to = redirect.target(status, lines, url)
        except redirect.Refused as refused:
            raise Failed(refused.kind, str(refused))
        if to is None:
            return None
        if self.hops == self.open.redirects:
            raise Failed("redirect-loop", f"more than {self.hops} redirects")
        self.hops += 1
        self.body = Received(self.open.max_body)
        return checked(to)

    def seconds_left(self):
        """Until its deadline."""
        return max(self.open.deadline - (time.perf_counter_ns() - self.began) / 1e9, 0.001)

    def times(self):
        return [self.began - self.start, time.perf_counter_ns() - self.began]

    def answered(self, status, declared=None, final_url=None):
        """The outcome of an answer whose body has been read to what the client takes for its end."""
        if declared is not None and self.body.bytes < int(declared) and status not in (204, 304):
            short = f"the body ended after {self.body.bytes} of {declared} bytes"
            return self.failed(Failed("body-short", short, accepted=True))
        outcome = [*self.times(), status, self.body.bytes, self.body.crc32]
        if self.open.details:
            outcome.append({"beginning": b64encode(self.body.beginning).decode(), "url": final_url})
        return outcome

    def failed(self, failed):
        """The outcome of a failure."""
        # Some tell all that they have received.
        return [*self.times(), failed.kind, str(failed)[:MESSAGE_LENGTH], *(["accepted"] if failed.accepted else [])]


def checked(url):
    """The url, unless it is longer than any backend takes."""
    why = too_long(url)
    if why:
        raise Failed("unsupported", why)
    return url


def too_long(url):
    """What is to be said of a url that is longer than any backend takes; None of any other."""
    if len(url) <= URL_MAX:
        return None
    return f"{url[:120]}… ({len(url)} bytes): a url may have {URL_MAX} bytes"


# What the worker can do beyond plain HTTP/1.1.
SPEAKS = ["https", "keep-alive"]

LOCAL_LIMITS = (errno.ENFILE, errno.EMFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM)

# The system has no route to the address.
NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EAFNOSUPPORT, errno.EINVAL)


def os_error(error):
    """The class of an error of the system, found anywhere among the causes of a client's own; `None` if there is none."""
    kinds = (
        (ConnectionRefusedError, "refused"),
        ((ConnectionResetError, ConnectionAbortedError, BrokenPipeError), "reset"),
        (TimeoutError, "timeout"),
    )
    for cause in causes(error):
        # Of http.client, which makes it a kind of reset.
        if type(cause).__name__ == "RemoteDisconnected":
            return "closed-early"
        for types, kind in kinds:
            if isinstance(cause, types):
                return kind
        if isinstance(cause, OSError) and cause.errno in LOCAL_LIMITS:
            return "local-limit"
        if isinstance(cause, OSError) and cause.errno in NO_ROUTE:
            return "connect"
        name = type(cause).__name__
        if name in ("gaierror", "NameResolutionError", "UnicodeError", "UnicodeEncodeError"):
            return "dns"
        if name.startswith(("SSL", "ClientConnectorSSL", "ClientConnectorCertificate", "ClientSSL")):
            return "tls"
    return None


def causes(error):
    """An error, and all that it says it comes from."""
    seen, waiting = set(), [error]
    while waiting:
        error = waiting.pop()
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            waiting += [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
            # Of a group, such as one for each address of a name.
            waiting += getattr(error, "exceptions", ())


class Deadline(BaseException):
    """Raised in a thread whose fetch has met its deadline. No client catches it."""


class Watchdog:
    """Ends the fetches of blocking clients at their deadlines: their own time-outs begin anew with every byte.

    All fetches have the same time, so the one that was begun first is due first.
    """

    def __init__(self):
        self.lock, self.due, self.is_closed = threading.Condition(), {}, False
        threading.Thread(target=self.watch, daemon=True).start()

    def close(self):
        """Ends its thread."""
        with self.lock:
            self.is_closed = True
            self.lock.notify()

    def run(self, fetch, work):
        """Does `work` for a fetch; what comes back is its outcome."""
        thread = threading.get_ident()
        try:
            with self.lock:
                self.due[thread] = fetch
                if len(self.due) == 1:
                    self.lock.notify()
            try:
                return work(fetch)
            finally:
                with self.lock:
                    self.due.pop(thread, None)
        except Deadline:
            return fetch.failed(Failed("timeout", f"not finished after {fetch.open.deadline} s"))

    def watch(self):
        with self.lock:
            while not self.is_closed:
                if not self.due:
                    self.lock.wait()
                    continue
                thread, first = min(self.due.items(), key=lambda item: item[1].began)
                left = first.began / 1e9 + first.open.deadline - time.perf_counter_ns() / 1e9
                if left > 0:
                    # Whoever else is begun meanwhile is due later.
                    self.lock.wait(left)
                else:
                    del self.due[thread]
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Deadline))


class Sequential:
    """A session that fetches one url after another."""

    threads = 1

    def __init__(self, open, client):
        self.open, self.client, self.watchdog = open, client, Watchdog()

    def close(self):
        """Ends the watchdog, and closes the client's connections."""
        self.watchdog.close()
        self.client.close()

    def fetch_all(self, urls, start):
        return [self.watchdog.run(Fetch(self.open, start), lambda fetch: self.client.get(url, fetch)) for url in urls]


class Threads:
    """A session of as many threads as fetches may be in flight. They are started once."""

    def __init__(self, open, client):
        self.open, self.client, self.watchdog = open, client, Watchdog()
        self.threads = open.concurrency
        self.jobs, self.done = queue.SimpleQueue(), queue.SimpleQueue()
        self.workers = [threading.Thread(target=self.work, daemon=True) for _ in range(self.threads)]
        for worker in self.workers:
            worker.start()

    def work(self):
        while True:
            urls, indices, outcomes, start = self.jobs.get()
            if urls is None:
                break
            for index in indices:
                get = lambda fetch: self.client.get(urls[index], fetch)
                outcomes[index] = self.watchdog.run(Fetch(self.open, start), get)
            self.done.put(None)

    def close(self):
        """Ends the threads, and closes the client's connections."""
        for _ in self.workers:
            self.jobs.put((None, None, None, None))
        for worker in self.workers:
            worker.join()
        self.watchdog.close()
        self.client.close()

    def fetch_all(self, urls, start):
        # `next` of a list's iterator is one step of the interpreter, so all threads can take from it.
        outcomes, indices = [None] * len(urls), iter(list(range(len(urls))))
        workers = min(self.threads, len(urls))
        for _ in range(workers):
            self.jobs.put((urls, indices, outcomes, start))
        for _ in range(workers):
            self.done.get()
        return outcomes


def origins(urls):
    """How many origins the urls have."""
    return len({url.split("/", 3)[2] for url in urls if "//" in url})


def serve(client, executor, open_session, speaks=SPEAKS):
    """Speaks the protocol until the input ends. `open_session(open)` makes a session, for a cold pass another."""
    session = converse(client, executor, open_session, speaks)
    if session:
        session.close()
    # Not by way of the interpreter's end, which waits for threads and finds fault with what is still open.
    sys.stdout.flush()
    os._exit(0)


def converse(client, executor, open_session, speaks):
    """Answers one order after another, and returns the last session."""
    say = lambda reply: print(json.dumps(reply), flush=True)
    open, session = None, None
    for line in sys.stdin:
        try:
            order = json.loads(line)
            if "open" in order:
                if session:
                    session.close()
                # Nothing of it may be taken away while the next one opens.
                session = None
                began = time.perf_counter_ns()
                open = Open(order["open"])
                session = open_session(open)
                opening = {"opening_ns": time.perf_counter_ns() - began, "speaks": speaks}
                say({"ready": {"client": client, "executor": executor, "threads": session.threads, **opening}})
            else:
                if open is None:
                    raise ValueError("the first order must be to open a session")
                visit, urls = order["pass"]["visit"], order["pass"].get("urls")
                if open.connections == "cold":
                    session.close()
                    session = open_session(open)
                if urls is None:
                    urls = open.of_visit(visit)
                if hasattr(session, "prepare"):
                    session.prepare(urls)
                say({"pass": {"visit": visit, **timed(session, urls)}})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
            break
    return session


def timed(session, urls):
    """One pass. It ended when its last fetch did."""
    start = time.perf_counter_ns()
    fetched = session.fetch_all(urls, start)
    return {"elapsed_ns": max((started + elapsed for started, elapsed, *_ in fetched), default=0), "fetched": fetched}


def python():
    """The interpreter and its version."""
    return "python " + ".".join(map(str, sys.version_info[:3]))
