// Google's own client of Veo, against the emulator: API key, ADC, v1; every outcome.
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GoogleGenAI } from '@google/genai';
import { OAuth2Client } from 'google-auth-library';

const url = process.env.EMULATOR_URL;
const folder = process.env.EMULATOR_FOLDER;
const model = 'veo-3.1-generate-001';
let count = 0;

async function generate(client, config = {}, source = { prompt: 'a lighthouse in a storm' }) {
  let operation = await client.models.generateVideos(
      { model, source, config: { durationSeconds: 4, numberOfVideos: 1, ...config } });
  while (!operation.done) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    operation = await client.operations.getVideosOperation({ operation });
  }
  count += 1;
  return operation;
}

const bytesOf = (operation, at = 0) =>
    Buffer.from(operation.response.generatedVideos[at].video.videoBytes, 'base64');
const withHeaders = (words) => ({ httpOptions: { headers: { 'x-goog-emulator-instructions': words } } });

const key = new GoogleGenAI({ vertexai: true, apiKey: 'a-key', httpOptions: { baseUrl: url } });
const first = await generate(key, { seed: 3 });
assert.equal(bytesOf(first).subarray(4, 8).toString(), 'ftyp');

// ADC: the files and the metadata server. (A service account's file cannot be redirected.)
process.env.GOOGLE_CLOUD_PROJECT = 'videogen-emulator';
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
for (const kind of ['external-account', 'impersonated']) {
  process.env.GOOGLE_APPLICATION_CREDENTIALS = join(folder, `${kind}.json`);
  const client = new GoogleGenAI({ vertexai: true, project: 'p', location: 'us-central1',
                                   httpOptions: { baseUrl: url } });
  assert.equal(digest(bytesOf(await generate(client, { seed: 3 }))), digest(bytesOf(first)), kind);
}
delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
process.env.GCE_METADATA_HOST = url.replace('http://', '');
process.env.METADATA_SERVER_DETECTION = 'assume-present';
process.env.HOME = folder;  // where no gcloud was
for (const apiVersion of ['v1', 'v1beta1']) {
  const client = new GoogleGenAI({ vertexai: true, project: 'p', location: 'us-central1',
                                   httpOptions: { baseUrl: url, apiVersion } });
  await generate(client);
}
const flavor = { 'Metadata-Flavor': 'Google' };
const answer = await fetch(`${url}/computeMetadata/v1/instance/service-accounts/default/token`,
                           { headers: flavor });
const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: (await answer.json()).access_token,
                            expiry_date: Date.now() + 3.6e6 });
const preset = new GoogleGenAI({ vertexai: true, project: 'p', location: 'global',
                                 googleAuthOptions: { authClient }, httpOptions: { baseUrl: url } });
await generate(preset);

// What goes along.
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';
const image = { imageBytes: png, mimeType: 'image/png' };
await generate(key, { lastFrame: image }, { prompt: 'from here', image });
await generate(key, { durationSeconds: 8,
                      referenceImages: [{ image, referenceType: 'ASSET' }] });
await generate(key, {}, { prompt: 'go on', video: { videoBytes: bytesOf(first).toString('base64'),
                                                    mimeType: 'video/mp4' } });
const stored = await generate(key, {
  outputGcsUri: 'gs://out/prefix', numberOfVideos: 2, aspectRatio: '9:16', resolution: '720p',
  negativePrompt: 'x', personGeneration: 'allow_adult', generateAudio: true, enhancePrompt: true,
  compressionQuality: 'OPTIMIZED', fps: 24, resizeMode: 'PAD', labels: { a: 'b' } });
assert.match(stored.response.generatedVideos[1].video.uri, /^gs:\/\/out\/prefix\/.*sample_1\.mp4$/);

// How it ends.
const filtered = await generate(key, withHeaders('filtered'));
assert.equal(filtered.response.raiMediaFilteredCount, 1);
assert.match(filtered.response.raiMediaFilteredReasons[0], /Support codes/);
assert.ok(!filtered.response.generatedVideos?.length);
const failed = await generate(key, withHeaders('operation-error'));
assert.equal(failed.error.code, 13);
for (const [config, status] of [[{ durationSeconds: 7 }, 400], [withHeaders('429'), 429],
                                [withHeaders('retired'), 404], [withHeaders('503'), 503]]) {
  await assert.rejects(generate(key, config), (error) => error.status === status);
  count += 1;
}
console.log(`@google/genai: ${count} operations: equal`);
