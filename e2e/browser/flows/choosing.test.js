import assert from "node:assert/strict";
import { poll } from "../lib/berth.js";
import { image } from "../lib/oci.js";
import { fresh, open, repo, test } from "../lib/suite.js";

// pushed makes a package of a new user with tags, and opens a page of it.
async function pushed(tags, page, window = {}) {
  const user = await fresh();
  const r = repo(`${user}/app`);
  for (const tag of tags) await r.manifest(image({ labels: { tag } }), tag);
  const w = await open({ user, ...window });
  await w.go(`/${user}/app/-/${page}`);
  return { w, name: `${user}/app` };
}

const live = (w, text) => poll(`"${text}" is said`, async () => (await w.page.locator("#live").textContent()) === text);

test("a disabled button does not look alive under the pointer", async () => {
  const { w } = await pushed(["1"], "settings");
  const button = w.page.locator("button.danger-button[data-needs-name]").first();
  assert.ok(await button.isDisabled());
  const colour = () => button.evaluate((b) => getComputedStyle(b).backgroundColor);
  const rest = await colour();
  await button.hover({ force: true });
  assert.equal(await colour(), rest);
});

test("what was chosen is still chosen after going back", async () => {
  const { w } = await pushed(["1", "2", "3"], "versions");
  await w.page.locator("input[data-row]").first().check();
  await w.submit("Delete the chosen versions");
  await w.loads(() => w.page.goBack());
  const ticked = await w.page.locator("input[data-row]:checked").count();
  assert.equal(await w.page.locator("[data-chosen]").textContent(), `${ticked} chosen`);
  assert.equal(ticked, 1);
});

test("what was chosen stays so while the list is filtered, which is said", async () => {
  const { w } = await pushed(["1", "2", "3"], "versions");
  const rows = w.page.locator("input[data-row]");
  const chosen = w.page.locator("[data-chosen]");
  await w.page.getByLabel("Choose 1").check();
  await w.page.getByLabel("Choose 2").check();
  const filter = w.page.locator("#filter");
  await filter.fill("2");
  await poll("the list is filtered", async () => (await rows.count()) === 1);
  await live(w, "1 entry shown");
  assert.equal(await chosen.textContent(), "2 chosen, 1 of them not in this list");
  await filter.fill("no such version");
  await live(w, "Nothing found");
  await filter.fill("");
  await live(w, "3 entries shown");
  assert.equal(await w.page.locator("input[data-row]:checked").count(), 2);
  await filter.fill("1");
  await live(w, "1 entry shown");
  await w.submit("Delete the chosen versions");
  assert.equal(await w.main().locator("li.box-row").count(), 2, "the one out of sight is asked about too");
});

test("on a phone the tab of the page is on the screen", async () => {
  const { w } = await pushed(["1"], "settings", { width: 360, height: 740, touch: true, mobile: true });
  const { x, width } = await w.page.locator(".tabs [aria-current]").boundingBox();
  assert.ok(x >= 0 && x + width <= 360, `it is from ${x} to ${x + width}`);
});

test("tables fit on a phone", async () => {
  const { w, name } = await pushed(["1", "2"], "versions", { width: 360, height: 740, touch: true, mobile: true });
  for (const path of [`/${name}/-/compare?a=1&b=2`, `/${name.split("/")[0]}/-/settings/audit`]) {
    await w.visit(path);
    const cut = await w.page.locator(".table-wrap").evaluateAll((list) => list.filter((e) => e.scrollWidth > e.clientWidth).length);
    assert.equal(cut, 0, `tables of ${path} that scroll sideways`);
  }
});
