# The image that the published package builds of itself, where it is called Dockerfile: its JavaScript is made already, and `ws`,
# all that its parts need of others, comes from where npm has put it. lab/runtimes/docker/image.ts says which BASE and K6.
ARG BASE
ARG K6=scratch

FROM ${BASE} AS lab
# The same tools as in the Dockerfile of a clone.
RUN for tool in tc ss; do command -v $tool >/dev/null || missing=1; done; [ -z "${missing:-}" ] \
  || (apt-get update -q && apt-get install -qy --no-install-recommends iproute2 && rm -rf /var/lib/apt/lists/*)
RUN for tool in tc ss stdbuf setpriv; do command -v $tool >/dev/null || { echo "the base image has no $tool" >&2; exit 1; }; done
WORKDIR /app
ENV NODE_EXTRA_CA_CERTS=
COPY package.json ./
COPY docker docker
COPY parts parts
COPY gateway gateway
COPY robots robots
COPY lab lab
COPY ws node_modules/ws
# An installation made with a narrow umask must still be readable for USER node.
RUN chmod -R a+rX package.json docker parts gateway robots lab node_modules && chmod a+x docker/*.sh
ENV NODE_COMPILE_CACHE=/app/node_modules/.cache/compile
RUN mkdir -p node_modules/.cache && chown node:node node_modules/.cache
USER node
RUN node docker/warm.mjs
ENTRYPOINT ["/app/docker/init.sh"]
CMD ["node", "gateway/main.js"]

FROM ${K6} AS k6

FROM lab AS lab-k6
COPY --from=k6 /usr/bin/k6 /usr/local/bin/k6
