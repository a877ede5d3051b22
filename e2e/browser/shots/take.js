// Makes the pictures of docs/images: node shots/take.js [FOLDER [NAME...]]. With
// names, only pages whose names begin so.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { begin, end } from "../lib/begin.js";
import { Window } from "../lib/window.js";
import { seed } from "./demo.js";
import { left, pages, show } from "./pages.js";

const run = promisify(execFile);
const [folder = fileURLToPath(new URL("../../../docs/images", import.meta.url)), ...names] = process.argv.slice(2);
const limit = 4 << 20; // bytes, of all pictures
const longest = 1050; // pixels, of one
const best = ["package", "version", "package-versions", "admin"]; // in README.md: they keep more colours

const { berth, browser } = await begin();
let failed = false;
try {
  const links = await seed(berth);
  mkdirSync(folder, { recursive: true });
  if (!names.length) for (const f of readdirSync(folder)) if (f.endsWith(".png")) rmSync(join(folder, f));
  const list = (await pages(berth, links)).filter((p) => p.picture !== false).filter((p) => !names.length || names.some((n) => p.name.startsWith(n)));
  const cookies = new Map();
  for (const { as } of list) if (as && !cookies.has(as)) cookies.set(as, await berth.session(as));
  for (const theme of ["light", "dark"]) {
    for (const width of [1280, 360]) await photograph(list.filter((p) => width > 400 || (p.phone && theme === "light")), cookies, theme, width);
  }
  await shrink();
} finally {
  await end({ berth, browser });
}
if (failed) process.exitCode = 1;

async function photograph(list, cookies, theme, width) {
  for (const as of [undefined, ...cookies.keys()]) {
    const mine = list.filter((p) => p.as === as);
    if (!mine.length) continue;
    const w = await Window.open(browser, berth, { theme, width, height: width > 400 ? 800 : 740, cookie: cookies.get(as), mobile: true });
    for (const p of mine) {
      try {
        await show(w, p);
        w.clean();
      } catch (err) {
        console.log(`${p.name} (${p.path}): ${err.message}`);
        failed = true;
        await left(w, p);
        continue;
      }
      // The address of the demonstration is of no use to readers.
      await w.page.evaluate(([from, to]) => {
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let n; (n = walk.nextNode()); ) if (n.data.includes(from)) n.data = n.data.replaceAll(from, to);
      }, [berth.host, "registry.example.com"]);
      // The window becomes as high as the page, so that what sticks to its edge is there.
      // A long page is cut where nobody reads on.
      const height = await w.page.evaluate(() => document.documentElement.scrollHeight);
      await w.page.setViewportSize({ width, height: Math.max(w.size.height, Math.min(height, longest)) });
      await w.page.screenshot({ path: join(folder, `${p.name}-${theme}${width > 400 ? "" : "-phone"}.png`) });
      await w.page.setViewportSize(w.size);
      await left(w, p);
    }
    await w.close();
  }
}

// shrink gives pictures fewer colours, where the tool for it is there.
async function shrink() {
  const files = readdirSync(folder).filter((f) => f.endsWith(".png")).map((f) => join(folder, f));
  try {
    for (const f of files) {
      const colours = best.some((n) => basename(f).replace(/-(light|dark)\.png$/, "") === n) ? "64" : "16";
      await run("pngquant", ["--force", "--ext", ".png", "--skip-if-larger", "--nofs", "--speed", "1", colours, f]).catch(ignoreLarger);
    }
  } catch (err) {
    if (err.code !== "ENOENT") throw err;
    console.log("pngquant is not installed: pictures stay as large as they are (apt-get install pngquant)");
  }
  const sum = files.reduce((n, f) => n + statSync(f).size, 0);
  console.log(`${files.length} pictures, ${(sum / 2 ** 20).toFixed(1)} MiB`);
  if (sum > limit) {
    console.log(`more than ${limit >> 20} MiB`);
    failed = true;
  }
}

function ignoreLarger(err) {
  if (err.code !== 98 && err.code !== 99) throw err;
}
