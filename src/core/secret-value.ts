/** An opaque wrapper for anything that came from a secret, so that printing, logging or serialising it shows nothing. */

const REDACTED = "[secret]";

/** A secret's bytes. Every implicit conversion gives `[secret]`; only `expose` and `exposeText` give the value. */
export class SecretValue {
  readonly #bytes: Uint8Array;

  constructor(value: Uint8Array | string) {
    this.#bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  }

  /** The bytes themselves. Call it only where a value is rendered or written. */
  expose(): Uint8Array {
    return this.#bytes;
  }

  /** The bytes as UTF-8 text; invalid sequences become U+FFFD, as Go's conversions to JSON do. */
  exposeText(): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#bytes);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
