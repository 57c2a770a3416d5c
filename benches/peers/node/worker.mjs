// The line protocol of docs/protocol.md, for clients of Node: all of it that is not the client's own.
//
// A client opens a session, an object with `prepare(urls)`, `begin(url, signal)` and `close()`, and hands its class to
// `serve`. `begin` returns an answer: its `status`, its `location`, the length that it declares (null without one), and
// `read(push)`, which pushes each piece of the body.

import { createInterface } from "node:readline";
import * as zlib from "node:zlib";

const BEGINNING_BYTES = 40;
const URL_MAX = 65534;

// zlib has it from Node 20.15 on.
const crc32 = zlib.crc32 ?? crc32ByTable;

const now = () => process.hrtime.bigint();
const say = (reply) => process.stdout.write(JSON.stringify(reply) + "\n");

/** A fetch that failed, with the class that all backends share. */
export class Failed extends Error {
  constructor(kind, message, accepted = false) {
    super(message);
    Object.assign(this, { kind, accepted });
  }
}

/** A body while it arrives: counted, checksummed and held to its cap, but not kept. */
class Received {
  bytes = 0;
  crc = 0;
  beginning = Buffer.alloc(0);

  push(piece, maxBody) {
    this.bytes += piece.length;
    if (this.bytes > maxBody) throw new Failed("body-too-large", `the body is longer than ${maxBody} bytes`);
    this.crc = crc32(piece, this.crc);
    if (this.beginning.length < BEGINNING_BYTES) {
      this.beginning = Buffer.concat([this.beginning, piece.subarray(0, BEGINNING_BYTES - this.beginning.length)]);
    }
  }
}

function crc32ByTable(piece, crc) {
  crc = ~crc;
  for (const byte of piece) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

/** The class of an error, found anywhere among its causes. */
function kind(error, inBody) {
  for (let cause = error; cause; cause = cause.cause) {
    if (cause instanceof Failed) return cause.kind;
    if (cause.name === "TimeoutError" || cause.name === "AbortError") return "timeout";
    const code = cause.code ?? "";
    if (code === "ECONNREFUSED") return "refused";
    // What Node makes of the end of a connection in a handshake has the number of a reset.
    if (/before secure TLS connection/.test(cause.message ?? "")) return "tls";
    if (code === "ECONNRESET" || code === "EPIPE") return "reset";
    if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_FAIL") return "dns";
    if (["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENOBUFS"].includes(code)) return "local-limit";
    if (["ENETUNREACH", "EHOSTUNREACH", "EAFNOSUPPORT", "EINVAL"].includes(code)) return "connect";
    if (code.startsWith("ERR_TLS") || code.startsWith("ERR_SSL") || /CERT|SIGNED|UNABLE_TO/.test(code)) return "tls";
    if (code === "UND_ERR_SOCKET" && cause.message === "bad response") return "protocol";
    if (code === "UND_ERR_SOCKET") return inBody ? "body-short" : "closed-early";
    if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" || code === "UND_ERR_RESPONSE_CONTENT_LENGTH_MISMATCH") {
      return "body-short";
    }
    if (code.startsWith("HPE_")) return "protocol";
    if (/unknown scheme|bad port/.test(cause.message ?? "")) return "unsupported";
  }
  return "protocol";
}

/**
 * Where an answer leads from `url`, and null if it is no redirect: the rule of src/redirect.rs. Clients of Node join
 * several `location` lines to one.
 */
