// npm's @google-cloud/storage, by STORAGE_EMULATOR_HOST and by apiEndpoint.
import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Storage } from '@google-cloud/storage';

const url = process.env.EMULATOR_URL;
let count = 0;
const equal = (a, b, what) => { assert.deepEqual(a, b, what); count += 1; };

async function uses(storage, bucketName) {
  const bucket = storage.bucket(bucketName);
  const data = randomBytes(2_000_000);
  await bucket.file('dir/ä b.bin').save(data.subarray(0, 999), {
    resumable: false, contentType: 'x/y', metadata: { metadata: { k: 'v' } } });
  equal((await bucket.file('dir/ä b.bin').download())[0].length, 999, 'multipart');
  const [metadata] = await bucket.file('dir/ä b.bin').getMetadata();
  equal([metadata.contentType, metadata.metadata.k, metadata.size], ['x/y', 'v', '999'], 'metadata');
  await bucket.file('one-shot').save(data, { resumable: true });
  equal((await bucket.file('one-shot').download())[0].equals(data), true, 'resumable, one shot');
  await bucket.file('chunks').save(data, { resumable: true, chunkSize: 256 * 1024 });
  equal((await bucket.file('chunks').download())[0].equals(data), true, 'resumable, chunks');
  equal((await bucket.file('chunks').download({ start: 5, end: 9 }))[0].equals(data.subarray(5, 10)),
        true, 'range');
  await bucket.file('zipped').save(gzipSync('text'), {
    resumable: false, metadata: { contentEncoding: 'gzip' } });
  equal((await bucket.file('zipped').download())[0].toString(), 'text', 'gzip');
  const [files] = await bucket.getFiles({ prefix: 'c' });
  equal(files.map((file) => file.name), ['chunks'], 'listing');
  await bucket.file('chunks').delete();
  equal((await bucket.file('chunks').exists())[0], false, 'deletion');
  await assert.rejects(bucket.file('chunks').download(), (error) => error.code === 404);
  count += 1;
}

await uses(new Storage({ apiEndpoint: url, projectId: 'p' }), 'by-endpoint');
process.env.STORAGE_EMULATOR_HOST = url;
await uses(new Storage({ projectId: 'p' }), 'by-environment');
console.log(`@google-cloud/storage: ${count} uses: equal`);
