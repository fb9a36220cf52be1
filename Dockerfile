# One image for every part of the stack: gateway, robots and the lab itself.
FROM node:24-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
# Optional dependencies are Node itself for the host, and native speed-ups that need a compiler.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY docker docker
COPY robots robots
COPY gateway gateway
COPY lab lab
# A checkout made with a narrow umask must still be readable for USER node; and what is bound or shared at the two
# folders may have to be written by a user of another number.
RUN chmod -R a+rX package.json tsconfig.json docker robots gateway lab \
  && chmod a+x docker/init.sh \
  && mkdir -p runs /exchange \
  && chown node:node runs /exchange \
  && chmod 0777 runs /exchange
USER node
ENTRYPOINT ["/app/docker/init.sh"]
CMD ["node", "gateway/main.ts"]
