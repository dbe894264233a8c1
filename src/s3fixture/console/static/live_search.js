// Search fields that show what they find while one types.

import { toast } from "./ui.js";

const PAUSE = 150; // milliseconds without a key, before the server is asked

/**
 * Ask for the page again with what stands in the field, and put its elements of these ids into this page.
 * As a document of its own kind: a text could not become one under our policy for trusted types.
 */
export function searchLive(form, ids, shown = () => {}) {
  const field = form?.querySelector('input[type="search"]');
  if (!field) return;
  let waiting;
  let asking;
  const show = () => {
    asking?.abort();
    const url = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    asking = new XMLHttpRequest();
    asking.open("GET", url);
    asking.responseType = "document";
    asking.onload = () => {
      const found = ids.map((id) => asking.response?.getElementById(id));
      if (!found.every(Boolean)) return location.assign(url); // an error, or the log-in
      found.forEach((element) => document.getElementById(element.id).replaceWith(element));
      history.replaceState(null, "", url);
      shown();
    };
    asking.onerror = () => toast("The server cannot be reached.", "bad");
    document.getElementById(ids[0]).setAttribute("aria-busy", "true"); // what replaces it is not busy
    asking.send();
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE);
  });
}
