// The real docker, with an empty home. Its engine is started by browser_test.go.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const engine = process.env.BERTH_DOCKER;

// withDocker are the options of a test that needs it. In CI such a test fails without it.
export const withDocker = { skip: engine || process.env.CI ? false : "BERTH_DOCKER names no container engine" };

export class Docker {
  constructor() {
    this.config = mkdtempSync(join(tmpdir(), "berth-docker-"));
  }

  // run returns what docker prints; with fails, what it prints when it is refused.
  run(args, options) {
    return this.start("docker", args, options);
  }

  // shell runs lines as they are copied from a page.
  shell(lines) {
    return this.start("sh", ["-ec", lines]);
  }

  start(program, args, { input = "", fails = false } = {}) {
    return new Promise((ok, wrong) => {
      const env = { ...process.env, DOCKER_HOST: engine, DOCKER_CONFIG: this.config, DOCKER_BUILDKIT: "0" };
      const p = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
      let out = "";
      p.stdout.on("data", (d) => (out += d));
      p.stderr.on("data", (d) => (out += d));
      p.once("error", wrong);
      p.once("close", (code) => {
        if ((code !== 0) === fails) ok(out.trim());
        else wrong(new Error(`${program} ${args.join(" ")}: ${code}\n${out}`));
      });
      p.stdin.on("error", () => {}); // it may have ended before reading
      p.stdin.end(input);
    });
  }

  // build makes an image of one file, with more lines of a Dockerfile.
  async build(tag, ...lines) {
    const context = mkdtempSync(join(tmpdir(), "berth-build-"));
    try {
      writeFileSync(join(context, "hello.txt"), `hello from ${tag}\n`);
      writeFileSync(join(context, "Dockerfile"), ["FROM scratch", "COPY hello.txt /hello.txt", ...lines].join("\n"));
      await this.run(["build", "-q", "-t", tag, context]);
    } finally {
      rmSync(context, { recursive: true });
    }
  }

  close() {
    rmSync(this.config, { recursive: true, force: true });
  }
}
