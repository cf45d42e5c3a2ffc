// npm's clients of MCP: @modelcontextprotocol/client in both eras and sdk 1.x, over stdio and HTTP.
import { strict as assert } from 'node:assert';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttp }
  from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { videogen, withService, workplace } from './service.mjs';

let count = 0;
const equal = (a, b, what) => { assert.deepEqual(a, b, what); count += 1; };
const names = ['validate_video', 'submit_video_job', 'get_video_job', 'cancel_video_job'];
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// `call`: (name, arguments, progress?) → the result
async function uses(client, call, clip, what) {
  const { tools } = await client.listTools();
  equal(tools.map((tool) => tool.name), names, `${what}: tools`);
  const progress = [];
  // The client checks structuredContent against outputSchema.
  const done = await call('validate_video', { uri: clip }, (p) => progress.push(p.progress));
  equal(done.structuredContent.verdict, 'pass', `${what}: verdict`);
  equal(JSON.parse(done.content[0].text), done.structuredContent, `${what}: the same as text`);
  equal(done.content.slice(1).map((part) => part.type), ['resource_link'], `${what}: links`);
  equal(progress.length > 0 && progress.every((p, i) => i === 0 || p > progress[i - 1]), true,
        `${what}: progress grows: ${progress}`);

  const job = await call('submit_video_job', { skill: 'validate', uri: clip });
  const id = job.structuredContent.job_id;
  let got;
  do {
    await pause(50);
    got = (await call('get_video_job', { job_id: id })).structuredContent;
  } while (got.status === 'queued' || got.status === 'running');
  equal([got.status, got.result.verdict], ['completed', 'pass'], `${what}: job`);
  equal((await call('cancel_video_job', { job_id: id })).structuredContent.status, 'completed',
        `${what}: what has ended stays`);
  const wrong = await call('validate_video', { uri: '/nowhere.mp4' });
  equal(wrong.isError, true, `${what}: a failure is a result`);
  equal((await call('get_video_job', { job_id: 'none' })).isError, true, `${what}: no such job`);
}

// `what` ends with the version that is to be spoken.
async function withNew(transport, versionNegotiation, clip, what) {
  const client = new Client({ name: 'check', version: '1' },
                            versionNegotiation ? { versionNegotiation } : {});
  await client.connect(transport);
  equal(client.getNegotiatedProtocolVersion(), what.split(' ')[1], `${what}: version`);
  await uses(client, (name, args, onprogress) => client.callTool(
    { name, arguments: args }, onprogress ? { onprogress } : {}), clip, what);
  await client.close();
}

async function withOld(transport, clip, what) {
  const client = new OldClient({ name: 'check', version: '1' });
  await client.connect(transport);
  await uses(client, (name, args, onprogress) => client.callTool(
    { name, arguments: args }, undefined, onprogress ? { onprogress } : {}), clip, what);
  await client.close();
}

const place = workplace();
const stdio = (data) => ({ command: videogen, stderr: 'ignore',
                           args: ['mcp', '--data', `${place.folder}/${data}`,
                                  '--files', place.folder] });
await withNew(new StdioClientTransport(stdio('1')), undefined, place.clip, 'stdio 2025-11-25');
await withNew(new StdioClientTransport(stdio('2')), { mode: 'auto' }, place.clip,
              'stdio 2026-07-28');
await withOld(new OldStdio(stdio('3')), place.clip, 'stdio, sdk 1.x');
await withService(place.folder, {}, async (url) => {
  const at = new URL(`${url}/mcp`);
  await withNew(new StreamableHTTPClientTransport(at), undefined, place.clip, 'HTTP 2025-11-25');
  await withNew(new StreamableHTTPClientTransport(at), { mode: 'auto' }, place.clip,
                'HTTP 2026-07-28');
  await withOld(new OldHttp(at), place.clip, 'HTTP, sdk 1.x');
});
place.remove();
console.log(`@modelcontextprotocol: ${count} uses: equal`);
