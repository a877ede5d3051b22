// Every page of the demonstration, looked at in both themes, wide and narrow.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, end } from "../lib/begin.js";
import { Window } from "../lib/window.js";
import { seed } from "../shots/demo.js";
import { pages } from "../shots/pages.js";

let berth, browser;

before(async () => {
  ({ berth, browser } = await begin());
  await seed(berth);
});

after(() => end({ berth, browser }));

test("every page", async () => {
  const windows = new Map();
  const wrong = [];
  for (const p of await pages(berth)) {
    if (!windows.has(p.as)) windows.set(p.as, await Window.open(browser, berth, { user: p.as }));
    const w = windows.get(p.as);
    try {
      const answer = await w.page.goto(p.path);
      assert.equal(answer.status(), p.status ?? 200, "status");
      await w.look({ thorough: true });
    } catch (err) {
      wrong.push(`${p.name} (${p.path}): ${err.message}`);
    }
    w.wrong = [];
  }
  await Promise.all([...windows.values()].map((w) => w.close()));
  assert.ok(!wrong.length, `${wrong.length} pages\n${wrong.join("\n\n")}`);
});
