// Drives every case of ../cases.json and the stories of ./stories.mjs with the official SDK, and compares the outcomes
// with golden.json. Usage: node drive.mjs BASE_URL [--write]. Prints one line for each failure, then "N passed, N failed".

import Anthropic from '@anthropic-ai/sdk';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { stories } from './stories.mjs';

const [baseURL, flag] = process.argv.slice(2);
const write = flag === '--write';
const goldenFile = new URL('./golden.json', import.meta.url);
const { cases } = JSON.parse(await readFile(new URL('../cases.json', import.meta.url), 'utf8'));
const golden = write ? {} : JSON.parse(await readFile(goldenFile, 'utf8'));
const results = {};
const failures = [];
let passed = 0;

const plain = (value) => JSON.parse(JSON.stringify(value));
const short = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 300);
const sha = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const post = (path, body) => fetch(baseURL + path, { method: 'POST', body: JSON.stringify(body ?? {}) });
const log = async () => (await (await fetch(`${baseURL}/_log`)).json()).entries;

/** Keys in order, and without the null `parsed_output` that the stream helper adds to what came over the wire. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).filter((key) => key !== 'parsed_output' || value[key] !== null);
  return Object.fromEntries(keys.sort().map((key) => [key, sorted(value[key])]));
}

function outcome(message, events, test) {
  const body = sorted(plain(message));
  const shown = test.digest ? { sha256: sha(body), blocks: body.content.length, stop_reason: body.stop_reason } : body;
  return events ? { message: shown, events } : { message: shown };
}

const failed = (error) => ({
  error: { class: error.constructor.name, status: error.status ?? null, type: error.type ?? null },
});

async function run(test, mode) {
  await post('/_reset');
  if (test.script) await post('/_script', test.script);
  const client = new Anthropic({
    apiKey: 'sk-sim-node', baseURL, maxRetries: test.retries ?? 2, timeout: test.timeout_ms ?? 30_000, logLevel: 'off',
  });
  const api = test.beta ? client.beta.messages : client.messages;
  const body = {
    model: test.model, max_tokens: 1024, messages: [{ role: 'user', content: test.text ?? 'Hello there' }], ...test.request,
  };
  const options = { headers: test.headers };
  try {
    if (mode === 'json') return outcome(await api.create(body, options), null, test);
    const events = {};
    const count = (event) => { events[event.type] = (events[event.type] ?? 0) + 1; };
    if (mode === 'raw') {
      for await (const event of await api.create({ ...body, stream: true }, options)) count(event);
      return { events };
    }
    const stream = api.stream(body, options);
    for await (const event of stream) count(event);
    return outcome(await stream.finalMessage(), events, test);
  } catch (error) {
    return failed(error);
  }
}

function check(name, ok, detail) {
  if (ok) passed += 1;
  else failures.push(`${name}: ${detail}`);
}

for (const test of cases) {
  const seen = {};
  for (const mode of test.modes ?? ['stream', 'json']) {
    const name = `${test.id} (${mode})`;
    const started = performance.now();
    const result = (seen[mode] = await run(test, mode));
    const took = performance.now() - started;
    results[name] = result;
    if (!write) check(name, isDeepStrictEqual(result, golden[name]), `got ${short(result)}`);
    if (test.min_ms || test.max_ms) {
      check(`${name} time`, took >= (test.min_ms ?? 0) && took <= (test.max_ms ?? Infinity), `took ${took.toFixed(0)} ms`);
    }
    if (test.attempts) {
      const attempts = (await log()).map((entry) => entry.attempt);
      const expected = Array.from({ length: test.attempts }, (_, n) => n);
      check(`${name} attempts`, isDeepStrictEqual(attempts, expected), `attempts ${attempts}`);
    }
  }
  if (seen.stream && seen.json && test.same !== false) {
    const [stream, json] = [seen.stream, seen.json].map(({ message, error }) => sorted(message ?? error));
    check(`${test.id} same`, isDeepStrictEqual(stream, json), `${short(stream)} is not ${short(json)}`);
  }
}
const { scenarios } = await (await fetch(`${baseURL}/_scenarios`)).json();
const driven = new Set(['sim-reply', 'sim-stall', ...cases.map((test) => test.model.split('?')[0].replace(/^sim-http\d+$/, 'sim-http'))]);
for (const { model } of scenarios) check(model, driven.has(model), 'no case drives this scenario');
for (const [name, story] of Object.entries(stories)) {
  await post('/_reset');
  try {
    await story({ baseURL, post, log });
    passed += 1;
  } catch (error) {
    failures.push(`${name}: ${error.stack}`);
  }
  await post('/_limits', { requests: 600_000, input_tokens: 2_000_000_000, output_tokens: 400_000_000 });
}
for (const name of Object.keys(golden)) check(name, name in results, 'is in golden.json and was not run');
if (write) {
  // One line for each outcome, so that a change shows as one.
  const lines = Object.entries(results).map(([name, result]) => `${JSON.stringify(name)}: ${JSON.stringify(result)}`);
  await writeFile(goldenFile, `{\n${lines.join(',\n')}\n}\n`);
}
for (const line of failures) console.log(`FAILED ${line}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
