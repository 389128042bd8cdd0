for (const button of document.querySelectorAll("button.copy")) {
  const patch = button.parentElement.querySelector("pre");
  button.hidden = false;
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(patch.textContent);
    } catch {
      // Not everywhere is a page from disk allowed to; then it is ready for Ctrl+C.
      getSelection().selectAllChildren(patch);
      copied = false;
    }
    button.textContent = copied ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  });
}
