// The AWS SDK for JavaScript, led by the variables and forcePathStyle; tests/with_clients/test_client_sdks.py.
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import {
  CopyObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client,
  paginateListObjectsV2, waitUntilObjectExists,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const client = new S3Client({ forcePathStyle: true });
const Bucket = "data";
const check = (truth, what) => { if (!truth) throw new Error(what); };

await client.send(new PutObjectCommand({ Bucket, Key: "a/ü +1", Body: "text", Metadata: { run: "1" } }));
await client.send(new PutObjectCommand({ Bucket, Key: "a/sha", Body: "text", ChecksumAlgorithm: "SHA256" }));
await waitUntilObjectExists({ client, maxWaitTime: 10 }, { Bucket, Key: "a/sha" });
const found = await client.send(new GetObjectCommand({ Bucket, Key: "a/ü +1", ChecksumMode: "ENABLED" }));
check(await found.Body.transformToString() === "text" && found.Metadata.run === "1", "read as written");

const stream = Readable.from((function* () { for (let n = 0; n < 11; n += 1) yield Buffer.alloc(1024 * 1024, n); })());
await new Upload({ client, params: { Bucket, Key: "large", Body: stream }, partSize: 5 * 1024 * 1024 }).done();
const head = await client.send(new HeadObjectCommand({ Bucket, Key: "large" }));
check(head.ContentLength === 11 * 1024 * 1024 && head.ETag.endsWith('-3"'), "a stream in parts");
await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: encodeURI("data/a/sha") }));

const keys = [];
for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
  keys.push(...page.Contents.map((entry) => entry.Key));
}
check(keys.join() === ["a/sha", "a/ü +1", "copy", "large"].join(), `listed ${keys}`);
await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a/sha" }] } }));
let code = "";
await client.send(new GetObjectCommand({ Bucket, Key: "missing" })).catch((error) => { code = error.name; });
check(code === "NoSuchKey", `missing: ${code}`);

const link = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "copy" }), { expiresIn: 60 });
const { version } = createRequire(import.meta.url)("@aws-sdk/client-s3/package.json");
console.log(JSON.stringify({ version, link }));
