// CodeMirror's own changes as a second opinion: a line of JSON in, a line of JSON out, to the end of the input.
import { rebaseUpdates } from "@codemirror/collab";
import { ChangeSet, Text } from "@codemirror/state";
import { createInterface } from "node:readline";

const text = (doc) => Text.of(doc.split("\n"));
const json = (set) => JSON.stringify(set.toJSON());
const read = (change) => ChangeSet.fromJSON(JSON.parse(change));

/** Two changes of one text, a third after the first, and positions. */
function pair({ doc, a, b, c, at }) {
  const before = text(doc);
  const [first, second, next] = [a, b, c].map(read);
  const updates = rebaseUpdates([{ changes: first, clientID: "a" }], [{ changes: second, clientID: "b" }]);
  return [
    first.apply(before).toString(),
    json(first),
    json(first.map(second)),
    json(first.map(second, true)),
    json(second.map(first, true)),
    json(updates[0].changes),
    json(first.compose(next)),
    json(first.invert(before)),
    at.map((position) => [first.mapPos(position, -1), first.mapPos(position, 1)]),
  ];
}

/** What an authority makes of edits with their bases, one accepted change at a time. */
function log({ doc, edits }) {
  const accepted = [];
  let now = text(doc);
  for (const { base, change } of edits) {
    let update = { changes: read(change), clientID: "a" };
    for (const over of accepted.slice(base)) [update] = rebaseUpdates([update], [{ changes: over, clientID: "b" }]);
    accepted.push(update.changes);
    now = update.changes.apply(now);
  }
  return [now.toString(), accepted.map(json)];
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const question = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(question.edits ? log(question) : pair(question))}\n`);
}
