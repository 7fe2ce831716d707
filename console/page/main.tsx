import "./known-language.ts";
import "@picocss/pico/css/pico.classless.min.css";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { followLive } from "./follow-live.ts";
import { sampleRates } from "./rates.ts";
import { takeToken } from "./token.ts";

const root = document.getElementById("app");
if (root) {
  takeToken();
  render(<App />, root);
  followLive();
  sampleRates();
}
