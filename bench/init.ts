import type { Report } from "./report.ts";
export async function init(): Promise<Report> {
  throw new Error("todo");
}
