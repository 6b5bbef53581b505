// Who else has this case open; they are told the same of us.

const line = document.querySelector("[data-presence]");
const PERIOD = 15_000;
let writing = false;

async function report() {
  if (document.hidden) return;
  const body = new URLSearchParams({ csrf: line.dataset.csrf, writing: writing ? "1" : "" });
  const answer = await fetch(line.dataset.presence, { method: "POST", body });
  if (!answer.ok || answer.redirected) return;
  const { sentence } = await answer.json();
  line.hidden = !sentence;
  if (line.textContent !== sentence) line.textContent = sentence;
}
// One that fails is followed by the next.
const tell = () => report().catch(() => {});

document.querySelector(".actions")?.addEventListener("input", () => {
  if (writing) return;
  writing = true;
  tell();
});
setInterval(tell, PERIOD);
window.addEventListener("focus", tell);
tell();
