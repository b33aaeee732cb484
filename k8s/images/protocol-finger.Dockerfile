# syntax=docker/dockerfile:1
# protocol-finger alone, for linux/amd64 and linux/arm64. From the root of a checkout:
#   docker buildx build --platform linux/amd64,linux/arm64 -f k8s/images/protocol-finger.Dockerfile -t stethos/protocol-finger .
# README.md beside this file says how to run it, and how to build it without Docker.
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim
# Of the machine that builds, where that is not the target's.
ARG BUILD_BASE=${BASE}

# What runs beside the product on the target: Debian, Node.js, ss and ip for TCP evidence, and tini.
FROM ${BASE} AS system
RUN apt-get update \
 && apt-get install -y --no-install-recommends iproute2 tini \
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
# Not "npm ci": it refuses a lock file from which optional packages of other platforms are absent.
RUN --mount=type=cache,target=/root/.npm cp package-lock.json /tmp/locked.json \
 && npm install --workspace=protocol-finger --include-workspace-root=false --omit=dev --ignore-scripts \
      --omit-lockfile-registry-resolved --no-audit --no-fund \
 && cmp package-lock.json /tmp/locked.json
COPY .workshop/DEPENDENCIES.md ./
COPY protocol-finger/src protocol-finger/src
COPY k8s/images/inside /inside
COPY --from=system /var/lib/dpkg/status /inside/dpkg-status
ARG TARGETARCH
ARG SOURCE_DATE_EPOCH=0
RUN node /inside/sbom.ts protocol-finger protocol-finger \
 && node /inside/prune.ts \
 && rm -r package.json package-lock.json edge-agent models web-twin k8s test \
 && ln -s src/main.ts protocol-finger/protocol-finger \
 && mkdir /data && chmod -R u=rwX,go=rX /app && chmod +x protocol-finger/src/main.ts \
 && mv node_modules /packages

FROM scratch
ARG BASE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="protocol-finger" \
      org.opencontainers.image.description="Knows PLCs by how they answer, safely, and reads the ones that others cannot" \
      org.opencontainers.image.vendor="Stethos" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
COPY --from=system / /
# What seldom changes comes first: an update of the product is a small layer over a thin line.
COPY --from=product /packages /app/node_modules
COPY --from=product /app /app
COPY --from=product --chown=10001:10001 /data /var/lib/stethos
ENV PATH=/app/protocol-finger:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_ENV=production
# Verdicts are kept where --memory says, on a volume. Nothing else needs to be writable.
VOLUME ["/var/lib/stethos"]
WORKDIR /var/lib/stethos
USER 10001:10001
# A command that ends; it serves nothing that could be asked.
HEALTHCHECK NONE
ENTRYPOINT ["/usr/bin/tini", "--", "protocol-finger"]
CMD ["--help"]
