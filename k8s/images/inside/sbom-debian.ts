/** Installed packages of Debian, from dpkg's own list. */
export function debianComponents(status: string) {
  return status
    .split("\n\n")
    .map(fieldsOf)
    .filter((fields) => fields["Status"]?.endsWith(" installed"))
    .map(({ Package: name = "", Version: version = "", Architecture: architecture = "" }) => {
      const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
      // The licences of each stand in /usr/share/doc/NAME/copyright of the image.
      return { "bom-ref": purl, type: "library", name, version, purl };
    });
}

/** One paragraph of dpkg's list; lines that go on with a space belong to the field before and are not needed. */
function fieldsOf(paragraph: string): Readonly<Record<string, string>> {
  const pairs = [...paragraph.matchAll(/^([A-Z][A-Za-z-]*): (.*)$/gm)];
  return Object.fromEntries(pairs.map(([, key = "", value = ""]) => [key, value]));
}
