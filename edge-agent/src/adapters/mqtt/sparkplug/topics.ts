/** Sparkplug 3.0, 4: spBv1.0/group/verb/node[/device]. */
export interface NodeTopics {
  readonly nbirth: string;
  readonly ndeath: string;
  readonly ncmd: string;
  /** Commands to any device. */
  readonly dcmd: string;
  device(verb: "DBIRTH" | "DDATA" | "DDEATH", device: string): string;
}

const NAMESPACE = "spBv1.0";

export function nodeTopics(group: string, node: string): NodeTopics {
  const of = (verb: string) => `${NAMESPACE}/${group}/${verb}/${node}`;
  return {
    nbirth: of("NBIRTH"),
    ndeath: of("NDEATH"),
    ncmd: of("NCMD"),
    dcmd: `${of("DCMD")}/+`,
    device: (verb, device) => `${of(verb)}/${device}`,
  };
}

export const stateTopic = (hostId: string): string => `${NAMESPACE}/STATE/${hostId}`;

/** An id is one level of a topic: what no level may hold becomes "_". */
export const sparkplugIdOf = (name: string): string => name.replaceAll(/[+/#\0]/g, "_");
