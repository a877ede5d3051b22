// A window of the browser in which nothing may go wrong, and what every page must be.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { password, poll } from "./berth.js";

const require = createRequire(import.meta.url);
const axe = require("axe-core").source;
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const limits = {
  transfer: 100 << 10, // bytes that come over the wire for a page and all that it needs
  shift: 0.05, // of the layout, as the browser counts it
  narrow: 360, // CSS pixels that have to be enough
};

// patience is how long something may take on a busy machine, in milliseconds. How fast
// pages are is measured elsewhere.
const patience = 120_000;

export function launch() {
  return chromium.launch({
    executablePath: process.env.BERTH_CHROMIUM || "/usr/bin/chromium",
    timeout: patience,
    // Chromium's own sandbox does not work for root, who runs tests in CI.
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
}

// watch runs in every document before its own scripts. window.shifts lists what has
// jumped so far, with what the browser has seen and not told yet.
function watch() {
  const shifts = [];
  const keep = (entries) => {
    for (const e of entries) if (!e.hadRecentInput) shifts.push({ value: e.value, nodes: e.sources.map((s) => s.node?.outerHTML?.slice(0, 80) ?? "") });
  };
  const observer = new PerformanceObserver((list) => keep(list.getEntries()));
  observer.observe({ type: "layout-shift", buffered: true });
  window.shifts = () => {
    keep(observer.takeRecords());
    return shifts;
  };
}

export class Window {
  static async open(browser, berth, { user, secret, cookie, width = 1280, height = 800, theme = "light", javaScript = true, touch = false, mobile = false } = {}) {
    const w = new Window();
    Object.assign(w, { berth, javaScript, theme, size: { width, height }, wrong: [], allowed: [], asked: new Set(), under: new Set(), sent: [] });
    w.context = await browser.newContext({
      viewport: w.size, colorScheme: theme, javaScriptEnabled: javaScript, hasTouch: touch, isMobile: mobile, baseURL: berth.url, reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    w.context.setDefaultTimeout(patience);
    await w.context.addInitScript(watch);
    // This also turns the browser's cache off, so that every visit is a first one.
    await w.context.route((url) => url.origin !== berth.url, (route) => {
      w.note("request to another host", route.request().url());
      return route.abort();
    });
    if (user) cookie = await berth.session(user, secret);
    if (cookie) await w.context.addCookies([cookie]);
    w.page = await w.context.newPage();
    w.trap(w.page);
    w.context.on("page", (page) => w.note("a window of its own", page.url()));
    return w;
  }

  note(what, text) {
    const line = `${what}: ${text}`;
    if (!this.allowed.some((a) => a.test(line))) this.wrong.push(line);
  }

  // allow lets something pass that would be wrong elsewhere.
  allow(...patterns) {
    this.allowed.push(...patterns);
    this.wrong = this.wrong.filter((line) => !patterns.some((p) => p.test(line)));
  }

  trap(page) {
    page.on("console", (m) => {
      if (m.type() !== "error" && m.type() !== "warning") return;
      // The status of the page itself is looked at by whoever asked for it. It may be told
      // when the next page has been asked for.
      if (/^Failed to load resource: the server responded with a status of 4/.test(m.text()) && this.asked.has(m.location().url)) return;
      // A list that is filtered while somebody leaves; any other failure is seen below.
      if (m.text().startsWith("htmx: htmx:error: Failed to fetch")) return;
      this.note(`console ${m.type()}`, `${m.text()} (${m.location().url})`);
    });
    page.on("pageerror", (err) => this.note("script", err.message));
    page.on("dialog", (d) => {
      this.note("dialog", d.message());
      return d.dismiss();
    });
    page.on("request", (r) => {
      if (r.isNavigationRequest() && r.frame() === page.mainFrame()) {
        this.asked.add(r.url());
        if (!r.redirectedFrom()) {
          this.under = new Set();
          this.sent = [];
        }
      }
      this.under.add(r);
    });
    page.on("requestfailed", (r) => {
      // Leaving a page ends what it was loading.
      if (r.failure()?.errorText !== "net::ERR_ABORTED") this.note("failed request", `${r.url()} ${r.failure()?.errorText}`);
    });
    page.on("requestfinished", (r) => {
      if (this.under.has(r)) this.sent.push(r); // and not what the page before it had asked for
    });
  }

  get path() {
    const url = new URL(this.page.url());
    return url.pathname + url.search;
  }

  async go(path, status = 200) {
    const answer = await this.page.goto(path);
    assert.equal(answer.status(), status, `status of ${path}`);
    return answer;
  }

  // visit opens a page and looks at it.
  async visit(path, { status = 200, ...look } = {}) {
    const answer = await this.go(path, status);
    await this.look(look);
    return answer;
  }

  main() { return this.page.locator("main"); }
  field(label) { return this.main().getByLabel(label, { exact: true }); }
  button(name) { return this.main().getByRole("button", { name, exact: true }); }
  link(name) { return this.main().getByRole("link", { name, exact: true }); }

  // loads does something that leads to another page, and waits for it.
  async loads(f) {
    const loaded = this.page.waitForEvent("load");
    loaded.catch(() => {});
    await f();
    await loaded;
  }

  async submit(button) { await this.loads(() => (typeof button === "string" ? this.button(button) : button).click()); }
  async follow(link) { await this.loads(() => (typeof link === "string" ? this.link(link).first() : link).click()); }
  async says(text) { await this.main().getByText(text).first().waitFor(); }

  // sure gives the password to the page that asks for it again, if it is there.
  async sure(secret = password) {
    const field = this.page.locator("input[name='-confirm']");
    if (!(await field.count())) return;
    await field.fill(secret);
    await this.submit("Confirm");
  }

  // look checks what every page must be. thorough: with all rules of axe in every theme
  // and width.
  async look({ transfer = limits.transfer, rules = {}, thorough = false } = {}) {
    const at = this.path;
    const facts = await this.page.evaluate(() => ({
      lang: document.documentElement.lang,
      title: document.title,
      h1: [...document.querySelectorAll("h1")].map((h) => h.textContent.trim()),
      landmarks: ["header", "main", "footer"].filter((l) => document.querySelectorAll(`body > ${l}`).length !== 1),
      inline: document.querySelectorAll("[style], style, script:not([src]):not([type='application/json'])").length,
      raw: /@[A-Z]\w*\(|%![a-zA-Z]\(|<nil>|\[object Object\]|\bNaN\b/.exec(document.body.innerText)?.[0] ?? null,
      ids: [...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i),
    }));
    assert.equal(facts.lang, "en", `lang of ${at}`);
    assert.match(facts.title, /^\S.* · Berth$/, `title of ${at}`);
    assert.equal(facts.h1.length, 1, `one h1 on ${at}: ${JSON.stringify(facts.h1)}`);
    assert.notEqual(facts.h1[0], "", `h1 of ${at}`);
    assert.ok(!facts.landmarks.length, `one each of header, main and footer on ${at}`);
    assert.equal(facts.inline, 0, `inline styles and scripts on ${at}`);
    assert.ok(!facts.raw, `what was to be filled in on ${at}: ${facts.raw}`);
    assert.ok(!facts.ids.length, `ids used twice on ${at}: ${facts.ids}`);
    const sizes = await Promise.all(this.sent.map((r) => r.sizes()));
    const sum = sizes.reduce((n, s) => n + s.responseBodySize + s.responseHeadersSize, 0);
    assert.ok(sum < transfer, `${at} takes ${sum} bytes over the wire, more than ${transfer}`);
    if (this.javaScript) {
      await this.steady(at);
      await this.accessible(at, rules, thorough);
    }
    await this.fits(at);
    this.clean(at);
  }

  // steady means that nothing jumped while the page was loading.
  async steady(at) {
    const shifts = await this.page.evaluate(async () => {
      // Nothing jumps before there is something to see.
      await new Promise((ok) => new PerformanceObserver(ok).observe({ type: "paint", buffered: true }));
      for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
      return window.shifts();
    });
    const sum = shifts.reduce((n, s) => n + s.value, 0);
    assert.ok(sum < limits.shift, `the layout of ${at} shifts by ${sum}: ${JSON.stringify(shifts)}`);
  }

  // accessible runs axe. What another theme changes is colours alone, and what a
  // narrow window changes, besides, is how large things are to touch.
  async accessible(at, rules, thorough) {
    await this.page.mouse.move(0, 0); // off what was clicked on
    await this.page.evaluate(axe); // past the policy of the page, which is for its own scripts
    const everything = { runOnly: tags, rules, resultTypes: ["violations"] };
    const colours = { ...everything, runOnly: { type: "rule", values: ["color-contrast"] } };
    const run = async (what, options) => {
      const { violations } = await this.page.evaluate((o) => window.axe.run(document, o), options);
      const found = violations.map((v) => `${v.id}: ${v.help}\n` + v.nodes.slice(0, 5).map((n) => `  ${n.html.slice(0, 200)}\n    ${n.failureSummary.replaceAll("\n", " ")}`).join("\n"));
      assert.ok(!found.length, `axe on ${at}, ${what}\n${found.join("\n")}`);
    };
    const other = this.theme === "dark" ? "light" : "dark";
    const themes = async (more, where) => {
      await run(`${this.theme}${where}`, everything);
      await this.page.emulateMedia({ colorScheme: other });
      await run(`${other}${where}`, more);
      await this.page.emulateMedia({ colorScheme: this.theme });
    };
    await themes(thorough ? everything : colours, "");
    if (!thorough) return;
    await this.resize({ width: limits.narrow, height: 740 });
    await themes(everything, ` at ${limits.narrow} px`);
    await this.resize(this.size);
  }

  // resize returns when the page knows its new size.
  async resize(size) {
    await this.page.setViewportSize(size);
    await poll(`a window of ${size.width} pixels`, () => this.page.evaluate((w) => matchMedia(`(width: ${w}px)`).matches, size.width));
  }

  // fits means that a phone does not scroll sideways.
  async fits(at) {
    await this.resize({ width: limits.narrow, height: 740 });
    const wide = await this.page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= width) return null;
      const inner = (e) => e.closest(".table-wrap, .code, pre, .tabs, .nav");
      const guilty = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1 && !inner(e.parentElement));
      return { scrollWidth: document.documentElement.scrollWidth, guilty: guilty.slice(0, 5).map((e) => e.outerHTML.slice(0, 120)) };
    });
    await this.resize(this.size);
    assert.ok(!wide, `${at} scrolls sideways at ${limits.narrow} px: ${JSON.stringify(wide, null, 1)}`);
  }

  clean(at = this.path) {
    assert.ok(!this.wrong.length, `in the browser, at ${at}: ${this.wrong.join("\n")}`);
  }

  async close() {
    await this.context.close();
  }
}
