// What can be done to the server, for whoever has its main keys: faults, the clock, its state.

import { ask } from "./api.js";
import { element, onSubmit, plural, toast, toastThere, visible } from "./ui.js";

const EVERY = 5000; // milliseconds between looks at faults, clock and snapshots

/** Call a method of the server's control; its name, which begins the message of an error, is for programs. */
async function control(method, args = {}) {
  try {
    return await ask("POST", `/api/control/${method}`, args);
  } catch (error) {
    error.message = error.message.replace(`${method}: `, "");
    throw error;
  }
}
const act = (work) => async () => {
  try {
    await work();
  } catch (error) {
    toast(error.message, "bad");
  }
};

/** Put what there is into a list. While it stays the same so do its rows, and the focus on one of them. */
function showRows(list, all, row) {
  const known = JSON.stringify(all);
  if (list.dataset.known === known) return;
  const hadFocus = list.contains(document.activeElement);
  list.dataset.known = known;
  list.replaceChildren(...all.map(row));
  if (hadFocus) list.closest("section").querySelector("button.primary").focus();
}

function rowButton(text, label, kind, work) {
  const button = element("button", { type: "button", class: `button quiet small ${kind}`, "aria-label": label }, text);
  button.addEventListener("click", act(work));
  return button;
}

/* --- faults */

const form = document.getElementById("add-fault");
const list = document.getElementById("faults");
const NUMBERS = ["delay", "bytes_per_second", "after_bytes"];

/** Only the fields that this effect has. */
function showFields() {
  for (const field of form.querySelectorAll("[data-effects]")) {
    const shown = field.dataset.effects.split(" ").includes(form.elements.effect.value);
    field.hidden = !shown;
    field.querySelector("input").disabled = !shown; // so that it is not sent
  }
}
form.elements.effect.addEventListener("change", showFields);
showFields();

onSubmit(form, async (data) => {
  const fault = Object.fromEntries(data);
  for (const name of NUMBERS) if (name in fault) fault[name] = Number(fault[name]);
  fault.times = fault.times === "" ? null : Number(fault.times);
  await control("add_fault", { fault });
  await showFaults();
});
document.getElementById("clear-faults").addEventListener("click", act(async () => {
  await control("clear_faults");
  await showFaults();
}));

async function showFaults() {
  const states = await control("faults");
  showRows(list, states, faultRow);
  const active = states.filter(({ fault, injected }) => fault.times === null || injected < fault.times).length;
  const badge = document.getElementById("faults-badge");
  badge.hidden = !active;
  badge.textContent = plural(active, "fault");
}

function faultRow({ number, fault, injected }) {
  const where = [fault.operation, fault.bucket, fault.key].map((part) => (part === "*" ? "" : part)).filter(Boolean).join(" ");
  const what = `${fault.effect} ${fault.code}`.trim();
  const times = fault.times === null ? "always" : `${injected} of ${fault.times}`;
  const remove = rowButton("Remove", `Remove the fault ${what}`, "", async () => {
    await control("remove_fault", { number });
    await showFaults();
  });
  const happened = fault.times === null ? `${times}, happened ${injected} times` : `happened ${times} times`;
  return element("li", {}, element("span", {}, `${visible(what)} ${visible(where)}: ${happened}`), remove);
}

/* --- the clock */

const clock = document.getElementById("move-clock");

onSubmit(clock, async (data, _, button) => {
  await control(button.value, { seconds: Number(data.get("number")) * Number(data.get("unit")) });
  await showTime();
});
for (const button of clock.querySelectorAll("[data-clock]")) {
  button.addEventListener("click", act(async () => {
    await control(button.dataset.clock);
    await showTime();
  }));
}

