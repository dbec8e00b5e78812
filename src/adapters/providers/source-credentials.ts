/** Credentials of AWS that an SDK can use and nothing can print. */

/** As the SDK takes them. */
export interface SourceCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** @default - nobody says when they end */
  readonly expiration?: Date;
}

type Given = Omit<SourceCredentials, "sessionToken" | "expiration"> & {
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
};

const REDACTED = "[secret]";

/** Its fields are getters over private ones: read by name they give their values; printed, cloned, spread or serialised they give none. */
class OpaqueCredentials implements Given {
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  get accessKeyId(): string {
    return this.#given.accessKeyId;
  }

  get secretAccessKey(): string {
    return this.#given.secretAccessKey;
  }

  get sessionToken(): string | undefined {
    return this.#given.sessionToken;
  }

  get expiration(): Date | undefined {
    return this.#given.expiration;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}

/** Makes these credentials opaque. */
export function opaqueCredentials(given: Given): SourceCredentials {
  // What has no session token, or no end, says so by undefined, which is as good as none to whoever signs.
  return new OpaqueCredentials(given) as SourceCredentials;
}
