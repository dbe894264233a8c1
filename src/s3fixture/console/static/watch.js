// The live list of requests.

import { ask } from "./api.js";
import { barChart, lineChart } from "./chart.js";
import { localTime } from "./times.js";
import { copy, element, plural, size, toast, visible } from "./ui.js";

const KEPT = 2000; // requests in memory
const ON_A_PAGE = matchMedia("(max-width: 640px)").matches ? 25 : 100; // rows of the table
const SLOTS = 60; // bars of the chart
const SLOT = 5; // seconds a bar stands for

const body = document.querySelector("#requests tbody");
const filters = document.getElementById("filters");
const state = document.getElementById("stream-state");
const slots = new Map(); // number of a slot since the epoch -> [all, errors]
let requests = []; // newest first
let first = null; // the request at the top of a page of older ones, which stay where they are; null: the newest
let paused = false;
let due = false;
let held = false;

/* --- the stream */

let source;
const bodies = document.getElementById("bodies");
bodies.addEventListener("click", () => {
  bodies.setAttribute("aria-checked", bodies.getAttribute("aria-checked") !== "true");
  follow();
});
const status = (text, kind) => {
  state.textContent = text;
  state.className = `badge ${kind}`;
};

// A browser has six connections to a host for all its windows, so hidden ones close theirs.
function follow() {
  source?.close();
  if (document.hidden) return;
  source = new EventSource(`/api/watch${bodies.getAttribute("aria-checked") === "true" ? "?bodies=1" : ""}`);
  source.onopen = () => status("Live", "good");
  source.onerror = broken;
  source.onmessage = receive;
}

function broken() {
  if (source.readyState === EventSource.CLOSED) return status("Ended; load the page again", "bad");
  status("Connecting again…", "warn");
  ask("GET", "/api/usage").catch(() => {}); // leads to the log-in when that is what ended it
}

function receive(event) {
  const batch = JSON.parse(event.data);
  if (batch.lost) toast(`${plural(batch.lost, "request")} came too quickly to be shown`, "bad");
  const known = new Set(requests.slice(0, 1000).map((one) => one.request_id));
  const fresh = batch.requests.filter((one) => !known.has(one.request_id)).reverse();
  requests = [...fresh, ...requests].slice(0, KEPT);
  count(fresh);
  addChoices(fresh);
  render();
}

document.addEventListener("visibilitychange", follow);
follow();

/* --- the list */

/** Those of `requests` that the filters let through. */
function matching() {
  const { operation, bucket, status, text } = Object.fromEntries(new FormData(filters));
  const part = text.toLowerCase();
  return requests.filter(
    (one) =>
      (!operation || one.operation === operation) &&
      (!bucket || one.bucket === bucket) &&
      (!status || (one.status < 400 ? "2" : String(one.status)[0]) === status) &&
      (!part || `${one.key}\n${one.user_agent}\n${one.error_code}\n${one.access_key}`.toLowerCase().includes(part)),
  );
}

/** The button of a request's row, if the row is shown. */
const opener = (id) => body.querySelector(`tr[data-id="${CSS.escape(id)}"] .open`);

/** Draw at most once a frame, however many come, and not during a click, which would miss its row. */
function render() {
  if (due || paused || held) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    const found = matching();
    const start = first === null ? 0 : Math.max(found.indexOf(first), 0);
    const rows = found.slice(start, start + ON_A_PAGE).map(row);
    const focused = body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.id : "";
    body.replaceChildren(...rows);
    if (focused) opener(focused)?.focus({ preventScroll: true });
    showPages(found, start);
    const nothing = document.getElementById("nothing");
    nothing.hidden = found.length > 0;
    nothing.querySelector("h2").textContent = requests.length ? "No request matches the filters" : "No requests yet";
    const range = found.length > ON_A_PAGE ? `${start + 1} to ${start + rows.length} of ${found.length}` : found.length;
    document.getElementById("filter-count").textContent = requests.length ? `${range} shown` : "";
    drawRate();
  });
}

function showPages(found, start) {
  const older = document.getElementById("older");
  const newer = document.getElementById("newer");
  document.getElementById("request-pages").hidden = found.length <= ON_A_PAGE;
  older.disabled = start + ON_A_PAGE >= found.length;
  newer.disabled = start === 0;
  older.onclick = () => goTo(found[start + ON_A_PAGE]);
  newer.onclick = () => goTo(start > ON_A_PAGE ? found[start - ON_A_PAGE] : null);
}

