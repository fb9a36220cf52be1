/** Counters by kernel name, e.g. `TcpExt ListenOverflows`. */
export type Counters = Record<string, number>;
