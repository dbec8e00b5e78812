/** What a stack is taken at its word for: a message may look like a frame, and hold a value where a file's name is. */
import { describe, expect, it } from "@jest/globals";
import { placeOf } from "../../../functions/places.ts";

describe("placeOf", () => {
  it.each([
    { frame: "at f (file:///var/task/index.mjs:3:14)", place: "index.mjs:3:14" },
    { frame: "at file:///var/task/chunk-HJYSF3CD.mjs:50:1", place: "chunk-HJYSF3CD.mjs:50:1" },
    { frame: "at f (file:///srv/relay/src/app/sync.ts:12:3)", place: "src/app/sync.ts:12:3" },
    { frame: "at f (file:///hunter2.mjs:1:1)", place: undefined },
    { frame: "at f (node:internal/process/task_queues:103:5)", place: undefined },
  ])("tells of $frame, without a map, $place", ({ frame, place }) => {
    expect(placeOf({ stack: `Error: x\n    ${frame}` }, "/nowhere")).toBe(place);
  });

  it("prefers a place in the sources to the bundle's", () => {
    const stack = "Error: x\n    at f (file:///var/task/index.mjs:3:14)\n    at g (file:///srv/src/a.ts:1:2)";

    expect(placeOf({ stack }, "/nowhere")).toBe("src/a.ts:1:2");
  });

  it.each([undefined, null, "text", {}, { stack: 1 }])("tells nothing of what has no stack: %j", (error) => {
    expect(placeOf(error)).toBeUndefined();
  });
});
