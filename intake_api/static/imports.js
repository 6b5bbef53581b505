// The numbers of a running import, every two seconds; when it has ended the page is loaded anew.
const main = document.querySelector("[data-import]");

async function look() {
  const answer = await fetch(main.dataset.import, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const job = await answer.json();
  if (job.state !== "running") {
    location.reload();
    return;
  }
  for (const place of document.querySelectorAll("[data-count]")) {
    if (place.dataset.count in job) place.textContent = job[place.dataset.count];
  }
}

if (main) setInterval(() => look().catch(() => {}), 2000);
