/**
 * Whether a variable names another endpoint of SQS than the one in a queue's URL. The SDK's client would still
 * follow the URL, and so miss the local stack and FIPS and dual-stack endpoints.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
 */
export function namesEndpointOfQueues(): boolean {
  const { AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT } =
    process.env;
  return Boolean(
    AWS_ENDPOINT_URL_SQS ||
      AWS_ENDPOINT_URL ||
      AWS_USE_FIPS_ENDPOINT === "true" ||
      AWS_USE_DUALSTACK_ENDPOINT === "true",
  );
}
