/** What becomes of an event on the bus: dispatched, ignored, or told to the failure queue. */
import { describe, expect, it } from "@jest/globals";
import { createOnSecretChangeHandler } from "../../../functions/on-secret-change/dispatch.ts";
import { RelayError } from "../../../src/core/errors.ts";
import type { FailureLetter } from "../../../src/core/failure-letter.ts";
import type { SecretChange } from "../../../src/core/secret-change.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { captureLog, lambdaContext } from "../../support/invocations.ts";

const T = 1_800_000_000_000;
const CANARY = "canary-7f3a91";
const event = {
  version: "0",
  id: "7bf73129-1428-4cd3-a780-95db273d1602",
  "detail-type": "Secret Label Updated",
  source: "aws.secretsmanager",
  account: "111122223333",
  time: "2026-11-24T04:00:00Z",
  region: "eu-west-1",
  resources: ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf"],
  detail: { name: "shop/db", labelUpdated: "AWSCURRENT", versionId: "v2" },
};

function setUp(failures: { readonly dispatch?: Error; readonly compose?: Error; readonly letter?: Error } = {}) {
  const clock = createManualClock(T);
  const captured = captureLog(clock);
  const changes: { change: SecretChange; deadline: number }[] = [];
  const letters: FailureLetter[] = [];
  const handler = createOnSecretChangeHandler({
    log: captured.log,
    clock,
    async onSecretChange() {
      if (failures.compose !== undefined) throw failures.compose;
      return async (change, deadline) => {
        if (failures.dispatch !== undefined) throw failures.dispatch;
        changes.push({ change, deadline });
        return { targets: 2, path: "fast" };
      };
    },
    async sendLetter(letter) {
      if (failures.letter !== undefined) throw failures.letter;
      letters.push(letter);
    },
  });
  return { ...captured, changes, letters, handle: async (given: unknown) => handler(given, lambdaContext()) };
}

describe("on-secret-change", () => {
  it("dispatches a change with the deadline, and logs the names", async () => {
    const { changes, letters, lines, handle } = setUp();

    await handle(event);

    expect(changes).toEqual([
      { change: expect.objectContaining({ kind: "label moved", name: "shop/db", versionId: "v2" }), deadline: T + 45_000 },
    ]);
    expect(letters).toEqual([]);
    expect(lines()).toEqual([expect.objectContaining({ level: "INFO", key: "shop/db", targets: 2, path: "fast", requestId: "request-1" })]);
  });

  it("drops an event that tells no change, even where nothing can be composed", async () => {
    const { letters, lines, handle } = setUp({ compose: new Error("no key") });

    await handle({ ...event, source: "aws.ec2" });

    expect(letters).toEqual([]);
    expect(lines()).toEqual([expect.objectContaining({ level: "INFO", message: "event ignored", reason: expect.any(String) })]);
  });

  it("tells the failure queue of a malformed event, and succeeds", async () => {
    const { changes, letters, text, handle } = setUp({ compose: new Error("no key") });

    await handle({ ...event, detail: { name: CANARY, labelUpdated: CANARY } });

    expect(changes).toEqual([]);
    expect(letters).toEqual([
      expect.objectContaining({ code: "EventMalformed", id: event.id, "detail-type": "Secret Label Updated", resources: event.resources }),
    ]);
    expect(letters[0]?.reason).toContain("detail.versionId");
    expect(`${JSON.stringify(letters)}${text()}`).not.toContain(CANARY);
  });

  it.each([
    { name: "the failure queue", failures: { letter: new RelayError("QueueUnavailable", "q") }, given: { ...event, detail: {} } },
    { name: "the dispatch", failures: { dispatch: new RelayError("QueueUnavailable", "q") }, given: event },
    { name: "the composition", failures: { compose: new RelayError("QueueUnavailable", "q") }, given: event },
  ])("throws where $name fails, so that Lambda tries again", async ({ failures, given }) => {
    const { handle } = setUp(failures);

    await expect(handle(given)).rejects.toMatchObject({ code: "QueueUnavailable" });
  });
});
