/** The SDK's standard retries without their pauses: the same errors are tried as often, and a cell of the matrix takes no seconds. */

interface RetryToken {
  readonly getRetryCount: () => number;
  readonly getRetryDelay: () => number;
}

interface RetryStrategy {
  readonly mode: string;
  readonly acquireInitialRetryToken: () => Promise<RetryToken>;
  readonly refreshRetryTokenForRetry: (token: RetryToken, error: { readonly errorType: string }) => Promise<RetryToken>;
  readonly recordSuccess: () => void;
}

const tokenOf = (count: number): RetryToken => ({ getRetryCount: () => count, getRetryDelay: () => 0 });

/** What the SDK's StandardRetryStrategy decides: throttling and passing faults are tried again, others and the last try are not. */
export function noPauses(maxAttempts: number): RetryStrategy {
  return {
    mode: "standard",
    acquireInitialRetryToken: async () => tokenOf(0),
    async refreshRetryTokenForRetry(token, { errorType }) {
      const count = token.getRetryCount() + 1;
      const isPassing = errorType === "THROTTLING" || errorType === "TRANSIENT";
      // The SDK throws the error of the call itself then, and never this one.
      if (!isPassing || count >= maxAttempts) throw new Error("no further try");
      return tokenOf(count);
    },
    recordSuccess() {
      // There is no budget of tries to give back to.
    },
  };
}
