// How far the training is, every two seconds; when it has ended the page is loaded anew.
const main = document.querySelector("[data-training]");
const stage = document.querySelector("[data-stage]");

async function look() {
  const answer = await fetch(main.dataset.training, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const job = await answer.json();
  if (job.state !== "running") {
    location.reload();
    return;
  }
  // Written only when it changed: a screen reader says every change aloud.
  if (stage.textContent !== job.stage) stage.textContent = job.stage;
  document.querySelector("[data-percent]").value = job.percent;
  document.querySelector("[data-number]").textContent = job.percent;
}

if (main) setInterval(() => look().catch(() => {}), 2000);
