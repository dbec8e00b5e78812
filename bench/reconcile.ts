import type { Report } from "./report.ts";
export async function reconcile(): Promise<Report> {
  throw new Error("todo");
}
