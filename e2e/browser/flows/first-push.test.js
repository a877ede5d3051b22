import assert from "node:assert/strict";
import { Docker, withDocker } from "../lib/docker.js";
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
  const [, token] = /^echo (\S+) \| docker login (\S+) -u (\S+) --password-stdin$/.exec(commands.find((c) => c.includes("docker login")));
  assert.match(await docker.run(["login", berth.host, "-u", user, "--password-stdin"], { input: token }), /Login Succeeded/);
  await docker.build("hello:local", "LABEL org.opencontainers.image.description=\"Says hello\"", "ENV GREETING=hello", "CMD [\"/hello\"]");
  for (const line of commands.find((c) => c.includes("docker push")).replace("IMAGE", "hello:local").split("\n")) {
    await docker.run(line.split(" ").slice(1));
  }
  await w.go("/-/start");
  assert.equal(await w.main().getByText(token).count(), 0, "the token is shown once");
  await docker.run(["rmi", `${berth.host}/${user}/hello:1.0`]);
  await docker.run(commands.find((c) => c.includes("docker pull")).split(" ").slice(1));
  await w.visit(`/`);
  await w.says(`${user}/hello`);
});

test("what is to be copied can be", async () => {
  const w = await open({ user: await fresh() });
  await w.go("/-/start");
  const button = w.main().getByRole("button", { name: /^Copy/ }).first();
  await button.click();
  const text = await w.page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^docker login/);
  await w.page.locator("#live", { hasText: "Copied" }).waitFor();
});
