# syntax=docker/dockerfile:1
# What the steps of k8s/argo run: stethos-model and the pipeline's Python. From the root of the repository:
#   docker buildx build --platform linux/amd64,linux/arm64 -f k8s/images/trainer.Dockerfile -t stethos/trainer:0.1.0 .
#   docker buildx build --platform linux/amd64 -f k8s/images/trainer.Dockerfile --target whole -t stethos/trainer-whole:0.1.0 .
# The first learns last layers, evaluates, gates, signs and publishes; the second has torch, for the whole network.
# What may enter the build stands in trainer.Dockerfile.dockerignore.
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim

# Needs npm in the base. The packages are plain JavaScript: every platform takes the same.
FROM ${BASE} AS packages
WORKDIR /app
# The lock file is one for all workspaces, so npm wants to see each of them.
COPY package.json package-lock.json ./
COPY protocol-finger/package.json protocol-finger/
COPY models/package.json models/
COPY edge-agent/package.json edge-agent/
COPY web-twin/package.json web-twin/
COPY k8s/controller/package.json k8s/controller/
COPY test/package.json test/
RUN npm install --workspace=models --include-workspace-root=false --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@stethos node_modules/.package-lock.json \
 && mkdir -p node_modules/@stethos models/node_modules protocol-finger/node_modules \
 && ln -s ../../protocol-finger node_modules/@stethos/protocol-finger

# Python's packages, pinned in models/requirements-field.txt.
FROM ${BASE} AS field-packages
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app/models
COPY models/setup.sh models/requirements-field.txt ./
RUN sh setup.sh --field \
 && rm -rf .venv-field/lib/python3*/site-packages/pip .venv-field/lib/python3*/site-packages/setuptools .venv-field/bin/pip*

FROM ${BASE} AS files
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/models/node_modules models/node_modules
COPY --from=packages /app/protocol-finger/node_modules protocol-finger/node_modules
COPY protocol-finger/package.json protocol-finger/
COPY protocol-finger/src protocol-finger/src
COPY models/package.json models/
COPY models/src models/src
COPY models/pipeline models/pipeline
COPY models/schemas models/schemas

# Debian's torch, scipy and numpy; setup.sh lays the pinned rest beside them. For `--target whole`.
FROM ${BASE} AS whole
LABEL org.opencontainers.image.title="stethos-trainer-whole" \
      org.opencontainers.image.description="Trains the whole network, evaluates, signs and publishes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Stethos"
WORKDIR /app/models
COPY models/setup.sh models/requirements.txt ./
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-torch python3-scipy python3-numpy python3-venv tini \
 && sh setup.sh \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-* \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
WORKDIR /app
COPY --from=files /app /app
ENV NODE_ENV=production STETHOS_PYTHON=/app/models/.venv/bin/python PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER 10001:10001
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/models/src/main.ts"]
CMD ["--help"]

FROM ${BASE}
LABEL org.opencontainers.image.title="stethos-trainer" \
      org.opencontainers.image.description="Teaches a model's last layer, evaluates, gates, signs and publishes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Stethos"
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 ca-certificates tini \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-* \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
WORKDIR /app
COPY --from=files /app /app
COPY --from=field-packages /app/models/.venv-field models/.venv-field
ENV NODE_ENV=production STETHOS_PYTHON=/app/models/.venv-field/bin/python PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
# A name for the number would do nothing; nothing under / is written to: --work lies on a volume.
USER 10001:10001
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/models/src/main.ts"]
CMD ["--help"]
