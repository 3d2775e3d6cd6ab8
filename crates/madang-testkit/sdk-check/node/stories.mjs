// What takes more than one request: conversations, aborts, limits, the list of models.

import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';

const user = (content) => ({ role: 'user', content });
const assistant = (content) => ({ role: 'assistant', content });
const client = (baseURL, options = {}) => new Anthropic({ apiKey: 'sk-sim-node', baseURL, logLevel: 'off', ...options });
const ask = (model, messages, more = {}) => ({ model, max_tokens: 1024, messages, ...more });

/** Polls the log until an entry fits; the stand-in notes an abort a moment after the client made it. */
async function entry(log, fits) {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = (await log()).find(fits);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('no such log entry within 2 s');
}

export const stories = {
  async 'a tool loop ends with text'({ baseURL }) {
    const api = client(baseURL).messages;
    const first = await api.stream(ask('sim-thinktool', [user('weather?')])).finalMessage();
    const call = first.content.find((block) => block.type === 'tool_use');
    assert.equal(call.input.location, '서울 "강남" \\ \u{1F326}\n둘째 줄');
    assert.deepEqual(call.input.days, [1, 2.5, -3]);
    const result = user([{ type: 'tool_result', tool_use_id: call.id, content: 'sunny' }]);
    const second = await api.stream(ask('sim-thinktool', [user('weather?'), assistant(first.content), result])).finalMessage();
    assert.equal(second.stop_reason, 'end_turn');
    assert.match(second.content.at(-1).text, /sunny/);
  },

  async 'a paused turn goes on when it is sent back'({ baseURL }) {
    const api = client(baseURL).messages;
    const first = await api.create(ask('sim-pause', [user('search')]));
    assert.equal(first.stop_reason, 'pause_turn');
    const second = await api.create(ask('sim-pause', [user('search'), assistant(first.content)]));
    assert.equal(second.stop_reason, 'end_turn');
  },

  async 'thinking is bound to its conversation'({ baseURL }) {
    const api = client(baseURL).messages;
    const system = 'You are kind.';
    const first = await api.stream(ask('sim-thinking', [user('one')], { system })).finalMessage();
    const turn = (question, more) =>
      api.create(ask('sim-thinking', [user(question), assistant(first.content), user('two')], { system, ...more }));
    assert.equal((await turn('one')).stop_reason, 'end_turn');
    await assert.rejects(turn('another one'), /bound to a different conversation/);
    await assert.rejects(turn('one', { system: 'You are rude.' }), /bound to a different conversation/);
    const other = client(baseURL, { apiKey: 'sk-sim-other' }).messages;
    const messages = [user('one'), assistant(first.content), user('two')];
    await assert.rejects(other.create(ask('sim-thinking', messages, { system })), /bound to a different conversation/);
    const forged = [user('one'), assistant(first.content.map((b) => (b.type === 'thinking' ? { ...b, thinking: 'x' } : b))), user('two')];
    await assert.rejects(api.create(ask('sim-thinking', forged, { system })), /Invalid `signature`/);
  },

  async 'a bound block may be dropped on request'({ baseURL }) {
    const api = client(baseURL);
    const first = await api.messages.create(ask('sim-thinking', [user('one')]));
    const dropped = await api.beta.messages.create({
      ...ask('sim-thinking', [user('edited'), assistant(first.content), user('two')]),
      thinking: { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } },
      betas: ['thinking-binding-controls-2026-08-01'],
    });
    assert.deepEqual(dropped.input_transformations, [
      { type: 'thinking_dropped', path: 'messages.1.content.0', reason: 'prefix_binding_mismatch' },
    ]);
  },

  async 'an abort is seen within one delta interval'({ baseURL, log }) {
    const stream = client(baseURL).messages.stream(ask('sim-normal?n=1000&rate=10', [user('go')]));
    let deltas = 0;
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && (deltas += 1) === 5) break;
    }
    stream.abort();
    await stream.done().catch(() => {});
    const seen = await entry(log, (line) => line.ending === 'aborted');
    assert.equal(seen.aborted, true);
    assert.ok(seen.deltas_sent >= 5 && seen.deltas_sent <= 8, `${seen.deltas_sent} deltas sent`);
  },

  async 'silence after the head is not noticed by this SDK, and an abort ends it'({ baseURL, log }) {
    const stream = client(baseURL, { timeout: 150, maxRetries: 0 }).messages.stream(ask('sim-stall?after=2', [user('go')]));
    const ended = stream.done().then(() => 'done', (error) => error.constructor.name);
    const waited = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500, 'still waiting'))]);
    assert.equal(waited, 'still waiting');
    stream.abort();
    assert.equal(await ended, 'APIUserAbortError');
    await entry(log, (line) => line.aborted);
  },

  async 'a repeated prefix is read from the cache until it expires'({ baseURL, post }) {
    const api = client(baseURL).messages;
    const system = [{ type: 'text', text: 'A long rule. '.repeat(400), cache_control: { type: 'ephemeral' } }];
    const usage = async () => (await api.create(ask('sim-normal?n=1', [user('hi')], { system }))).usage;
    const first = await usage();
    assert.ok(first.cache_creation_input_tokens > 1000 && first.cache_read_input_tokens === 0);
    assert.equal(first.cache_creation.ephemeral_5m_input_tokens, first.cache_creation_input_tokens);
    const second = await usage();
    assert.equal(second.cache_read_input_tokens, first.cache_creation_input_tokens);
    assert.equal(second.cache_creation_input_tokens, 0);
    assert.equal(second.input_tokens, first.input_tokens);
    await post('/_clock', { advance_ms: 301_000 });
    assert.equal((await usage()).cache_read_input_tokens, 0);
  },

  async 'each key has a bucket of its own'({ baseURL, post }) {
    await post('/_limits', { requests: 2 });
    const once = (apiKey) => client(baseURL, { apiKey, maxRetries: 0 }).messages.create(ask('sim-normal?n=1', [user('hi')]));
    await once('key-a');
    await once('key-a');
    const error = await once('key-a').then(() => assert.fail('a third request was let through'), (refused) => refused);
    assert.equal(error.constructor.name, 'RateLimitError');
    assert.ok(Number(error.headers.get('retry-after')) > 0);
    const { response } = await client(baseURL, { apiKey: 'key-b' }).messages.create(ask('sim-normal?n=1', [user('hi')])).withResponse();
    assert.equal(response.headers.get('anthropic-ratelimit-requests-remaining'), '1');
    await post('/_clock', { advance_ms: 60_000 });
    await once('key-a');
  },

  async 'models are paged, filtered and described'({ baseURL }) {
    const api = client(baseURL).models;
    const ids = [];
    for await (const model of api.list({ limit: 7 })) ids.push(model.id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5-2', 'sim-normal']) {
      assert.ok(ids.includes(id), id);
    }
    assert.ok(!ids.includes('claude-3-5-sonnet-20241022'));
    const retired = await api.list({ lifecycle: ['retired'] });
    assert.deepEqual(retired.data.map((model) => [model.id, model.lifecycle]), [['claude-3-5-sonnet-20241022', 'retired']]);
    const opus = await api.retrieve('claude-opus-5-5');
    assert.equal(opus.capabilities.thinking.types.adaptive.supported, true);
    assert.equal(opus.capabilities.thinking.types.disabled.supported, false);
    assert.equal((await api.retrieve('claude-haiku-4-5')).id, 'claude-haiku-4-5-20251001');
    await assert.rejects(api.retrieve('gpt-9'), Anthropic.NotFoundError);
  },

  async 'tokens are counted as they are billed'({ baseURL }) {
    const api = client(baseURL).messages;
    const body = { model: 'claude-opus-5-5', messages: [user('How many tokens is this?')] };
    const { input_tokens } = await api.countTokens(body);
    const { usage } = await api.create({ ...body, max_tokens: 64 });
    assert.equal(usage.input_tokens, input_tokens);
  },

  async 'the log tells how each client came'({ baseURL, log }) {
    await client(baseURL).messages.create(ask('sim-normal?n=1', [user('hi')]));
    const [line] = await log();
    assert.equal(line.auth, 'bearer');
    assert.equal(line.version, '2026-10-21');
    assert.match(line.user_agent, /^Anthropic\/JS 1\.12\.0/);
    assert.ok(!JSON.stringify(line).includes('sk-sim-node'));
  },
};
