"""The backend of niquests: its asynchronous session on asyncio."""

import asyncio
from contextlib import suppress

import niquests
from niquests.exceptions import InvalidSchema, InvalidURL
from niquests.packages.urllib3.exceptions import IncompleteRead
from niquests.packages.urllib3.util.traffic_police import UnavailableTraffic

from asynchronous import Asyncio
from worker import HTTP2, PIECE_BYTES, SPEAKS, causes, checked, os_error, python, serve

# What urllib3-future reports for failures that have no type, and their classes. A connection that ends before a response
# may have been closed or reset.
TEXTS = {
    "closed connection without response": "closed-early",
    "peer sent GOAWAY": "closed-early",
    "without sending complete message body": "body-short",
    "closed before END_STREAM": "body-short",
    "was reset by remote peer": "reset",
}


class Client:
    """One session and its pools."""

    def __init__(self, open):
        self.open = open
        # Over HTTP/2 it does not close the connection after a response. A fetch that needs its own gets a session.
        self.session = self.open_session() if open.keeps or not HTTP2 else None

    def open_session(self):
        open = self.open
        session = niquests.AsyncSession(
            headers=open.headers,
            # By default ten hosts are remembered, with ten connections each.
            pool_connections=open.concurrency,
            pool_maxsize=open.concurrency,
            # By default a connection lives for ten minutes, and is pinged while idle.
            keepalive_delay=None,
            disable_http1=HTTP2,
            disable_http2=not HTTP2,
            disable_http3=True,
            # A task that waits for a response holds its connection in any case. Without it, a fetch that is given up closes
            # a connection that another may have taken, and makes that one fail.
            multiplexed=HTTP2,
            # It would ask the authorities of certificates whether they are revoked.
            revocation_configuration=None,
            allow_incoming_cookies=False,
            verify=open.cacert or True,
        )
        # Neither proxies nor passwords of the environment.
        session.trust_env = False
        # It would look where every redirect leads, and read its body for that.
        session.get_redirect_target = lambda answer: None
        return session

    async def get(self, url, fetch):
        # When a handshake fails, niquests waits up to a second for the connection to close. A separate task can do so
        # after the deadline.
        task = asyncio.create_task(self.visit(url, fetch))
        try:
            return await asyncio.shield(task)
        finally:
            task.cancel()

    async def visit(self, url, fetch):
        if self.session:
            return await self.visit_in(self.session, url, fetch)
        async with self.open_session() as session:
            return await self.visit_in(session, url, fetch)

    async def visit_in(self, session, url, fetch):
        to = checked(url)
        # Its time-outs are for each wait. The deadline of a fetch is set around it, and covers everything.
        waits = self.open.deadline + 60
        while to:
            try:
                answer = await session.get(url := to, headers=host(to), stream=True, timeout=waits, allow_redirects=False)
                if HTTP2:
                    await begun(session, answer)
            except BaseException:
                # niquests releases the pool of a host only after a fetch that succeeds. Until then, the pool cannot make
                # room for that of another host.
                session.get_adapter(url).poolmanager.pools.release()
                raise
            try:
                while piece := await answer.raw.read1(PIECE_BYTES, decode_content=False):
                    fetch.body.push(piece)
                lines = answer.raw.headers.getlist("location")
                to = fetch.follow(url, answer.status_code, [line.encode("latin-1") for line in lines])
            finally:
                await answer.close()
        return fetch.answered(answer.status_code, answer.headers.get("content-length"), answer.url)

    async def prepare(self, urls):
        """Nothing: its pools are made for each host."""

    async def close(self):
        if self.session:
            await self.session.close()

    @staticmethod
    def kind(error):
        """The class of an error of niquests or of urllib3-future under it."""
        text = str(error)
        if isinstance(error, (InvalidSchema, InvalidURL)):
            return "unsupported"
        if isinstance(error, IncompleteRead):
            return "body-short"
        for words, kind in TEXTS.items():
            if words in text:
                return kind
        resets = (cause for cause in causes(error) if isinstance(cause, ConnectionResetError))
        if any(not reset.args for reset in resets):
            # asyncio reports the end of a connection in a handshake in this way.
            return "tls"
        return os_error(error) or "protocol"


def host(url):
    """The header that niquests gets wrong, for a url whose host is an IPv6 address: it leaves the brackets out."""
    authority = url.split("/", 3)[2]
    return {"Host": authority} if authority.startswith("[") else None


async def begun(session, answer):
    """Waits for the head of a response. If that fails, it resets the stream.

    niquests has no call for that, and would count the response as awaited for as long as the connection lives.
    """
    promise = answer._promise
    try:
        await session.gather(answer)
    except BaseException:
        pool = promise.get_parameter("police_officer")
        if pool:
            with suppress(UnavailableTraffic):
                async with pool.borrow(promise, block=False) as connection:
                    try:
                        await connection._AsyncHfaceBackend__abort_st(promise.stream_id)
                    except Exception:
                        await connection.close()
                    connection._promises.pop(promise.uid, None)
                    connection._promises_per_stream.pop(promise.stream_id, None)
            pool.forget(promise)
        raise


if __name__ == "__main__":
    name = f"niquests {niquests.__version__}"
    serve(name, "asyncio of " + python(), lambda open: Asyncio(open, Client), [*SPEAKS, "h2"])
