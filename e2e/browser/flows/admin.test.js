// What administrators do, and what it means for others.
import assert from "node:assert/strict";
import { poll } from "../lib/berth.js";
import { image } from "../lib/oci.js";
import { berth, fresh, open, password, repo, test } from "../lib/suite.js";

test("an account is made, blocked and unblocked", async () => {
  const w = await open({ user: "admin" });
  await w.visit("/-/admin/users");
  await w.follow("New user");
  await w.look();
  await w.field("Name").fill("eve");
  await w.field("Password").fill("short");
  await w.field("Password").evaluate((e) => e.removeAttribute("minlength"));
  await w.submit("Make the account");
  await w.page.getByRole("alert").waitFor();
  assert.equal(await w.field("Name").inputValue(), "eve", "what was typed stays");
  await w.field("Password").fill(password);
  await w.submit("Make the account");
  await w.look();
  const eve = await open({ user: "eve" });
  await eve.visit("/");
  await repo("eve/app").manifest(image(), "1");
  await w.visit("/-/admin/users/eve");
  await w.submit("Block eve");
  await w.look();
  await w.says("Signing in and all tokens are refused.");
  await eve.page.goto("/settings");
  assert.match(eve.path, /^\/login/, "the session has ended");
  await assert.rejects(repo("eve/app").pull("1"), / 40[13] /);
  await assert.rejects(berth.session("eve"), /signing in as eve/);
  await w.submit("Unblock");
  await repo("eve/app").pull("1");
  await w.visit("/-/admin/users");
  await w.page.locator("#q").pressSequentially("ev");
  // The list is there before its address is.
  await poll("the list is filtered", async () => w.path === "/-/admin/users?q=ev" && (await w.main().locator("#list .title").allTextContents()).join() === "eve");
});

test("packages are read-only, and who pushes is told", async () => {
  const user = await fresh();
  const r = repo(`${user}/app`);
  await r.manifest(image(), "1");
  const w = await open({ user: "admin" });
  const theirs = await open({ user });
  const state = async (value, label) => {
    await w.visit("/-/admin/packages");
    await w.main().locator(`input[value="${value}"]`).check();
    await w.submit("Save");
    await w.look();
    await w.main().locator(".box-head", { hasText: "container" }).getByText(label, { exact: true }).waitFor();
  };
  await state("read-only", "Read-only");
  await assert.rejects(r.manifest(image({ labels: { b: "2" } }), "2"), / 403 .*can only be pulled on this registry now/);
  await r.pull("1");
  await theirs.visit(`/${user}/app/-/settings`);
  await theirs.page.locator("#confirm").fill(`${user}/app`);
  await theirs.submit("Delete");
  await theirs.says(/can only be pulled on this registry now/);
  await theirs.look();
  await state("off", "Off");
  await assert.rejects(r.pull("1"), / 40[34] /);
  await theirs.go(`/${user}/app`, 404);
  await state("on", "On");
  await r.manifest(image({ labels: { b: "2" } }), "2");
});

test("who has reached the quota cannot push, and sees what he holds", async () => {
  const user = await fresh();
  const r = repo(`${user}/app`);
  await r.manifest(image(), "1");
  const w = await open({ user: "admin" });
  await w.visit(`/-/admin/quotas?q=${user}`);
  await w.main().locator("summary", { hasText: user }).click();
  await w.page.locator(`#limit-${user}`).fill("a lot");
  await w.submit("Set the quota");
  await w.page.getByRole("alert").waitFor();
  await w.go(`/-/admin/quotas?q=${user}`);
  await w.main().locator("summary", { hasText: user }).click();
  await w.page.locator(`#limit-${user}`).fill("1KiB");
  await w.submit("Set the quota");
  await w.look();
  await poll("the push is refused", async () => {
    const err = await r.manifest(image({ labels: { at: String(Date.now()) } }), "2").then(() => null, (e) => e);
    return err && / 403 .*storage quota exceeded/.test(err.message);
  });
  await r.pull("1");
  await w.visit(`/-/admin/users/${user}`);
  await w.says("of 1.00 KiB");
  await w.page.locator("#limit").fill("none");
  await w.submit("Set the quota");
  await r.manifest(image({ labels: { c: "3" } }), "3");
});

test("the audit log is filtered, and says who did what", async () => {
  const user = await fresh();
  await repo(`${user}/app`).manifest(image(), "1");
  await berth.as(user).delete(`/users/${user}/packages/container/app`);
  const w = await open({ user: "admin" });
  await w.visit("/-/admin/audit");
  await w.field("What").fill("package.");
  await w.field("Who").fill(user);
  await w.submit("Filter");
  await w.look();
  const actions = await w.main().locator("tbody code").allTextContents();
  assert.ok(actions.includes("package.delete") && actions.every((a) => a.startsWith("package.")), actions.join());
  assert.match(await w.main().locator("tbody").innerText(), new RegExp(`${user}/app`));
  await w.follow("All");
  assert.equal(w.path, "/-/admin/audit");
  await w.field("Until").fill("2020-01-01");
  await w.submit("Filter");
  await w.says("Nothing here");
});

test("a job runs now, and only administrators may", async () => {
  const w = await open({ user: "admin" });
  await w.visit("/-/admin/jobs");
  const row = w.main().getByRole("listitem").filter({ hasText: "run retention" });
  await w.submit(row.getByRole("button", { name: /^Run now/ }));
  await w.look();
  await w.page.locator("[role=status]", { hasText: "run retention" }).waitFor();
  await w.visit("/-/admin/audit?action=job.");
  await w.says("run retention");
  const ada = await open({ user: "ada" });
  for (const path of ["/-/admin", "/-/admin/users", "/-/admin/jobs"]) {
    const { status } = await ada.page.goto(path).then((a) => ({ status: a.status() }));
    assert.ok(status === 403 || status === 404, `${path}: ${status}`);
  }
});

test("an invitation makes an account", async () => {
  const w = await open({ user: "admin" });
  await w.visit("/-/admin/invitations");
  await w.field("Note for yourself").fill("Grace of the web team");
  await w.field("Organization to join").fill("acme");
  await w.submit("Make an invitation");
  await w.look();
  const link = (await w.main().locator(".copybox code").first().textContent()).trim();
  const grace = await open();
  await grace.visit(new URL(link).pathname);
  await w.visit("/-/admin/invitations");
  await w.says("Grace of the web team");
  await w.submit(w.main().getByRole("button", { name: /^Take back/ }));
  await w.look();
  const answer = await grace.page.goto(new URL(link).pathname);
  assert.ok(answer.status() >= 400, `the invitation is taken back: ${answer.status()}`);
});
