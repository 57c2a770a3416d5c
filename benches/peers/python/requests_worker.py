"""The backend of requests: one after another, as in the article, or on threads."""

import sys
import tempfile

import requests
import urllib3
from requests.adapters import HTTPAdapter

from worker import PIECE_BYTES, Failed, Sequential, Threads, checked, os_error, python, serve


class Client:
    """One session and its pool, for all threads."""

    def __init__(self, open):
        self.open, self.session = open, requests.Session()
        # Neither proxies nor passwords of the environment, which it would look for at every request.
        self.session.trust_env = False
        # It would look where every redirect leads, read its body for that, and fail over one that is not UTF-8.
        self.session.get_redirect_target = lambda answer: None
        self.session.headers.clear()
        self.session.headers.update(open.headers)
        # By default ten connections are kept, and those beyond are thrown away after one request.
        adapter = HTTPAdapter(pool_connections=open.concurrency, pool_maxsize=open.concurrency)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, adapter)
        if open.cacert:
            self.cacert = tempfile.NamedTemporaryFile("w", suffix=".pem")
            self.cacert.write(open.cacert)
            self.cacert.flush()
            self.session.verify = self.cacert.name

    def get(self, url, fetch):
        try:
            to = checked(url)
            while to:
                # It has no time-out for a whole fetch: this one is for each wait, and the watchdog sees to the rest.
                left = fetch.seconds_left()
                with self.session.get(url := to, stream=True, timeout=(left, left), allow_redirects=False) as answer:
                    self.read(answer, fetch.body)
                    lines = answer.raw.headers.getlist("location")
                    to = fetch.follow(url, answer.status_code, [line.encode("latin-1") for line in lines])
            return fetch.answered(answer.status_code, answer.headers.get("content-length"), answer.url)
        except Failed as failed:
            return fetch.failed(failed)
        except Exception as error:
            return fetch.failed(Failed(kind(error), str(error)))

    def close(self):
        self.session.close()

    def read(self, answer, body):
        """Reads a body to its end, and without decoding anything."""
        if 100 <= answer.status_code < 200:
            # http.client takes an interim answer for the answer, and the answer for that to the next request.
            self.session.close()
            raise Failed("unsupported", "an interim answer", accepted=True)
        while piece := answer.raw.read1(PIECE_BYTES):
            body.push(piece)


def kind(error):
    """The class of an error of requests or of urllib3 under it."""
    if isinstance(error, requests.exceptions.InvalidURL):
        # Also what it says of a name that cannot be one.
        return "dns"
    if isinstance(error, requests.exceptions.InvalidSchema):
        return "unsupported"
    text = str(error)
    if isinstance(error, (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)):
        return "timeout"
    found = os_error(error)
    if found:
        return found
    if "RemoteDisconnected" in text or "without response" in text:
        return "closed-early"
    if "IncompleteRead" in text or isinstance(error, urllib3.exceptions.IncompleteRead):
        return "body-short"
    return "protocol"


if __name__ == "__main__":
    executor = {"sequential": Sequential, "threads": Threads}[sys.argv[1]]
    serve(f"requests {requests.__version__}", python(), lambda open: executor(open, Client(open)))
