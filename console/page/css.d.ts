/** Styles are for esbuild. */
declare module "*.css";
