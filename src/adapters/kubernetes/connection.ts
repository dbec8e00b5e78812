/** One cluster's connection over its whole life: it stays the same for whoever uses it, while the credentials below it come and go. */
import { isRelayError } from "../../core/errors.ts";
import type { Millis } from "../../core/model.ts";
import type { CredentialsNotice } from "../../core/ports.ts";
import type { ClusterCredentials } from "./credentials.ts";
import type { HttpSend } from "./http.ts";
import { createHttpConnection, type HttpLimits, isElsewhere } from "./send.ts";

/** Credentials as they are now, and the version of the secret that holds them. */
export interface OpenedCredentials {
  readonly credentials: ClusterCredentials;
  /** @default - they lie in no secret */
  readonly versionId?: string | undefined;
}

export interface Connection {
  readonly send: HttpSend;
  /**
   * Looks whether the credentials are still the same, where it is time for it or a notice says so.
   * @throws what opening them throws and only somebody's act can mend; what may pass leaves those that there are
   */
  refresh(notice: CredentialsNotice | undefined): Promise<void>;
}

/** What an event misses is found after so long. */
const LOOKED_AGAIN_MS = 10 * 60_000;
/** Between two looks for an API server that is not where it was. */
const PAUSE_MS = 30_000;
/** A store may give an older version for so long (docs/protocol.md, D); until then a notice's version may still come. */
const SETTLED_AFTER_MS = 60_000;
const NOTICE_PAUSE_MS = 2_000;

/** Opens the first credentials. @throws what `open` throws */
export async function openConnection(open: () => Promise<OpenedCredentials>, limits: HttpLimits, now: () => Millis): Promise<Connection> {
  let lookedAt = now();
  let opened = await open();
  let connection = createHttpConnection(opened.credentials, limits);
  let looking: Promise<boolean> | undefined;
  /** When it was last found that the API server is elsewhere. */
  let missedAt = Number.NEGATIVE_INFINITY;
  /** Of the last notice that was followed to its end. */
  let settled: string | undefined;

  /** @returns whether there is another connection now */
  async function lookNow(): Promise<boolean> {
    lookedAt = now();
    const next = await open();
    const isSame = sameCredentials(next.credentials, opened.credentials);
    opened = isSame ? { ...opened, versionId: next.versionId } : next;
    if (isSame) return false;
    // What is under way ends by the old one, whose credentials mostly still hold.
    connection.retire();
    connection = createHttpConnection(opened.credentials, limits);
    return true;
  }
  async function look(): Promise<boolean> {
    looking ??= lookNow().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function isFoundElsewhere(): Promise<boolean> {
    if (looking !== undefined) return look();
    if (now() - missedAt < PAUSE_MS) return false;
    missedAt = now();
    try {
      return await look();
    } catch (error) {
      // Why it can't be told says less than the call's own failure, unless it is for good: then it is the cause.
      if (!isRelayError(error) || error.policy !== "retry") throw error;
      return false;
    }
  }

  function isDue(notice: CredentialsNotice | undefined): boolean {
    // Where they lie in no secret, a failed connection tells all that there is to tell.
    if (opened.versionId === undefined) return false;
    const since = now() - lookedAt;
    if (since >= LOOKED_AGAIN_MS) return true;
    if (notice === undefined || notice.versionId === opened.versionId || notice.versionId === settled) return false;
    // Whatever a look of then showed is later than the notice.
    if (lookedAt >= notice.at + SETTLED_AFTER_MS) {
      settled = notice.versionId;
      return false;
    }
    return since >= NOTICE_PAUSE_MS || lookedAt <= notice.at;
  }

  return {
    async send(call) {
      const used = connection;
      try {
        return await used.send(call);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        // Somebody else's call may have found the new place meanwhile, or be about to.
        if (connection === used && !(await isFoundElsewhere())) throw error;
        return connection.send(call);
      }
    },
    async refresh(notice) {
      if (!isDue(notice)) return;
      try {
        await look();
      } catch (error) {
        // What there is may still hold, and whoever it does not serve any more says so by 401.
        if (!isRelayError(error) || error.policy !== "retry") throw error;
      }
    },
  };
}

function sameCredentials(a: ClusterCredentials, b: ClusterCredentials): boolean {
  if (a.server !== b.server || a.ca !== b.ca) return false;
  if (a.auth.kind === "renewed" && b.auth.kind === "renewed") return a.auth.tokens === b.auth.tokens;
  return JSON.stringify(a.auth) === JSON.stringify(b.auth);
}
