export { type MadePackage, makePackage, signedCopy, type TestKey, testKey } from "./packages.ts";
