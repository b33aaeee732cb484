// Who may import whom (test/arch plants a violation of each rule and expects it to be caught).
const test = "\\.test\\.ts$";
const core = "^edge-agent/src/core/";
// Types of the verdict, the clock, and what diagnoses are called.
const fingerDoor = "^protocol-finger/src/(index|(clock|diagnosis)/index)\\.ts$";

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    { name: "core-is-pure", severity: "error", from: { path: core, pathNot: test }, to: { pathNot: core } },
    {
      name: "ports-see-core-only",
      severity: "error",
      from: { path: "^edge-agent/src/ports/", pathNot: test },
      to: { pathNot: ["^edge-agent/src/(core|ports)/", fingerDoor] },
    },
    {
      name: "lib-knows-no-domain",
      severity: "error",
      from: { path: "^edge-agent/src/lib/", pathNot: test },
      to: { pathNot: "^(edge-agent/src/lib/|[^/]+$)" },
    },
    {
      name: "flow-sees-no-adapter",
      severity: "error",
      from: { path: "^edge-agent/src/flow/", pathNot: test },
      to: { pathNot: ["^edge-agent/src/(core|ports|flow|lib)/", fingerDoor] },
    },
    {
      name: "adapters-are-strangers",
      severity: "error",
      from: { path: "^edge-agent/src/adapters/([^/]+)/", pathNot: test },
      to: { path: "^edge-agent/src/adapters/([^/]+)/", pathNot: "^edge-agent/src/adapters/$1/" },
    },
    {
      name: "adapters-do-not-call-up",
      severity: "error",
      from: { path: "^edge-agent/src/adapters/", pathNot: test },
      to: { path: "^edge-agent/src/(flow/|config|compose|cli|main)" },
    },
    {
      name: "config-wires-nothing",
      severity: "error",
      from: { path: "^edge-agent/src/config" },
      to: { path: "^edge-agent/src/(flow/|compose|cli|main)" },
    },
    {
      name: "finger-is-a-leaf",
      severity: "error",
      from: { path: "^protocol-finger/", pathNot: test },
      to: { path: "^(edge-agent|web-twin|k8s|test)/" },
    },
    {
      name: "finger-by-its-doors",
      severity: "error",
      // The fuzzer feeds what stands behind the doors.
      from: { path: "^(edge-agent|web-twin|k8s|test)/", pathNot: "^test/fuzz/" },
      to: {
        path: "^protocol-finger/src/",
        pathNot:
          "^protocol-finger/src/((clock|diagnosis|modbus|s7|settings|terminal|tunnel|wire)/)?index\\.ts$",
      },
    },
    {
      name: "wire-is-pure",
      severity: "error",
      from: { path: "^protocol-finger/src/(modbus|s7|wire)/", pathNot: test },
      to: { pathNot: "^protocol-finger/src/(modbus|s7|wire)/" },
    },
    {
      name: "models-is-a-leaf",
      severity: "error",
      from: { path: "^models/", pathNot: test },
      to: {
        path: "^(protocol-finger|edge-agent|web-twin|k8s|test)/",
        pathNot: "^protocol-finger/src/(clock|terminal)/index\\.ts$",
      },
    },
    {
      name: "models-by-its-doors",
      severity: "error",
      from: { path: "^(edge-agent|web-twin|k8s|test)/" },
      to: { path: "^models/src/", pathNot: "^models/src/(testing/)?index\\.ts$" },
    },
    {
      name: "controller-sees-doors-only",
      severity: "error",
      from: { path: "^k8s/" },
      to: { path: "^(edge-agent|web-twin)/src/", pathNot: "^edge-agent/src/core/" },
    },
    {
      name: "controller-reconciles-purely",
      severity: "error",
      from: { path: "^k8s/controller/src/reconcile/", pathNot: test },
      to: {
        pathNot: [
          "^k8s/controller/src/(reconcile|ports)/",
          "^edge-agent/src/core/",
          "^protocol-finger/src/clock/index\\.ts$",
        ],
      },
    },
    {
      name: "page-sees-the-door-only",
      severity: "error",
      from: { path: "^web-twin/" },
      to: { path: "^edge-agent/src/", pathNot: "^edge-agent/src/core/" },
    },
    {
      name: "product-knows-no-test",
      severity: "error",
      from: { path: "^(protocol-finger|models|edge-agent|web-twin|k8s/controller)/src/", pathNot: test },
      to: { path: "^test/" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.base.json" },
    // `import type` counts: a type is a dependency too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // Anchored: a bare "/dist/" would hide every npm package whose entry lies in such a folder.
    exclude: { path: "^(protocol-finger|models|edge-agent|web-twin|k8s/controller|test)/dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".js"],
    },
  },
};
