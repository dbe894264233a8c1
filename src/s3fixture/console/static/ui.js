// What several pages show: toasts, dialogs, sizes.

/** A message that disappears after some seconds; screen readers read it aloud. */
export function toast(text, kind = "") {
  const shown = document.createElement("p");
  shown.className = `toast ${kind}`;
  shown.textContent = text;
  const toasts = document.getElementById("toasts");
  // What is behind an open dialog is dark, and screen readers do not read it.
  (document.querySelector("dialog[open]") || document.body).append(toasts);
  toasts.append(shown);
  setTimeout(() => shown.remove(), 5000 + 60 * text.length);
}

/** A toast on the next page, after going there or loading this one again. */
export function toastThere(text, url) {
  sessionStorage.setItem("toast", text);
  location.assign(url.split("#")[0]); // with the fragment of the skip link, nothing would be loaded
}

/** An element with text and attributes; text is never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

// As human_size in sizes.py writes them.
export function size(bytes) {
  let unit = 0;
  while (Math.round(bytes) >= 1024 && unit < UNITS.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  const decimals = unit && Number(bytes.toFixed(1)) < 10 ? 1 : 0;
  return `${bytes.toFixed(decimals)} ${UNITS[unit]}`;
}

export const plural = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

// The same characters as the filter `visible` of the templates.
const INVISIBLE =
  /[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text with what cannot be seen, or would reorder its surroundings, written as its code point. */
export function visible(text) {
  return text.replace(INVISIBLE, (char) => `〈U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}〉`);
}

/**
 * Let a form do something: its button waits meanwhile, an error stands in it where it was made.
 * `action` gets the form's data, the form and the button.
 */
export function onSubmit(form, action) {
  if (!form) return;
  const error = form.querySelector(".field-error");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter || form.querySelector("button:not([type=button])");
    const field = form.querySelector("input:not([type=checkbox], [type=hidden]), textarea");
    error.textContent = "";
    field?.removeAttribute("aria-invalid");
    if (button) button.disabled = true;
    try {
      await action(new FormData(form), form, button);
    } catch (problem) {
      error.textContent = problem.message;
      field?.setAttribute("aria-invalid", "true");
      if (problem.details?.line && field) showLines(field, problem.details.line, problem.details.last);
    } finally {
      if (button) button.disabled = false;
    }
  });
}

/** Select lines of a text area, and scroll to the first. */
function showLines(area, line, last = line) {
  const lines = area.value.split("\n");
  const length = (from, to) => lines.slice(from, to).join("\n").length;
  const start = line > 1 ? length(0, line - 1) + 1 : 0;
  area.focus();
  area.setSelectionRange(start, start + length(line - 1, last));
  area.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(area).lineHeight));
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Not allowed, or not over plain HTTP from another machine: the old way.
    const area = element("textarea", { class: "hidden", "aria-hidden": "true" });
    const focused = document.activeElement;
    area.value = text;
    (document.querySelector("dialog[open]") || document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    if (!done) return toast("The browser does not allow copying; select the text, and copy it by its keys", "bad");
  }
  toast("Copied");
}
