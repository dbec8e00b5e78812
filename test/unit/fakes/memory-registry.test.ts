/** The in-memory registry keeps the contract of the port, so that tests of use cases may trust it. */
import { describeRegistry } from "../../contract/registry.ts";
import { describeFinds } from "../../contract/registry-finds.ts";
import { createMemoryRegistry } from "../../support/fakes/memory-registry.ts";

describeRegistry("memory", async () => createMemoryRegistry());
describeFinds("memory", async () => createMemoryRegistry());
