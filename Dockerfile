# One image for every part of the stack: gateway, robots and the lab itself. With --target lab-k6, k6 is in it as well. What
# people run is --target command, and what is built without a target.
# Both by digest. Where no registry can be reached other images stand in for them: see CONTRIBUTING.md.
ARG BASE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
ARG K6=grafana/k6:2.2.0@sha256:9bd01d6941fca969cb61bb57d2da5ee9b385fe2aa8881df3798c196564d6ace6

FROM ${BASE} AS lab
# tc puts the link delay between gateway and robots; ss tells of each connection's end, by stdbuf at once, and by setpriv it
# ends with whoever started it.
RUN for tool in tc ss; do command -v $tool >/dev/null || missing=1; done; [ -z "${missing:-}" ] \
  || (apt-get update -q && apt-get install -qy --no-install-recommends iproute2 && rm -rf /var/lib/apt/lists/*)
RUN for tool in tc ss stdbuf setpriv; do command -v $tool >/dev/null || { echo "the base image has no $tool" >&2; exit 1; }; done
WORKDIR /app
COPY package.json package-lock.json ./
# Optional dependencies are Node itself for the host, and native speed-ups that need a compiler.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
# Where a proxy signs for the npm registry its certificates were needed until here. A part that loads them holds one descriptor
# for a moment, which would be counted as at rest.
ENV NODE_EXTRA_CA_CERTS=
COPY tsconfig.json ./
COPY docker docker
COPY common common
COPY system system
COPY protocol protocol
COPY robots robots
COPY gateway gateway
COPY lab lab
# A checkout made with a narrow umask must still be readable for USER node; and what is bound at `runs` may have to be written by a
# user of another number.
RUN chmod -R a+rX package.json tsconfig.json docker common system protocol robots gateway lab \
  && chmod a+x docker/*.sh \
  && mkdir -p runs \
  && chown node:node runs \
  && chmod 1777 runs
ENV NODE_COMPILE_CACHE=/app/node_modules/.cache/compile
RUN mkdir -p node_modules/.cache && chown node:node node_modules/.cache
USER node
RUN node docker/warm.mjs
ENTRYPOINT ["/app/docker/init.sh"]
CMD ["node", "gateway/main.ts"]

# What people run: the entry is the lab's command. Before the stages of k6, of which it has nothing.
FROM lab AS command
# How this image is called where it is published: in the commands that the lab names.
ARG IMAGE=resetlab
USER root
RUN rm -r runs && ln -s /runs runs && ln -s /app/docker/command.sh /usr/local/bin/resetlab \
  && find node_modules/.cache -type d -exec chown root:root {} + -exec chmod 755 {} +
# By number: Kubernetes does not believe a name that it is not root (runAsNonRoot).
USER 1000:1000
# What is said of the command itself, in the lines that begin with `next:`.
ENV RESETLAB_COMMAND="docker run --rm $IMAGE" RESETLAB_AS_ROOT="--user root --cap-add SYS_PTRACE"
ENTRYPOINT ["resetlab"]
CMD ["--help"]

FROM ${K6} AS k6

FROM lab AS lab-k6
COPY --from=k6 /usr/bin/k6 /usr/local/bin/k6

# Without --target it is the command.
FROM command
