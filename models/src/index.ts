export { createInstaller } from "./delivery/installer.ts";
export type {
  InstallableVersion,
  Installer,
  InstallerDeps,
  InstallerLogger,
  InstallerOptions,
  Offer,
} from "./delivery/installer-types.ts";
export { ModelError, type ModelErrorCode } from "./errors.ts";
export { type Manifest, type ManifestFile, manifestSchema, parseManifest } from "./package/manifest.ts";
export { type OpenedPackage, openPackage } from "./package/open-package.ts";
export { readUnsigned, signPackage, type UnsignedPackage } from "./package/sign-package.ts";
export { readTrust, type Trust, type TrustedKey, trustPem } from "./package/trust.ts";
export { createRegistry, type RegistryDeps } from "./registry/create-registry.ts";
export { fleetReportSchema } from "./registry/fleet-report-schema.ts";
export type { ListedObject, ObjectStore } from "./registry/object-store.ts";
export type {
  OnProgress,
  Pointer,
  PublishedManifest,
  PublishedVersion,
  PushReport,
  Registry,
  Signer,
  WantedPointer,
} from "./registry/registry.ts";
export { readSmall } from "./registry/small-object.ts";
export { preAuthEncoding } from "./signing/dsse.ts";
export { generateKey } from "./signing/key.ts";
export { type OwnSigner, openSelfSigned, type SelfSigned, signSelf } from "./signing/self-signed.ts";
export { createSigner } from "./signing/signer.ts";
export { createS3Store } from "./stores/create-s3-store.ts";
export { createFolderStore } from "./stores/folder-store.ts";
export { openStore, type S3Place } from "./stores/open-store.ts";
export type { S3Options } from "./stores/s3-client.ts";
