// What the flows rely on: a page that is wrong is found out.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Window, launch } from "../lib/window.js";

let browser, server, site;
const bodies = new Map();
const good = (body, head = "") =>
  `<!DOCTYPE html><html lang="en"><head><title>Good · Berth</title><meta name="viewport" content="width=device-width">${head}</head><body><header>Top</header><main>${body}</main><footer>End</footer></body></html>`;

before(async () => {
  server = createServer((r, w) => {
    const [type, body, headers = {}] = bodies.get(r.url) ?? ["text/plain", ""];
    w.writeHead(bodies.has(r.url) ? 200 : 404, { "Content-Type": type, ...headers }).end(body);
  });
  await new Promise((ok) => server.listen(0, "127.0.0.1", ok));
  site = { url: `http://127.0.0.1:${server.address().port}` };
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server.close();
});

const script = (text) => {
  bodies.set("/x.js", ["text/javascript", text]);
  return '<script src="/x.js"></script>';
};

async function look(html, headers) {
  bodies.set("/page", ["text/html; charset=utf-8", html, headers]);
  const w = await Window.open(browser, site, {});
  try {
    await w.visit("/page");
  } finally {
    await w.close();
  }
}

test("a page with nothing wrong passes", () => look(good("<h1>Good</h1>")));

for (const [name, html, want, headers] of [
  ["an error on the console", () => good("<h1>A</h1>" + script("console.error('ouch')")), /ouch/],
  ["a warning on the console", () => good("<h1>A</h1>" + script("console.warn('hm')")), /hm/],
  ["a script that throws", () => good("<h1>A</h1>" + script("throw new Error('boom')")), /boom/],
  ["a dialog", () => good("<h1>A</h1>" + script("alert(1)")), /dialog: 1/],
  ["a request to another host", () => good('<h1>A</h1><img src="http://evil.example/p.png" alt="">'), /another host.*evil\.example/],
  ["a missing file", () => good('<h1>A</h1><img src="/none.png" alt="">'), /404/],
  ["what the policy refuses", () => good("<h1>A</h1><p onclick='1'>x</p><script src='/x.js'></script>"), /Content Security Policy/, { "Content-Security-Policy": "script-src 'none'" }],
  ["an inline style", () => good("<h1 style='margin:0'>A</h1>"), /inline styles/],
  ["what was not filled in", () => good("<h1>A</h1><p>Pushed @Time(p.UpdatedAt)</p>"), /filled in/],
  ["no language", () => good("<h1>A</h1>").replace(' lang="en"', ""), /lang of/],
  ["no title of its own", () => good("<h1>A</h1>").replace("Good · ", ""), /title of/],
  ["two h1", () => good("<h1>A</h1><h1>B</h1>"), /one h1/],
  ["an id twice", () => good("<h1 id=a>A</h1><p id=a>B</p>"), /ids used twice/],
  ["a missing landmark", () => good("<h1>A</h1>").replaceAll("footer", "div"), /one each of header/],
  ["a field without a label", () => good("<h1>A</h1><input>"), /label: Form elements must have labels/],
  ["a colour that cannot be read in the dark", () => good("<h1>A</h1><p>some words</p>", '<link rel="stylesheet" href="/x.css">'), /color-contrast.*|axe on .* dark/],
  ["what scrolls sideways on a phone", () => good("<h1>A</h1><table width=700><tr><td>x</td></tr></table>"), /scrolls sideways/],
  ["a heavy page", () => good("<h1>A</h1>" + `<!-- ${"x".repeat(101 << 10)} -->`), /over the wire/],
  ["what jumps", () => good("<div id=a></div><h1>A</h1>" + "<p>text</p>".repeat(20) + script("new PerformanceObserver(() => document.getElementById('a').setAttribute('class', 'b')).observe({ type: 'paint', buffered: true })"), '<link rel="stylesheet" href="/x.css">'), /shifts by/],
]) {
  test(`${name} is found`, async () => {
    bodies.set("/x.css", ["text/css", "p { color: #000; background: #fff } .b { height: 400px } @media (prefers-color-scheme: dark) { p { color: #ddd } }"]);
    await assert.rejects(async () => look(html(), headers), (err) => {
      assert.match(err.message, want);
      return true;
    });
  });
}
