// Every page of the demonstration, looked at in both themes, wide and narrow.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { begin, end } from "../lib/begin.js";
import { Window } from "../lib/window.js";
import { seed } from "../shots/demo.js";
import { left, pages, show } from "../shots/pages.js";

let berth, browser, links;

before(async () => {
  ({ berth, browser } = await begin());
  links = await seed(berth);
});

after(() => end({ berth, browser }));

test("every page", async () => {
  const windows = new Map();
  const wrong = [];
  for (const p of await pages(berth, links)) {
    if (!windows.has(p.as)) windows.set(p.as, await Window.open(browser, berth, { user: p.as }));
    const w = windows.get(p.as);
    try {
      await show(w, p);
      await w.look({ thorough: true });
    } catch (err) {
      wrong.push(`${p.name} (${p.path}): ${err.message}`);
    }
    await left(w, p);
  }
  await Promise.all([...windows.values()].map((w) => w.close()));
  assert.ok(!wrong.length, `${wrong.length} pages\n${wrong.join("\n\n")}`);
});
