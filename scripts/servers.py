"""Servers of a page of 1 kB, each on the second core: the mock server, nginx and h2o."""

import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/fetchbench"
CLIENT_CORE, SERVER_CORE = 0, 1
PAGE_BYTES = 1000


def on_core(core, *command, **options):
    """Starts a command on a core."""
    return subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, {core}), **options)


def cpu_ns(pid):
    """Returns the processor time of a process's threads."""
    return sum(int(task.read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


def accepts(port):
    """Returns whether a server listens on a port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A server that runs while its folder exists."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()

    def take(self):
        """Returns the witness. Other servers than the mock server never busy-poll."""
        return {"spin_ns": 0}

    def stop(self):
        self.process.terminate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.process.wait()
        self.folder.cleanup()


class Mock(Server):
    """The mock server with one site."""

    def __init__(self, delay_us=0, flags=()):
        super().__init__()
        scenario = pathlib.Path(self.folder.name, "one.toml")
        scenario.write_text(
            f'description = "one page"\nconcurrency = 1\n[[site]]\nlabel = "a"\nbytes = {PAGE_BYTES}\ndelay = "{delay_us}us"\n'
        )
        self.process = on_core(
            # Confined to one core, it cannot know that it has that core to itself.
            SERVER_CORE, PROGRAM, "serve", scenario, "--spin", "on", "--end-with-stdin", *flags,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        announced = json.loads(self.process.stdout.readline())
        self.url, self.control, self.pid = announced["sites"][0]["url"], announced["control"], self.process.pid

    def take(self):
        with urllib.request.urlopen(f"{self.control}/take") as answer:
            return json.load(answer)

    def stop(self):
        self.process.stdin.close()


class Nginx(Server):
    """nginx with one worker and the page in memory."""

    def __init__(self, protocol=""):
        super().__init__()
        port = random.randrange(20_000, 25_000)
        config = pathlib.Path(self.folder.name, "nginx.conf")
        config.write_text(f"""
            daemon off; worker_processes 1; pid {self.folder.name}/pid; error_log {self.folder.name}/error.log;
            events {{ worker_connections 1024; }}
            http {{
              access_log off; keepalive_requests 1000000000;
              server {{
                listen 127.0.0.1:{port} backlog=4096 {protocol};
                location / {{ return 200 "{"x" * PAGE_BYTES}"; }}
              }}
            }}""")
        self.process = on_core(SERVER_CORE, "nginx", "-c", config, "-p", self.folder.name, "-e", "error.log")
        self.url = f"http://127.0.0.1:{port}/"
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        while not children.read_text().strip():
            time.sleep(0.05)
        self.pid = int(children.read_text().split()[0])


class H2o(Server):
    """h2o with one thread. It has no responses from memory, so it serves a file."""

    def __init__(self):
        super().__init__()
        folder, port = self.folder.name, random.randrange(25_000, 30_000)
        os.chmod(folder, 0o755)
        pathlib.Path(folder, "page").write_text("x" * PAGE_BYTES)
        config = pathlib.Path(folder, "h2o.conf")
        config.write_text(
            f"num-threads: 1\nlisten: {{ host: 127.0.0.1, port: {port} }}\n"
            f"hosts: {{ default: {{ paths: {{ '/': {{ file.dir: {folder} }} }} }} }}\n"
            + ("user: root\n" if os.getuid() == 0 else "")
        )
        self.process = on_core(SERVER_CORE, "h2o", "-m", "worker", "-c", config, stderr=subprocess.DEVNULL)
        self.url, self.pid = f"http://127.0.0.1:{port}/page", self.process.pid
        while not accepts(port):
            if self.process.poll() is not None:
                sys.exit(f"error: h2o ended with {self.process.returncode}")
            time.sleep(0.05)