function redirectTarget(answer, url) {
  const location = answer.location?.replace(/^[ \t]+|[ \t]+$/g, "");
  if (answer.status < 300 || answer.status > 399 || !location) return null;
  const refuse = (kind, why) => new Failed(kind, `redirected to ${JSON.stringify(location.slice(0, 120))}: ${why}`);
  let text = encoded(location);
  if (text === null) throw refuse("protocol", "it holds a control character");
  const [, scheme, slashes, path] = /^(?:([a-z0-9+.-]+):)?(\/*)(.*)$/i.exec(text);
  if (scheme && !/^https?$/i.test(scheme)) throw refuse("unsupported", "only http and https are followed");
  if (slashes.length > 3 || (scheme && !slashes)) throw refuse("protocol", "the host must follow two slashes");
  if (scheme || slashes.length > 1) text = `${scheme ?? new URL(url).protocol.slice(0, -1)}://${path}`;
  try {
    const target = new URL(text, url);
    target.username = target.password = "";
    target.hash ||= new URL(url).hash;
    return target.href;
  } catch {
    throw refuse("protocol", "not a url");
  }
}

/** Percent-encodes what a url may not hold; in a query a space is `+`. A control character makes it null. */
function encoded(location) {
  if (/[\x00-\x1f\x7f]/.test(location)) return null;
  const hex = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  const [, path, query] = /^([^?]*)(.*)$/.exec(location);
  const coded = (text) => text.replace(/[ "<>\\^`{|}\x80-\xff]/g, hex);
  return coded(path) + coded(query.replaceAll(" ", "+").replaceAll("'", "%27"));
}

/** Fetches one url, following redirects by hand: fetch itself follows twenty or none. */
async function get(session, url, open, body, progress) {
  const signal = AbortSignal.timeout(open.deadline_ms);
  const push = (piece) => body.push(piece, open.max_body);
  for (let hops = 0; ; hops++) {
    if (url.length > URL_MAX) {
      const shown = `${url.slice(0, 120)}… (${url.length} bytes)`;
      throw new Failed("unsupported", `${shown}: a url may have ${URL_MAX} bytes`);
    }
    const answer = await session.begin(url, signal);
    progress.inBody = true;
    const target = open.redirects > 0 ? redirectTarget(answer, url) : null;
    await answer.read(target === null ? push : () => {});
    if (target === null) return { status: answer.status, declared: answer.declared, url };
    if (hops === open.redirects) throw new Failed("redirect-loop", `more than ${open.redirects} redirects`);
    url = target;
    progress.inBody = false;
  }
}

async function outcome(session, url, open, start) {
  const began = now();
  const body = new Received();
  const progress = { inBody: false };
  const times = () => [Number(began - start), Number(now() - began)];
  try {
    const { status, declared, url: finalUrl } = await get(session, url, open, body, progress);
    if (declared !== null && body.bytes < Number(declared) && status !== 204 && status !== 304) {
      const short = `the body ended after ${body.bytes} of ${declared} bytes`;
      return [...times(), "body-short", short, "accepted"];
    }
    const details = { beginning: body.beginning.toString("base64"), url: finalUrl };
    return [...times(), status, body.bytes, body.crc, ...(open.details ? [details] : [])];
  } catch (error) {
    return [...times(), kind(error, progress.inBody), String(error.cause?.message ?? error.message)];
  }
}

async function pass(session, open, { visit, urls: listed }) {
  const urls = listed ?? (open.visits ? open.urls.map((url) => `${url}/${visit}`) : open.urls);
  await session.prepare(urls);
  const fetched = new Array(urls.length);
  let next = 0;
  const start = now();
  const work = async () => {
    while (next < urls.length) {
      const index = next++;
      fetched[index] = await outcome(session, urls[index], open, start);
    }
  };
  await Promise.all(Array.from({ length: Math.min(open.concurrency, urls.length) }, work));
  const elapsed_ns = fetched.reduce((most, [started, elapsed]) => Math.max(most, started + elapsed), 0);
  return { visit, elapsed_ns, fetched };
}

/** How many origins the urls have. */
export function origins(urls) {
  return new Set(urls.map((url) => url.split("/", 3)[2])).size;
}

/** Speaks the protocol until the input ends. */
export async function serve(client, speaks, Session) {
  let open, session;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const order = JSON.parse(line);
      if (order.open) {
        await session?.close();
        const began = now();
        const agent = order.open.user_agent ?? "fetchbench";
        open = { ...order.open, headers: { "user-agent": agent, accept: "*/*", "accept-encoding": "identity" } };
        session = new Session(open);
        const opening_ns = Number(now() - began);
        say({ ready: { client, executor: `node ${process.versions.node}`, threads: 1, speaks, opening_ns } });
      } else {
        if (!session) throw new Error("the first order must be to open a session");
        say({ pass: await pass(session, open, order.pass) });
      }
    } catch (error) {
      say({ error: error.message });
      break;
    }
  }
  await session?.close();
}
