// Reloads the pictures of templates that were edited, as the server tells.
const note = document.getElementById("live");
const events = new EventSource("/dev/events");
events.addEventListener("changed", (event) => {
  const changed = JSON.parse(event.data);
  for (const [name, fingerprint] of Object.entries(changed)) {
    const image = document.querySelector(`img[data-template="${name}"]`);
    if (!image || fingerprint === null || fingerprint.includes("-")) { location.reload(); return; }
    const url = new URL(image.src);
    url.searchParams.set("v", fingerprint);
    image.src = url;
  }
});
events.addEventListener("error", () => { note.textContent = "The server is gone; pictures follow again when it is back."; });
events.addEventListener("open", () => { note.textContent = "Pictures follow your edits in the template folders."; });
