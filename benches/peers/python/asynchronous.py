"""A session on asyncio, whatever its client: as many tasks as fetches may be in flight, each pulling the next url."""

import asyncio

from worker import Failed, Fetch


class Asyncio:
    """A session on an event loop of its own. Its client is opened on the loop."""

    threads = 1

    def __init__(self, open, client):
        self.open, self.loop = open, asyncio.new_event_loop()
        self.client = self.loop.run_until_complete(self.make(client))

    async def make(self, client):
        return client(self.open)

    def prepare(self, urls):
        self.loop.run_until_complete(self.client.prepare(urls))

    def close(self):
        """Closes the client's connections, and the loop."""
        self.loop.run_until_complete(self.client.close())
        self.loop.close()

    def fetch_all(self, urls, start):
        return self.loop.run_until_complete(self.all(urls, start))

    async def all(self, urls, start):
        outcomes, indices = [None] * len(urls), iter(range(len(urls)))

        async def work():
            for index in indices:
                outcomes[index] = await self.one(urls[index], start)

        await asyncio.gather(*(work() for _ in range(min(self.open.concurrency, len(urls)))))
        return outcomes

    async def one(self, url, start):
        fetch = Fetch(self.open, start)
        try:
            async with asyncio.timeout(self.open.deadline):
                return await self.client.get(url, fetch)
        except TimeoutError:
            return fetch.failed(Failed("timeout", f"not finished after {self.open.deadline} s"))
        except Failed as failed:
            return fetch.failed(failed)
        except Exception as error:
            return fetch.failed(Failed(self.client.kind(error), str(error) or type(error).__name__))
