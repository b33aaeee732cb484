export { ModelError, type ModelErrorCode } from "./errors.ts";
export { type Manifest, manifestSchema } from "./package/manifest.ts";
export { type OpenedPackage, openPackage } from "./package/open-package.ts";
export type { Trust, TrustedKey } from "./package/trust.ts";
export type { ObjectStore } from "./registry/object-store.ts";
export type { Pointer, Registry, Signer } from "./registry/registry.ts";
