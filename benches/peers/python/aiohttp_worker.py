"""The backend of aiohttp, the article's other half."""

import ssl

import aiohttp
from yarl import URL

from asynchronous import Asyncio
from worker import checked, origins, os_error, python, serve


class Client:
    """One session and its connector."""

    def __init__(self, open):
        self.open, self.verify = open, True
        if open.cacert:
            self.verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.verify.load_verify_locations(cadata=open.cacert)
        self.open_session(keeps=open.keeps)

    def open_session(self, keeps):
        self.keeps = keeps
        expiry = {"keepalive_timeout": 3600} if keeps else {"force_close": True}
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.open.concurrency, ssl=self.verify, **expiry),
            headers=self.open.headers,
            auto_decompress=False,
            # Five minutes by default. The deadline of a fetch is set around it, and covers everything.
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def prepare(self, urls):
        """Its limit counts the connections in use, and idle ones are kept beyond it, for every host that it has met: with
        more hosts than connections it keeps none."""
        if self.keeps and origins(urls) > self.open.concurrency:
            await self.session.close()
            self.open_session(keeps=False)

    async def get(self, url, fetch):
        to = checked(url)
        while to:
            # Encoded already: it would write `%25` for a percent sign that stands alone.
            async with self.session.get(URL(url := to, encoded=True), allow_redirects=False) as answer:
                async for piece in answer.content.iter_any():
                    fetch.body.push(piece)
                lines = [value for name, value in answer.raw_headers if name.lower() == b"location"]
                to = fetch.follow(url, answer.status, lines)
        return fetch.answered(answer.status, answer.headers.get("content-length"), str(answer.url))

    async def close(self):
        await self.session.close()

    @staticmethod
    def kind(error):
        """The class of an error of aiohttp."""
        if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
            return "unsupported"
        if isinstance(error, aiohttp.ClientPayloadError):
            # What was beneath it stands in its text alone.
            return "reset" if "ConnectionResetError" in str(error) else "body-short"
        found = os_error(error)
        if found == "reset" and isinstance(error, aiohttp.ClientConnectorError) and error.errno is None:
            # No error of the system, but the end of the connection in a handshake.
            return "tls"
        if found:
            return found
        if isinstance(error, aiohttp.ServerDisconnectedError):
            return "closed-early"
        if isinstance(error, aiohttp.ClientConnectorError):
            return "connect"
        return "protocol"


if __name__ == "__main__":
    serve(f"aiohttp {aiohttp.__version__}", "asyncio of " + python(), lambda open: Asyncio(open, Client))
