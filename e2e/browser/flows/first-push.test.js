import assert from "node:assert/strict";
import { Docker, withDocker } from "../lib/docker.js";
import { poll } from "../lib/berth.js";
import { berth, fresh, open, test } from "../lib/suite.js";

test("from nothing to the first push, with what the page says", withDocker, async (t) => {
  const docker = new Docker();
  t.after(() => docker.close());
  const user = await fresh();
  const w = await open({ user });
  await w.visit("/-/start");
  await w.submit("Make an access token");
  await w.look();
  const commands = await w.page.locator("main .copybox code").allTextContents();
  assert.ok(commands.some((c) => c.trim() === `docker login ${berth.host} -u ${user}`));
  const token = commands.find((c) => c.startsWith("brt_")).trim();
  assert.match(await docker.run(["login", berth.host, "-u", user, "--password-stdin"], { input: token }), /Login Succeeded/);
  await w.says(/Waiting for the push/);
  await docker.shell(commands.find((c) => c.includes("docker push")));
  const arrived = w.page.locator("#arrived").getByRole("link", { name: `${user}/hello` });
  await arrived.waitFor({ timeout: 20_000 });
  await w.go("/-/start");
  assert.equal(await w.main().getByText(token).count(), 0, "the token is shown once");
  await docker.run(["rmi", `${berth.host}/${user}/hello:1.0`]);
  await docker.run(commands.find((c) => c.includes("docker pull")).split(" ").slice(1));
  await w.visit(`/`);
  await w.follow(`${user}/hello`);
  await poll("what was pushed is read", async () => {
    await w.page.reload();
    return (await w.main().innerText()).includes("My first image");
  });
  await w.look();
  const pull = await w.page.locator("main .pick .copybox code").first().textContent();
  assert.match(pull, new RegExp(`^docker pull ${berth.host}/${user}/hello`));
  await docker.run(pull.trim().split(" ").slice(1));
  await w.follow("1.0");
  assert.match(w.path, new RegExp(`^/${user}/hello(:1\\.0|@sha256:)`));
  await w.look();
  for (const text of ["WORKDIR", "/hello"]) await w.says(text);
});

test("what is to be copied can be", async () => {
  const w = await open({ user: await fresh() });
  await w.go("/-/start");
  const button = w.main().getByRole("button", { name: /^Copy/ }).first();
  await button.click();
  await w.page.locator("#live", { hasText: "Copied" }).waitFor({ state: "attached" });
  const text = await w.page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^docker login/);
});
