"""The backends of httpx: its synchronous client on threads, its asynchronous one on asyncio."""

import ssl
import sys

import certifi
import httpx

from asynchronous import Asyncio
from worker import HTTP2, SPEAKS, Failed, Threads, checked, os_error, python, serve


class Http2Context(ssl.SSLContext):
    """Offers HTTP/2 alone. httpcore offers HTTP/1.1 as well, and then speaks HTTP/2 whatever the server has chosen."""

    def set_alpn_protocols(self, _):
        super().set_alpn_protocols(["h2"])


def verification(open):
    """How certificates are verified; True is httpx's own way."""
    if not open.cacert and not HTTP2:
        return True
    context = (Http2Context if HTTP2 else ssl.SSLContext)(ssl.PROTOCOL_TLS_CLIENT)
    if open.cacert:
        context.load_verify_locations(cadata=open.cacert)
    else:
        context.load_verify_locations(cafile=certifi.where())
    return context


def options(open):
    """How either client is opened."""
    kept = open.concurrency if open.keeps else 0
    return {
        "headers": open.headers,
        # By default 20 connections are kept and 100 opened.
        "limits": httpx.Limits(max_connections=open.concurrency, max_keepalive_connections=kept, keepalive_expiry=3600),
        "trust_env": False,
        "verify": verification(open),
        "http1": not HTTP2,
        "http2": HTTP2,
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
        self.options = {**options(open), "timeout": None}
        # Over HTTP/2 a fetch joins the connection of others. One that needs its own gets a separate client.
        self.client = httpx.AsyncClient(**self.options) if open.keeps or not HTTP2 else None

    async def get(self, url, fetch):
        if self.client:
            return await self.visit(self.client, url, fetch)
        async with httpx.AsyncClient(**self.options) as client:
            return await self.visit(client, url, fetch)

    async def visit(self, client, url, fetch):
        to = checked(url)
        while to:
            async with client.stream("GET", url := to) as answer:
                try:
                    async for piece in answer.aiter_raw():
                        fetch.body.push(piece)
                except httpx.RemoteProtocolError as error:
                    raise Failed("body-short", str(error)) if "disconnected" in str(error) else error
                to = fetch.follow(url, answer.status_code, locations(answer))
        return fetch.answered(answer.status_code, answer.headers.get("content-length"), str(answer.url))

    async def prepare(self, urls):
        """Nothing: its pool counts the connections to all hosts together."""

    async def close(self):
        if self.client:
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
    # A stream of HTTP/2 that the server reset, and a connection whose end it announced.
    if "remote_reset:True" in text:
        return "reset"
    if "ConnectionTerminated" in text:
        return "closed-early"
    return "protocol"


if __name__ == "__main__":
    name = f"httpx {httpx.__version__}"
    if sys.argv[1] == "asyncio":
        serve(name, "asyncio of " + python(), lambda open: Asyncio(open, AsyncClient), [*SPEAKS, "h2"])
    else:
        serve(name, python(), lambda open: Threads(open, Client(open)))
