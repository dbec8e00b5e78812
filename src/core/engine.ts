/** A piece of the core that is large and seldom needed: whatever brings its need into a process loads it first, and then its users call it at once. */

export interface Engine<T> {
  /** By the engine's own module, as soon as it is there; so that who imports that from the start has no need to load it. */
  readonly provide: (engine: T) => void;
  readonly isThere: () => boolean;
  /** Once a process. */
  readonly load: () => Promise<void>;
  /** @throws Error where nobody has loaded it */
  readonly get: () => T;
}

/** @param load imports the module that provides it; `what` is what needs it, for a message */
export function engineOf<T>(load: () => Promise<unknown>, what: string): Engine<T> {
  let provided: T | undefined;
  return {
    provide(engine) {
      provided = engine;
    },
    isThere: () => provided !== undefined,
    async load() {
      if (provided === undefined) await load();
    },
    get() {
      if (provided === undefined) throw new Error(`${what} came into this process without its engine`);
      return provided;
    },
  };
}
