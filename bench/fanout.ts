import type { Report } from "./report.ts";
export async function fanout(): Promise<Report> {
  throw new Error("todo");
}
