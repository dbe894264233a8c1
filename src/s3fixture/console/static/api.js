// Asking the console for changes: every request carries the page's token; every error is an ApiError.

import { crc32 } from "./crc32.js";
import { visible } from "./ui.js";

const token = () => document.querySelector('meta[name="csrf-token"]').content;

class ApiError extends Error {
  constructor(status, details) {
    const named = (details.named || []).map(([word, name]) => `${word} ${visible(name)}`).join(", ");
    const message = details.message || `The server answered ${status}.`;
    super(named ? `${message.replace(/\.$/, "")} (${named}).` : message);
    this.status = status;
    this.details = details;
  }
}

function check(status, details) {
  if (status === 401) location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
  if (status < 200 || status >= 300) throw new ApiError(status, details);
  return details;
}

/** The address of a bucket's part of the interface, with a query. */
export function bucketUrl(bucket, part = "", query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const search = kept.length ? "?" + new URLSearchParams(kept) : "";
  return `/api/buckets/${encodeURIComponent(bucket)}${part && "/" + part}${search}`;
}

/** Send a JSON document, or a file as it is; resolves with the answer's. */
export async function ask(method, url, body, { signal } = {}) {
  const headers = { "X-CSRF-Token": token() };
  if (body !== undefined) headers["Content-Type"] = body instanceof Blob ? "application/octet-stream" : "application/json";
  let response;
  try {
    response = await fetch(url, { method, headers, signal, body: body === undefined || body instanceof Blob ? body : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { message: "The server cannot be reached." });
  }
  return check(response.status, await response.json().catch(() => ({})));
}

/** Send bytes with their checksum; `progress` is called with the number sent so far (fetch cannot tell). */
export async function send(url, blob, { type = "", signal, progress = () => {} } = {}) {
  const checksum = await crc32(blob);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", url);
    request.setRequestHeader("X-CSRF-Token", token());
    request.setRequestHeader("Content-Type", type || "application/octet-stream");
    request.setRequestHeader("X-Amz-Checksum-Crc32", checksum);
    request.responseType = "json";
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      try {
        resolve(check(request.status, request.response || {}));
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = () => reject(new ApiError(0, { message: "The connection broke." }));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    if (signal?.aborted) return reject(new DOMException("cancelled", "AbortError"));
    signal?.addEventListener("abort", abort);
    request.send(blob);
  });
}