async function showTime() {
  const seconds = await control("time");
  const ahead = Math.round(seconds - Date.now() / 1000);
  const away = Math.abs(ahead) > 2;
  const text = `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  document.getElementById("server-time").textContent = text;
  const badge = document.getElementById("clock-badge");
  badge.hidden = !away;
  badge.textContent = `clock ${span(Math.abs(ahead))} ${ahead > 0 ? "ahead" : "behind"}`;
}

const UNITS = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];

function span(seconds) {
  const [unit, name] = UNITS.find(([length]) => seconds >= length) || [1, "second"];
  return plural(Math.round(seconds / unit), name);
}

/* --- snapshots */

const taking = document.getElementById("take-snapshot"); // not there where the data is in a folder
const restoring = document.getElementById("restore-snapshot");
const deleting = document.getElementById("delete-snapshot");
let snapshots = [];

onSubmit(taking, async (data) => {
  const name = data.get("name").trim();
  await showSnapshots();
  if (snapshots.includes(name)) throw new Error(`There is a snapshot ${visible(name)}; delete it first, or choose another name.`);
  await control("name_snapshot", { name });
  if (data.get("name") === taking.elements.name.value) taking.reset(); // else the next name is being typed
  await showSnapshots();
});

async function showSnapshots() {
  if (!taking) return;
  snapshots = await control("named_snapshots");
  showRows(document.getElementById("snapshots"), snapshots, snapshotRow);
}

function snapshotRow(name) {
  const shown = visible(name);
  const restore = rowButton("Restore…", `Restore the snapshot ${shown}`, "", () => askToRestore(name));
  const remove = rowButton("Delete…", `Delete the snapshot ${shown}`, "danger-text", () => openFor(deleting, name));
  return element("li", {}, element("bdi", {}, shown), element("span", {}, restore, remove));
}

/** Open a dialog that is about one snapshot. */
function openFor(dialog, name) {
  dialog.dataset.name = name;
  dialog.querySelector("bdi").textContent = visible(name);
  dialog.querySelector(".field-error").textContent = "";
  dialog.showModal();
}

/** Say what is lost before anything is. */
async function askToRestore(name) {
  await showSnapshots();
  const [changes, later] = ["snapshot-changes", "snapshot-later"].map((id) => document.getElementById(id));
  const following = snapshots.slice(snapshots.indexOf(name) + 1).map(visible);
  later.textContent = `Later snapshots are deleted: ${following.join(", ")}.`;
  later.hidden = !following.length;
  changes.textContent = "Looking at what has changed since…";
  const button = restoring.querySelector(".danger");
  button.disabled = true;
  openFor(restoring, name);
  const text = await control("changes_since_named", { name }).then(undone);
  if (restoring.dataset.name !== name) return; // another one was asked for meanwhile
  changes.textContent = text;
  button.disabled = false;
}

/** Such as "This undoes what was done since: 2 objects made, 1 bucket removed." */
function undone(changes) {
  const parts = ["made", "changed", "removed"].flatMap((kind) => {
    const these = changes.filter((change) => change.kind === kind);
    const objects = these.filter((change) => change.key).length;
    return [[objects, "object"], [these.length - objects, "bucket"]].map(([count, what]) => count && `${plural(count, what)} ${kind}`);
  });
  const counted = parts.filter(Boolean).join(", ");
  if (!counted) return "No bucket and no latest version of an object has changed since.";
  return `This undoes what was done since: ${counted}. Settings, older versions and unfinished uploads go back, too.`;
}

onSubmit(restoring.querySelector("form"), async () => {
  const { name } = restoring.dataset;
  await control("restore_named", { name });
  restoring.close();
  toast(`All buckets are as they were at the snapshot ${visible(name)}`);
  await showSnapshots();
});
onSubmit(deleting.querySelector("form"), async () => {
  const { name } = deleting.dataset;
  await control("forget_named", { name });
  deleting.close();
  toast(`The snapshot ${visible(name)} is deleted`);
  await showSnapshots();
});

/* --- the state */

const file = document.getElementById("state-file");
const dialog = document.getElementById("restore-state");

document.getElementById("pick-state").addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  if (!file.files.length) return;
  document.getElementById("state-name").textContent = visible(file.files[0].name);
  dialog.querySelector(".field-error").textContent = "";
  dialog.showModal();
});
dialog.addEventListener("close", () => {
  file.value = "";
});
onSubmit(dialog.querySelector("form"), async () => {
  await ask("PUT", "/api/control/state", file.files[0]);
  toastThere("The state is restored", "/");
});

const look = act(() => Promise.all([showFaults(), showTime(), showSnapshots()]));
setInterval(() => document.hidden || look(), EVERY);
look();
