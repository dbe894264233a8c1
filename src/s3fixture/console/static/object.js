// One object: sharing, tags, deleting, restoring.

import { ask, bucketUrl } from "./api.js";
import { copy, onSubmit, toast, toastThere } from "./ui.js";

const { bucket, key, version, folder } = document.getElementById("object").dataset;

onSubmit(document.querySelector("[data-share]"), async (data) => {
  const expires = Number(data.get("expires"));
  const made = await ask("POST", bucketUrl(bucket, "share"), { key, version, expires });
  document.getElementById("share-result").hidden = false;
  document.getElementById("share-copy").hidden = false;
  document.getElementById("share-url").value = made.url;
  document.getElementById("share-until").textContent = `Valid until ${made.until}.`;
});
document.getElementById("share-copy")?.addEventListener("click", () => copy(document.getElementById("share-url").value));

onSubmit(document.querySelector("[data-tags]"), async (data) => {
  await ask("PUT", bucketUrl(bucket, "tags"), { key, version, tags: pairs(data.get("tags")) });
  toastThere("Tags saved", location.href);
});

onSubmit(document.querySelector("[data-metadata]"), async (data) => {
  const { metadata, ...headers } = Object.fromEntries(data);
  await ask("PUT", bucketUrl(bucket, "metadata"), { key, headers, metadata: pairs(metadata) });
  toastThere("Headers and metadata saved", location.href);
});

/** Lines of name=value, as [name, value]. */
function pairs(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const [name, ...value] = line.split("=");
    return [name.trim(), value.join("=").trim()];
  });
}

onSubmit(document.querySelector("[data-lock]"), async (data) => {
  const wanted = { mode: data.get("mode"), until: data.get("until"), hold: data.has("hold"), bypass: data.has("bypass") };
  await ask("PUT", bucketUrl(bucket, "retention"), { key, version, ...wanted });
  toastThere("Lock saved", location.href);
});

onSubmit(document.querySelector("[data-delete]"), async (data) => {
  const bypass = data.has("bypass");
  const done = await ask("POST", bucketUrl(bucket, "delete"), { objects: [{ key, version }], bypass });
  if (done.errors.length) throw new Error(done.errors[0].message);
  toastThere(version ? "Version deleted" : "Deleted", folder);
});

const here = `/buckets/${encodeURIComponent(bucket)}/object?` + new URLSearchParams({ key });

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-restore], [data-undelete]");
  if (!button) return;
  button.disabled = true;
  try {
    if (button.dataset.restore) {
      await ask("POST", bucketUrl(bucket, "restore"), { key, version: button.dataset.restore });
      toastThere("Restored: a copy of that version is the latest now", here);
    } else {
      await ask("POST", bucketUrl(bucket, "delete"), { objects: [{ key, version: button.dataset.undelete }] });
      toastThere("Object restored", here);
    }
  } catch (error) {
    button.disabled = false;
    toast(error.message, "bad");
  }
});
