import type { Report } from "./report.ts";
export async function lookup(): Promise<Report> {
  throw new Error("todo");
}
