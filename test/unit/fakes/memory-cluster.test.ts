/** The fake cluster passes the suite of the real one. */
import { describeCluster } from "../../contract/cluster.ts";
import { createMemoryCluster } from "../../support/fakes/memory-cluster.ts";

describeCluster("the cluster in memory", async () => {
  const cluster = createMemoryCluster(["app"]);
  return {
    cluster,
    namespace: "app",
    labelNamespace: async (labels) => cluster.addNamespace("app", labels),
    writeByHand: async (name, manager, data) => cluster.writeByHand("app", name, manager, data),
    deleteByHand: async (name) => cluster.deleteByHand("app", name),
    setImmutable: async (name) => cluster.setImmutable("app", name),
    denyDecoys: async (policy) => {
      cluster.policy = policy;
    },
    setController: async (name, controller) => cluster.setController("app", name, controller),
    readData: async (name) => cluster.readData("app", name),
  };
});
