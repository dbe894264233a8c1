// A folder: uploading into it, selecting and deleting what is in it. What else is done to several: several.js.

import { ask, bucketUrl } from "./api.js";
import { droppedFiles, pickedFiles } from "./dropped.js";
import { searchLive } from "./live_search.js";
import { askWhere, downloadPicked, showSize } from "./several.js";
import { showLocalTimes } from "./times.js";
import { Queue, Transfer } from "./transfer.js";
import { element, plural, size, toast, toastThere, visible } from "./ui.js";

const browser = document.getElementById("browser");
const { bucket, prefix, versioning, versions } = browser.dataset;

/* --- uploading */

const panel = document.getElementById("transfers");
const list = document.getElementById("transfer-list");
const transfers = [];
const rows = new Map();
const queue = new Queue(allEnded);

function upload(files) {
  if (!files.length) return;
  const added = files.map(({ path, file }) => new Transfer(bucket, prefix + path, file, show));
  transfers.push(...added);
  panel.hidden = false;
  list.append(...added.map(rowOf));
  panel.querySelector("[data-cancel-all]").hidden = false;
  panel.querySelector("[data-clear-done]").hidden = true;
  addEventListener("beforeunload", askBeforeLeaving);
  queue.add(added);
}

function rowOf(transfer) {
  const name = visible(transfer.key.slice(prefix.length));
  const row = {
    item: element("li", { class: "transfer" }),
    text: element("span", {}, "Waiting"),
    bar: element("progress", { max: Math.max(transfer.file.size, 1), value: 0, "aria-label": `Upload of ${name}` }),
    cancel: element("button", { type: "button", class: "button quiet small", "aria-label": `Cancel the upload of ${name}` }, "Cancel"),
  };
  row.cancel.addEventListener("click", () => transfer.cancel());
  row.item.append(element("b", { title: name }, element("bdi", {}, name)), row.text, row.cancel, row.bar);
  rows.set(transfer, row);
  return row.item;
}

const SAID = {
  waiting: () => "Waiting",
  running: ({ sent, file }) => `${size(sent)} of ${size(file.size)}`,
  done: ({ file }) => `Uploaded, ${size(file.size)}`,
  failed: ({ error }) => error,
  cancelled: () => "Cancelled",
};

function show(transfer) {
  const row = rows.get(transfer);
  row.item.className = `transfer ${transfer.state}`;
  row.text.textContent = SAID[transfer.state](transfer);
  row.bar.value = transfer.sent;
  row.cancel.hidden = row.bar.hidden = transfer.ended;
  if (transfer.state === "failed") list.prepend(row.item);
  else if (transfer.ended) list.append(row.item); // what is under way stays in sight
  const ended = transfers.filter((one) => one.ended).length;
  document.getElementById("transfers-title").textContent = `Uploads: ${ended} of ${transfers.length}`;
}

function allEnded() {
  removeEventListener("beforeunload", askBeforeLeaving);
  const count = (state) => transfers.filter((one) => one.state === state).length;
  const done = count("done");
  if (done && done === transfers.length) return toastThere(`${plural(done, "object")} uploaded`, location.href);
  // Somebody should see what failed before the page is loaded again.
  panel.querySelector("[data-cancel-all]").hidden = true;
  panel.querySelector("[data-clear-done]").hidden = false;
  if (count("failed")) toast(`${plural(count("failed"), "upload")} failed`, "bad");
}

const askBeforeLeaving = (event) => event.preventDefault();

panel.querySelector("[data-cancel-all]").addEventListener("click", () => transfers.forEach((one) => one.cancel()));
panel.querySelector("[data-clear-done]").addEventListener("click", () => location.reload());

const pickers = { files: document.getElementById("file-picker"), folder: document.getElementById("folder-picker") };
for (const button of document.querySelectorAll("[data-pick]")) {
  const picker = pickers[button.dataset.pick];
  button.addEventListener("click", () => picker.click());
}
for (const picker of Object.values(pickers)) {
  picker.addEventListener("change", () => {
    upload(pickedFiles(picker));
    picker.value = "";
  });
}

/* --- dropping */

const zone = document.getElementById("drop-zone");
const mayWrite = document.querySelector("[data-pick]") !== null;
const hasFiles = (event) => mayWrite && event.dataTransfer?.types.includes("Files");
let depth = 0; // dragenter and dragleave come for each element on the way

