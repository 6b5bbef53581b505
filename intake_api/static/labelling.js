// The keys of the labelling pages. Every page works without this file; desk.js has / and ?.

const form = document.querySelector("[data-label]");
const search = document.querySelector("#q");
const help = document.querySelector("#keys");
const writing = (target) => target.closest("textarea, select, dialog") ||
  (target.matches("input") && !["radio", "checkbox"].includes(target.type));

// The cards and the search are one choice: taking one empties the other.
const cards = [...document.querySelectorAll("[data-candidates] input[type=radio]")];
search?.addEventListener("input", () => {
  if (search.value) cards.forEach((card) => { card.checked = false; });
});
for (const card of cards) {
  card.addEventListener("change", () => { if (search) search.value = ""; });
}

function choose(input) {
  if (!input) return false;
  input.checked = true;
  input.focus({ preventScroll: true });
  input.closest(".candidate")?.scrollIntoView({ block: "nearest" });
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function press(key) {
  const deed = document.querySelector(`[data-deed="${CSS.escape(key)}"]`);
  if (deed) return deed.click(), true;
  if (key === "u") {
    const undo = document.querySelector("[data-undo]");
    undo?.requestSubmit();
    return Boolean(undo);
  }
  if (!form) return false;
  if (/^[1-5]$/.test(key)) return choose(cards[Number(key) - 1]);
  if (key === "n") return document.querySelector("[data-skip]")?.click(), true;
  if (key === "Enter") return form.requestSubmit(form.querySelector("button.primary")), true;
  return choose(form.querySelector(`[data-key="${CSS.escape(key)}"]`));
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (help?.open || writing(event.target)) return;
  // Enter on a link or a button is theirs.
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  if (press(event.key)) event.preventDefault();
});
