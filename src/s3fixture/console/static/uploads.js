import { ask, bucketUrl } from "./api.js";
import { toast, toastThere, visible } from "./ui.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-abort]");
  if (!button) return;
  const { key, upload } = button.dataset;
  const { bucket } = button.closest("[data-bucket]").dataset;
  button.disabled = true;
  try {
    await ask("DELETE", bucketUrl(bucket, "uploads", { key, upload }));
    toastThere(`The upload of ${visible(key)} is aborted; nothing is left of it`, location.href);
  } catch (error) {
    button.disabled = false;
    toast(error.message, "bad");
  }
});
