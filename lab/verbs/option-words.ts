/** What `--json` does, in every verb. */
export const JSON_ONLY = 'print one JSON document on stdout, and nothing else';
/** What `--runtime` does, in verbs that take every runtime. */
export const RUNTIMES =
  'how gateway and robots run: auto, docker, netns or native; or swarm, on a manager of one';
/** The same in verbs that stay on this machine. */
export const LOCAL_WORDS = 'how gateway and robots run: auto, docker, netns or native';
