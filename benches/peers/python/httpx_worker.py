"""The backends of httpx: its synchronous client on threads, its asynchronous one on asyncio."""

import ssl
import sys

import httpx

from asynchronous import Asyncio
from worker import Failed, Threads, checked, os_error, python, serve


def options(open):
    """How either client is opened."""
    verify = True
    if open.cacert:
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        verify.load_verify_locations(cadata=open.cacert)
    kept = open.concurrency if open.keeps else 0
    return {
        "headers": open.headers,
        # By default 20 connections are kept and 100 opened.
        "limits": httpx.Limits(max_connections=open.concurrency, max_keepalive_connections=kept, keepalive_expiry=3600),
        "trust_env": False,
        "verify": verify,
    }


class Client:
    """The synchronous client, for all threads."""

    def __init__(self, open):
        self.client = httpx.Client(**options(open))

    def get(self, url, fetch):
        try:
            to = checked(url)
            while to:
                # Its time-outs are for each wait; the watchdog sees to the fetch.
                with self.client.stream("GET", url := to, timeout=fetch.seconds_left()) as answer:
                    for piece in answer.iter_raw():
                        fetch.body.push(piece)
                    to = fetch.follow(url, answer.status_code, locations(answer))
            return fetch.answered(answer.status_code, answer.headers.get("content-length"), str(answer.url))
        except Failed as failed:
            return fetch.failed(failed)
        except Exception as error:
            return fetch.failed(Failed(kind(error), str(error) or type(error).__name__))

    def close(self):
        self.client.close()


class AsyncClient:
    """The asynchronous client."""

    def __init__(self, open):
        self.client = httpx.AsyncClient(**options(open), timeout=None)

    async def get(self, url, fetch):
        to = checked(url)
        while to:
            async with self.client.stream("GET", url := to) as answer:
                async for piece in answer.aiter_raw():
                    fetch.body.push(piece)
                to = fetch.follow(url, answer.status_code, locations(answer))
        return fetch.answered(answer.status_code, answer.headers.get("content-length"), str(answer.url))

    async def prepare(self, urls):
        """Nothing: its pool counts the connections to all hosts together."""

    async def close(self):
        await self.client.aclose()

    kind = staticmethod(lambda error: kind(error))


def locations(answer):
    """The values of the `location` lines."""
    return [value for name, value in answer.headers.raw if name.lower() == b"location"]


def kind(error):
    """The class of an error of httpx."""
    text = str(error)
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL)):
        return "unsupported"
    found = os_error(error)
    if found:
        return found
    if isinstance(error, httpx.ConnectError):
        return "connect"
    if "complete message body" in text:
        return "body-short"
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" in text:
        return "closed-early"
    return "protocol"


if __name__ == "__main__":
    name = f"httpx {httpx.__version__}"
    if sys.argv[1] == "asyncio":
        serve(name, "asyncio of " + python(), lambda open: Asyncio(open, AsyncClient))
    else:
        serve(name, python(), lambda open: Threads(open, Client(open)))
