// The server under test: the real binary with a data directory of its own.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Rest } from "./rest.js";

export const password = "correct-Horse-9-battery";

const bin = process.env.BERTH_BIN || fileURLToPath(new URL("../../../bin/berth", import.meta.url));

// poll calls f until it returns something, for as long as that is worth waiting for.
export async function poll(what, f, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (let last; ; ) {
    try {
      const got = await f();
      if (got) return got;
    } catch (err) {
      last = err;
    }
    if (Date.now() > end) throw new Error(`${what}: not after ${seconds} s`, { cause: last });
    await pause(20);
  }
}

// freePort is a port that nobody has now. It is not one of those that the system gives
// to whoever asks for any: such a one would soon be somebody else's, and a server that
// starts again has to get its own. Where source code lies is named by it, too, which is
// why the server is not left to choose.
async function freePort() {
  for (let tries = 100; ; tries--) {
    const server = createServer();
    const port = 12_000 + Math.floor(Math.random() * 14_000);
    try {
      await new Promise((ok, wrong) => server.once("error", wrong).listen(port, "127.0.0.1", ok));
    } catch (err) {
      if (!tries) throw err;
      continue;
    }
    await new Promise((ok) => server.close(ok));
    return port;
  }
}

// taken is what the server says when somebody else was faster.
const taken = /address already in use/;

export class Berth {
  // start returns a server that is ready. The folder goes with it, unless it was given.
  static async start({ env = {}, data } = {}) {
    const b = new Berth();
    b.env = env;
    b.folder = await mkdtemp(join(tmpdir(), "berth-browser-"));
    b.data = data || join(b.folder, "data");
    b.log = join(b.folder, "log");
    for (let tries = 5; ; tries--) {
      b.host = `127.0.0.1:${await freePort()}`;
      b.url = `http://${b.host}`;
      try {
        await b.run();
        return b;
      } catch (err) {
        await b.kill();
        if (tries && taken.test(err.message)) continue;
        await b.remove();
        throw err;
      }
    }
  }

  async run() {
    const before = (await this.logged()).length;
    const log = openSync(this.log, "a");
    const server = (this.process = spawn(bin, ["serve", "--addr", this.host, "--data", this.data], {
      cwd: this.folder,
      env: { ...process.env, BERTH_ADMIN_PASSWORD: password, BERTH_LOG_LEVEL: "info", ...this.env },
      stdio: ["ignore", log, log],
    }));
    closeSync(log); // the server has its own
    this.ended = new Promise((ok) => {
      server.once("error", (err) => ok(err.message));
      server.once("close", (code, signal) => ok(code ?? signal));
    });
    // Whatever becomes of the flow, no server stays behind.
    const end = () => server.kill("SIGKILL");
    process.once("exit", end);
    let gone;
    this.ended.then((how) => {
      gone = how;
      process.off("exit", end);
    });
    try {
      const ready = await poll("berth is ready", async () => {
        if (gone !== undefined) return "ended";
        // Whoever else has the address does not say so in this log.
        return (await this.logged()).slice(before).includes(`is ready on ${this.url}`) && (await fetch(`${this.url}/readyz`)).ok;
      }, 120);
      if (ready === "ended") throw new Error(`berth has ended: ${gone}`);
    } catch (err) {
      throw new Error(`${err.message}\n${await this.said()}`, { cause: err });
    }
  }

  // kill ends what stop cannot, or what has ended.
  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  // stop ends the server as an operator would; it has to agree.
  async stop() {
    this.process.kill("SIGTERM");
    const how = await this.ended;
    if (how !== 0) throw new Error(`berth serve ended with ${how}\n${await this.said()}`);
  }

  async restart(env = this.env) {
    this.env = env;
    await this.stop();
    await this.run();
  }

  async remove() {
    await rm(this.folder, { recursive: true, force: true });
  }

  // logged is what it has written so far, and said the end of it.
  logged() {
    return readFile(this.log, "utf8").catch(() => "");
  }

  async said() {
    return (await this.logged()).slice(-8 << 10);
  }

  // as is the REST API for somebody; the administrator is admin.
  as(user, secret = password) {
    return new Rest(this.url, user, secret);
  }

  // session signs somebody in and returns the cookie of it.
  async session(user, secret = password) {
    const answer = await fetch(`${this.url}/login`, {
      method: "POST",
      redirect: "manual",
      headers: { Origin: this.url },
      body: new URLSearchParams({ name: user, password: secret }),
    });
    const cookie = answer.headers.get("set-cookie")?.match(/berth_session=([^;]+)/);
    if (answer.status !== 303 || !cookie) throw new Error(`signing in as ${user}: ${answer.status}`);
    return { name: "berth_session", value: cookie[1], url: this.url };
  }
}