function goTo(request) {
  first = request;
  render();
  filters.scrollIntoView();
}

const time = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 23);
const duration = (seconds) => (seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`);
const client = (one) => one.user_agent.split(" ")[0] || one.remote_addr;
const path = (one) => visible(one.bucket + (one.key ? `/${one.key}` : "")) || (one.error_code ? "" : "–");

const kind = (one) => (one.status < 400 ? "good" : one.status < 500 ? "warn" : "bad");
const badge = (one, text) => element("span", { class: `badge ${kind(one)}` }, text);

function row(one) {
  const open = element("button", { type: "button", class: "open" }, one.operation || one.method);
  return element(
    "tr",
    { "data-id": one.request_id },
    element("td", { class: "time" }, time(one.time)),
    element("td", {}, open),
    element("td", { title: one.key.length > 60 ? visible(one.key) : null }, element("bdi", {}, path(one)), element("span", { class: "code" }, one.error_code)),
    element("td", {}, badge(one, String(one.status))),
    element("td", { class: "number" }, duration(one.seconds)),
    element("td", { class: "number", "data-label": "in" }, size(one.bytes_in)),
    element("td", { class: "number", "data-label": "out" }, size(one.bytes_out)),
    element("td", { title: one.user_agent }, visible(client(one))),
  );
}

function addChoices(fresh) {
  for (const name of ["operation", "bucket"]) {
    const choice = filters.elements[name];
    const known = new Set([...choice.options].map((option) => option.value));
    const added = new Set(fresh.map((one) => one[name]).filter((value) => value && !known.has(value)));
    if (!added.size) continue;
    const chosen = choice.value;
    const values = [...known, ...added].filter(Boolean).sort();
    choice.replaceChildren(element("option", { value: "" }, "All"), ...values.map((value) => element("option", { value }, visible(value))));
    choice.value = chosen;
  }
}

filters.addEventListener("input", () => {
  first = null;
  render();
});
filters.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("clear").addEventListener("click", () => {
  requests = [];
  slots.clear();
  render();
});
document.getElementById("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.textContent = paused ? "Go on" : "Pause";
  render();
});

/* --- one request */

const dialog = document.getElementById("request");

body.addEventListener("click", (event) => {
  if (!getSelection().isCollapsed) return; // text of the row is being selected
  const id = event.target.closest("tr")?.dataset.id;
  const one = requests.find((request) => request.request_id === id);
  if (one) showRequest(one);
});
body.addEventListener("pointerdown", () => {
  held = true;
});
for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, () => {
    if (!held) return;
    setTimeout(() => { // after the click, which comes next
      held = false;
      render();
    });
  });
}

// Its row may have been drawn anew meanwhile.
dialog.addEventListener("close", () => opener(dialog.dataset.id)?.focus());

/** Whose keys: those of a signature, of version 2 and 4, or what a refused one says of itself. */
function asker(one) {
  if (one.access_key) return one.who && one.who !== one.access_key ? `${one.who} (${one.access_key})` : one.access_key;
  const claimed = one.error_fields.AWSAccessKeyId;
  return claimed ? `${claimed}, as the request says; it was refused` : one.error_code ? "unknown: it was refused before its keys were checked" : "anonymous";
}

const listed = (texts) => Object.entries(texts).map(([name, value]) => `${name}: ${value}`);

function showRequest(one) {
  dialog.dataset.id = one.request_id;
  document.getElementById("request-title").replaceChildren(`${one.operation || one.method} `, badge(one, `${one.status} ${one.error_code}`));
  const facts = {
    Time: [new Date(one.time * 1000).toISOString(), localTime(new Date(one.time * 1000))].filter(Boolean).join(", here "),
    Method: one.method,
    Bucket: one.bucket,
    Key: one.key,
    "Version id": one.version_id,
    Query: listed(one.query),
    Headers: listed(one.headers),
    Metadata: listed(one.metadata),
    Attempt: one.attempt || "",
    "Call of the client": one.invocation_id,
    Status: [one.status, one.error_code].filter(Boolean).join(" "),
    Duration: duration(one.seconds),
    "Bytes in": one.bytes_in.toLocaleString("en"),
    "Bytes out": one.bytes_out.toLocaleString("en"),
    "Asked by": asker(one),
    Address: one.remote_addr,
    Client: one.user_agent,
    "Request id": one.request_id,
  };
  const entries = Object.entries(facts).filter(([, value]) => String(value) !== "");
  const bucket = `/buckets/${encodeURIComponent(one.bucket)}/`;
  const places = { Bucket: bucket, Key: `${bucket}object?${new URLSearchParams({ key: one.key })}` };
  const text = (value) => [value].flat().map((line) => visible(String(line))).join("\n");
  const shown = (name, value) => (places[name] ? element("a", { href: places[name] }, visible(value)) : text(value));
  document.getElementById("request-facts").replaceChildren(
    ...entries.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, element("bdi", {}, shown(name, value)))]),
  );
  document.getElementById("request-error").hidden = document.getElementById("copy-xml").hidden = !one.xml;
  document.getElementById("request-xml").textContent = indented(one.xml);
  document.getElementById("copy-xml").onclick = () => copy(one.xml);
  showBodies(one);
  for (const button of dialog.querySelectorAll("[data-copy-as]")) button.onclick = () => copyAs(one, button.dataset.copyAs);
  dialog.showModal();
  document.getElementById("request-details").scrollTop = 0;
}

/** How both bodies begin, where they are kept. */
async function showBodies(one) {
  const places = ["sent", "answered"].map((name) => [name, document.getElementById(`body-${name}`)]);
  for (const [, place] of places) place.hidden = true;
  if (bodies.getAttribute("aria-checked") !== "true") return;
  const kept = await ask("GET", `/api/watch/${encodeURIComponent(one.request_id)}/bodies`).catch(() => ({}));
  for (const [name, place] of places) {
    place.hidden = !kept[name];
    place.querySelector("pre").textContent = kept[name] || "";
  }
}

/** Copy a line that sends the request again. */
async function copyAs(one, form) {
  try {
    const line = (await ask("GET", `/api/watch/${encodeURIComponent(one.request_id)}`))[form];
    if (line) copy(line);
    else toast("This is not an operation of S3, so boto3 cannot send it", "bad");
  } catch (error) {
    toast(error.message, "bad");
  }
}

/** An <Error> document has one level; each element on a line of its own, line breaks in a text as such. */
const indented = (xml) => xml.replace(/\?>\s*</, "?>\n<").replace(/<Error>/, "<Error>\n").replace(/(<\/(?!Error>)\w[\w-]*>)/g, "$1\n").replace(/^<(?!\?|\/?Error>)/gm, "  <").replaceAll("&#xa;", "\n");

/* --- charts */

/** All of them, also those that come too quickly to be kept. */
function count(fresh) {
  for (const one of fresh) {
    const slot = Math.floor(one.time / SLOT);
    const [all, errors] = slots.get(slot) || [0, 0];
    slots.set(slot, [all + 1, errors + (one.status >= 400)]);
  }
}

function drawRate() {
  const first = Math.floor(Date.now() / 1000 / SLOT) - SLOTS + 1;
  for (const slot of slots.keys()) if (slot < first) slots.delete(slot);
  const bars = Array.from({ length: SLOTS }, (_, index) => slots.get(first + index) || [0, 0]);
  const [all, errors] = [0, 1].map((which) => bars.reduce((sum, bar) => sum + bar[which], 0));
  const text = `${plural(all, "request")}, ${plural(errors, "error")} in 5 minutes`;
  document.getElementById("rate").textContent = text;
  const most = Math.max(...bars.map(([count]) => count));
  barChart(document.getElementById("rate-chart"), bars, `${text}; at most ${most} in ${SLOT} seconds`, { first: "5 minutes ago", last: "now" });
}

async function drawUsage() {
  const stored = document.getElementById("stored");
  if (!stored) return; // a user of an account does not see all that it stores
  const { samples } = await ask("GET", "/api/usage");
  const [, objects, bytes] = samples[samples.length - 1];
  const text = `${plural(objects, "object")}, ${size(bytes)}`;
  stored.textContent = text;
  const points = samples.map(([when, , stored]) => [when, stored]);
  const minutes = Math.round((points[points.length - 1][0] - points[0][0]) / 60);
  lineChart(document.getElementById("usage-chart"), points, `Stored over time; now ${text}`, {
    name: size,
    first: minutes ? `${plural(minutes, "minute")} ago` : "a moment ago",
    last: "now",
  });
}

setInterval(() => {
  if (document.hidden) return;
  if (!paused) drawRate();
  drawUsage().catch(() => {});
}, 5000);
drawRate();
drawUsage().catch(() => {});
