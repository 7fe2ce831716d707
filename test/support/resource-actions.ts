/**
 * What CloudFormation asks AWS for in the name of whoever deploys, by the type of the resource. AWS publishes it in the schema of each type
 * (`handlers`), with everything for properties that this template does not use: test/deploy/resource-schemas.test.ts holds these rows
 * against it, both ways.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
export type ResourceActions = {
  /** To make, read, change, tag and delete one. */
  readonly calls: readonly string[];
  /** Only for a resource with this property. */
  readonly withProperty?: Readonly<Record<string, readonly string[]>>;
  /** In AWS's schema and not called here, by the reason. */
  readonly unused?: Readonly<Record<string, readonly string[]>>;
  /** Not in AWS's schema and called all the same: the documentation says where. */
  readonly besideSchema?: readonly string[];
};
