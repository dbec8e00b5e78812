import type { Report } from "./report.ts";
export async function calls(): Promise<Report> {
  throw new Error("todo");
}
