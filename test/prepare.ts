// Builds the servers and tools that tests run for real and that come as sources: once a machine, before anything is timed
// or starved by it. What cannot be had is told here and by the tests that would have needed it.
import { argoLint } from "./argo/lint.ts";
import { kubeTools, kustomizeTool, tellMissing } from "./kube/kube-tools.ts";
import { collectorTool } from "./observability/real-collector.ts";
import { lokiTool } from "./observability/real-loki.ts";

const WANTED = [
  ["a real API server", kubeTools],
  ["kustomize", kustomizeTool],
  ["Argo's own linter", argoLint],
  ["a real Loki", lokiTool],
  ["a real OpenTelemetry collector", collectorTool],
] as const;

for (const [what, build] of WANTED) {
  const tool = await build();
  if (tool.kind === "missing") tellMissing(what, tool);
}
