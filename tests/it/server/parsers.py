# Reads answers from stdin, a line of JSON each, and says what h11 and httptools make of them, a line of JSON each.
import json
import sys

import h11
import httptools


def by_h11(method, data):
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    status, body = None, b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            # What lies behind the answer would be the beginning of another one.
            return {"status": status, "body": body.hex(), "rest": len(connection.trailing_data[0])}
        else:
            raise RuntimeError(f"h11 wants more: {event}")


class Heard:
    def __init__(self):
        self.body, self.ended = b"", 0

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        self.ended += 1


def by_httptools(method, data):
    heard = Heard()
    parser = httptools.HttpResponseParser(heard)
    parser.feed_data(data)
    # It cannot be told that an answer is one to HEAD, and waits for the body.
    if heard.ended != (method != "HEAD"):
        raise RuntimeError(f"httptools saw {heard.ended} answers end")
    return {"status": parser.get_status_code(), "body": heard.body.hex(), "rest": 0}


for line in sys.stdin:
    method, data = json.loads(line)
    print(json.dumps([by_h11(method, bytes(data)), by_httptools(method, bytes(data))]), flush=True)
