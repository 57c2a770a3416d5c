// The backend of fetch, as built into Node, over a connection pool that is set as an expert would.

import { origins, serve } from "./worker.mjs";

const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

/** The class of fetch's own connection pool, which Node does not export: the global one is made by the first fetch. */
async function agentClass() {
  await fetch("data:,").then((answer) => answer.text());
  return globalThis[DISPATCHER].constructor;
}

/** The length that a body must have; null if it is not known. fetch decodes a coded body, and the length counts the coded one. */
function declaredLength(headers) {
  return headers.has("content-encoding") ? null : headers.get("content-length");
}

const Agent = await agentClass();

class Session {
  constructor(open) {
    this.open = open;
    this.openPool(open.connections !== "per-fetch");
  }

  /** Gives fetch a pool of its own. By default it opens as many connections as it likes and keeps them for four seconds. */
  openPool(keeps) {
    const connect = this.open.cacert ? { ca: this.open.cacert } : {};
    const expiry = { keepAliveTimeout: 3_600_000, keepAliveMaxTimeout: 3_600_000 };
    // The deadline of a fetch is a signal; undici's own time-outs would be more timers.
    const timeouts = { headersTimeout: 0, bodyTimeout: 0 };
    const options = { connections: this.open.concurrency, pipelining: keeps ? 1 : 0, connect, ...expiry, ...timeouts };
    globalThis[DISPATCHER] = new Agent(options);
    this.keeps = keeps;
  }

  /** Before a pass: a cold one has no connections yet, and a pool that counts each host's alone keeps none of too many. */
  async prepare(urls) {
    const keeps = this.open.connections !== "per-fetch" && origins(urls) <= this.open.concurrency;
    if (this.open.connections === "cold" || keeps !== this.keeps) {
      await this.close();
      this.openPool(keeps);
    }
  }

  async begin(url, signal) {
    const answer = await fetch(url, { headers: this.open.headers, redirect: "manual", signal });
    const read = async (push) => {
      for await (const piece of answer.body ?? []) push(piece);
    };
    const { status, headers } = answer;
    return { status, location: headers.get("location"), declared: declaredLength(headers), read };
  }

  async close() {
    await globalThis[DISPATCHER].destroy();
  }
}

await serve(`undici ${process.versions.undici ?? ""}`.trim(), ["https", "keep-alive"], Session);
