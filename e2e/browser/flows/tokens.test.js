import assert from "node:assert/strict";
import { Docker, withDocker } from "../lib/docker.js";
import { image } from "../lib/oci.js";
import { berth, fresh, open, password, repo, test } from "../lib/suite.js";

// made makes the token of the form that is open, and returns it.
async function made(w, name) {
  await w.field("Name").fill(name);
  await w.submit("Make the token");
  return (await w.page.locator("main .copybox code").first().textContent()).trim();
}

test("a link makes the token that docker needs", withDocker, async (t) => {
  const docker = new Docker();
  t.after(() => docker.close());
  const user = await fresh();
  const w = await open({ user });
  await w.visit("/settings/tokens/new?scopes=write:packages");
  assert.deepEqual(await w.page.locator("input[name=scope]:checked").evaluateAll((all) => all.map((e) => e.value)), ["write:packages"]);
  const token = await made(w, "docker");
  await w.look();
  assert.match(await docker.run(["login", berth.host, "-u", user, "--password-stdin"], { input: token }), /Login Succeeded/);
  const name = `${berth.host}/${user}/app:1`;
  await docker.build(name, "LABEL a=b");
  await docker.run(["push", name]);
  await w.page.reload();
  assert.equal(w.path, "/settings/tokens", "a reload makes no other one");
  assert.equal(await w.main().getByText("docker", { exact: true }).count(), 1);
  await w.look();
  assert.equal(await w.main().getByText(token).count(), 0, "it is shown once");
  await w.main().getByLabel("Revoke docker").click();
  await w.submit("Revoke this token");
  await w.look();
  assert.match(await docker.run(["push", name], { fails: true }), /unauthorized|denied/);
});

test("a token for reading does not push", async () => {
  const user = await fresh();
  const w = await open({ user });
  await w.go("/settings/tokens/new?scopes=read:packages");
  const token = await made(w, "reader");
  await assert.rejects(repo(`${user}/app`, user, token).manifest(image(), "1"), / 40[13] /);
  await repo(`${user}/app`, user, password).manifest(image(), "1");
  await repo(`${user}/app`, user, token).pull("1");
});

test("dangerous scopes do not ask a new session for the password", async () => {
  const user = await fresh();
  const w = await open({ user });
  await w.go("/settings/tokens/new?scopes=delete:packages");
  await made(w, "cleaner");
  await w.look();
});

test("a button that is pressed again and again makes one token", async () => {
  const w = await open({ user: await fresh() });
  await w.visit("/settings/tokens/new?scopes=read:packages");
  await w.field("Name").fill("once");
  let pressed, sent = 0;
  const all = new Promise((resolve) => { pressed = resolve; });
  await w.page.route("**/settings/tokens/new", async (route) => {
    if (route.request().method() === "POST") sent++;
    await all;
    await route.continue();
  });
  await w.loads(async () => {
    await w.button("Make the token").evaluate((button) => new Promise((done) => {
      let times = 0;
      const press = () => {
        button.click();
        if (++times === 3) done();
        else setTimeout(press, 50);
      };
      press();
    }));
    pressed();
  });
  assert.equal(sent, 1);
  await w.visit("/settings/tokens");
  assert.equal(await w.main().getByText("once", { exact: true }).count(), 1);
});
