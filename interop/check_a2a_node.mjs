// npm's @a2a-js/sdk: 1.3 by JSON-RPC, by HTTP and with its layer for 0.3; and 0.3.14 itself.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ClientFactory, ClientFactoryOptions, DefaultAgentCardResolver, JsonRpcTransportFactory }
  from '@a2a-js/sdk/client';
import { A2AClient } from 'a2a-js-sdk-0.3/client';
import { withService, workplace } from './service.mjs';

let count = 0;
const equal = (a, b, what) => { assert.deepEqual(a, b, what); count += 1; };

// Of the protocol's enumerations.
const COMPLETED = 3, CANCELED = 5, INPUT_REQUIRED = 6, USER = 1;

const text = (value) => ({ content: { $case: 'text', value }, metadata: undefined,
                           filename: '', mediaType: '' });
const raw = (value) => ({ content: { $case: 'raw', value }, metadata: undefined,
                          filename: 'clip.mp4', mediaType: 'video/mp4' });
const request = (parts, more = {}) => ({
  tenant: '', metadata: undefined,
  message: { messageId: randomUUID(), contextId: '', taskId: '', role: USER, parts,
             metadata: undefined, extensions: [], referenceTaskIds: [], ...more },
  configuration: undefined });

async function uses(client, clip, what) {
  const done = await client.sendMessage(request([text('check this'), raw(readFileSync(clip))]));
  equal(done.status.state, COMPLETED, `${what}: raw part`);
  const part = done.artifacts[0].parts[0].content;
  equal([part.$case, part.value.verdict], ['data', 'pass'], `${what}: report`);

  const kinds = [];
  let last;
  for await (const event of client.sendMessageStream(
    request([text('check this'), raw(readFileSync(clip))]))) {
    kinds.push(event.payload?.$case ?? event.kind);
    last = event;
  }
  equal(kinds[0], 'task', `${what}: the task comes first`);
  equal(kinds.includes('artifactUpdate'), true, `${what}: artifact`);
  equal(last.payload.value.status.state, COMPLETED, `${what}: the end`);

  const asked = await client.sendMessage(request([text('check my clip')]));
  equal(asked.status.state, INPUT_REQUIRED, `${what}: asks for the clip`);
  const answered = await client.sendMessage(request([raw(readFileSync(clip))],
                                                    { taskId: asked.id }));
  equal([answered.id, answered.status.state], [asked.id, COMPLETED], `${what}: second turn`);
  equal((await client.getTask({ tenant: '', id: done.id, historyLength: 0 })).id, done.id,
        `${what}: get`);
  const waits = await client.sendMessage(request([text('hello')]));
  equal((await client.cancelTask({ tenant: '', id: waits.id, metadata: undefined })).status.state,
        CANCELED, `${what}: cancel`);
  await assert.rejects(client.getTask({ tenant: '', id: 'none' }), /task/i, `${what}: unknown`);
  count += 1;
}

async function resubscribes(client) {
  const events = client.sendMessageStream(
    request([text('x')], { messageId: `test-resubscribe-message-id-${randomUUID()}` }));
  const first = (await events.next()).value;
  const id = first.payload.value.id;
  const states = [];
  for await (const event of client.resubscribeTask({ tenant: '', id }))
    states.push(event.payload.$case === 'task' ? 'task' : event.payload.value.status?.state);
  equal([states[0], states.at(-1)], ['task', COMPLETED], 'resubscribed until the end');
  await events.return();
}

async function usesOld(url, clip) {
  const client = await A2AClient.fromCardUrl(`${url}/.well-known/agent-card.json`);
  const message = (parts, more = {}) => ({ message: { kind: 'message', messageId: randomUUID(),
                                                      role: 'user', parts, ...more } });
  const file = { kind: 'file', file: { name: 'clip.mp4', mimeType: 'video/mp4',
                                       bytes: readFileSync(clip).toString('base64') } };
  const sent = await client.sendMessage(message([{ kind: 'text', text: 'check this' }, file]));
  equal([sent.result.kind, sent.result.status.state], ['task', 'completed'], '0.3: send');
  equal(sent.result.artifacts[0].parts[0].data.verdict, 'pass', '0.3: report');
  const kinds = [];
  let last;
  for await (const event of client.sendMessageStream(
    message([{ kind: 'data', data: { skill: 'validate', uri: clip } }]))) {
    kinds.push(event.kind);
    last = event;
  }
  equal([kinds[0], last.kind, last.final, last.status.state],
        ['task', 'status-update', true, 'completed'], '0.3: stream');
  const got = await client.getTask({ id: sent.result.id });
  equal(got.result.id, sent.result.id, '0.3: get');
  const none = await client.getTask({ id: 'none' });
  equal(none.error.code, -32001, '0.3: unknown');
}

const factory = (bindings) => new ClientFactory(ClientFactoryOptions.createFrom(
  ClientFactoryOptions.default, { preferredTransports: bindings }));

const place = workplace();
await withService(place.folder, {}, async (url) => {
  for (const binding of ['JSONRPC', 'HTTP+JSON'])
    await uses(await factory([binding]).createFromUrl(url), place.clip, binding);
  const legacyCompat = { enabled: true };
  const old = new ClientFactory(ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [new JsonRpcTransportFactory({ legacyCompat })],
    cardResolver: new DefaultAgentCardResolver({ legacyCompat }) }));
  const card = await (await fetch(`${url}/.well-known/agent-card.json`)).json();
  delete card.supportedInterfaces;  // as a server of 0.3 alone would say it
  const resolver = new DefaultAgentCardResolver({ legacyCompat });
  await uses(await old.createFromAgentCard(resolver.normalizeAgentCard(card)), place.clip,
             'legacyCompat');
  await usesOld(url, place.clip);
});
await withService(`${place.folder}/kit`, { scripted: true }, async (url) => {
  await resubscribes(await factory(['JSONRPC']).createFromUrl(url));
});
place.remove();
console.log(`@a2a-js/sdk: ${count} uses: equal`);
