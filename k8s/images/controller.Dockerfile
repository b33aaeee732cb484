# syntax=docker/dockerfile:1
# The controller that rolls models out over a fleet, for linux/amd64 and linux/arm64. From the root of a checkout:
#   docker buildx build --platform linux/amd64,linux/arm64 -f k8s/images/controller.Dockerfile -t stethos/controller .
# README.md beside this file says how to run it, and how to build it without Docker.
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim
# Of the machine that builds, where that is not the target's.
ARG BUILD_BASE=${BASE}

# What runs beside the product on the target: Debian, Node.js and tini.
FROM ${BASE} AS system
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /tmp/* \
      /usr/local/include /usr/local/share /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
      /usr/share/man /usr/share/info /usr/share/locale \
 && find /usr/share/doc -type f ! -name copyright -delete \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && echo 'stethos:x:10001:10001:Stethos:/var/lib/stethos:/usr/sbin/nologin' >> /etc/passwd \
 && echo 'stethos:x:10001:' >> /etc/group

# Plain JavaScript, and libraries that come compiled for every platform: laid out on the builder's own.
FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS product
WORKDIR /app
# The lock file is one for all workspaces, so npm wants to see each of them.
COPY package.json package-lock.json ./
COPY protocol-finger/package.json protocol-finger/
COPY models/package.json models/
COPY edge-agent/package.json edge-agent/
COPY web-twin/package.json web-twin/
COPY k8s/controller/package.json k8s/controller/
COPY test/package.json test/
# Not "npm ci": it refuses a lock file from which optional packages of other platforms are absent. Of the agent the
# controller sees its core alone, which needs no package: none of the agent's is wanted.
RUN --mount=type=cache,target=/root/.npm npm pkg delete dependencies --workspace=edge-agent \
 && npm install --workspace=k8s/controller --include-workspace-root=false --omit=dev --ignore-scripts \
      --omit-lockfile-registry-resolved --no-audit --no-fund
COPY .workshop/DEPENDENCIES.md ./
COPY protocol-finger/src protocol-finger/src
COPY models/src models/src
COPY edge-agent/src/core edge-agent/src/core
COPY k8s/controller/src k8s/controller/src
COPY k8s/images/inside /inside
COPY --from=system /var/lib/dpkg/status /inside/dpkg-status
ARG TARGETARCH
ARG SOURCE_DATE_EPOCH=0
RUN node /inside/sbom.ts controller k8s/controller edge-agent models protocol-finger \
 && node /inside/prune.ts \
 && rm -r package.json package-lock.json test web-twin \
 && mv /inside/health.ts . && ln -s k8s/controller/src/main.ts stethos-controller \
 && chmod -R u=rwX,go=rX /app && chmod +x k8s/controller/src/main.ts \
 && mv node_modules /packages

FROM scratch
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="stethos-controller" \
      org.opencontainers.image.description="Rolls models out over a fleet of agents, in waves that stop themselves" \
      org.opencontainers.image.vendor="Stethos" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
COPY --from=system / /
# What seldom changes comes first: an update of the product is a small layer over a thin line.
COPY --from=product /packages /app/node_modules
COPY --from=product /app /app
ENV PATH=/app:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_ENV=production \
    STETHOS_HEALTH_URL=http://127.0.0.1:9464/healthz
# It keeps nothing: its journal is in the cluster. Nothing in the image needs to be writable.
USER 10001:10001
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["node", "/app/health.ts"]
# As PID 1 a process that has not yet asked for SIGTERM never gets it: tini lets one that still starts be stopped.
ENTRYPOINT ["/usr/bin/tini", "--", "stethos-controller"]
CMD ["--help"]
