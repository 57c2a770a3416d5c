// The backend of Node's own http2, which multiplexes nothing by itself: one session to each origin, as an expert would.

import http2 from "node:http2";

import { Failed, origins, serve } from "./worker.mjs";

/** How often a request is sent that the server does not process (RFC 9113, section 8.7). Node leaves that to its user. */
const ATTEMPTS = 10;

/** The windows of a stream and of a connection, in bytes. By default both have 65,535. */
const STREAM_WINDOW = 1 << 20;
const CONNECTION_WINDOW = 16 << 20;

const OPTIONS = {
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
  // In megabytes. By default ten, beyond which it refuses the answers of a thousand streams.
  maxSessionMemory: 1000,
};

/** A failure of a request that the server has certainly not processed. */
class Unprocessed extends Failed {}

class Session {
  connections = new Map();

  constructor(open) {
    this.open = open;
    this.keeps = open.connections !== "per-fetch";
  }

  /** Before a pass: a cold one has no connections yet, and those to too many origins are not kept. */
  async prepare(urls) {
    this.keeps = this.open.connections !== "per-fetch" && origins(urls) <= this.open.concurrency;
    if (this.open.connections === "cold" || !this.keeps) await this.close();
  }

  async begin(url, signal) {
    const { origin, protocol, pathname, search } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") throw new Failed("unsupported", `unknown scheme ${protocol}`);
    const headers = { ...this.open.headers, ":path": pathname + search };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.request(this.connection(origin), headers, signal);
      } catch (error) {
        if (!(error instanceof Unprocessed) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** The connection to an origin, or a new one. */
  connection(origin) {
    const known = this.connections.get(origin);
    if (known && !known.closed && !known.destroyed) return known;
    const connection = http2.connect(origin, { ...OPTIONS, ca: this.open.cacert });
    connection.once("connect", () => connection.setLocalWindowSize(CONNECTION_WINDOW));
    // Each of its streams has the error, too.
    connection.on("error", () => {});
    if (this.keeps) this.connections.set(origin, connection);
    return connection;
  }

  /** Sends a request, and waits for the head of its answer. */
  request(connection, headers, signal) {
    const head = withResolvers();
    const end = withResolvers();
    // It may fail before anybody reads the body.
    end.promise.catch(() => {});
    const fail = (error) => (head.reject(error), end.reject(error));
    const stream = connection.request(headers, { signal });
    stream.on("error", (error) => fail(classified(error, stream)));
    // Held back, and not sent any more, because the server has announced the end of the connection.
    stream.on("frameError", () => head.reject(new Unprocessed("closed-early", "the connection ended before the request")));
    stream.on("end", () => stream.rstCode || end.resolve());
    stream.on("close", () => {
      head.reject(new Failed("closed-early", "the connection ended before the answer"));
      end.reject(new Failed("body-short", "the connection ended before the body"));
      if (!this.keeps) connection.close();
    });
    stream.on("response", (fields) => {
      const declared = fields["content-length"] ?? null;
      const read = (push) => reading(stream, push, end);
      head.resolve({ status: fields[":status"], location: fields.location, declared, read });
    });
    return head.promise;
  }

  async close() {
    for (const connection of this.connections.values()) connection.destroy();
    this.connections.clear();
  }
}

/** Reads a body to its end. */
function reading(stream, push, end) {
  stream.on("data", (piece) => {
    try {
      push(piece);
    } catch (error) {
      end.reject(error);
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }
  });
  return end.promise;
}

/** An error of a stream: of its connection, a reset by the server, or a malformed answer. */
function classified(error, stream) {
  const { NGHTTP2_REFUSED_STREAM, NGHTTP2_PROTOCOL_ERROR } = http2.constants;
  if (error.code === "ERR_HTTP2_SESSION_ERROR") return new Failed("reset", error.message);
  if (error.code === "ERR_HTTP2_GOAWAY_SESSION") return new Unprocessed("closed-early", error.message);
  if (error.code !== "ERR_HTTP2_STREAM_ERROR") return error;
  if (stream.rstCode === NGHTTP2_REFUSED_STREAM) return new Unprocessed("reset", error.message);
  return new Failed(stream.rstCode === NGHTTP2_PROTOCOL_ERROR ? "protocol" : "reset", error.message);
}

/** A promise and what settles it; Node has it from version 22 on. */
function withResolvers() {
  let resolve, reject;
  const promise = new Promise((onDone, onFailed) => ([resolve, reject] = [onDone, onFailed]));
  return { promise, resolve, reject };
}

await serve(`node:http2 ${process.versions.nghttp2}`, ["https", "keep-alive", "h2"], Session);
