// A webhook of an organization, with a receiver that keeps what it is told.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { after, before } from "node:test";
import { poll } from "../lib/berth.js";
import { image } from "../lib/oci.js";
import { berth, open, repo, test } from "../lib/suite.js";

const told = [];
let status = 200;
let receiver;

before(async () => {
  receiver = createServer((r, w) => {
    let body = "";
    r.on("data", (d) => (body += d));
    r.on("end", () => {
      told.push({ headers: r.headers, body });
      w.writeHead(status, { "Content-Type": "text/plain" }).end("thanks <b>a lot</b>");
    });
  });
  await new Promise((ok) => receiver.listen(0, "127.0.0.1", ok));
});

after(() => receiver?.close());

// sees loads the page again until it has some text.
const sees = (w, text) => poll(`${w.path} says ${text}`, async () => {
  await w.page.reload();
  return (await w.main().innerText()).match(text);
});

test("a webhook is made, pinged, told of a push, and deleted", async () => {
  const address = `http://127.0.0.1:${receiver.address().port}/hook`;
  const secret = "a secret of both";
  await berth.restart({ BERTH_WEBHOOKS_ALLOWED_NETWORKS: "127.0.0.1" });
  const w = await open({ user: "ada" });
  await w.visit("/acme/-/settings/webhooks");
  await w.says("No webhooks");
  await w.field("Address").fill(address);
  await w.field("Secret").fill(secret);
  await w.submit("Make the webhook");
  await w.look();
  if (!/webhooks\/\d+$/.test(w.path)) await w.follow(address);
  const at = w.path;
  await sees(w, /ping[^]*200/);
  const [ping] = told;
  assert.equal(ping.headers["x-github-event"], "ping");
  assert.equal(ping.headers["x-hub-signature-256"], "sha256=" + createHmac("sha256", secret).update(ping.body).digest("hex"));
  assert.ok(!(await w.page.content()).includes(secret), "the secret is not shown");
  await w.submit("Send a ping");
  await poll("the second ping", () => told.length > 1);

  status = 500;
  await repo("acme/told").manifest(image(), "1");
  await sees(w, /package: published[^]*500/);
  await w.look();
  await w.follow(w.main().getByRole("link", { name: "package: published" }).first());
  await w.look();
  await w.says("thanks <b>a lot</b>"); // the answer, as text
  assert.match(await w.main().innerText(), /"action": ?"published"/);
  status = 204;
  await w.submit("Send again");
  await sees(w, /204/);

  await w.go(at);
  await w.submit("Delete");
  await w.look();
  await w.says("No webhooks");
});

test("an address that nobody may be sent to is refused", async () => {
  const w = await open({ user: "ada" });
  await w.go("/acme/-/settings/webhooks");
  await w.field("Address").fill("http://user:secret@ci.example.com/");
  await w.submit("Make the webhook");
  await w.page.getByRole("alert").waitFor();
  await w.look();
});
