"""Fetches paths over one HTTP/2 connection with the package h2, and prints what it received.

usage: peers.py PORT, with a line `METHOD PATH` for each request on standard input; prints a line
of JSON for each, in the same order.
"""

import json
import socket
import sys

import h2.config
import h2.connection
import h2.events

connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
stream = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
connection.initiate_connection()
answers = {}
for line in sys.stdin:
    method, path = line.split()
    number = connection.get_next_available_stream_id()
    pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "a")]
    connection.send_headers(number, pseudo + [("user-agent", "python-h2")], end_stream=True)
    answers[number] = {"status": None, "length": None, "body": b"", "ended": False}
stream.sendall(connection.data_to_send())
while not all(answer["ended"] for answer in answers.values()):
    received = stream.recv(65536)
    if not received:
        sys.exit("the server closed the connection")
    for event in connection.receive_data(received):
        if isinstance(event, h2.events.ResponseReceived):
            headers = dict(event.headers)
            answers[event.stream_id]["status"] = int(headers[":status"])
            answers[event.stream_id]["length"] = headers.get("content-length")
        elif isinstance(event, h2.events.DataReceived):
            answers[event.stream_id]["body"] += event.data
            connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            answers[event.stream_id]["ended"] = True
        elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
            sys.exit(f"unexpected {event}")
    stream.sendall(connection.data_to_send())
for answer in answers.values():
    print(json.dumps([answer["status"], answer["length"], answer["body"].hex()]))
