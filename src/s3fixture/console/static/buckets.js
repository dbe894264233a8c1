import { ask } from "./api.js";
import { searchLive } from "./live_search.js";
import { showLocalTimes } from "./times.js";
import { onSubmit, toastThere } from "./ui.js";

onSubmit(document.querySelector("[data-new-bucket]"), async (data) => {
  const name = data.get("name").trim();
  const made = await ask("POST", "/api/buckets", { name, versioning: data.has("versioning"), lock: data.has("lock") });
  toastThere(`Bucket ${name} created`, made.path);
});

searchLive(document.querySelector("form.search"), ["listing"], showLocalTimes);
