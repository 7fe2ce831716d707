"use strict";

/**
 * What `npm sbom` says of the whole project, cut down to what the functions' bundles have a part of. `npm sbom --omit dev` is no answer to
 * that: it names packages that nothing bundles, and leaves out what a tool of the project needs as well.
 *
 * @param whole the CycloneDX document of `npm sbom`
 * @param packages `name@version` of what is in each bundle, by function: dist/packages.json
 * @returns the document, or the packages that npm does not know
 */
function bundledSbom(whole, packages, { name }) {
  const functionsOf = new Map();
  for (const [functionName, refs] of Object.entries(packages))
    for (const ref of refs) functionsOf.set(ref, [...(functionsOf.get(ref) ?? []), functionName]);
  const components = whole.components
    .map((component) => [`${component.name}@${component.version}`, component])
    .filter(([ref]) => functionsOf.has(ref));
  const known = new Set(components.map(([ref]) => ref));
  const unknown = [...functionsOf.keys()].filter((ref) => !known.has(ref));
  if (unknown.length > 0) return { kind: "unknown", unknown };

  const root = whole.metadata.component["bom-ref"];
  const refs = new Set([root, ...components.map(([, component]) => component["bom-ref"])]);
  const document = {
    ...whole,
    // npm names it after the folder.
    metadata: { ...whole.metadata, component: { ...whole.metadata.component, name, type: "application" } },
    components: components.map(([ref, component]) => ({
      ...component,
      scope: "required",
      properties: [
        ...component.properties.filter((property) => property.name !== "cdx:npm:package:development"),
        ...functionsOf.get(ref).map((value) => ({ name: "flagbridge:function", value })),
      ],
    })),
    dependencies: whole.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  };
  return { kind: "made", document };
}

module.exports = { bundledSbom };
