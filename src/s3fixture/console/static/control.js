// What can be done to the server, for whoever has its main keys: faults, the clock, its state.

import { ask } from "./api.js";
import { element, onSubmit, plural, toast, toastThere, visible } from "./ui.js";

const EVERY = 5000; // milliseconds between looks at faults and clock
const control = (method, args = {}) => ask("POST", `/api/control/${method}`, args);
const act = (work) => async () => {
  try {
    await work();
  } catch (error) {
    toast(error.message, "bad");
  }
};

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
  list.replaceChildren(...states.map(faultRow));
  const active = states.filter(({ fault, injected }) => fault.times === null || injected < fault.times).length;
  const badge = document.getElementById("faults-badge");
  badge.hidden = !active;
  badge.textContent = plural(active, "fault");
}

function faultRow({ number, fault, injected }) {
  const where = [fault.operation, fault.bucket, fault.key].map((part) => (part === "*" ? "" : part)).filter(Boolean).join(" ");
  const what = `${fault.effect} ${fault.code}`.trim();
  const times = fault.times === null ? "always" : `${injected} of ${fault.times}`;
  const remove = element("button", { type: "button", class: "button quiet small", "aria-label": `Remove the fault ${what}` }, "Remove");
  remove.addEventListener("click", act(async () => {
    await control("remove_fault", { number });
    await showFaults();
  }));
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

const look = act(() => Promise.all([showFaults(), showTime()]));
setInterval(() => document.hidden || look(), EVERY);
look();
