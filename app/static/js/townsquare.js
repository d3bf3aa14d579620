// Adds comfort to pages that work without it.
import {
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  Radios,
  SkipLink,
  createAll,
} from "../vendor/govuk-frontend-6.3.0/govuk-frontend.min.js";

for (const component of [
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  Radios,
  SkipLink,
]) {
  createAll(component);
}

/** "Copy the link": hidden until we know that the browser can do it. */
function offerCopying(button) {
  const said = button.parentElement.querySelector("[data-copy-status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      said.textContent = button.dataset.copied;
    } catch {
      said.textContent = button.dataset.copyFailed;
    }
  });
}

if (navigator.clipboard) {
  document.querySelectorAll("button[data-copy]").forEach(offerCopying);
}
