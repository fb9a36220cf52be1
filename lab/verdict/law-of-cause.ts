/** By the id of a cause that is the failing at a limit of capacity, the name of the law on that limit. */
export const LAW_OF_CAUSE: Readonly<Record<string, string>> = {
  'fd-exhaustion': 'descriptors',
  'ephemeral-ports': 'ports',
  'robots-nofile': 'robots-descriptors',
  'connection-cap': 'max-connections',
};
