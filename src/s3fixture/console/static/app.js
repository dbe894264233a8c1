// What every page has: colours, copying, dialogs, shortcuts.

import { showLocalTimes } from "./times.js";
import { copy, toast } from "./ui.js";

const THEMES = { "": "as the system", light: "light", dark: "dark" };

function chosenTheme() {
  return document.documentElement.dataset.theme || "";
}

function showTheme() {
  const button = document.getElementById("theme");
  const label = `Colours: ${THEMES[chosenTheme()]}`;
  button.setAttribute("aria-label", label);
  button.title = label;
}

document.getElementById("theme").addEventListener("click", () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(chosenTheme()) + 1) % names.length];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Chosen for this page only.
  }
  showTheme();
});
showTheme();

/** The text of an element, with its secrets. */
const whole = ({ dataset, textContent }) => (dataset.secret !== undefined && !shown ? dataset.secret : textContent);

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-copy], [data-copy-from], [data-open], [data-close]");
  if (!target) return;
  if (target.dataset.copy !== undefined) copy(target.dataset.copy);
  else if (target.dataset.copyFrom) copy(whole(document.getElementById(target.dataset.copyFrom)));
  else if (target.dataset.open) document.getElementById(target.dataset.open).showModal();
  else target.closest("dialog").close();
});

// "/" goes to the search field, as on many pages.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  const search = document.querySelector('input[type="search"]');
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

showLocalTimes();

// A link that is a switch is switched by the space bar, too.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches('a[role="switch"]')) return;
  event.preventDefault();
  event.target.click();
});

// Secrets are masked until the button shows them; what is copied has them.
let shown = false;
document.getElementById("show-secrets")?.addEventListener("click", ({ currentTarget: button }) => {
  shown = !shown;
  button.textContent = shown ? "Hide secrets" : "Show secrets";
  for (const code of document.querySelectorAll("[data-secret]")) {
    [code.textContent, code.dataset.secret] = [code.dataset.secret, code.textContent];
  }
});

const left = sessionStorage.getItem("toast");
if (left) {
  sessionStorage.removeItem("toast");
  toast(left);
}
