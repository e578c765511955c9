// Buttons with data-copy="SELECTOR" put that field's text on the clipboard; without script, or without a clipboard, they stay hidden.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).value);
      button.textContent = "Copied";
    });
  }
});
