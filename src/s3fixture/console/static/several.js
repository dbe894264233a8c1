// What is done to several objects and folders: a ZIP file, copies, moves, another name; and how large they are.

import { ask, bucketUrl, send } from "./api.js";
import { onSubmit, plural, size, toast, toastThere, visible } from "./ui.js";

const { bucket, prefix } = document.getElementById("browser").dataset;
const isFolder = (row) => row.dataset.kind === "folder";

/** One object as it is, more of them as a ZIP file. A form, because the browser writes what it answers to a file. */
export function downloadPicked(rows) {
  const link = rows.length === 1 && rows[0].querySelector("a[download]");
  if (link) return link.click();
  const objects = rows.filter((row) => row.dataset.kind === "object").map(({ dataset }) => ({ key: dataset.key, version: dataset.version }));
  const prefixes = rows.filter(isFolder).map((row) => row.dataset.key);
  const form = document.getElementById("zip");
  form.elements.chosen.value = JSON.stringify({ objects, prefixes });
  form.submit();
}

/* --- copying, moving, renaming */

const dialog = document.getElementById("copy");
const form = dialog.querySelector("form");
const TITLES = { copy: "Copy", move: "Move", rename: "Rename" };
let chosen = [];
let stopping = null;

export function askWhere(verb, rows) {
  chosen = rows.filter((row) => row.dataset.kind !== "marker");
  if (!chosen.length) return toast("A delete marker cannot be copied", "bad");
  const rename = verb === "rename";
  const names = chosen.map((row) => visible(row.dataset.key.slice(prefix.length)));
  form.dataset.verb = verb;
  document.getElementById("copy-title").textContent = TITLES[verb];
  document.getElementById("copy-now").textContent = TITLES[verb];
  document.getElementById("copy-text").textContent = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  document.getElementById("copy-label").textContent = rename ? "New name" : "To the folder";
  document.getElementById("copy-bucket").hidden = rename;
  form.elements.bucket.value = bucket;
  form.elements.to.value = rename ? chosen[0].dataset.key.slice(prefix.length).replace(/\/$/, "") : prefix;
  form.elements.to.required = rename;
  form.querySelector(".field-error").textContent = "";
  dialog.showModal();
  form.elements.to.select();
}

/** Where a row goes: its new key, or for a folder its new prefix. */
function destination(row, to, rename) {
  const end = isFolder(row) ? "/" : "";
  if (rename) return prefix + to.replace(/\/$/, "") + end;
  const folder = to && !to.endsWith("/") ? `${to}/` : to;
  return folder + row.dataset.key.slice(prefix.length);
}

onSubmit(form, async (data) => {
  const { verb } = form.dataset;
  const common = { bucket: data.get("bucket").trim(), move: verb !== "copy", replace: data.has("replace") };
  const goal = (row) => destination(row, data.get("to"), verb === "rename");
  const progress = form.querySelector("progress");
  stopping = new AbortController();
  progress.hidden = false;
  let count = 0;
  const step = async (body) => {
    const done = await ask("POST", bucketUrl(bucket, "copy"), { ...common, ...body }, { signal: stopping.signal });
    count += done.copied;
    if (done.errors.length) throw new Error(`${visible(done.errors[0].key)}: ${visible(done.errors[0].message)}${count ? ` (${plural(count, "object")} done)` : ""}`);
    return done;
  };
  try {
    const objects = chosen.filter((row) => !isFolder(row)).map((row) => ({ key: row.dataset.key, version: row.dataset.version, to: goal(row) }));
    if (objects.length) await step({ objects });
    for (const row of chosen.filter(isFolder)) {
      let after = "";
      do {
        ({ after } = await step({ prefix: row.dataset.key, to: goal(row), after }));
        document.getElementById("copy-text").textContent = `${plural(count, "object")} so far.`;
      } while (after);
    }
  } catch (error) {
    if (error.name === "AbortError") return location.reload();
    throw error;
  } finally {
    progress.hidden = true;
    stopping = null;
  }
  const said = { copy: "copied", move: "moved", rename: "renamed" }[verb];
  toastThere(`${plural(count, "object")} ${said}`, location.href);
});
dialog.addEventListener("close", () => stopping?.abort());

/* --- a new folder, and how large one is */

onSubmit(document.querySelector("#new-folder form"), async (data) => {
  const name = data.get("name").replace(/\/+$/, "");
  if (!name) throw new Error("Give the folder a name.");
  await send(bucketUrl(bucket, "object", { key: `${prefix}${name}/` }), new Blob([]), { type: "application/x-directory" });
  toastThere(`Folder ${visible(name)} created`, location.href);
});

/** In the place of the button: how much there is below a folder, counted step by step. */
export async function showSize(button) {
  const folder = button.closest("tr").dataset.key;
  button.disabled = true;
  let [objects, bytes, after] = [0, 0, ""];
  try {
    do {
      const counted = await ask("GET", bucketUrl(bucket, "size", { prefix: folder, after }));
      objects += counted.objects;
      bytes += counted.bytes;
      after = counted.after;
      button.textContent = `${size(bytes)}…`;
    } while (after);
    button.replaceWith(`${size(bytes)} in ${plural(objects, "object")}`);
  } catch (error) {
    button.disabled = false;
    toast(error.message, "bad");
  }
}
