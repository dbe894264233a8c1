// Files out of a drop: folders too, however deep.

const entriesOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** [{path, file}] of everything dropped; to be called inside the drop event, before anything is awaited. */
export function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length) return Promise.all(entries.map(walk)).then((found) => found.flat());
  return Promise.resolve([...transfer.files].map((file) => ({ path: file.name, file })));
}

async function walk(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) return [{ path, file: await fileOf(entry) }];
  const reader = entry.createReader();
  const found = [];
  // A reader gives a hundred at a time, then none.
  for (let batch = await entriesOf(reader); batch.length; batch = await entriesOf(reader)) {
    found.push(...(await Promise.all(batch.map(walk))).flat());
  }
  return found;
}

/** [{path, file}] of a picker, with the folder's name when it picked one. */
export const pickedFiles = (input) => [...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
