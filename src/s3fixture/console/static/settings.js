// A bucket's settings.

import { ask, bucketUrl } from "./api.js";
import { onSubmit, plural, toast, toastThere, visible } from "./ui.js";

const { bucket } = document.getElementById("settings").dataset;

function onSwitch(id, act) {
  const button = document.getElementById(id);
  button.addEventListener("click", async () => {
    const enabled = button.getAttribute("aria-checked") !== "true";
    button.disabled = true;
    try {
      toastThere(await act(enabled), location.href);
    } catch (error) {
      button.disabled = false;
      toast(error.message, "bad");
    }
  });
}

onSwitch("versioning", async (enabled) => {
  await ask("PUT", bucketUrl(bucket, "versioning"), { enabled });
  return enabled ? "Versioning is on" : "Versioning is suspended";
});
onSwitch("public", async (enabled) => {
  const { public: isPublic } = await ask("PUT", bucketUrl(bucket, "public"), { enabled });
  if (isPublic && !enabled) return "Still public: another statement of the policy, or the ACL, allows it";
  if (enabled && !isPublic) return "Still private: the bucket's Block Public Access restricts it";
  return isPublic ? "Everybody can read this bucket" : "Public read is off";
});

onSubmit(document.querySelector("[data-lock]"), async (data) => {
  const retention = { mode: data.get("mode") || "", number: Number(data.get("number")), unit: data.get("unit") };
  await ask("PUT", bucketUrl(bucket, "lock"), retention);
  toastThere(data.has("mode") ? "Default retention saved" : "Object lock is on", location.href);
});

const editors = document.querySelectorAll("[data-editor]");
for (const form of editors) {
  const name = form.dataset.editor;
  onSubmit(form, async (data) => {
    const text = data.get("text");
    await ask("PUT", bucketUrl(bucket, name), { text });
    const what = { policy: "Policy", cors: "CORS rules", lifecycle: "Lifecycle rules", events: "Events" }[name];
    toastThere(`${what} ${text.trim() ? "saved" : "removed"}`, location.href);
  });
}

for (const choice of document.querySelectorAll("[data-example]")) {
  choice.addEventListener("change", () => {
    if (!choice.value) return;
    const area = choice.form.elements.text;
    area.select();
    // It can be undone by keys, other than when `value` is set.
    if (!document.execCommand("insertText", false, choice.value)) area.value = choice.value;
    area.setSelectionRange(0, 0);
    area.scrollTop = 0;
  });
}

const removals = {
  "delete-bucket": async () => {
    const { path } = await ask("DELETE", bucketUrl(bucket));
    toastThere(`${bucket} is deleted`, path);
  },
  "empty-bucket": async (form, data) => {
    const bypass = data.has("bypass");
    const progress = form.querySelector("progress");
    const stopping = new AbortController();
    form.closest("dialog").addEventListener("close", () => stopping.abort(), { once: true });
    progress.hidden = false;
    let count = 0;
    try {
      for (let more = true; more; ) {
        const done = await ask("POST", bucketUrl(bucket, "empty"), { bypass }, { signal: stopping.signal });
        if (done.errors.length) throw new Error(`${visible(done.errors[0].key)}: ${done.errors[0].message}`);
        count += done.deleted;
        more = done.more;
      }
    } finally {
      progress.hidden = true;
    }
    toastThere(`${plural(count, "version")} removed`, location.href);
  },
};
for (const form of document.querySelectorAll("[data-confirm]")) {
  onSubmit(form, (data, shown) => removals[form.dataset.confirm](shown, data));
}
