// The page of drafts: places for other words, and everything typed kept on the server.

const form = document.querySelector("[data-keep]");

// --- kept while it is worked on ---------------------------------------------------------------
const PAUSE_KEEP = 1_500;
let waiting;
let sent = "";

function keep({ leaving = false } = {}) {
  const fields = new URLSearchParams(new FormData(form));
  if (fields.toString() === sent) return;
  sent = fields.toString();
  // Browsers let at most 64 KiB outlive the page; what is longer was kept at the last pause.
  const outlives = leaving && sent.length < 60_000;
  fetch(form.dataset.keep, { method: "POST", body: fields, keepalive: outlives })
    .catch(() => { sent = ""; });
}

function keepSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(keep, PAUSE_KEEP);
}
form.addEventListener("input", keepSoon);
form.addEventListener("change", keepSoon);
form.addEventListener("submit", () => clearTimeout(waiting));
document.addEventListener("visibilitychange", () => {
  if (document.hidden && !form.dataset.sent) keep({ leaving: true });
});
sent = new URLSearchParams(new FormData(form)).toString();

// --- places -----------------------------------------------------------------------------------
// Other words for the place: the registry is asked again, and what it offers replaces the offer.
const PAUSE_ASK = 300;
for (const field of form.querySelectorAll("[data-place]")) {
  const draft = field.dataset.place;
  const offer = form.querySelector(`[data-places="${draft}"]`);
  const read = form.elements[`${draft}-place_read`];
  let asking;
  field.addEventListener("input", () => {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      const words = field.value;
      const address = `/desk/drafts/places?${new URLSearchParams({ draft, q: words })}`;
      const answer = await fetch(address).catch(() => null);
      if (!answer?.ok || field.value !== words) return;
      offer.innerHTML = await answer.text();
      read.value = words;
    }, PAUSE_ASK);
  });
}
