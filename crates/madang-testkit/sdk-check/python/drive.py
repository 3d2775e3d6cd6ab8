"""Drives every case of ../cases.json and the stories of stories.py with the official SDK, and compares the outcomes
with golden.json. Usage: drive.py BASE_URL [--write]. Prints one line for each failure, then "N passed, N failed"."""

import hashlib
import json
import sys
import time
import traceback
import urllib.request
import warnings
from collections import Counter
from pathlib import Path

import anthropic
from stories import STORIES

HERE = Path(__file__).parent
LIMITS = {"requests": 600_000, "input_tokens": 2_000_000_000, "output_tokens": 400_000_000}


class Control:
    """The control plane of the stand-in."""

    def __init__(self, base_url):
        self.base_url = base_url

    def post(self, path, body=None):
        data = json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base_url + path, data=data, method="POST")
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def log(self):
        with urllib.request.urlopen(self.base_url + "/_log") as response:
            return json.load(response)["entries"]


def dumped(message):
    """What came over the wire: fields that the SDK adds are not among those set."""
    value = json.loads(message.model_dump_json(exclude_unset=True, by_alias=True))
    return without_parsed(value)


def without_parsed(value):
    """Drops the null `parsed_output` that the stream helper adds to text."""
    if isinstance(value, list):
        return [without_parsed(item) for item in value]
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not (key == "parsed_output" and item is None)}
        return {key: without_parsed(kept[key]) for key in sorted(kept)}
    return value


def outcome(message, events, test):
    body = dumped(message)
    if test.get("digest"):
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        body = {"sha256": digest, "blocks": len(body["content"]), "stop_reason": body["stop_reason"]}
    return {"message": body} | ({"events": dict(events)} if events is not None else {})


def failed(error):
    status, kind = getattr(error, "status_code", None), getattr(error, "type", None)
    return {"error": {"class": type(error).__name__, "status": status, "type": kind}}


def run(control, test, mode):
    control.post("/_reset")
    if "script" in test:
        control.post("/_script", test["script"])
    client = anthropic.Anthropic(
        api_key="sk-sim-python",
        base_url=control.base_url,
        max_retries=test.get("retries", 2),
        timeout=test.get("timeout_ms", 30_000) / 1000,
    )
    body = {"model": test["model"], "max_tokens": 1024}
    body["messages"] = [{"role": "user", "content": test.get("text", "Hello there")}]
    body.update(test.get("request", {}))
    # A removed parameter is no longer in the signature; it still has to be refused when it is sent.
    extra = {key: body.pop(key) for key in ("temperature",) if key in body}
    options = {"extra_headers": test.get("headers"), "extra_body": extra or None}
    api = client.beta.messages if test.get("beta") else client.messages
    events = Counter()
    try:
        with client:
            if mode == "json":
                return outcome(api.create(**body, **options), None, test)
            if mode == "raw":
                for event in api.create(**body, **options, stream=True):
                    events[event.type] += 1
                return {"events": dict(events)}
            with api.stream(**body, **options) as stream:
                for event in stream:
                    events[event.type] += 1
                return outcome(stream.get_final_message(), events, test)
    except Exception as error:
        return failed(error)


class Report:
    """Counts what passed and keeps what failed."""

    def __init__(self):
        self.passed = 0
        self.failures = []

    def check(self, name, ok, detail):
        if ok:
            self.passed += 1
        else:
            self.failures.append(f"{name}: {detail}")


def short(value):
    return json.dumps(value, ensure_ascii=False)[:300]


def run_case(control, test, golden, report):
    """Runs one case in each mode, checks it, and returns the outcomes by name."""
    seen = {}
    for mode in test.get("modes", ["stream", "json"]):
        name = f"{test['id']} ({mode})"
        started = time.monotonic()
        seen[mode] = run(control, test, mode)
        took = (time.monotonic() - started) * 1000
        if golden is not None:
            report.check(name, seen[mode] == golden.get(name), f"got {short(seen[mode])}")
        if "min_ms" in test or "max_ms" in test:
            in_time = test.get("min_ms", 0) <= took <= test.get("max_ms", float("inf"))
            report.check(f"{name} time", in_time, f"took {took:.0f} ms")
        if "attempts" in test:
            attempts = [entry["attempt"] for entry in control.log()]
            report.check(f"{name} attempts", attempts == list(range(test["attempts"])), f"attempts {attempts}")
    if "stream" in seen and "json" in seen and test.get("same", True):
        stream, whole = (seen[mode].get("message") or seen[mode].get("error") for mode in ("stream", "json"))
        report.check(f"{test['id']} same", stream == whole, f"{short(stream)} is not {short(whole)}")
    return {f"{test['id']} ({mode})": result for mode, result in seen.items()}


def main(base_url, write):
    warnings.simplefilter("ignore")
    control, report, results = Control(base_url), Report(), {}
    cases = json.loads((HERE / "../cases.json").read_text(encoding="utf-8"))["cases"]
    golden_file = HERE / "golden.json"
    golden = None if write else json.loads(golden_file.read_text(encoding="utf-8"))
    for test in cases:
        results |= run_case(control, test, golden, report)
    for story in STORIES:
        control.post("/_reset")
        try:
            story(control)
            report.passed += 1
        except Exception:
            report.failures.append(f"{story.__name__}: {traceback.format_exc()}")
        control.post("/_limits", LIMITS)
    for name in golden or {}:
        report.check(name, name in results, "is in golden.json and was not run")
    if write:
        lines = [f"{json.dumps(name)}: {json.dumps(result, ensure_ascii=False)}" for name, result in results.items()]
        golden_file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    for line in report.failures:
        print("FAILED", line)
    print(f"{report.passed} passed, {len(report.failures)} failed")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--write" in sys.argv))
