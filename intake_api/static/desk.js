// The desk's keyboard and its small poll. Every page works without this file.

const main = document.querySelector("#main");
const typing = (target) => target.closest("textarea, select, [contenteditable], dialog") ||
  (target.matches("input") && !["radio", "checkbox"].includes(target.type));

// --- help -----------------------------------------------------------------------------------
const help = document.querySelector("#keys");
const toggleHelp = () => (help.open ? help.close() : help.showModal());
document.querySelector("[data-help]")?.addEventListener("click", (event) => {
  event.preventDefault();
  toggleHelp();
});

// --- lists ----------------------------------------------------------------------------------
const rows = () => [...document.querySelectorAll("[data-row] a, [data-draft]")];

function move(step) {
  const list = rows();
  if (!list.length) return;
  const here = list.findIndex((item) => item.contains(document.activeElement));
  const next = list[Math.min(Math.max(here + step, 0), list.length - 1)];
  const target = next.matches("a") ? next : next.querySelector("[data-categories] input");
  target?.focus();
  next.scrollIntoView({ block: "nearest" });
}

// --- drafts ---------------------------------------------------------------------------------
const drafts = [...document.querySelectorAll("[data-draft]")];
const currentDraft = () =>
  drafts.find((draft) => draft.contains(document.activeElement)) ?? drafts[0];

function choose(position) {
  const choice = currentDraft()?.querySelectorAll("[data-categories] input")[position - 1];
  if (!choice) return false;
  choice.checked = true;
  choice.focus();
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

for (const draft of drafts) {
  const other = draft.querySelector("[data-other]");
  const radios = draft.querySelectorAll("[data-categories] input");
  // The long list and the three suggestions are one choice: taking one empties the other.
  other.addEventListener("change", () => {
    if (other.value) radios.forEach((radio) => { radio.checked = false; });
  });
  radios.forEach((radio) => radio.addEventListener("change", () => { other.value = ""; }));
}
drafts[0]?.querySelector("[data-categories] :is(input:checked, input)")?.focus({ preventScroll: true });

function choosePlace(key) {
  const places = [...(currentDraft()?.querySelectorAll("[data-places] input") ?? [])];
  const choice = key === "r" ? places.at(-1) : places.slice(0, -1)["qwe".indexOf(key)];
  if (!choice) return false;
  choice.checked = true;
  choice.focus();
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

// f: the first case that may be the same event, then the next, and at last none of them.
function chooseFollowed() {
  const offered = [...(currentDraft()?.querySelectorAll("[data-follow] input") ?? [])];
  if (!offered.length) return false;
  const here = offered.findIndex((one) => one.checked);
  const choice = offered[(here + 1) % offered.length];
  choice.checked = true;
  choice.focus();
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function toggleDraft() {
  const tick = currentDraft()?.querySelector("[data-file-it]");
  if (!tick) return false;
  tick.checked = !tick.checked;
  tick.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

// --- the paste box --------------------------------------------------------------------------
// What is pasted into the empty box is read at once: nobody pastes a call to look at it.
const box = document.querySelector("[data-paste] textarea");
let wasEmpty = false;
box?.addEventListener("beforeinput", () => { wasEmpty = !box.value.trim(); });
box?.addEventListener("paste", () => { wasEmpty = !box.value.trim(); });
box?.addEventListener("input", (event) => {
  if (event.inputType === "insertFromPaste" && wasEmpty && box.value.trim()) {
    box.form.requestSubmit();
  }
});

// --- a case ---------------------------------------------------------------------------------
function openAction(key) {
  const action = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!action) return false;
  action.open = true;
  const field = action.querySelector("form :is(input:not([type=hidden]), select, textarea, button)");
  field?.focus();
  action.scrollIntoView({ block: "nearest" });
  return true;
}

// A common reply goes into the field somebody writes in, else into the first of an open step.
let field = null;
document.querySelector(".actions")?.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea")) field = event.target;
});
for (const button of document.querySelectorAll("[data-macro]")) {
  button.addEventListener("click", () => {
    field ??= document.querySelector("details[data-action][open] textarea");
    if (!field) return;
    field.closest("details").open = true;
    field.setRangeText(button.dataset.macro, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}

// --- keys -----------------------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest("form") ?? document.querySelector("[data-file]");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const handled = press(event.key);
  if (handled) event.preventDefault();
});

function press(key) {
  if (key === "?") return toggleHelp(), true;
  if (help?.open) return false;
  if (drafts.length && /^[123]$/.test(key)) return choose(Number(key));
  if (drafts.length && /^[qwer]$/.test(key)) return choosePlace(key);
  if (drafts.length && key === "x") return toggleDraft();
  if (drafts.length && key === "f") return chooseFollowed();
  if (key === "j" && !main.hasAttribute("data-case")) return move(1), true;
  if (key === "k" && !main.hasAttribute("data-case")) return move(-1), true;
  if (key === "/") return focus("#q");
  if (main.hasAttribute("data-case")) {
    if (key === "g") return document.querySelector("[data-back]")?.click(), true;
    return openAction(key);
  }
  return key === "n" ? focus("#paste") : false;
}

function focus(selector) {
  const target = document.querySelector(selector);
  target?.focus();
  return Boolean(target);
}

// --- one press, one post --------------------------------------------------------------------
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  // What opens beside the page leaves its form as it is.
  if (event.submitter?.formTarget === "_blank") return;
  if (event.target.dataset.sent) return event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

// --- live counts ----------------------------------------------------------------------------
const address = main?.dataset.poll;
const PERIOD = 10_000;

async function poll() {
  if (document.hidden) return;
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const counts = await answer.json();
  const shown = document.querySelector(".tabs [aria-current] [data-count]");
  for (const badge of document.querySelectorAll("[data-count]")) {
    const value = String(counts[badge.dataset.count] ?? 0);
    if (badge.textContent === value) continue;
    badge.textContent = value;
    // The rows stay where they are under the reader's eyes; a line says that they changed.
    if (badge === shown) document.querySelector("[data-fresh]").hidden = false;
  }
}
// A poll that fails is followed by the next one; whoever comes back to the page sees it fresh.
const refresh = () => poll().catch(() => {});
if (address) {
  setInterval(refresh, PERIOD);
  window.addEventListener("focus", refresh);
}
