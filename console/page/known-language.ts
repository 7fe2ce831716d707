/**
 * uPlot formats numbers in the browser's language when it is loaded, and a browser without one, as that of a test under LANG=C, names
 * it `en-US@posix`, which Intl refuses: the whole page would be empty. The charts here show no numbers.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en", configurable: true });
}
