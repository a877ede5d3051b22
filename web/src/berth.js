// What pages do better with scripts. Every page works without this file.

const root = document.documentElement;

// say tells what happened to those who do not see it.
function say(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

// Copy buttons: data-copy holds the text.
async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain HTTP has no clipboard: the old way does.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.classList.add("copied");
  say("Copied");
  setTimeout(() => button.classList.remove("copied"), 2000);
}

// Lists whose rows can be chosen: a box for all of them, and a bar that counts. A list
// that is filtered does not show all that was chosen, which goes along nevertheless.
const kept = new Set();

function recall(form) {
  const boxes = [...form.querySelectorAll("input[data-row]")];
  for (const box of boxes) box.checked = kept.has(box.value);
  const shown = new Set(boxes.map((b) => b.value));
  for (const field of form.querySelectorAll("[data-kept]")) field.remove();
  for (const value of kept) {
    if (shown.has(value)) continue;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: boxes[0].name, value });
    field.dataset.kept = "";
    form.append(field);
  }
}

function recount(form) {
  const boxes = [...form.querySelectorAll("input[data-row]")];
  const chosen = boxes.filter((b) => b.checked);
  for (const box of boxes) kept[box.checked ? "add" : "delete"](box.value);
  const all = form.querySelector("input[data-all]");
  if (all) {
    all.checked = boxes.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  }
  const hidden = form.querySelectorAll("input[data-kept]").length;
  const text = `${chosen.length + hidden} chosen` + (hidden ? `, ${hidden} of them not in this list` : "");
  for (const bar of form.querySelectorAll("[data-chosen]")) bar.textContent = text;
  for (const button of form.querySelectorAll("[data-needs-rows]")) button.disabled = chosen.length + hidden === 0;
}

// A field where a name has to be typed again unlocks its button.
function unlock(field) {
  const button = field.form?.querySelector("[data-needs-name]");
  if (button) button.disabled = field.value.trim() !== field.dataset.name;
}

// Lines of a document: #L3 or #L3-L9. A click with shift goes on from the last one.
function markLines() {
  for (const line of document.querySelectorAll(".line.marked")) line.classList.remove("marked");
  const m = /^#L(\d+)(?:-L(\d+))?$/.exec(location.hash);
  if (!m) return;
  const [first, last] = [Number(m[1]), Number(m[2] ?? m[1])].sort((a, b) => a - b);
  for (let n = first; n <= last; n++) document.getElementById(`L${n}`)?.classList.add("marked");
  document.getElementById(`L${first}`)?.scrollIntoView({ block: "center" });
}

function chooseLine(event, link) {
  const m = /^#L(\d+)/.exec(location.hash);
  if (!event.shiftKey || !m) return;
  event.preventDefault();
  location.hash = `#L${m[1]}-${link.hash.slice(1)}`;
}

// What takes longer than a moment shows that it is under way.
function busy() {
  root.classList.add("busy");
}

// What asks for a part of a page may be answered with another page: the session has
// ended, or something is wrong. Nothing of it belongs where the part was. In place of a
// list it is opened; a field goes on without suggestions.
function other(event) {
  const { response, select } = event.detail.ctx;
  if (response.status === 200 && !response.raw.redirected) return;
  event.preventDefault();
  if (select) location.assign(response.raw.url);
}

function prepare(part) {
  for (const form of part.querySelectorAll("form[data-rows]")) recount(form);
  for (const field of part.querySelectorAll("input[data-name]")) unlock(field);
}

// swapped looks after a list that came in place of another, and says how long it is.
function swapped(event) {
  for (const form of document.querySelectorAll("form[data-rows]")) recall(form);
  prepare(document);
  const list = document.getElementById(event.detail.ctx.target.id);
  if (!event.detail.ctx.select || !list) return;
  const n = list.querySelectorAll("li:not(li li), tbody > tr").length;
  const more = list.querySelector(".pager a[rel=next]") ? ", with more on the next page" : "";
  say(n ? `${n} ${n === 1 ? "entry" : "entries"} shown${more}` : "Nothing found");
}

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-copy],[data-line]");
  if (target?.matches("[data-line]")) chooseLine(event, target);
  else if (target) copy(target);
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("input[data-all]")) {
    for (const row of box.form.querySelectorAll("input[data-row]")) row.checked = box.checked;
  }
  if (box.form?.matches("[data-rows]")) recount(box.form);
});

document.addEventListener("input", (event) => {
  if (event.target.matches("input[data-name]")) unlock(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  }
  const typing = event.target.closest?.("input,textarea,select,[contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// A form is sent once, also when its button is pressed twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "post") {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
  }
  busy();
});
window.addEventListener("pageshow", () => {
  root.classList.remove("busy");
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  prepare(document); // a browser that goes back fills in fields after this was run
});
window.addEventListener("hashchange", markLines);
document.addEventListener("htmx:before:request", busy);
document.addEventListener("htmx:finally:request", () => root.classList.remove("busy"));
document.addEventListener("htmx:before:response", other);
document.addEventListener("htmx:after:swap", swapped);

prepare(document);
markLines();
// On a phone the pages beside this one are a strip, which may hide where one is.
for (const here of document.querySelectorAll(":is(.nav, .tabs) [aria-current]")) {
  const strip = here.parentElement;
  const [a, b] = [strip.getBoundingClientRect(), here.getBoundingClientRect()];
  strip.scrollLeft += (b.left + b.right - a.left - a.right) / 2;
}
