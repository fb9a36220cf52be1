/** The k6 that the lab is tried with: in tools/k6/go.mod and in the Dockerfile as well, as test/lab/drivers/k6.spec.ts sees to. */
export const K6_VERSION = '2.2.0';

/** Its image, by digest: the same as `ARG K6` in the Dockerfile. */
export const K6_IMAGE = `grafana/k6:${K6_VERSION}@sha256:9bd01d6941fca969cb61bb57d2da5ee9b385fe2aa8881df3798c196564d6ace6`;
