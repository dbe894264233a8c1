// CRC-32 as S3 wants it, so that the server verifies what it got. The browser's own digests are not there over
// plain HTTP from another machine.

const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  for (let bit = 0; bit < 8; bit++) number = number & 1 ? (number >>> 1) ^ 0xedb88320 : number >>> 1;
  return number;
});

/** The checksum of a blob, in base64. */
export async function crc32(blob) {
  let crc = 0xffffffff;
  const data = new Uint8Array(await blob.arrayBuffer());
  for (let at = 0; at < data.length; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ data[at]) & 0xff];
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, ~crc);
  return btoa(String.fromCharCode(...new Uint8Array(bytes.buffer)));
}
