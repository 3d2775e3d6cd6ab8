"""What takes more than one request: conversations, aborts, limits, the list of models."""

import json
import time

import anthropic

ONE = [{"role": "user", "content": "one"}]


def client(control, **options):
    return anthropic.Anthropic(**({"api_key": "sk-sim-python", "base_url": control.base_url} | options))


def ask(model, messages=ONE, **more):
    return {"model": model, "max_tokens": 1024, "messages": messages} | more


def entry(control, fits):
    """Polls the log until an entry fits; the stand-in notes an abort a moment after the client made it."""
    for _ in range(200):
        for line in control.log():
            if fits(line):
                return line
        time.sleep(0.01)
    raise AssertionError("no such log entry within 2 s")


def refused(error_class, words, call):
    try:
        call()
    except error_class as error:
        assert words in str(error), str(error)
        return error
    raise AssertionError(f"no {error_class.__name__} about {words!r}")


def a_tool_loop_ends_with_text(control):
    api = client(control).messages
    with api.stream(**ask("sim-thinktool")) as stream:
        first = stream.get_final_message()
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.input["location"] == '서울 "강남" \\ \U0001f326\n둘째 줄'
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    messages = ONE + [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = api.create(**ask("sim-thinktool", messages))
    assert second.stop_reason == "end_turn" and "sunny" in second.content[-1].text


def thinking_is_bound_to_its_conversation(control):
    api = client(control).messages
    first = api.create(**ask("sim-thinking", system="You are kind."))
    answered = [{"role": "assistant", "content": first.content}, {"role": "user", "content": "two"}]
    again = lambda question, system: api.create(
        **ask("sim-thinking", [{"role": "user", "content": question}] + answered, system=system)
    )
    assert again("one", "You are kind.").stop_reason == "end_turn"
    refused(anthropic.BadRequestError, "bound to a different conversation", lambda: again("edited", "You are kind."))
    refused(anthropic.BadRequestError, "bound to a different conversation", lambda: again("one", "You are rude."))


def another_model_passes_over_thinking(control):
    api = client(control).messages
    first = api.create(**ask("claude-sonnet-5-5"))
    assert first.content[0].type == "thinking" and first.content[0].thinking == ""
    messages = ONE + [{"role": "assistant", "content": first.content}, {"role": "user", "content": "two"}]
    assert api.create(**ask("claude-opus-5-5", messages)).stop_reason == "end_turn"


def an_abort_is_seen_within_one_delta_interval(control):
    with client(control).messages.stream(**ask("sim-normal?n=1000&rate=10")) as stream:
        for count, _ in enumerate(stream.text_stream, 1):
            if count == 5:
                break
    seen = entry(control, lambda line: line["ending"] == "aborted")
    assert 5 <= seen["deltas_sent"] <= 8, seen["deltas_sent"]


def a_stall_ends_in_a_read_timeout(control):
    api = client(control, timeout=0.3, max_retries=0).messages
    started = time.monotonic()
    try:
        with api.stream(**ask("sim-stall?after=2")) as stream:
            stream.until_done()
    except Exception as error:
        assert type(error).__name__ == "ReadTimeout", type(error).__name__
    else:
        raise AssertionError("the stall was not noticed")
    assert 0.25 < time.monotonic() - started < 2
    entry(control, lambda line: line["aborted"])


def a_repeated_prefix_is_read_from_the_cache(control):
    api = client(control).messages
    system = [{"type": "text", "text": "A long rule. " * 400, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    usage = lambda: api.create(**ask("sim-normal?n=1", system=system)).usage
    first, second = usage(), usage()
    assert first.cache_creation.ephemeral_1h_input_tokens == first.cache_creation_input_tokens > 1000
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    control.post("/_clock", {"advance_ms": 301_000})
    assert usage().cache_read_input_tokens == first.cache_creation_input_tokens
    control.post("/_clock", {"advance_ms": 3_601_000})
    assert usage().cache_read_input_tokens == 0


def each_key_has_a_bucket_of_its_own(control):
    control.post("/_limits", {"requests": 1})
    once = lambda key: client(control, api_key=key, max_retries=0).messages.create(**ask("sim-normal?n=1"))
    once("key-a")
    error = refused(anthropic.RateLimitError, "rate limit of 1 requests per minute", lambda: once("key-a"))
    assert 0 < int(error.response.headers["retry-after"]) <= 60
    once("key-b")
    control.post("/_clock", {"advance_ms": 60_000})
    once("key-a")


def models_are_paged_and_described(control):
    api = client(control).models
    ids = [model.id for model in api.list(limit=9)]
    assert len(set(ids)) == len(ids) and "claude-fable-5-2" in ids and "sim-tool" in ids
    deprecated = [model.id for model in api.list(lifecycle=["deprecated"])]
    assert deprecated == ["claude-mythos-preview", "claude-sonnet-4-5-20250929"], deprecated
    sonnet = api.retrieve("claude-sonnet-5-5")
    assert sonnet.capabilities.thinking.types.between_tools.supported
    assert sonnet.line == "sonnet" and sonnet.lifecycle == "active"
    assert not api.retrieve("claude-haiku-4-5").capabilities.effort.supported


def the_log_tells_how_each_client_came(control):
    client(control).messages.create(**ask("sim-normal?n=1"))
    line = control.log()[0]
    assert (line["auth"], line["version"]) == ("bearer", "2026-10-21")
    assert line["user_agent"].startswith("Anthropic/Python 2.12.0")
    assert "sk-sim-python" not in json.dumps(line)


STORIES = [
    a_tool_loop_ends_with_text,
    thinking_is_bound_to_its_conversation,
    another_model_passes_over_thinking,
    an_abort_is_seen_within_one_delta_interval,
    a_stall_ends_in_a_read_timeout,
    a_repeated_prefix_is_read_from_the_cache,
    each_key_has_a_bucket_of_its_own,
    models_are_paged_and_described,
    the_log_tells_how_each_client_came,
]
