// Uploads: a few files at once, large ones in parts; what is cancelled leaves nothing behind.

import { ask, bucketUrl, send } from "./api.js";

const AT_ONCE = 3; // files
const PARTS_AT_ONCE = 3;
const IN_PARTS_FROM = 16 * 1024 * 1024; // bytes
const PART = 8 * 1024 * 1024;
const MOST_PARTS = 10000;

/** One file on its way. `changed` is called whenever there is something new to show. */
export class Transfer {
  constructor(bucket, key, file, changed) {
    this.bucket = bucket;
    this.key = key;
    this.file = file;
    this.sent = 0;
    this.state = "waiting"; // then "running", then "done", "failed" or "cancelled"
    this.error = "";
    this.changed = changed;
    this.aborting = new AbortController();
  }

  get ended() {
    return ["done", "failed", "cancelled"].includes(this.state);
  }

  cancel() {
    if (this.ended) return;
    if (this.state === "waiting") this.become("cancelled");
    this.aborting.abort();
  }

  async run() {
    if (this.ended) return;
    this.become("running");
    try {
      await (this.file.size >= IN_PARTS_FROM ? this.inParts() : this.whole());
      this.sent = this.file.size;
      this.become("done");
    } catch (error) {
      const cancelled = error.name === "AbortError";
      if (!cancelled) this.error = error.message;
      this.become(cancelled ? "cancelled" : "failed");
    }
  }

  become(state) {
    this.state = state;
    this.changed(this);
  }

  whole() {
    const url = bucketUrl(this.bucket, "object", { key: this.key });
    return send(url, this.file, {
      type: this.file.type,
      signal: this.aborting.signal,
      progress: (sent) => this.progress(sent),
    });
  }

  async inParts() {
    const { bucket, key } = this;
    const type = this.file.type || "application/octet-stream";
    const { upload } = await ask("POST", bucketUrl(bucket, "uploads", { key, type }));
    try {
      const parts = await this.sendParts(upload);
      if (this.aborting.signal.aborted) throw new DOMException("cancelled", "AbortError");
      await ask("POST", bucketUrl(bucket, "uploads/complete", { key, upload }), { parts });
    } catch (error) {
      this.aborting.abort(); // the other parts
      await Promise.allSettled(this.sending);
      await ask("DELETE", bucketUrl(bucket, "uploads", { key, upload })).catch(() => {});
      throw error;
    }
  }

  async sendParts(upload) {
    const length = Math.max(PART, Math.ceil(this.file.size / MOST_PARTS));
    const count = Math.ceil(this.file.size / length);
    const sent = new Array(count).fill(0);
    const parts = new Array(count);
    let next = 0;
    const worker = async () => {
      while (next < count) {
        const index = next++;
        const url = bucketUrl(this.bucket, "uploads", { key: this.key, upload, number: index + 1 });
        parts[index] = await send(url, this.file.slice(index * length, (index + 1) * length), {
          signal: this.aborting.signal,
          progress: (bytes) => {
            sent[index] = bytes;
            this.progress(sent.reduce((sum, part) => sum + part, 0));
          },
        });
      }
    };
    this.sending = Array.from({ length: PARTS_AT_ONCE }, worker);
    await Promise.all(this.sending);
    return parts;
  }

  progress(sent) {
    this.sent = Math.min(sent, this.file.size);
    this.changed(this);
  }
}

/** Transfers in their order, a few at a time. */
export class Queue {
  constructor(finished) {
    this.waiting = [];
    this.running = 0;
    this.finished = finished;
  }

  add(transfers) {
    this.waiting.push(...transfers);
    while (this.running < AT_ONCE && this.waiting.length) this.work();
  }

  async work() {
    this.running += 1;
    while (this.waiting.length) await this.waiting.shift().run();
    this.running -= 1;
    if (!this.running) this.finished();
  }
}
