# syntax=docker/dockerfile:1
# protocol-finger alone, for linux/amd64 and linux/arm64. From the root of the repository:
#   docker buildx build --platform linux/amd64,linux/arm64 -f k8s/images/protocol-finger.Dockerfile -t stethos/protocol-finger .
# What may enter the build stands in protocol-finger.Dockerfile.dockerignore.
ARG NODE_VERSION=24.21.0

# The packages are plain JavaScript: one stage, on the builder's own platform, serves every target.
FROM --platform=$BUILDPLATFORM node:${NODE_VERSION}-bookworm-slim AS packages
WORKDIR /app
# The lock file is one for all workspaces, so npm wants to see each of them.
COPY package.json package-lock.json ./
COPY protocol-finger/package.json protocol-finger/
COPY edge-agent/package.json edge-agent/
COPY web-twin/package.json web-twin/
COPY test/package.json test/
RUN npm install --workspace=protocol-finger --include-workspace-root=false --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@stethos node_modules/.package-lock.json \
 && mkdir -p protocol-finger/node_modules

FROM node:${NODE_VERSION}-bookworm-slim
LABEL org.opencontainers.image.title="protocol-finger" \
      org.opencontainers.image.description="Knows PLCs by how they answer, safely, and reads the ones that others cannot" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Stethos"
# ss and ip: TCP evidence and the neighbour table without privileges. No npm, no shell tools of a developer.
RUN apt-get update \
 && apt-get install -y --no-install-recommends iproute2 \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/protocol-finger/node_modules protocol-finger/node_modules
COPY protocol-finger/package.json protocol-finger/
COPY protocol-finger/src protocol-finger/src
ENV NODE_ENV=production
# The image's own user "node". Nothing under / needs to be writable: verdicts are kept with --memory, on a volume.
USER 1000:1000
ENTRYPOINT ["node", "/app/protocol-finger/src/main.ts"]
CMD ["--help"]
