import assert from "node:assert/strict";
import { open, test } from "../lib/suite.js";

const background = (w) => w.page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test("the theme is the system's, until one is chosen", async () => {
  const light = await open({ theme: "light" });
  const dark = await open({ theme: "dark" });
  await light.go("/-/start");
  await dark.visit("/-/start");
  const [bright, night] = [await background(light), await background(dark)];
  assert.equal(bright, "rgb(255, 255, 255)");
  assert.notEqual(night, bright);
  const choose = (w, name) => w.loads(() => w.page.getByRole("group", { name: "Theme" }).getByRole("button", { name }).click());
  await choose(light, "Dark");
  assert.equal(light.path, "/-/start");
  assert.equal(await background(light), night);
  await light.go("/login");
  assert.equal(await background(light), night, "it stays");
  await choose(light, "System");
  assert.equal(await background(light), bright);
});

test("a chosen theme comes with the first byte", async () => {
  const w = await open({ theme: "light", cookie: undefined });
  await w.context.addCookies([{ name: "berth_theme", value: "dark", url: w.berth.url }]);
  const answer = await w.go("/");
  assert.match(await answer.text(), /<html lang="en" data-theme="dark">/);
});
