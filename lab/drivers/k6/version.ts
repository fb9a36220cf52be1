/** The k6 that the lab is tried with: in tools/k6/go.mod and in the Dockerfile as well, as test/lab/drivers/k6.spec.ts sees to. */
export const K6_VERSION = '2.2.0';

/** Its image. */
export const K6_IMAGE = `grafana/k6:${K6_VERSION}`;
