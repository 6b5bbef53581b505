// What a script adds to the codes: a button that copies a link, one that opens the print dialog.
// Without it the link can be selected and the browser's own menu prints.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "已复制";
      setTimeout(() => { button.textContent = label; }, 2000);
    } catch {
      // Not allowed here (no https): the text is selected, Ctrl+C copies it.
      button.textContent = "已选中，按 Ctrl+C";
    }
  });
}

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