addEventListener("dragenter", (event) => {
  if (!hasFiles(event)) return;
  depth += 1;
  zone.hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!hasFiles(event)) return;
  depth -= 1;
  if (depth <= 0) zone.hidden = true;
});
addEventListener("dragover", (event) => {
  if (hasFiles(event)) event.preventDefault();
});
addEventListener("drop", async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  depth = 0;
  zone.hidden = true;
  upload(await droppedFiles(event.dataTransfer));
});

/* --- selecting and deleting */

const boxes = () => [...document.querySelectorAll("#listing tbody .pick input")];
const picked = () => boxes().filter((box) => box.checked).map((box) => box.closest("tr"));

function showSelection() {
  const all = document.getElementById("pick-all");
  if (!all) return;
  const [count, most] = [picked().length, boxes().length];
  for (const box of boxes()) box.closest("tr").classList.toggle("picked", box.checked);
  document.getElementById("selection").hidden = !count;
  document.getElementById("selection-count").textContent = `${count} selected`;
  const rename = document.querySelector("[data-rename]");
  if (rename) rename.hidden = count !== 1;
  all.checked = count === most;
  all.indeterminate = count > 0 && count < most;
}

function select(checked) {
  for (const box of boxes()) box.checked = checked;
  showSelection();
}

// On the whole page, because a search puts another list in the place of this one.
browser.addEventListener("change", ({ target }) => {
  if (target.id === "pick-all") select(target.checked);
  else if (target.closest(".pick")) showSelection();
});
browser.addEventListener("click", ({ target }) => {
  if (target.closest("[data-unselect]")) select(false);
  else if (target.closest("[data-delete-selected]")) confirmDelete();
  else if (target.closest("[data-zip]")) downloadPicked(picked());
  else if (target.closest("[data-copy-selected]")) askWhere("copy", picked());
  else if (target.closest("[data-move-selected]")) askWhere("move", picked());
  else if (target.closest("[data-rename]")) askWhere("rename", picked());
  else if (target.closest("[data-size]")) showSize(target.closest("[data-size]"));
});
showSelection();
searchLive(document.querySelector("form.search"), ["listing", "toggles"], () => {
  showSelection();
  showLocalTimes();
});

const dialog = document.getElementById("confirm-delete");
const deleteNow = document.getElementById("delete-now");
const problem = document.getElementById("delete-error");
const progress = document.getElementById("delete-progress");
let deleting = null;

function confirmDelete() {
  const folders = picked().filter((row) => row.dataset.kind === "folder").length;
  const objects = picked().length - folders;
  const what = [folders && `${plural(folders, "folder")} with everything in it`, objects && plural(objects, versions ? "version" : "object")];
  const kept = versioning === "Enabled" && !versions ? " Their versions stay and can be restored." : " They are removed for good.";
  document.getElementById("confirm-delete-title").textContent = "Delete the selected?";
  document.getElementById("confirm-delete-text").textContent = what.filter(Boolean).join(" and ") + "." + kept;
  problem.textContent = "";
  dialog.showModal();
}

deleteNow.addEventListener("click", async () => {
  deleting = new AbortController();
  deleteNow.disabled = true;
  progress.hidden = false;
  try {
    const count = await deletePicked(deleting.signal);
    toastThere(`${plural(count, versions ? "version" : "object")} deleted`, location.href);
  } catch (error) {
    if (error.name === "AbortError") return location.reload();
    problem.textContent = error.message;
  } finally {
    deleteNow.disabled = false;
    progress.hidden = true;
    deleting = null;
  }
});
dialog.addEventListener("close", () => deleting?.abort());

/** Objects in one go, folders step by step; resolves with how many there were. */
async function deletePicked(signal) {
  const chosen = picked().map((row) => row.dataset);
  const objects = chosen.filter((row) => row.kind !== "folder").map(({ key, version }) => ({ key, version }));
  let count = objects.length ? (await step({ objects }, signal)).deleted : 0;
  for (const { key } of chosen.filter((row) => row.kind === "folder")) {
    for (let more = true; more; ) {
      const done = await step({ prefix: key }, signal);
      count += done.deleted;
      more = done.more;
      document.getElementById("confirm-delete-text").textContent = `${plural(count, "object")} deleted so far.`;
    }
  }
  return count;
}

async function step(body, signal) {
  const done = await ask("POST", bucketUrl(bucket, "delete"), body, { signal });
  if (done.errors.length) throw new Error(`${visible(done.errors[0].key)}: ${done.errors[0].message}`);
  return done;
}
