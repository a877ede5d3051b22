// The server under test: the real binary with a data directory of its own.
import { spawn, execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
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
export async function poll(what, f, seconds = 30) {
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

async function freePort() {
  const server = createServer();
  await new Promise((ok, wrong) => server.once("error", wrong).listen(0, "127.0.0.1", ok));
  const { port } = server.address();
  await new Promise((ok) => server.close(ok));
  return port;
}

export class Berth {
  // start returns a server that is ready. The folder goes with it, unless it was given.
  static async start({ env = {}, data } = {}) {
    const b = new Berth();
    b.env = env;
    b.folder = await mkdtemp(join(tmpdir(), "berth-browser-"));
    b.data = data || join(b.folder, "data");
    b.host = `127.0.0.1:${await freePort()}`;
    b.url = `http://${b.host}`;
    b.log = join(b.folder, "log");
    await b.run();
    return b;
  }

  async run() {
    const log = createWriteStream(this.log, { flags: "a" });
    this.process = spawn(bin, ["serve", "--addr", this.host, "--data", this.data], {
      cwd: this.folder,
      env: { ...process.env, BERTH_ADMIN_PASSWORD: password, BERTH_LOG_LEVEL: "info", ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout.pipe(log, { end: false });
    this.process.stderr.pipe(log, { end: false });
    this.ended = new Promise((ok) => {
      this.process.once("error", (err) => ok(err.message));
      this.process.once("close", (code, signal) => ok(code ?? signal));
    });
    let gone;
    this.ended.then((how) => (gone = how));
    await poll("berth is ready", async () => {
      if (gone !== undefined) throw new Error(`berth has ended: ${gone}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    }).catch(async (err) => {
      throw new Error(`${err.message}\n${await this.said()}`, { cause: err });
    });
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

  async said() {
    return (await readFile(this.log, "utf8").catch((err) => err.message)).slice(-8 << 10);
  }

  // command runs the command line on the data directory.
  command(...args) {
    return new Promise((ok, wrong) => {
      execFile(bin, [...args, "--data", this.data], (err, out, said) => (err ? wrong(new Error(`berth ${args.join(" ")}: ${said}`)) : ok(out)));
    });
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
