/** The fake of what templates are read from keeps the contract of the real one. */
import { describeTemplateReads } from "../../contract/template-reads.ts";
import { createMemoryTemplates } from "../../support/fakes/memory-templates.ts";

describeTemplateReads("the fake", async () => {
  const reads = createMemoryTemplates();
  return { reads, namespace: "app", put: async (kind, name, data) => reads.put(kind, "app", name, data) };
});
