// What every file of flows starts from: a server with a few people, and a browser.
//
//   ada  owns the organization acme and her own namespace
//   mia  is a member of acme
//   bob  is neither
//   admin  is the administrator
import { after, before, test as nodeTest } from "node:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { begin, end } from "./begin.js";
import { password } from "./berth.js";
import { Repo } from "./oci.js";
import { Window } from "./window.js";

export { password };
export let berth;
let browser;
let windows = [];

before(async () => {
  ({ berth, browser } = await begin());
  const admin = berth.as("admin");
  for (const login of ["ada", "bob", "mia"]) await admin.post("/admin/users", { login, password });
  await admin.post("/admin/organizations", { login: "acme", admin: "ada" });
  await berth.as("ada").put("/orgs/acme/memberships/mia", { role: "member" });
});

after(() => end({ berth, browser }));

// test runs a flow. Its windows are closed after it, and nothing may have gone wrong in any of them. Of one that fails a picture is kept, if $BERTH_BROWSER_OUT says where.
export function test(name, options, f = options) {
  nodeTest(name, f === options ? {} : { skip: options.skip, timeout: options.timeout }, async (t) => {
    windows = [];
    try {
      await f(t);
      for (const w of windows) w.clean();
    } catch (err) {
      for (const w of windows) err.message += `\nwindow at ${w.path}${w.wrong.length ? ", where " + JSON.stringify(w.wrong) : ""}`;
      await picture(name);
      throw err;
    } finally {
      await Promise.all(windows.map((w) => w.close()));
    }
  });
}

async function picture(name) {
  const out = process.env.BERTH_BROWSER_OUT;
  if (!out) return;
  mkdirSync(out, { recursive: true });
  const file = name.replace(/[^a-z0-9]+/gi, "-");
  for (const [i, w] of windows.entries()) await w.page.screenshot({ path: join(out, `${file}-${i}.png`), fullPage: true }).catch(() => {});
}

// open opens a window: {user, width, theme, javaScript, touch}.
export async function open(options) {
  const w = await Window.open(browser, berth, options);
  windows.push(w);
  return w;
}

// repo is a package to push to, as the person whose name it begins with or another.
export function repo(name, user = name.startsWith("acme/") ? "ada" : name.split("/")[0], secret = password) {
  return new Repo(berth, name, user, secret);
}

// fresh makes a user whom no other flow knows, and returns the name.
let made = 0;
export async function fresh() {
  const login = `user${++made}`;
  await berth.as("admin").post("/admin/users", { login, password });
  return login;
}
