export type Opcua = typeof import("node-opcua");

/** node-opcua, loaded when the first server is dialled: reading it takes most of a second and 100 MB. */
export async function loadOpcua(): Promise<Opcua> {
  const opcua = await import("node-opcua");
  // What is worth saying is said by this adapter, in the agent's own log.
  opcua.setLogLevel(opcua.LogLevel.Emergency);
  return opcua;
}
